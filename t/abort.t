# Ends at bad moments: a client, a caller of @connections or an integration
# goes away while something of it is still in use. What is checked is mostly
# that the worker goes on; "make asan" sees more.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Socket qw( SOL_SOCKET SO_RCVBUF );

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
_EOC_

our $Stage = <<'_EOC_';
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $default /int/echo response;
    }

    location ^~ /ws/@connections {
        wsgw_management z;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
_EOC_

# a server of its own, whose sockets hold what a client does not read

our $Port = free_port();

sub roomy {
    return <<"END";
    wsgw_zone zone=z:1m;
    wsgw_close_timeout 1s;
    server {
        listen 127.0.0.1:$::Port sndbuf=1m rcvbuf=128k;

        location /late {
            wsgw_api z;
            wsgw_integration_type http_proxy;
            wsgw_route \$connect /int/connect;
            wsgw_route \$disconnect /int/disconnect;
            wsgw_route \$default /int/echo response;
            wsgw_max_pending_size 10k;
        }
        location ^~ /late/\@connections {
            wsgw_management z;
        }
        location /int/ {
            internal;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/;
        }
    }
END
}

# the nth client there, with more in the server's socket than in its own

sub late {
    my ($n) = @_;

    my $c = ws_connect('/late', port => $::Port);
    my $id = (ledger_events($n, qr{^/connect}))[-1]{headers}{'x-connection-id'};

    $c->socket->setsockopt(SOL_SOCKET, SO_RCVBUF, 8192);

    is http(POST => "/late/\@connections/$id", port => $::Port,
            body => 'x' x 100_000)->status, 200, 'a push' for 1 .. 3;

    return $c, $id;
}

master_on();
every_block(http_config => $Http, config => $Stage);

run_tests();

__DATA__

=== TEST 1: callers of @connections reset their connection unanswered
--- ws eval
sub {
    my ($worker) = worker_pids();
    my $c = ws_connect('/ws');
    my ($e) = ledger_events(1);
    my $id = $e->{headers}{'x-connection-id'};

    # the worker finds the request and its reset at the same time

    for my $head (qw( GET POST DELETE )) {
        kill STOP => $worker;

        my $stream = stream();

        $stream->write("$head /ws/\@connections/$id HTTP/1.1\r\nHost: h\r\n"
                       . "Content-Length: 2\r\n\r\nhi");
        $stream->reset;

        kill CONT => $worker;

        is http('GET', "/ws/\@connections/AAAAAAAAAAAAAAA=")->status, 410,
           "the worker goes on behind $head";
    }

    is((worker_pids())[0], $worker, 'it is the same');
}


=== TEST 2: the request that limit_conn counts is whole when it is logged
--- http_config eval
$::Http . <<'_EOC_'
    limit_conn_zone $binary_remote_addr zone=addr:1m;
    log_format kept '$request "$http_user_agent" $wsgw_connection_id kept';
_EOC_
--- config
    location /ws {
        limit_conn addr 2;
        wsgw_api z;
        access_log logs/error.log kept;
    }
--- ws eval
sub {
    for my $agent ('short', 'l' x 2000) {
        my $c = ws_connect('/ws?a=b', headers => ['User-Agent' => $agent]);

        is $c->status, 101, 'within limit_conn';
        $c->close(1000);
        $c->drop;

        wait_log(qr{^GET /ws\?a=b HTTP/1.1 "$agent" \S{16} kept$}m);
        pass 'the log line is what the client sent';
    }
}


=== TEST 3: the log says what was going on
--- ws eval
sub {
    my $c = ws_connect('/ws');

    $c->send_frame(opcode => 3);

    is $c->close_code, 1002;
    wait_log(qr/client broke the protocol: .* while serving a WebSocket, /);
}


=== TEST 4: a Close reaches a client that reads late and goes on sending
--- http_config eval: main::roomy()
--- ws eval
sub {
    for my $reload (0, 1) {
        my ($c, $id) = late(1 + $reload);

        is http(DELETE => "/late/\@connections/$id", port => $::Port)->status,
           204, 'closed';

        # behind the time that it has to answer

        ledger_events(1 + $reload, qr{^/disconnect});
        reload_nginx() if $reload;
        $c->send('on') for 1 .. 3;

        is length $c->recv, 100_000, 'what was pushed before' for 1 .. 3;
        is $c->close_code, 1000, 'and the Close';
        ok $c->eof, 'and the end';
    }
}


=== TEST 5: likewise one whose bytes a worker has no time to read
--- main_config
worker_shutdown_timeout 500ms;
--- http_config eval: main::roomy()
--- backend eval
sub { return { delay => $_[0]{body} eq 'holds' ? 30 : 0 } }
--- ws eval
sub {
    my ($c) = late(1);

    # more than a read takes

    $c->send('holds');
    $c->send('x' x 5_000) for 1 .. 30;
    ledger_events(1, qr{^/echo});

    reload_nginx();
    ledger_events(1, qr{^/disconnect});

    is length $c->recv, 100_000, 'what was pushed before' for 1 .. 3;
    is $c->close_code, 1001, 'and the Close';
    ok $c->eof, 'and the end';
}
