# "error_log ... debug" shows what a message, a handshake and a $disconnect go
# through, a line for each step, with the number of the client's connection.
# The lines name no payload.

use strict;
use warnings;

use lib 't/lib';

BEGIN {
    my $nginx = $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx';

    if (`$nginx -V 2>&1` !~ /--with-debug/) {
        print "1..0 # SKIP $nginx was built without --with-debug\n";
        exit;
    }
}

use Test::Nginx::Wsgw 'no_plan';

master_on();
log_level('debug');

our $Http = 'wsgw_zone zone=z:1m;';

every_block(http_config => $Http, config => <<'_EOC_');
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route hello /int/hello;
        wsgw_route $default /number;
    }
    location = /number {
        internal;
        return 200 $connection;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
_EOC_

# A client, the number of its connection, and how many lines it has so far.

sub client {
    my $c = ws_connect($_[0] // '/ws');

    $c->send('number');
    my $number = $c->recv;
    my @lines = lines($number);

    return ($c, $number, scalar @lines);
}

# The lines with that number, from the one on, when an event has ended last:
# their texts without ids.

sub lines {
    my ($number, $start) = @_;

    my @lines;

    wait_until(sub {
        @lines = map { s/:\S{15}=/:ID/gr }
                 map { /: \*(\d+) (wsgw (?:route|event|reply|hands|\$disc).*)/
                       && $1 == $number ? $2 : () }
                 split /\n/, error_log();

        return @lines > ($start // 0) && $lines[-1] eq 'wsgw event over';
    }, undef, 'the end of an event in the log');

    return @lines[$start // 0 .. $#lines];
}

run_tests();

__DATA__

=== TEST 1: a message that is answered at once
--- backend eval
sub { return '' }
--- ws eval
sub {
    my ($c, $number, $start) = client('/ws?token=CANARY');

    $c->send('a CANARY');
    is $c->recv, $number, 'the reply';

    is_deeply [ lines($number, $start) ], [
        'wsgw route "$default"',
        'wsgw event created MESSAGE route:"$default" attempt:1 '
            . 'id:ID connection:ID',
        'wsgw event started "/number"',
        'wsgw event answered status:200 len:' . length $number,
        'wsgw reply queued op:1 len:' . length $number,
        'wsgw event over',
    ];

    unlike join("\n", grep { / wsgw / } split /\n/, error_log()), qr/CANARY/,
           'no payload, and no argument of the handshake';
}


=== TEST 2: a message to a backend, and what has no answer
--- backend eval
sub { return $_[0]{uri} =~ /hello/ ? { status => 503 } : '' }
--- ws eval
sub {
    my ($c, $number, $start) = client();

    $c->send('{"action":"hello"}');
    like $c->recv, qr/Internal server error/, 'an error frame';
    my @lines = lines($number, $start);

    is_deeply [ @lines[0 .. 3] ], [
        'wsgw route "hello"',
        'wsgw event created MESSAGE route:"hello" attempt:1 '
            . 'id:ID connection:ID',
        'wsgw event started "/int/hello"',
        'wsgw event answered status:503 len:0',
    ];
    like $lines[4], qr/^wsgw reply queued op:1 len:\d+$/;
    is $lines[5], 'wsgw event over';
}


=== TEST 3: a handshake, and the client's end
--- backend eval
sub { return '' }
--- ws eval
sub {
    my ($c, $number, $start) = client();
    my @lines = lines($number);
    my ($slot) = $lines[0] =~ /(\d+)$/;

    is_deeply [ @lines[0 .. 6] ], [
        "wsgw handshake slot:$slot",
        'wsgw event created CONNECT route:"$connect" attempt:1 '
            . 'id:ID connection:ID',
        'wsgw event started "/int/connect"',
        'wsgw event answered status:200 len:0',
        'wsgw handshake accepted',
        'wsgw event over',
        "wsgw handshake open slot:$slot pipelined:0",
    ];

    $c->close(4000);
    ledger_events(1, qr/disconnect/);
    is_deeply [ lines($number, $start) ], [
        'wsgw event created DISCONNECT route:"$disconnect" attempt:1 '
            . 'id:ID connection:ID',
        'wsgw event started "/int/disconnect"',
        'wsgw event answered status:200 len:0',
        'wsgw $disconnect delivered attempt:1',
        'wsgw event over',
    ];
}


=== TEST 4: handshakes that are refused
--- backend eval
sub { return { status => 403, body => 'no' } }
--- ws eval
sub {
    is ws_connect('/ws')->status, 403, 'by $connect';
    like error_log(), qr/\*\d+ wsgw handshake refused status:403 owed:0$/m;

    is ws_connect('/ws', version => 12)->status, 426, 'by the check';
    like error_log(), qr/\*\d+ wsgw handshake check: 426$/m;
}


=== TEST 5: messages that wait for their turn
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_worker_events 2;
--- backend eval
sub { return { body => '', delay => $_[0]{uri} =~ /hello/ ? 1 : 0 } }
--- ws eval
sub {
    my $one = ws_connect('/ws');
    my ($two, $number, $start) = client();

    $one->send('{"action":"hello"}');
    ledger_events(1, qr/hello/);

    $two->send('number');
    is $two->recv, $number, 'the reply';

    my @lines = lines($number, $start);

    is $lines[2], 'wsgw event queued running:1';
    is $lines[3], 'wsgw event started "/number"';
}


=== TEST 6: the $disconnect of a worker that was killed
--- tolerate: exited on signal 9
--- backend eval
sub {
    my ($r) = @_;

    return $r->{uri} =~ /disconnect/ && $r->{headers}{'x-attempt'} == 1
           ? { status => 503 } : '';
}
--- ws eval
sub {
    my ($c, $number) = client();
    my ($slot) = (lines($number))[0] =~ /(\d+)$/;

    kill KILL => worker_pids();

    my (undef, $e) = ledger_events(2, qr/disconnect/);
    my $id = $e->{headers}{'x-connection-id'};

    # the number has died with the worker: the slot and the id remain

    wait_log(qr/\d: wsgw \$disconnect delivered attempt:2/);

    my @lines = grep { /^wsgw (?:event|\$disc)/ }
                map { / (wsgw .*)/ }
                grep { !/\*\d/ } split /\n/, error_log();

    s/ id:\S+//, s/next in:\d+/next in:N/ for @lines;

    my @attempt = map { [
        qq{wsgw \$disconnect due slot:$slot code:1006 attempt:$_},
        qq{wsgw event created DISCONNECT route:"\$disconnect" attempt:$_ }
            . "connection:$id",
        'wsgw event started "/int/disconnect"',
    ] } 1 .. 2;

    is_deeply [ @lines[0 .. 11] ], [
        "wsgw \$disconnect inherited slot:$slot state:2",
        @{ $attempt[0] },
        'wsgw event answered status:503 len:0',
        "wsgw \$disconnect owed slot:$slot attempt:1 next in:N",
        'wsgw event over',
        @{ $attempt[1] },
        'wsgw event answered status:200 len:0',
        'wsgw $disconnect delivered attempt:2',
    ];
}


=== TEST 7: a reason that is several lines is one line of the log
--- config
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /connect;
    }
    location /connect {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location ^~ /ws/@connections {
        wsgw_management z;
    }
--- ws eval
sub {
    my @reason = ("a\n2026/01/01", "\x1b[31m\x7f", "\r\n\tb");

    for my $n (0 .. $#reason) {
        my $c = ws_connect('/ws');
        my ($e) = (ledger_events($n + 1, qr/\/connect/))[-1];
        my $id = $e->{headers}{'x-connection-id'};
        my $query = $reason[$n] =~ s/(.)/sprintf '%%%02x', ord $1/gers;
        my $line = $reason[$n] =~ tr/\x00-\x1f\x7f/ /r;

        is http(DELETE => "/ws/\@connections/$id?reason=$query")->status, 204;
        wait_log(qr/ wsgw close code:1000 "\Q$line\E"$/m);
    }
}
