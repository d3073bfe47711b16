# A client whose host vanishes: neither a FIN nor a RST comes, just nothing
# any more. wsgw_ping_interval notices, within the interval and as much again
# for the answer, and $disconnect is called.

use strict;
use warnings;

use lib 't/lib';

use Test::More import => [ qw( note plan ) ];
use Wsgw::Link;
use Wsgw::Pulse;

our $Link;

BEGIN {
    $Link = eval { Wsgw::Link->new }
        or plan skip_all => "no link to another host: $@";
}

use Test::Nginx::Wsgw 'no_plan';

use Time::HiRes qw( sleep time );

our $Interval = 0.5;

run_tests();

__DATA__

=== TEST 1: the link of clients goes down, those of another host stay
--- http_config
    wsgw_zone zone=z:1m;
--- config
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_ping_interval 500ms;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route $default /int/echo response;
        add_header X-Id $wsgw_connection_id always;
    }
    location ^~ /ws/@connections {
        wsgw_management z;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
        proxy_set_header Code $wsgw_disconnect_code;
    }
--- ws eval
sub {
    my $stays = ws_connect('/ws');
    my @c;

    # at any point between two pings

    for (1 .. 20) {
        push @c, $::Link->there(sub {
            Wsgw::Client->open($::Link->here, Test::Nginx::Wsgw::port(),
                               '/ws');
        });
        sleep $::Interval / 20;
    }

    my @ids = sort map { $_->header('X-Id') } @c;
    my $start = time;

    # all go on as if nothing had happened

    my $answer_pings = sub { $_->recv(0.001) for $stays, @c };

    $answer_pings->() while time < $start + 3 * $::Interval;

    is scalar(ledger_events(0)), 0, 'who answers pings stays';

    my $pulse = Wsgw::Pulse->new;
    my $down = time;

    $::Link->down;

    # what is sent to a client does not tell that it lives

    is scalar(grep { http(POST => "/ws/\@connections/$_",
                          body => 'hello')->status == 200 } @ids[0 .. 9]),
       10, 'pushes are accepted while nobody knows';

    my @d;

    wait_until(sub {
        $answer_pings->();
        return (@d = ledger_events(0, qr{^/disconnect})) == @ids;
    });

    my @after = sort { $a <=> $b } map { $_->{at} - $down } @d;

    note sprintf 'detected %.0f to %.0f ms behind, half of them by %.0f, for'
                 . ' an interval of %.0f ms',
                 map { 1000 * $_ } @after[0, -1, $#after / 2], $::Interval;
    cmp_ok $after[0], '>', $::Interval / 2, 'it is the ping that tells';
    cmp_ok $after[-1], '<', 2 * $::Interval + 0.5 + $pulse->worst / 1000,
           'within the interval and the time for an answer';

    is_deeply [ sort map { $_->{headers}{'x-connection-id'} } @d ], \@ids,
              'each has one $disconnect';
    is_deeply [ grep { $_->{headers}{code} != 1006 } @d ], [], 'of 1006';
    is_deeply [ grep { http(GET => "/ws/\@connections/$_")->status != 410 }
                     @ids ], [], 'none is there any more';

    $stays->send('hello');
    is $stays->recv, 'hello', 'who answers pings stays';
}
