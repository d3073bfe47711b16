# What is left of nginx's own of a connection once it is a WebSocket: what the
# error log says of it, what events know, and that it ends as any other.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Wsgw::Wait;

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
    limit_conn_zone $binary_remote_addr zone=c:1m;
_EOC_

our $Stages = <<'_EOC_';
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route $default /int/who response;
    }

    location ^~ /ws/@connections {
        wsgw_management z;
    }

    location /counted {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int/who response;
        limit_conn c 1;
    }

    location = /int/who {
        internal;
        return 200 "$remote_addr:$remote_port $server_addr $connection";
    }

    location = /int/disconnect {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/disconnect;
    }

    location = /status {
        stub_status;
    }
_EOC_

# a frame of a reserved opcode, and what the log says of its client

our $Reserved = chr(0x83) . chr(0x80) . 'mask';

sub broken {
    my ($c, $client) = @_;

    $c->send_raw($Reserved);
    $c->close_code;

    my $line = 'client broke the protocol: 1002 "Reserved opcode" while '
               . "serving a WebSocket, client: $client, server: ";

    return wait_log(qr/\Q$line\E0\.0\.0\.0:\d+$/m);
}

sub active {
    my ($active) = http(GET => '/status')->{body} =~ /^Active connections: (\d+)/;
    return $active;
}

run_tests();

__DATA__

=== TEST 1: the log names the client and the server
--- http_config eval: $::Http
--- config eval: $::Stages
--- ws eval
sub {
    my ($c, $other) = map { ws_connect('/ws') } 1, 2;

    ok broken($c, '127.0.0.1'), 'of the first';
    ok broken($other, '127.0.0.1'), 'of another';

    my @numbers = error_log() =~ /\*(\d+) client broke the protocol/g;

    is scalar(@numbers), 2, 'a line each';
    isnt $numbers[0], $numbers[1], 'with its number';
}



=== TEST 2: behind a proxy the log names whom events name
--- http_config eval: $::Http
--- config eval
"set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;" . $::Stages
--- ws eval
sub {
    for my $address ('203.0.113.7', '2001:db8::17') {
        my $c = ws_connect('/ws', headers => [ 'X-Real-IP' => $address ]);

        $c->send('who');
        like $c->recv, qr/^\Q$address\E:/, "the event knows $address";
        ok broken($c, $address), 'and so does the log';
    }
}



=== TEST 3: events have the addresses and the number that the handshake had
--- http_config eval: $::Http
--- config eval: $::Stages
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my $port = $c->socket->sockport;
    my %numbers;

    for (1 .. 3) {
        $c->send('who');

        my ($from, $to, $number) = split ' ', $c->recv;

        is $from, "127.0.0.1:$port", 'from where';
        is $to, '127.0.0.1', 'to where';
        $numbers{$number} = 1;
    }

    is scalar(keys %numbers), 1, 'one connection';
}



=== TEST 4: whatever its end, nginx counts a connection no more
--- http_config eval: $::Http
--- config eval: $::Stages
--- ws eval
sub {
    my %ends = (
        'a Close'         => sub { $_[0]->close(1000) },
        'a reset'         => sub { $_[0]->reset },
        'an end of TCP'   => sub { $_[0]->drop },
        'a broken frame'  => sub { $_[0]->send_raw($::Reserved); $_[0]->eof },
        'more behind a Close' => sub {
            $_[0]->send_raw(Wsgw::Client::frame(
                                opcode => Wsgw::Client::CLOSE) . 'more');
            $_[0]->eof;
        },
    );

    my $ended = 0;

    for my $how (sort keys %ends) {
        my @c = map { ws_connect('/ws') } 1 .. 3;

        $ends{$how}->($_) for @c;
        $ended += @c;

        is scalar(ledger_events($ended, qr{^/disconnect})), $ended,
           "$how is the end";
        $_->drop for @c;
        ok wait_until(sub { active() == 1 }), 'nobody is left';
    }
}



=== TEST 5: what limit_conn counts is kept, and ends
--- http_config eval: $::Http
--- config eval: $::Stages
--- ws eval
sub {
    my $c = ws_connect('/counted');

    is ws_connect('/counted')->status, 503, 'it counts';

    $c->send('who');
    like $c->recv, qr/^127\.0\.0\.1:/, 'it works';

    $c->close(1000);

    ok wait_until(sub { ws_connect('/counted')->status == 101 }),
       'it counts no more';
}
