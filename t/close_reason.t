# Why a connection has ended and how long it was: $wsgw_close_reason and
# $wsgw_connection_duration in the line of its $disconnect, beside the series of
# wsgw_status; each reason, and on each attempt, whoever makes it. And the
# results of handshakes that status.t does not provoke.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Socket qw( SOL_SOCKET SO_RCVBUF SO_SNDBUF );
use Time::HiRes qw( time );
use Wsgw::Play;

master_on();

our $Port = free_port();
our $Root = $ENV{TEST_NGINX_SERVROOT};

our $Http = <<"END";
    wsgw_zone zone=z:1m;
    wsgw_drain_time 10ms quit=10ms;

    log_format end escape=json
        '{"type":"\$wsgw_event_type","why":"\$wsgw_close_reason",'
        '"lasted":"\$wsgw_connection_duration",'
        '"code":"\$wsgw_disconnect_code","attempt":"\$wsgw_attempt",'
        '"status":"\$status","uri":"\$uri"}';

    access_log $Root/logs/end.log end;
END

# a stage whose sockets hold little, on a port of its own

our $Narrow = <<"END";
    server {
        listen 127.0.0.1:$Port rcvbuf=64k sndbuf=64k;

        location /ws {
            wsgw_api z;
            wsgw_integration_type http_proxy;
            wsgw_concurrency 20;
            wsgw_send_timeout 300ms;
            wsgw_close_timeout 300ms;
            wsgw_route \$disconnect /int/end;
            wsgw_route \$default /int/echo response;
        }
        location /int/ {
            internal;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/;
        }
    }
END

our $Stage = <<'END';
    location = /status {
        wsgw_status;
        access_log off;
    }
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/end;
        wsgw_route $default /int/echo;
    }
    location ^~ /ws/@connections {
        wsgw_management z;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
    }
END

sub lines { return map { json($_) } log_lines('end.log', @_) }

# the lines of $disconnects, once there are so many

sub ends {
    my ($count) = @_;

    return lines($count, qr/"type":"DISCONNECT"/);
}

sub series {
    my ($pattern) = @_;

    return http(GET => '/status?format=prometheus')->body =~ /$pattern (\d+)$/m
           ? $1 : 0;
}

# Ends a connection by what the sub does to it; its $disconnect says why, and so
# do the series.

our $Ended = 0;

sub ends_by {
    my ($why, $code, $end, %opt) = @_;

    my ($label) = $opt{label} // $code;
    my $series = qr/^wsgw_connections_closed_total\{.*reason="$why",
                    code="$label"\}/mx;
    my $before = series($series);
    my $start = time;
    my $c = ws_connect($opt{path} // '/ws', %opt);

    is $c->status, 101, "$why: connected";

    $end->($c);

    my $line = (ends(++$Ended))[-1];
    my $took = time - $start;

    is $line->{why}, $why, "$why: as the line says";
    is $line->{code}, $code, "$why: $code";
    ok $line->{lasted} =~ /^\d+\.\d\d\d\z/
       && $line->{lasted} >= ($opt{lasted} // 0) && $line->{lasted} <= $took,
       "$why: $line->{lasted} s";

    wait_until(sub { series($series) > $before }, undef,
               "$why in its series");
    ok 1, "$why: in its series";

    return $c;
}

every_block(http_config => $Http . $Narrow, config => $Stage);

run_tests();

__DATA__

=== TEST 1: the client goes, or breaks the protocol
--- ws eval
sub {
    $::Ended = 0;

    ends_by(client => 1000, sub { $_[0]->close(1000) });
    ends_by(client => 1005, sub {
        $_[0]->send_raw(Wsgw::Client::frame(opcode => 8)) });
    ends_by(client => 4711, sub { $_[0]->close(4711) }, label => '4xxx');
    ends_by(client_lost => 1006, sub { $_[0]->reset });
    ends_by(client_lost => 1006, sub { $_[0]->drop });

    ends_by(protocol => 1002, sub {
        $_[0]->send_raw(Wsgw::Client::frame(opcode => 11)) });
    ends_by(protocol => 1002, sub { $_[0]->send_raw(cont('x')) });
    ends_by(utf8 => 1007, sub { $_[0]->send_raw(text("\xed\xa0\x80")) });
    ends_by(too_big => 1009, sub {
        $_[0]->send_raw(text('x' x (128 * 1024 + 1))) });
}


=== TEST 2: a time is over, or somebody ends it
--- config eval
$::Stage . <<'END'
    location /idle {
        wsgw_api z stage=ws;
        wsgw_integration_type http_proxy;
        wsgw_route $disconnect /int/end;
        wsgw_idle_timeout 150ms;
    }
    location /life {
        wsgw_api z stage=ws;
        wsgw_integration_type http_proxy;
        wsgw_route $disconnect /int/end;
        wsgw_max_lifetime 150ms;
    }
    location /pong {
        wsgw_api z stage=ws;
        wsgw_integration_type http_proxy;
        wsgw_route $disconnect /int/end;
        wsgw_ping_interval 100ms;
    }
END
--- ws eval
sub {
    $::Ended = 0;

    ends_by(idle => 1001, sub { $_[0]->close_code }, path => '/idle',
            lasted => 0.149);
    ends_by(lifetime => 1001, sub { $_[0]->close_code }, path => '/life',
            lasted => 0.149);
    ends_by(pong_timeout => 1006, sub { }, path => '/pong', pong => 0,
            lasted => 0.149);

    ends_by(management => 1000, sub {
        my ($e) = (ledger_events(1, qr/connect/))[-1];

        is http(DELETE => '/ws/@connections/'
                          . $e->{headers}{'x-connection-id'})->status, 204;
        is $_[0]->close_code, 1000;
    });

    ends_by(drain => 1001, sub { reload_nginx(); $_[0]->close_code });
}


=== TEST 3: a client that does not read, and one that is too much
--- http_config eval
$::Http . $::Narrow . "wsgw_worker_memory 400k;\n"
--- backend eval
sub { return $_[0]{uri} =~ /echo/ ? { body => 'x' x 100_000, delay => 0.1 }
                                  : '' }
--- ws eval
sub {
    $::Ended = 0;

    my $narrow = sub {
        my ($c) = @_;
        $c->socket->setsockopt(SOL_SOCKET, $_, 65536)
            for SO_RCVBUF, SO_SNDBUF;
    };

    my $c = ends_by(slow => 1013, sub {
        $narrow->(@_);
        $_[0]->send($_) for 1 .. 20;
    }, port => $::Port);

    $c->drop;

    ends_by(send_timeout => 1006, sub {
        $narrow->(@_);
        $_[0]->send($_) for 1 .. 4;
    }, port => $::Port, lasted => 0.3);

    # parts of messages are kept, and who keeps most goes

    my @hoards;

    ends_by(memory => 1013, sub {
        @hoards = ($_[0], map { ws_connect('/ws', port => $::Port) } 1 .. 4);
        $_->send_raw(more('x' x 110_000)) for @hoards;
    }, port => $::Port);
}


=== TEST 4: no memory at all
--- http_config eval
$::Http . "wsgw_max_message_size 32m; wsgw_max_queue_size 32m;\n"
. "wsgw_max_pending_size 32m; wsgw_worker_memory 256m;\n"
. "wsgw_max_frame_size 32m;\n"
--- ws eval
sub {
    $::Ended = 0;

    my ($pid) = worker_pids();

    # who may set it is who the worker is

    my @as = $> ? () : qw( setpriv --reuid nobody --regid nogroup
                           --clear-groups );
    my $limit = sub { system(@as, 'prlimit', "--pid=$pid", "--as=$_[0]:") == 0
                          or die "prlimit: $?\n" };

    ends_by(internal => 1011, sub {
        my ($c) = @_;

        open my $in, '<', "/proc/$pid/statm" or die "statm: $!\n";
        my ($pages) = split ' ', <$in>;

        $limit->($pages * 4096 + 4 * 1024 * 1024);
        eval { $c->send_raw(more('x' x (24 * 1024 * 1024))) };
        $c->close_code;
    });

    $limit->('unlimited');

    is ws_connect('/ws')->status, 101, 'others come';
}
--- tolerate
alloc\(\d+\) failed|failed to allocate


=== TEST 5: its worker was killed, or nginx quits
--- ws eval
sub {
    $::Ended = 0;

    ends_by(worker_lost => 1006, sub { kill KILL => worker_pids() });

    my $c = ws_connect('/ws');

    kill QUIT => master_pid();

    is $c->close_code, 1001;
    $c->drop;

    my $line = (ends(2))[-1];

    is $line->{why}, 'quit';
}
--- tolerate
exited on signal 9


=== TEST 6: each attempt says the same, whoever makes it
--- backend eval
sub {
    my ($r) = @_;

    return $r->{uri} =~ /end/ && $r->{headers}{'x-attempt'} < 3
           ? { status => 503 } : '';
}
--- ws eval
sub {
    my $c = ws_connect('/ws');

    $c->send_raw(text("\xff"));
    is $c->close_code, 1007;
    $c->drop;

    ends(1);
    reload_nginx();
    ends(2);
    kill KILL => worker_pids();

    my @end = ends(3);

    is_deeply [ map { $_->{attempt} } @end ], [ 1 .. 3 ];
    is_deeply [ map { $_->{why} } @end ], [ ('utf8') x 3 ];

    my ($first, @later) = map { $_->{lasted} } @end;

    cmp_ok abs($_ - $first), '<', 0.0025, "$_ as $first" for @later;
}
--- tolerate
exited on signal 9


=== TEST 7: before the end there is no reason, and it lasts
--- config eval
$::Stage . <<"END"
    location = /int/now {
        internal;
        return 200 "[\$wsgw_close_reason] \$wsgw_connection_duration";
    }
    location /now {
        wsgw_api z stage=now;
        wsgw_integration_type http_proxy;
        wsgw_route \$default /int/now response;
    }
END
--- ws eval
sub {
    my $c = ws_connect('/now/');
    my @lasted;

    for (1 .. 3) {
        $c->send('x');
        my ($why, $lasted) = $c->recv =~ /^\[(.*)\] (\d+\.\d{3})\z/;

        is $why, '', 'no reason yet';
        push @lasted, $lasted;
        select undef, undef, undef, 0.01;
    }

    ok $lasted[0] < $lasted[1] && $lasted[1] < $lasted[2], "@lasted";

    # a message that still runs when the client goes says why in its line

    is http(GET => '/ws')->status, 426;
    is ws_connect('/ws', key => 'short')->status, 400;

    # two, behind one that was let in

    my @no = lines(3, qr/"type":""/);

    is_deeply [ map { "$_->{why}$_->{lasted}" } @no[-2, -1] ], [ '', '' ],
              'a refused handshake has neither';
}


=== TEST 8: a message whose client has gone says so
--- backend eval
sub { return $_[0]{uri} =~ /echo/ ? { delay => 0.2 } : '' }
--- ws eval
sub {
    my $c = ws_connect('/ws');

    $c->send('x');
    ledger_events(1, qr/echo/);
    $c->close(1000);
    $c->drop;

    ends(1);

    my ($message) = grep { $_->{type} eq 'MESSAGE' } lines();

    is $message->{why}, 'client';
}


=== TEST 9: a handshake whose path is not the stage's
--- config eval
$::Stage . <<'END'
    location = /plain/ {
        wsgw_api z stage=plain;
    }
    location /aws {
        wsgw_api z stage=aws;
        wsgw_profile aws;
    }
END
--- ws eval
sub {
    my $path = qr/^wsgw_handshakes_total\{.*result="path"\}/m;
    my $n = 0;

    for my $wrong ('/aws/x', '/aws/x/y', '/awsome') {
        is ws_connect($wrong)->status, 403, $wrong;
        is series($path), ++$n, 'in its series';
    }
}


=== TEST 10: a handshake for which the worker has no memory
--- http_config eval: $::Http . "wsgw_worker_memory 1;\n"
--- backend eval
sub { return $_[0]{uri} =~ /echo/ ? { hang => 1 } : '' }
--- ws eval
sub {
    my $memory = qr/^wsgw_handshakes_total\{.*result="memory"\}/m;
    my $c = ws_connect('/ws');

    # the second waits for the first

    $c->send('x') for 1, 2;

    wait_until(sub { ws_connect('/ws')->status == 503 }, undef,
               'no memory for newcomers');
    is series($memory), 1, 'memory';
    is ws_connect('/ws')->status, 503;
    is series($memory), 2;
}
