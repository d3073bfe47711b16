# wsgw_message_rate: how many messages of a connection pass, what the others
# are answered, and where the directive is inherited from.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Test::More import => [ 'note' ];
use Time::HiRes qw( sleep time );
use Wsgw::Play;

our $Int = <<'_EOC_';
    location = /int {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/echo;
        proxy_set_header Id $wsgw_connection_id;
        proxy_set_header Request $wsgw_request_id;
    }
_EOC_

sub stage {
    my ($path, $directives) = @_;

    return <<"END";
    location $path {
        wsgw_api z stage=@{[ substr $path, 1 ]};
        wsgw_integration_type http_proxy;
        wsgw_route \$default /int response;
        $directives
    }
END
}

# sends that many at once; how many of them came back

sub passed {
    my ($c, $count) = @_;

    $c->send_raw(join '', map { text("m$_") } 1 .. $count);

    return scalar grep { /^m\d+$/ } map { $c->recv // 'none' } 1 .. $count;
}

run_tests();

__DATA__

=== TEST 1: a burst passes, then what the rate allows
--- http_config
    wsgw_zone zone=z:1m;
--- config eval: main::stage('/ws', 'wsgw_message_rate 5r/s burst=4;') . $::Int
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my $start = time;
    my $passed = passed($c, 30);
    my $took = time - $start;

    cmp_ok $passed, '>=', 5, 'the first and four more';
    cmp_ok $passed, '<=', 5 + 5 * $took, 'and what became free meanwhile';

    # the bucket gets one every 200 ms: a pause is worth as many as go into it

    sleep 0.25;
    is passed($c, 1), 1, 'after the time of one, one';

    $start = time;
    sleep 0.65;
    $passed = passed($c, 10);
    $took = time - $start;

    cmp_ok $passed, '>=', 3, 'after the time of three, three';
    cmp_ok $passed, '<=', 2 + 5 * $took, 'and not many more';

    # as many as a burst, no more, however long it was silent

    sleep 1.5;
    $passed = passed($c, 30);
    cmp_ok $passed, '>=', 5, 'a burst again';
    cmp_ok $passed, '<=', 6, 'of the same size';
    is $c->close(1000), 1000, 'the connection stays';
}


=== TEST 2: admitted over a while, against the limit
--- http_config
    wsgw_zone zone=z:1m;
--- config eval
main::stage('/ws', 'wsgw_message_rate 25r/s burst=25;') . $::Int
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my ($start, $passed) = (time, 0);

    # a round may take as long as it takes to fill the burst

    while (time - $start < 3) {
        $passed += passed($c, 26);
        sleep 0.002;            # the pace of the flood
    }

    my $limit = 26 + 25 * (time - $start);

    note sprintf 'admitted: %.1f %% of the limit', 100 * $passed / $limit;

    # a refused message may have been a ms from its time

    cmp_ok $passed, '<=', $limit * 1.02, "$passed of $limit";
    cmp_ok $passed, '>=', $limit * 0.9, 'and not fewer';
}


=== TEST 3: the frame that tells it, with the ids of the message
--- http_config
    wsgw_zone zone=z:1m;
--- config eval: main::stage('/ws', 'wsgw_message_rate 1r/m;') . $::Int
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my $other = ws_connect('/ws');

    $c->send('hello');
    is $c->recv, 'hello', 'the first passes, and nothing at once behind it';

    my ($e) = ledger_events(1);
    my %ids = ($e->{headers}{request} => 1);

    for (1 .. 3) {
        $c->send_raw(text('refused'));

        my $frame = $c->recv;

        is $c->opcode, Wsgw::Client::TEXT, 'a text';
        my ($id) = $frame =~ /"requestId":"([\w-]{15}=)"/;

        is $frame, '{"message": "Too Many Requests", "connectionId":"'
                   . $e->{headers}{id} . "\", \"requestId\":\"$id\"}",
           'exactly';
        ok !$ids{$id}++, 'a request id of its own';
    }

    $c->send_binary("\xff");
    like $c->recv, qr/Too Many Requests/, 'octets count as well';

    # control frames do not, nor do others' messages

    $c->ping('free');
    is $c->recv_frame->{payload}, 'free', 'a ping';
    $other->send('other');
    is $other->recv, 'other', 'another connection';

    is scalar(ledger_events(2)), 2, 'nobody was called for them';
    is $c->close(1000), 1000;
}


=== TEST 4: it is inherited, replaced and off
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_message_rate 1r/m burst=1;
--- config eval
main::stage('/inherits', '') . main::stage('/burst',
'wsgw_message_rate 1r/m burst=3;') . main::stage('/none',
'wsgw_message_rate 1r/m;') . main::stage('/off', 'wsgw_message_rate off;')
. $::Int
--- ws eval
sub {
    my %expected = (inherits => 2, burst => 4, none => 1, off => 20);

    for my $path (sort keys %expected) {
        is passed(ws_connect("/$path"), 20), $expected{$path}, $path;
    }
}


=== TEST 5: without the directive nothing is refused
--- http_config
    wsgw_zone zone=z:1m;
--- config eval: main::stage('/ws', '') . $::Int
--- ws eval
sub {
    is passed(ws_connect('/ws'), 300), 300;
}


=== TEST 6: messages that wait for their turn are judged, and answered, in order
--- http_config
    wsgw_zone zone=z:1m;
--- config eval: main::stage('/ws', 'wsgw_message_rate 1r/m burst=1;') . $::Int
--- backend eval
sub { return { body => $_[0]{body}, delay => 0.2 } }
--- ws eval
sub {
    my $c = ws_connect('/ws');

    $c->send("m$_") for 1 .. 4;

    is $c->recv, "m$_", "the reply of m$_" for 1, 2;
    like $c->recv, qr/Too Many Requests/, "then the refusal of m$_" for 3, 4;
}


=== TEST 7: the largest rate and burst
--- http_config
    wsgw_zone zone=z:1m;
--- config eval
main::stage('/ws', 'wsgw_message_rate 2000000r/s burst=2000000;') . $::Int
--- ws eval
sub {
    is passed(ws_connect('/ws'), 100), 100;
}


=== TEST 8: a rate that cannot be counted is refused
--- http_config
    wsgw_zone zone=z:1m;
--- config
    wsgw_message_rate 2147484r/s;
--- must_die
--- error_log
invalid rate "2147484r/s"


=== TEST 9: and such a burst
--- http_config
    wsgw_zone zone=z:1m;
--- config
    wsgw_message_rate 1r/s burst=2147484;
--- must_die
--- error_log
invalid burst "burst=2147484"
