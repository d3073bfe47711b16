# Ends at bad moments: a client, a caller of @connections or an integration
# goes away while something of it is still in use. What is checked is mostly
# that the worker goes on; "make asan" sees more.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

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

        my $stream = Wsgw::Stream->connect('127.0.0.1', $Test::Nginx::Util::ServerPortForClient);

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
