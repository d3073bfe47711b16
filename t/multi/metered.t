# Counters over kills and reloads: none ever goes down, who has taken a worker
# slot over counts on, and of those who were let in all who are not there any
# more are closed for a reason. Pushes and letters between workers.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Test::More import => [ 'note' ];
use Time::HiRes qw( sleep );
use Wsgw::Samples;

master_on();
workers(3);

our $Config = <<'_EOC_';
    location = /status {
        wsgw_status;
    }
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /ok;
        wsgw_route $disconnect /ok;
        wsgw_route $default /id response;
    }
    location ^~ /ws/@connections {
        wsgw_management z;
    }
    location = /ok {
        internal;
        return 200;
    }
    location = /id {
        internal;
        return 200 $wsgw_connection_id;
    }
_EOC_

sub scrape {
    my ($r);

    # the worker that answers may be the next one to be killed

    wait_until(sub {
        $r = eval { http(GET => '/status?format=prometheus') };
        $r && $r->status == 200 && $r->body =~ /\n\z/;
    }, undef, 'a scrape');

    return samples($r->body);
}

sub balanced {
    my ($seen) = @_;

    return total($seen, qr/^wsgw_handshakes_total\{result="accepted"/)
           - total($seen, qr/^wsgw_connections_closed_total/)
           - $seen->{'wsgw_connections{state="open"}'};
}

run_tests();

__DATA__

=== TEST 1: over kills and reloads
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_drain_time 200ms quit=200ms;
--- config eval: $::Config
--- ws eval
sub {
    my $before = scrape();
    my ($kills, $accepted, $answered, @fallen, @clients) = (0, 0, 0);

    for my $round (1 .. 60) {
        push @clients, grep { eval { $_->status == 101 } }
                       map { eval { ws_connect('/ws') } // () } 1 .. 6;

        for my $c (@clients[-3 .. -1]) {
            $answered++ if $c && eval { $c->send('x'); defined $c->recv(1) };
        }

        if ($round % 3 == 0) {
            $_->drop for splice @clients, 0, 3;
        }

        my @workers = worker_pids();

        if (@workers) {
            kill KILL => $workers[rand @workers];
            $kills++;
        }

        reload_nginx() if $round % 15 == 0;

        my $now = scrape();

        push @fallen, fallen($before, $now);
        $before = $now;
    }

    is "@fallen", '', 'no counter has gone down';

    my $off;

    wait_until(sub {
        my $now = scrape();
        $off = balanced($now);
        $now->{wsgw_disconnects_owed} == 0
            && abs $off <= $kills
            && $now->{'wsgw_connections{state="closing"}'} == 0
            && $now->{'wsgw_workers{zone="z",state="serving"}'} == 3;
    }, 20, 'all that was lost is delivered, and three workers serve');

    my $now = scrape();

    note "$kills kills, off by $off, "
         . total($now, qr/handshakes_total\{result="accepted"/) . ' accepted, '
         . total($now, qr/reason="worker_lost"/) . ' lost with their workers';

    my $lost = $now->{'wsgw_workers_lost_total{zone="z"}'};

    # one that had not yet taken its worker slot was none of the zone's

    ok $lost <= $kills && $lost > 0.8 * $kills,
       "of $kills kills $lost are seen";
    cmp_ok abs $off, '<=', 2, 'accepted - closed = open';
    cmp_ok total($now, qr/^wsgw_messages_sent_total\{source="reply"/), '>=',
           $answered - $kills, 'replies';
    cmp_ok total($now, qr/result="delivered"/), '>=',
           total($now, qr/^wsgw_connections_closed_total/) - $kills,
           'a $disconnect for each';

    $_->drop for @clients;

    wait_until(sub { scrape()->{'wsgw_connections{state="open"}'} == 0 }, 20,
               'the end of all');
    is balanced(scrape()), $off, 'nothing else was lost';
}
--- tolerate
exited on signal 9


=== TEST 2: pushes to other workers, and their letters
--- http_config
    wsgw_zone zone=z:1m;
--- config eval: $::Config
--- ws eval
sub {
    my @clients = map { ws_connect('/ws') } 1 .. 12;
    my $sent = 0;

    for my $c (@clients) {
        $c->send('who');
        my $id = $c->recv;

        for (1 .. 4) {
            is http(POST => "/ws/\@connections/$id", body => 'hello')->status,
               200;
            is $c->recv, 'hello';
            $sent++;
        }
    }

    my $now = scrape();
    my $here = $now->{'wsgw_push_duration_seconds_count{where="here"}'} // 0;
    my $there = $now->{'wsgw_push_duration_seconds_count{where="worker"}'};

    note "$here here, $there to other workers";

    is $here + $there, $sent, 'all have a place';
    is $now->{'wsgw_letters_total{zone="z",result="done"}'}, $there,
       'a letter for each';
    is total($now, qr/source="push"/), $sent, 'their owners have sent them';
}


=== TEST 3: a zone that is too small for all names counts routes as others
--- http_config
    wsgw_zone zone=z:256k;
--- config eval
$::Config =~ s/wsgw_route \$default.*/join "\n",
    map { "wsgw_route r$_ \/ok;" } 1 .. 30/er
--- ws eval
sub {
    my $c = ws_connect('/ws');

    $c->send(qq({"action":"r$_"})) for 1 .. 30;

    my $now;

    wait_until(sub {
        $now = scrape();
        total($now, qr/^wsgw_integration_requests_total\{route="(?!\$)/) == 30;
    }, undef, 'all are counted');

    cmp_ok $now->{'wsgw_integration_requests_total{route="other",'
                  . 'result="ok"}'}, '>', 20, 'most as others';
    like error_log(), qr/has no room to count/, 'which is told';
    cmp_ok scalar(() = error_log() =~ /has no room to count/g), '<=', 3,
           'once by each worker';
}


=== TEST 4: a worker that exits finishes what it does in steps
--- http_config
    wsgw_zone zone=z:256m;
--- config eval
$::Config =~ s/wsgw_management z;/wsgw_management z list;/r
--- ws eval
sub {
    # each takes many turns of the event loop, and they take them in turn

    for my $path ('/status?format=prometheus', '/ws/@connections?count') {
        my @streams = map { stream() } 1 .. 90;

        $_->write("GET $path HTTP/1.1\r\nHost: a\r\n\r\n") for @streams;
        sleep 0.01;
        kill QUIT => worker_pids();

        my %status;

        for (@streams) {
            my $r = Wsgw::HTTP->response($_, time + 10, 'GET');
            $status{ $r ? $r->status : 'none' }++;
        }

        is_deeply \%status, { 200 => 90 }, $path;

        wait_until(sub { worker_pids() >= 3 && eval {
            http(GET => '/status?health')->status == 200 } });
    }
}
