# A $disconnect comes at least once: it is tried again while the integration
# refuses it, behind the death or the exit of its worker, and when a roll-back
# brings its stage back; it is given up with a log line that names it.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

master_on();

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
    wsgw_zone zone=small:256k;
_EOC_

every_block(http_config => $Http, config => <<'_EOC_');
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
    }

    location ^~ /dev/@connections {
        wsgw_management z;
    }

    location /short {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_disconnect_max_age 1500ms;
        wsgw_route $disconnect /int/disconnect;
    }

    location /small {
        wsgw_api small;
        wsgw_integration_type http_proxy;
        wsgw_route $disconnect /int/disconnect;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

sub connected {
    my $c = ws_connect($_[0] // '/dev');

    is $c->status, 101, 'connected';

    return $c;
}

sub disconnects {
    my ($count, $timeout) = @_;

    return ledger_events($count, qr{/disconnect}, $timeout);
}

sub header {
    my ($name, @events) = @_;

    return map { $_->{headers}{$name} } @events;
}

# a worker that is told to go while it owes something, and has gone

sub replaced {
    my ($change) = @_;

    my %old = map { $_ => 1 } worker_pids();

    reload_nginx($change);
    wait_until(sub { !grep { $old{$_} } worker_pids() }, undef,
               'the old workers are gone');
}

run_tests();

__DATA__

=== TEST 1: what is refused is tried again, with the same id and a number
--- backend eval
sub {
    my ($r) = @_;

    return $r->{headers}{'x-attempt'} < 3 ? { status => 503 } : ''
        if $r->{uri} =~ /disconnect/;
    return '';
}
--- ws eval
sub {
    connected()->close(4000);

    my @e = disconnects(3);

    is_deeply [ header('x-attempt', @e) ], [ 1, 2, 3 ];
    is_deeply [ header('x-disconnect-code', @e) ], [ 4000, 4000, 4000 ];

    my ($id, @others) = header('x-request-id', @e);
    is_deeply \@others, [ $id, $id ], 'one request id';

    ($id, @others) = header('x-connection-id', @e);
    is_deeply \@others, [ $id, $id ], 'one connection';

    cmp_ok $e[1]{at} - $e[0]{at}, '>', 0.5, 'the second after a second';
    cmp_ok $e[2]{at} - $e[1]{at}, '>', 1, 'the third after two';
}



=== TEST 2: it is given up when wsgw_disconnect_max_age is over
--- backend eval
sub { return $_[0]{uri} =~ /disconnect/ ? { status => 503 } : '' }
--- ws eval
sub {
    connected('/short')->close(1000);

    wait_log(qr/abandoned/);

    my @e = disconnects(1);
    my ($id) = header('x-connection-id', @e);

    like error_log(),
         qr/\$disconnect of \Q$id\E is abandoned after 2 attempts: wsgw_disc/;
    is scalar @e, 2;
}



=== TEST 3: of a killed worker's connection the code is 1006
--- tolerate: exited on signal 9
--- ws eval
sub {
    my $c = connected();

    kill KILL => worker_pids();

    my ($e) = disconnects(1);

    is_deeply [ map { header($_, $e) } qw( x-attempt x-disconnect-code
                                          x-disconnect-reason ) ],
              [ 1, 1006, 'Worker process died' ];

    is http(GET => '/dev')->status, 426, 'its place has another';
}



=== TEST 4: an attempt on its way when its worker is killed counts
--- tolerate: exited on signal 9
--- backend eval
sub {
    my ($r) = @_;

    return { hang => 1 }
        if $r->{uri} =~ /disconnect/ && $r->{headers}{'x-attempt'} == 1;
    return '';
}
--- ws eval
sub {
    connected()->close(4001);
    disconnects(1);

    kill KILL => worker_pids();

    my @e = disconnects(2);

    is_deeply [ header('x-attempt', @e) ], [ 1, 2 ];
    is_deeply [ header('x-disconnect-code', @e) ], [ 4001, 4001 ];
    is +(header('x-request-id', @e))[0], (header('x-request-id', @e))[1];
}



=== TEST 5: a worker that goes leaves what it owes to the next one
--- ws eval
sub {
    my $c = connected();
    my ($id) = header('x-connection-id', ledger_events(1));

    ledger_down();
    $c->close(4002);
    $c->drop;
    wait_log(qr/\$disconnect of \Q$id\E was not delivered, attempt 1/);

    replaced();
    wait_log(qr/1 connections of a dead worker are taken over/);
    ledger_up();

    my ($e) = disconnects(1);

    is_deeply [ map { header($_, $e) } qw( x-connection-id
                                          x-disconnect-code ) ],
              [ $id, 4002 ];
    cmp_ok $e->{headers}{'x-attempt'}, '>=', 2;
}



=== TEST 6: one whose stage is gone waits for a roll-back
--- ws eval
sub {
    my $c = connected();
    my ($id) = header('x-connection-id', ledger_events(1));

    ledger_down();
    $c->close(4003);
    $c->drop;
    wait_log(qr/\$disconnect of \Q$id\E was not delivered, attempt 1/);
    ledger_up();

    replaced(sub { s{location /dev \{}{location /other \{} });
    wait_log(qr/1 connections of a dead worker are taken over/);

    # a connection of a stage that is there, and its $disconnect, are served

    my $other = ws_connect('/other');
    is $other->status, 101;
    $other->close(4444);

    my ($e) = disconnects(1);
    is +(header('x-disconnect-code', $e))[0], 4444;

    replaced(sub { s{location /other \{}{location /dev \{} });

    ($e) = grep { $_->{headers}{'x-disconnect-code'} == 4003 } disconnects(2);
    is +(header('x-connection-id', $e))[0], $id, 'it is back';
}



=== TEST 7: those that wait fill no more than a quarter of the zone
--- backend eval
sub { return { status => 503 } }
--- ws eval
sub {
    my @c = map { ws_connect('/small') } 1 .. 140;
    $_->close(1000) for @c;

    my $given_up = sub {
        return scalar(() = error_log() =~ /abandoned .*: a quarter of/g);
    };

    wait_until(sub { $given_up->() >= 12 }, undef,
               sub { 'not ' . $given_up->() . ' are given up' });

    # the next look changes nothing

    disconnects(140 + 128);
    is $given_up->(), 12, '128 of 512 slots may be owed';
}



=== TEST 8: what a DELETE during $connect said is said on each attempt
--- backend eval
sub {
    my ($r) = @_;

    return { delay => 0.5 } if $r->{uri} =~ m{/connect};
    return $r->{headers}{'x-attempt'} < 2 ? { status => 503 } : '';
}
--- ws eval
sub {
    my $c = ws_connect('/dev', defer => 1);
    my ($id) = header('x-connection-id', ledger_events(1, qr{/int/connect}));

    is http(DELETE => "/dev/\@connections/$id")->status, 204;
    $c->drop;

    my @e = disconnects(2);

    is_deeply [ header('x-disconnect-code', @e) ], [ 1000, 1000 ];
    is_deeply [ header('x-disconnect-reason', @e) ],
              [ ('Connection Closed Normally') x 2 ];
}



=== TEST 9: with wsgw_disconnect_max_age off none is given up for its age
--- config
    location /off {
        wsgw_api z stage=off;
        wsgw_integration_type http_proxy;
        wsgw_disconnect_max_age off;
        wsgw_route $disconnect /int/disconnect;
    }
    location /zero {
        wsgw_api z stage=zero;
        wsgw_integration_type http_proxy;
        wsgw_disconnect_max_age 0s;
        wsgw_route $disconnect /int/disconnect;
    }
    location /inherits {
        location /inherits/off {
            wsgw_api z stage=inherits;
            wsgw_integration_type http_proxy;
            wsgw_route $disconnect /int/disconnect;
        }
        wsgw_disconnect_max_age off;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub { return $_[0]{headers}{'x-attempt'} < 3 ? { status => 503 } : '' }
--- no_error_log
is abandoned
--- ws eval
sub {
    connected($_)->close(4000) for qw( /off /zero /inherits/off );

    my @e = disconnects(9);

    is_deeply [ sort(header('x-attempt', @e)) ],
              [ (1) x 3, (2) x 3, (3) x 3 ];
}



=== TEST 10: an outage is told by the first attempt, further ones are info
--- config
    location /http {
        wsgw_api z stage=http;
        wsgw_route $disconnect /int/http/disconnect type=http_proxy;
    }
    location /aws {
        wsgw_api z stage=aws;
        wsgw_route $disconnect /int/aws/disconnect type=aws_proxy;
    }
    location /late {
        wsgw_api z stage=late;
        wsgw_route $disconnect /int/late/disconnect type=http_proxy
                   timeout=100ms;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        proxy_set_header X-Attempt $wsgw_attempt;
    }
--- backend eval
sub {
    my ($r) = @_;

    return '' if $r->{headers}{'x-attempt'} >= 3;
    return { delay => 0.5 } if $r->{uri} =~ /late/;
    return { status => $r->{uri} =~ /aws/ ? 429 : 503 };
}
--- ws eval
sub {
    connected($_)->close(4000) for qw( /http /aws /late );
    disconnects(9);

    my @first = error_log() =~ /\[(\w+)\].*was not delivered, attempt 1\b/g;
    my @later = error_log() =~ /\[(\w+)\].*was not delivered, attempt 2\b/g;

    is_deeply [ @first, @later ], [ ('error') x 3, ('info') x 3 ],
              'what was not delivered';

    my @why = error_log()
              =~ /\[(\w+)\].*, route "\$disconnect", status/g;

    is_deeply [ sort @why ], [ ('error') x 3, ('info') x 3 ], 'and why';
}



=== TEST 11: what is no HTTP is no delivery, although nginx takes it for a 200
--- config
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $default /int/message response;
        wsgw_route $disconnect /int/disconnect;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        proxy_set_header X-Attempt $wsgw_attempt;
    }
--- backend eval
my @no_http = ("hello\n", "\0\xff 200\r\n:\n\n", "SSH-2.0-OpenSSH_9.2\r\n",
               "\x15\x03\x01\x00\x02\x02\x46", "HTTP/1.1 20x OK\r\n\r\n",
               "{\"statusCode\":200}");
sub {
    my ($r) = @_;

    return '' if $r->{headers}{'x-attempt'} > 1
                 || ($r->{uri} =~ /\/connect/ && @no_http);

    return { raw => shift(@no_http) // 'no' };
}
--- ws eval
sub {
    $_->close(4000) for map { connected() } 1 .. 6;

    my @attempts = header('x-attempt', disconnects(12));

    is_deeply [ sort @attempts ], [ (1) x 6, (2) x 6 ];

    is ws_connect('/dev')->status, 502, 'of $connect it is no answer either';

    my @why = error_log() =~ /\[error\].*gave no valid answer, route "(\S+)"/g;

    is_deeply [ @why[0 .. 6] ], [ ('$disconnect') x 6, '$connect' ], 'is said';
}



=== TEST 12: what is handed on is delivered by the one that takes it
--- config
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $disconnect /gate/disconnect;
    }
    location /gate/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        proxy_set_header X-Attempt $wsgw_attempt;
    }
    location /to/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /to/away     { internal; proxy_pass http://127.0.0.1:1; }
    location = /to/page     { internal; return 503; }
    location = /to/denied   { internal; deny all; }
--- backend eval
my @to = ('/to/away', '/to/page', '/to/denied', '/to/429', '/to/502', '/to/503',
          '/to/504', '/nowhere');
sub {
    my ($r) = @_;

    return { status => $1 } if $r->{uri} =~ m{/to/(\d+)};

    my $to = $r->{headers}{'x-attempt'} > 1 ? '/to/410' : shift @to;

    return { headers => [ 'X-Accel-Redirect' => $to ] };
}
--- ws eval
sub {
    $_->close(4000) for map { connected() } 1 .. 8;

    my @attempts = header('x-attempt', ledger_events(16, qr{/gate/}));

    is_deeply [ sort @attempts ], [ (1) x 8, (2) x 8 ], 'each once more';

    is scalar(ledger_events(8, qr{/to/410})), 8, "a backend's 410 is its own";
}



=== TEST 13: rules for addresses see the client's in each attempt
--- tolerate: exited on signal 9
--- config
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $disconnect /int/disconnect;
    }
    location /int/ {
        internal;
        allow 127.0.0.1;
        deny all;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub { return $_[0]{headers}{'x-attempt'} == 1 ? { status => 503 } : '' }
--- ws eval
sub {
    connected()->close(4000);

    is_deeply [ header('x-attempt', disconnects(2)) ], [ 1, 2 ], 'tried again';

    my $c = connected();

    kill KILL => worker_pids();

    is_deeply [ header('x-disconnect-code', disconnects(4)) ],
              [ 4000, 4000, 1006, 1006 ], 'taken over';
}



=== TEST 14: what has passed is known to who has counted it
--- config
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int/message;
        wsgw_route $disconnect /int/disconnect;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        proxy_set_header In $wsgw_messages_in/$wsgw_bytes_in;
        proxy_set_header Out $wsgw_messages_out/$wsgw_bytes_out;
    }
--- backend eval
sub {
    my ($r) = @_;

    return { status => 503 }
        if $r->{uri} =~ /disconnect/ && $r->{headers}{'x-attempt'} == 1;
    return 'yes';
}
--- ws eval
sub {
    my $c = connected();

    $c->send('hello');
    is $c->recv, 'yes';
    $c->close(4000);

    my @e = disconnects(2);

    is_deeply [ header('in', @e) ], [ '1/5', '/' ];
    is_deeply [ header('out', @e) ], [ '1/3', '/' ];
}
