# wsgw_status: what is counted, in each format; each result and each reason is
# provoked and seen in its series; numbers over kills and reloads; who may look,
# and what a load balancer is told.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use File::Temp ();
use Socket qw( SOL_SOCKET SO_RCVBUF SO_SNDBUF );
use Wsgw::Play;
use Wsgw::Samples;

master_on();

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
_EOC_

our $Status = <<'_EOC_';
    location = /status {
        wsgw_status;
    }
_EOC_

our $Int = <<'_EOC_';
    location = /echo {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/echo;
    }
    location = /ok {
        internal;
        return 200;
    }
_EOC_

sub scrape {
    my ($format, @more) = @_;

    return samples(http(GET => '/status?format=' . ($format // 'prometheus'),
                        @more)->body);
}

# the samples that differ from those of before, without times

sub changes {
    my ($before, $pattern) = @_;

    my $now = scrape();

    return { map { $_ => $now->{$_} - ($before->{$_} // 0) }
             grep { /$pattern/ && $now->{$_} != ($before->{$_} // 0) }
             keys %$now };
}

# waits until the samples that match have changed like this

sub changed {
    my ($before, $pattern, $wanted, $name) = @_;

    my $got;

    eval {
        wait_until(sub {
            $got = json(changes($before, $pattern));
            $got eq json($wanted);
        }, undef, $name);
    };

    Test::More::is($got, json($wanted), $name);
}

# what a command says of a text on its standard input

sub said {
    my ($text, @command) = @_;

    my $file = File::Temp->new;

    print $file $text;
    close $file;

    open my $in, '-|', 'sh', '-c', 'exec "$@" <"$0" 2>&1', "$file", @command
        or die "sh: $!\n";

    return join '', <$in>;
}

sub promtool { return said($_[0], qw( promtool check metrics )) }

# what the page's script draws of its workers, run without a browser

sub drawn {
    my ($page) = @_;

    my $json = http(GET => '/status?format=json')->body;

    return said($page->body, 'node', '-e', <<'END', $json);
const page = require('fs').readFileSync(0, 'utf8')
const parts = {}
const document = {
  getElementById: id => parts[id] ??= {},
  documentElement: {}
}
const fetch = async () => ({ ok: true, json: () => JSON.parse(process.argv[1]) })
const getComputedStyle = () => ({ getPropertyValue: () => '' })

Function('document', 'fetch', 'getComputedStyle', 'setTimeout',
         page.match(/<script>([^]*)<\/script>/)[1])(
  document, fetch, getComputedStyle, () => {
    console.log(parts.all.innerHTML.match(/<h2>Workers[^]*/)[0]
      .replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim())
  })
END
}

# OpenMetrics, read by Prometheus' own library for Python

sub openmetrics {
    return said($_[0], '/usr/bin/python3', '-c', <<'END');
import sys
from prometheus_client.openmetrics import parser

print(sum(len(f.samples)
          for f in parser.text_string_to_metric_families(sys.stdin.read())))
END
}

# a stage whose sockets hold little, on a port of its own

our $Port = free_port();

sub narrow {
    my ($directives) = @_;

    return $::Http . <<"END";
    server {
        listen 127.0.0.1:$::Port rcvbuf=64k sndbuf=64k;

        location /ws {
            wsgw_api z;
            wsgw_integration_type http_proxy;
            wsgw_route \$default /echo response;
            $directives
        }
        location ^~ /ws/\@connections {
            wsgw_management z;
        }
        location = /echo {
            internal;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/echo;
        }
    }
END
}

sub narrow_client {
    my $c = ws_connect('/ws', port => $::Port);

    $c->socket->setsockopt(SOL_SOCKET, $_, 65536) for SO_RCVBUF, SO_SNDBUF;

    return $c;
}

# that connections have ended for this reason, with this code

sub closed_by {
    my ($before, $reason, $code, $n) = @_;

    changed($before, 'closed', {
        qq(wsgw_connections_closed_total{reason="$reason",code="$code"})
            => $n // 1 }, "$reason $code");
}

run_tests();

__DATA__

=== TEST 1: messages, bytes and frames are counted
--- http_config eval: $::Http
--- config eval
$::Status . $::Int . <<'_EOC_'
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /echo response;
        wsgw_route quiet /ok;
        wsgw_route $disconnect /ok;
    }
_EOC_
--- ws eval
sub {
    my $before = scrape();
    my $c = ws_connect('/ws');

    is $before->{'wsgw_connections{state="open"}'}, 0, 'a stage is there';
    is scrape()->{'wsgw_connections{state="open"}'}, 1, 'open';

    $c->send('hello');
    is $c->recv, 'hello';
    $c->send_binary("\x00\xff");
    is $c->recv, "\x00\xff";
    $c->send('{"action":"quiet"}');
    $c->ping('x');
    $c->send('four');
    is $c->recv, 'four';

    my $traffic = 'wsgw_(messages|received|sent|wire|control|error)';

    changed($before, $traffic, {
        'wsgw_messages_received_total{type="text"}' => 3,
        'wsgw_messages_received_total{type="binary"}' => 1,
        'wsgw_messages_sent_total{source="reply"}' => 3,
        'wsgw_received_bytes_total' => 29,
        'wsgw_sent_bytes_total' => 11,
        'wsgw_wire_received_bytes_total' => 29 + 4 * 6 + 7,
        'wsgw_wire_sent_bytes_total' => 11 + 3 * 2 + 3,
        'wsgw_control_frames_total{direction="in",opcode="ping"}' => 1,
        'wsgw_control_frames_total{direction="out",opcode="pong"}' => 1,
    }, 'traffic');

    changed($before, 'integration_requests|(wait|duration)_seconds_count', {
        'wsgw_handshake_duration_seconds_count' => 1,
        'wsgw_integration_requests_total{route="$default",result="ok"}' => 3,
        'wsgw_integration_requests_total{route="quiet",result="ok"}' => 1,
        'wsgw_integration_duration_seconds_count{route="$default"}' => 3,
        'wsgw_integration_duration_seconds_count{route="quiet"}' => 1,
        'wsgw_integration_wait_seconds_count{route="$default"}' => 3,
        'wsgw_integration_wait_seconds_count{route="quiet"}' => 1,
    }, 'integrations');

    $c->close(1000);
    $c->close_code;

    changed($before, 'handshakes|closed|disconnects|connections\{', {
        'wsgw_handshakes_total{result="accepted"}' => 1,
        'wsgw_connections_closed_total{reason="client",code="1000"}' => 1,
        'wsgw_disconnects_total{result="delivered"}' => 1,
    }, 'its end');
}


=== TEST 2: the text formats are what others read
--- http_config eval: $::Http
--- config eval
$::Status . $::Int . <<'_EOC_'
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /echo response;
        wsgw_route $connect /ok;
        wsgw_route "a\\b \"c\"" /ok;
    }
    location ^~ /ws/@connections {
        wsgw_management z;
    }
_EOC_
--- ws eval
sub {
    my $c = ws_connect('/ws');

    $c->send('hello');
    is $c->recv, 'hello';

    is http(GET => '/ws/@connections/bm90LWhlcmUtbm8=')->status, 410;

    my $text = http(GET => '/status?format=prometheus');

    is $text->status, 200;
    is $text->header('Content-Type'),
       'text/plain; version=0.0.4; charset=utf-8';
    is $text->header('Cache-Control'), 'no-store';
    is promtool($text->body), '', 'promtool is silent';
    like $text->body, qr/route="a\\\\b \\"c\\""/, 'a label is escaped';

    my $open = http(GET => '/status?format=openmetrics');
    my $samples = () = $open->body =~ /^[^#]/mg;

    is $open->header('Content-Type'),
       'application/openmetrics-text; version=1.0.0; charset=utf-8';
    like $open->body, qr/\n# EOF\n\z/;
    is openmetrics($open->body), "$samples\n", 'OpenMetrics is read';

    # JSON has the same numbers under the same names

    my $all = json(http(GET => '/status?format=json')->body);
    my $prometheus = scrape();
    my (%differ, %there);

    for my $name (keys %$all) {
        for (@{ $all->{$name}{values} }) {
            my ($labels, $value) = @$_{qw( labels value )};
            my $place = join '', map { qr/(?=.*\b$_="\Q@{[
                            $labels->{$_} =~ s{([\\"])}{\\$1}gr ]}\E")/ }
                        grep { !/^(?:api|stage)$/ } keys %$labels;

            if (ref $value) {
                $value = $value->{count};
                $place = qr/^${name}_count(?![a-z_])$place/;

            } else {
                $place = qr/^$name(?![a-z_])$place/;
            }

            my ($found) = grep { /$place/ } keys %$prometheus;

            $there{$name} = 1;
            $differ{$name} = [ $value, $found ]
                if !defined $found || ($value != $prometheus->{$found}
                                       && $name !~ /bytes/);
        }
    }

    is_deeply \%differ, {}, 'JSON says the same';
    is $all->{wsgw_connections}{type}, 'gauge';
    is $all->{wsgw_handshake_duration_seconds}{values}[0]{value}{buckets}
           {'+Inf'}, 1, 'a histogram';
    cmp_ok scalar(keys %there), '>=', 40, 'all families have samples';
}


=== TEST 3: who asks gets the format that it can read
--- http_config eval: $::Http
--- config eval
$::Status . <<'_EOC_'
    location = /public {
        wsgw_status z public;
    }
    location = /forwarded {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/status?format=json;
        proxy_set_header X-Forwarded-For 192.0.2.1;
    }
    location = /forwarded_public {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/public?format=json;
        proxy_set_header X-Forwarded-For 192.0.2.1;
    }
_EOC_
--- ws eval
sub {
    my %type = (
        'text/html,application/xhtml+xml,*/*;q=0.8' => 'text/html',
        'application/json' => 'application/json',
        'application/openmetrics-text;version=1.0.0;q=0.75,text/plain;q=0.5'
            => 'application/openmetrics-text',
        'text/plain;version=0.0.4;q=0.5,*/*;q=0.1' => 'text/plain',
        '*/*' => 'text/plain',
        '' => 'text/plain',

        # what is not wanted is not got, what is preferred is

        'text/html;q=0' => 'text/plain',
        'text/html; Q=0.000, application/json' => 'application/json',
        'text/html;q=0.4, application/json ; x="a,b;q=0" ; q=0.5'
            => 'application/json',
        'application/json;q=0.2,text/html;q=.1' => 'application/json',
        'application/json;q=0.9, text/html' => 'text/html',
        'application/json;q=nonsense, text/html;q=0.001' => 'text/html',
        'text/plain;version=0.0.4;q=0.6,application/openmetrics-text;q=0.5'
            => 'text/plain',
        'application/openmetrics-text;q=0,application/openmetrics-text;q=0.1'
            => 'application/openmetrics-text',
        'text/html-not, xtext/html, text/htm, "text/html"' => 'text/plain',
        'TEXT/HTML' => 'text/html',
        ';,;q=1,,' => 'text/plain',
    );

    for (sort keys %type) {
        my $r = http(GET => '/status', headers => [ Accept => $_ ]);

        like $r->header('Content-Type'), qr/^\Q$type{$_}\E/, "Accept: $_";
    }

    like http(GET => '/status')->header('Content-Type'), qr{^text/plain};

    for (qw( html json prometheus openmetrics )) {
        my $r = http(HEAD => "/status?format=$_");

        is $r->status, 200, "HEAD of $_";
        cmp_ok $r->header('Content-Length'), '>', 1000, 'says its length';
        is $r->body, '', 'and has no body';
    }

    is http(GET => "/status?format=$_")->status, 400, "format $_"
        for 'xml', '', 'JSON';

    for (qw( POST DELETE PUT OPTIONS PROPFIND )) {
        my $r = http($_ => '/status', body => 'x' x 100_000);

        is $r->status, 405, $_;
        is $r->header('Allow'), 'GET, HEAD', 'says what it allows';
        like $r->header('Content-Type'), qr{^text/plain}, 'as plain text';
        is $r->body, "wsgw_status is read by GET or HEAD\n";
    }

    is http(GET => '/forwarded')->status, 403, 'another client is named';
    like error_log(), qr/wsgw_status serves loopback .* header "X-Forwarded-For"/,
         'which the log tells';
    is http(GET => '/forwarded_public')->status, 200, 'public';
}


=== TEST 4: a load balancer is told when nobody should come
--- http_config
    wsgw_zone zone=z:256k;
    wsgw_drain_time 20s;
--- config eval
$::Status . <<'_EOC_'
    location /ws {
        wsgw_api z;
        wsgw_origin any;
    }
_EOC_
--- ws eval
sub {
    my $r = http(GET => '/status?health');

    is $r->status, 200;
    is $r->body, "ok\n";
    is http(HEAD => '/status?health=1')->status, 200, 'HEAD';
    is http(GET => '/status?format=json&health')->body, "ok\n";

    my @clients = map { ws_connect('/ws') } 1 .. 512;

    is scalar(grep { $_->status == 101 } @clients), 512, 'a full zone';

    $r = http(GET => '/status?health');

    is $r->status, 503;
    is $r->body, "zone full\n";
    is scrape()->{'wsgw_zone_slots_used{zone="z"}'}, 512, 'as the numbers say';

    $clients[0]->close(1000);
    $clients[0]->close_code;

    wait_until(sub { http(GET => '/status?health')->status == 200 }, undef,
               'room again');

    # a connection that was kept alive is still the old worker's

    my $kept = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $Test::Nginx::Util::ServerPortForClient);

    print $kept "GET /status?health HTTP/1.1\r\nHost: a\r\n\r\n";
    sysread $kept, my $first, 4096;
    like $first, qr/200 OK.*ok\n/s, 'a worker';

    print $kept "GET /status?health HTTP/1.1\r\nHo";
    reload_nginx();
    print $kept "st: a\r\n\r\n";
    sysread $kept, my $last, 4096;
    like $last, qr/503 .*draining\n/s, 'that exits';
}


=== TEST 5: each result of a handshake is seen in its series
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_zone zone=small:256k;
--- config eval
$::Status . $::Int . <<'_EOC_'
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /connect;
        wsgw_route $default /ok;
        wsgw_integration_timeout 300ms;
        wsgw_api_key $arg_key;
        wsgw_limit_conn $arg_limit 1;
    }
    location = /connect {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/$wsgw_query_to;
    }
    location /small {
        wsgw_api small;
    }
_EOC_
--- ws eval
sub {
    my $before = scrape();

    my $result = sub {
        my ($result, $wanted, $path, %opt) = @_;

        my $c = ws_connect($path, %opt);

        is $c->status, $wanted, "$result: $wanted" if $wanted;
        changed($before, 'handshakes', {
            qq(wsgw_handshakes_total{result="$result"}) => 1 }, $result);
        $before = scrape();

        return $c;
    };

    my $one = $result->('accepted', 101, '/ws?key=k&limit=a');

    $result->('malformed', 400, '/ws?key=k', key => 'short');
    $result->('malformed', 426, '/ws?key=k', version => 12);
    $result->('origin', 403, '/ws?key=k', origin => 'https://evil.example');
    $result->('unauthorized', 403, '/ws');
    $result->('limit', 429, '/ws?key=k&limit=a');
    $result->('rejected', 403, '/ws?key=k&to=status%3D403');
    $result->('connect_failed', 502, '/ws?key=k&to=drop');
    $result->('connect_timeout', 504, '/ws?key=k&to=hang');

    my $early = ws_connect('/ws?key=k&to=delay%3D1', defer => 1);

    wait_until(sub { scrape()->{'wsgw_connections{state="connecting"}'} },
               undef, 'one that waits for $connect');
    $early->drop;

    changed($before, 'handshakes', {
        'wsgw_handshakes_total{result="aborted"}' => 1 }, 'aborted');

    my @all = map { ws_connect('/small') } 1 .. 512;

    is ws_connect('/small')->status, 503, 'a full zone';
    like http(GET => '/status')->body,
         qr/stage="small",result="zone_full"\} 1\n/, 'is seen';
}


=== TEST 6: each result of an integration is seen in its series
--- http_config eval: $::Http
--- config eval
$::Status . <<'_EOC_'
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_integration_timeout 300ms;
        wsgw_max_message_size 1k;
        wsgw_route ok /int/ok;
        wsgw_route refused /int/status=404;
        wsgw_route status_5xx /int/status=503;
        wsgw_route unreachable /int/drop;
        wsgw_route nobody /nobody;
        wsgw_route timeout /int/hang;
        wsgw_route too_large /large;
        wsgw_route function_error /int/body=x/header=X-Amz-Function-Error:Unhandled type=aws_proxy;
        wsgw_route bad_result /int/body=x type=aws_proxy;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
    }
    location = /nobody {
        internal;
        proxy_pass http://127.0.0.1:1/;
    }
    location = /large {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/large;
    }
_EOC_
--- backend eval
sub { return $_[0]{uri} =~ /large/ ? 'x' x 5000 : {} }
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my %kind = (timeout => 'timeout', refused => '');

    for my $result (qw( ok refused function_error status_5xx unreachable
                        timeout bad_result too_large ))
    {
        my $before = scrape();

        $c->send(qq({"action":"$result"}));

        changed($before, 'integration_requests', {
            qq(wsgw_integration_requests_total{route="$result",)
            . qq(result="$result"}) => 1 }, $result);

        next if $result =~ /^(?:ok|refused)$/;

        my $kind = $kind{$result} // 'internal';

        changed($before, 'error_frames|source="error"', {
            qq(wsgw_error_frames_total{kind="$kind"}) => 1,
            'wsgw_messages_sent_total{source="error"}' => 1 },
            "$result: an error frame");
    }

    my $before = scrape();

    $c->send('{"action":"nobody"}');
    changed($before, 'integration_requests', {
        'wsgw_integration_requests_total{route="nobody",result="unreachable"}'
            => 1 }, 'nobody listens');

    cmp_ok scrape()->{
        'wsgw_integration_duration_seconds_sum{route="timeout"}'}, '>=', 0.3,
        'a timeout has lasted as long';

    $before = scrape();
    $c->send('{"action":"what?"}');

    changed($before, 'unrouted|error_frames', {
        'wsgw_messages_unrouted_total' => 1,
        'wsgw_error_frames_total{kind="forbidden"}' => 1 }, 'no route');
}


=== TEST 7: each reason of a close is seen in its series
--- http_config eval
main::narrow('wsgw_integration_timeout 5s;') . <<'_EOC_'
    wsgw_drain_time 10ms quit=10ms;
_EOC_
--- config eval
$::Status . $::Int . <<'_EOC_'
    location /ws {
        wsgw_api z;
        wsgw_max_message_size 1k;
        wsgw_route $default /ok;
    }
    location /idle {
        wsgw_api z stage=ws;
        wsgw_idle_timeout 100ms;
    }
    location /life {
        wsgw_api z stage=ws;
        wsgw_max_lifetime 100ms;
    }
    location /pong {
        wsgw_api z stage=ws;
        wsgw_ping_interval 100ms;
    }
    location /answers {
        wsgw_api z stage=ws;
        wsgw_ping_interval 1s;
    }
_EOC_
--- ws eval
sub {
    my $before = scrape();
    my $c;

    for my $code (1000, 1001, 1011) {
        $c = ws_connect('/ws');
        $c->close($code);
        closed_by($before, client => $code);
        $before = scrape();
    }

    for ([ 3000 => '3xxx' ], [ 4999 => '4xxx' ], [ 1014 => 'other' ]) {
        my ($code, $label) = @$_;

        $c = ws_connect('/ws');
        $c->send_raw(bye($code));
        closed_by($before, client => $label);
        $before = scrape();
    }

    $c = ws_connect('/ws');
    $c->send_raw(Wsgw::Client::frame(opcode => 8));
    closed_by($before, client => 1005);
    $before = scrape();

    $c = ws_connect('/ws');
    $c->reset;
    closed_by($before, client_lost => 1006);
    $before = scrape();

    $c = ws_connect('/idle');
    closed_by($before, idle => 1001);
    $before = scrape();

    $c = ws_connect('/life');
    closed_by($before, lifetime => 1001);
    $before = scrape();

    $c = ws_connect('/pong', pong => 0);
    closed_by($before, pong_timeout => 1006);
    $before = scrape();

    $c = ws_connect('/ws');
    $c->send_raw(text("\xff"));
    closed_by($before, utf8 => 1007);
    $before = scrape();

    $c = ws_connect('/ws');
    $c->send_raw(text('x' x 1025));
    closed_by($before, too_big => 1009);
    $before = scrape();

    for my $frame (Wsgw::Client::frame(opcode => 3), cont('x'),
                   Wsgw::Client::frame(opcode => 1, masked => 0))
    {
        $c = ws_connect('/ws');
        $c->send_raw($frame);
        closed_by($before, protocol => 1002);
        $before = scrape();
    }

    # who answers pings has its time measured

    $c = ws_connect('/answers');

    wait_until(sub {
        $c->recv(0.05);
        scrape()->{wsgw_ping_rtt_seconds_count};
    }, undef, 'a pong');
    $c->close(1000);
    closed_by($before, client => 1000);
    $before = scrape();

    # a worker is killed, is asked to quit, is replaced

    $c = ws_connect('/ws');

    kill KILL => worker_pids();

    wait_until(sub { scrape()->{
        'wsgw_connections_closed_total{reason="worker_lost",code="1006"}'} },
        undef, 'a worker is lost');

    is scrape()->{'wsgw_workers_lost_total{zone="z"}'}, 1;
    is scrape()->{'wsgw_connections{state="open"}'}, 0;
    $before = scrape();

    $c = ws_connect('/ws');

    reload_nginx();

    is $c->close_code, 1001;
    closed_by($before, drain => 1001);
    $before = scrape();

    $c = ws_connect('/ws');

    kill QUIT => worker_pids();

    is $c->close_code, 1001;

    # there is no other worker to tell of it: the one that quits has to end first

    $c->drop;
    closed_by($before, quit => 1001);
}
--- tolerate
exited on signal 9


=== TEST 8: a client that does not read, and one that sends too much
--- http_config eval
main::narrow('wsgw_concurrency 20; wsgw_send_timeout 500ms;') . <<'_EOC_'
    wsgw_worker_memory 400k;
_EOC_
--- config eval: $::Status
--- backend eval
sub { return { body => 'x' x 100_000, delay => 0.2 } }
--- ws eval
sub {
    my $before = scrape();
    my $c = narrow_client();

    $c->send($_) for 1 .. 20;
    ledger_events(20, qr{^/echo});

    closed_by($before, slow => 1013);

    $c->drop;
    $before = scrape();

    # it reads nothing of two replies, which wait

    $c = narrow_client();
    $c->send($_) for 1 .. 3;

    my ($queued, $slow);

    wait_until(sub {
        my $now = scrape();
        ($queued, $slow) = @$now{qw( wsgw_queued_bytes
                                     wsgw_slow_connections )};
        $queued > 50_000;
    }, undef, 'bytes wait');

    is $slow, 1, 'for one client';

    closed_by($before, send_timeout => 1006);

    is scrape()->{$_}, 0, "$_ is 0 again"
        for qw( wsgw_queued_bytes wsgw_slow_connections );

    # parts of messages are kept

    $before = scrape();

    my @hoards = map { narrow_client() } 1 .. 5;

    $_->send_raw(more('x' x 120_000)) for @hoards;

    wait_until(sub { scrape()->{
        'wsgw_connections_closed_total{reason="memory",code="1013"}'} },
        undef, 'memory');

    my $now = scrape();

    is $now->{'wsgw_worker_memory_limit_bytes{zone="z",worker="0"}'},
       400 * 1024, 'the limit';
    cmp_ok $now->{'wsgw_worker_memory_bytes{zone="z",worker="0"}'}, '>',
           100_000, 'what is kept';
}


=== TEST 9: pushes by verb, status and place
--- http_config eval: $::Http
--- config eval
$::Status . $::Int . <<'_EOC_'
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /ok;
    }
    location ^~ /ws/@connections {
        wsgw_management z;
    }
    location = /id {
        internal;
        return 200 $wsgw_connection_id;
    }
    location /who {
        wsgw_api z stage=ws;
        wsgw_integration_type http_proxy;
        wsgw_route $default /id response;
    }
_EOC_
--- ws eval
sub {
    my $before = scrape();
    my $c = ws_connect('/who');

    $c->send('who');

    my $path = '/ws/@connections/' . $c->recv;

    is http(POST => $path, body => 'hello')->status, 200;
    is $c->recv, 'hello';
    is http(GET => $path)->status, 200;
    is http(POST => '/ws/@connections/x', body => 'x')->status, 400;
    is http(PUT => $path, body => 'x')->status, 405;
    is http(POST => $path, body => 'x' x 200_000)->status, 413;
    is http(DELETE => $path)->status, 204;
    is $c->close_code, 1000;
    is http(DELETE => $path)->status, 410;

    changed($before, 'push', {
        'wsgw_pushes_total{verb="post",status="200"}' => 1,
        'wsgw_pushes_total{verb="post",status="400"}' => 1,
        'wsgw_pushes_total{verb="post",status="413"}' => 1,
        'wsgw_pushes_total{verb="get",status="200"}' => 1,
        'wsgw_pushes_total{verb="delete",status="204"}' => 1,
        'wsgw_pushes_total{verb="delete",status="410"}' => 1,
        'wsgw_messages_sent_total{source="push"}' => 1,
        (map { +"wsgw_push_duration_seconds_bucket{where=\"here\",le=\"$_\"}"
               => 3 }
         qw( 0.001 0.002 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1.0 2.5 5.0 10.0
             30.0 +Inf )),
        'wsgw_push_duration_seconds_count{where="here"}' => 3,
    }, 'pushes');

    closed_by($before, management => 1000);
}


=== TEST 10: without a zone there is nothing to tell
--- http_config
--- config
    location = /status { wsgw_status; }
--- must_die
--- error_log
"wsgw_status" has no zone to tell of; add "wsgw_zone zone=NAME:16m;" to http{} in


=== TEST 11: an unknown zone
--- http_config eval: $::Http
--- config
    location = /status { wsgw_status z other; }
--- must_die
--- error_log
"wsgw_status" refers to unknown zone "other", the only one is "z"; write that, or add "wsgw_zone zone=other:16m;" to http{} in


=== TEST 12: a zone twice
--- http_config eval: $::Http
--- config
    location = /status { wsgw_status z public z; }
--- must_die
--- error_log
parameter "z" is duplicate, "z" comes before it in


=== TEST 13: no name of a zone
--- http_config eval: $::Http
--- config
    location = /status { wsgw_status zone=z; }
--- must_die
--- error_log
invalid zone "zone=z"


=== TEST 14: a location that has another handler
--- http_config eval: $::Http
--- config
    location = /status { wsgw_api z stage=s; wsgw_status; }
--- must_die
--- error_log
"wsgw_status" needs a location of its own, this one has another content handler in


=== TEST 15: a location that gets another handler later
--- http_config eval: $::Http
--- config
    location = /status { wsgw_status; proxy_pass http://127.0.0.1:1; }
--- must_die
--- error_log
"wsgw_status" needs a location of its own, this one has another content handler in


=== TEST 16: twice in a location
--- http_config eval: $::Http
--- config
    location = /status { wsgw_status; wsgw_status z; }
--- must_die
--- error_log
"wsgw_status" directive is duplicate in


=== TEST 17: outside of a location
--- http_config eval: $::Http . "wsgw_status;"
--- config
--- must_die
--- error_log
"wsgw_status" directive is not allowed here in


=== TEST 18: the zones that are named, and no others
--- http_config
    wsgw_zone zone=a:1m;
    wsgw_zone zone=b:1m;
    wsgw_zone zone=c:1m;
--- config eval
join '', <<'_EOC_', map { "location = /$_ { wsgw_api $_ stage=$_; }" } qw( a b c )
    location = /all { wsgw_status; }
    location = /some { wsgw_status a public c; }
_EOC_
--- ws eval
sub {
    my $all = http(GET => '/all')->body;
    my $some = http(GET => '/some')->body;

    like $all, qr/zone_slots\{zone="$_"/, $_ for qw( a b c );
    like $all, qr/wsgw_connections\{api="\w+",stage="$_"/, $_ for qw( a b c );
    like $some, qr/zone_slots\{zone="$_"/, $_ for qw( a c );
    unlike $some, qr/="b"/, 'not the other';
    is promtool($all), '', 'promtool is silent';
}


=== TEST 19: the page needs nothing from elsewhere
--- http_config eval: $::Http
--- config eval: $::Status
--- ws eval
sub {
    my $page = http(GET => '/status?format=html');

    is $page->header('Content-Type'), 'text/html; charset=utf-8';
    unlike $page->body, qr{(?:src|href)\s*=\s*(?!["']?\?)}, 'no file';
    unlike $page->body, qr{https?://|\@import|url\(}, 'no address';
    like $page->body, qr/prefers-color-scheme:dark/, 'light and dark';
    like $page->body, qr/name='viewport'/, 'on a phone, too';

    # each series that the script asks for is there

    my $json = json(http(GET => '/status?format=json')->body);
    my @asked = $page->body =~
        /(?:sum|most|values|rate|gain|quantile|counts|by)\((?:d, |last\(\)\.d, )?'(\w+)'/g;

    cmp_ok scalar(@asked), '>', 15, 'series';
    is join(' ', grep { !$json->{"wsgw_$_"} } @asked), '', 'all are known';
}


=== TEST 20: who asks and does not wait for the answer
--- http_config eval: $::Http
--- config eval
$::Status . $::Int . 'location /ws { wsgw_api z; '
. join('', map { "wsgw_route r$_ /ok;" } 1 .. 12) . '}'
--- ws eval
sub {
    for (1 .. 20) {
        my $gone = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $Test::Nginx::Util::ServerPortForClient);

        print $gone "GET /status?format=json HTTP/1.1\r\nHost: a\r\n\r\n";
        close $gone;
    }

    # several at a time, and a request behind one

    my @asked = map {
        my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $Test::Nginx::Util::ServerPortForClient);
        print $s "GET /status?format=json HTTP/1.1\r\nHost: a\r\n\r\n"
                 . "GET /status?health HTTP/1.1\r\nHost: a\r\n"
                 . "Connection: close\r\n\r\n";
        $s;
    } 1 .. 10;

    for my $s (@asked) {
        my $text = join '', <$s>;

        like $text, qr/\A.*? 200 .*"route":"r12".*\n\}\nHTTP.1.1 200 .*ok\n\z/s,
             'both are answered';
    }

    is http(HEAD => '/status?format=prometheus')->status, 200, 'HEAD';
}


=== TEST 21: groups, their members, and what is sent to many
--- http_config eval: $::Http
--- config eval
$::Status . $::Int . <<'_EOC_'
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /id response;
        wsgw_group $arg_rooms;
    }
    location ^~ /ws/@connections {
        wsgw_management z groups broadcast;
    }
    location = /id {
        internal;
        return 200 $wsgw_connection_id;
    }
_EOC_
--- ws eval
sub {
    my $before = scrape();
    my @all = map { ws_connect("/ws?rooms=$_") } 'r', 'r,s', 's,t', '';

    $_->send('who') for @all;

    my @ids = map { $_->recv } @all;

    my $sends = sub {
        my ($query, $body) = @_;
        is http(POST => "/ws/\@connections?$query", body => $body)->status,
           200, $query;
    };

    changed($before, 'group', { wsgw_groups => 3, wsgw_group_members => 5 },
            'gauges');

    $sends->('group=r', 'x');
    $sends->('group=r&group=s', 'x');
    $sends->('all', 'x');
    $sends->('group=nobody', 'x');
    $sends->('batch', '{"messages":[{"group":"s","data":"x"},'
                      . '{"all":true,"data":"x"},{"to":["' . join('","', @ids)
                      . '"],"data":"x"},{"to":[],"data":1}]}');
    $sends->('batch', '{"messages":[]}');
    is http(POST => '/ws/@connections?batch', body => '{')->status, 400;

    my %sent = (
        'wsgw_group_sends_total{kind="group"}' => 4,
        'wsgw_group_sends_total{kind="all"}' => 2,
        'wsgw_group_sends_total{kind="batch"}' => 2,
        'wsgw_group_deliveries_total{result="sent"}' => 2 + 3 + 4 + 2 + 4,
        'wsgw_messages_sent_total{source="group"}' => 15,
        'wsgw_messages_sent_total{source="push"}' => 4,
        'wsgw_messages_sent_total{source="reply"}' => 4,
    );

    changed($before, 'group|messages_sent', {
        %sent, wsgw_groups => 3, wsgw_group_members => 5,
    }, 'sends');

    # what ends leaves its groups, and a group is its members

    is http(DELETE => "/ws/\@connections/$ids[1]/groups/s")->status, 204;
    $all[0]->close;
    $all[2]->close;

    changed($before, 'group|messages_sent', {
        %sent, wsgw_groups => 1, wsgw_group_members => 1,
    }, 'they leave');

    is promtool(http(GET => '/status?format=prometheus')->body), '',
       'promtool has nothing to say';

    my $json = json(http(GET => '/status?format=json')->body);

    is_deeply [ map { $_->{value} }
                  @{ $json->{wsgw_group_sends_total}{values} } ],
              [ 4, 2, 2 ], 'JSON';
}


=== TEST 22: routes whose keys differ in a character have series of their own
--- http_config eval: $::Http
--- config eval
$::Status . $::Int . <<"_EOC_"
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route "a b" /ok;
        wsgw_route "a\nb" /ok;
        wsgw_route "a\tb" /ok;
        wsgw_route "a\rb" /ok;
        wsgw_route "a\x01b" /ok;
        wsgw_route "a\\\\nb" /ok;
        wsgw_route "a\\\\b" /ok;
        wsgw_route 'a"b' /ok;
        wsgw_route "\xe2\x82\xac" /ok;
    }
_EOC_
--- ws eval
sub {
    my @keys = ("a b", "a\nb", "a\tb", "a\rb", "a\x01b", 'a\\nb', 'a\\b', 'a"b',
                "\x{20ac}");
    my $before = scrape();
    my $c = ws_connect('/ws');

    $c->send(json({ action => $_ })) for map { ($_) x 2 } @keys;

    wait_until(sub {
        my $n = 0;
        my $done = changes($before, qr/^wsgw_integration_requests_total/);

        $n += $_ for values %$done;
        $n == 2 * @keys;
    }, undef, 'all are answered');

    for my $format (qw( prometheus openmetrics )) {
        my $text = http(GET => "/status?format=$format")->body;
        my %seen;

        while ($text =~ /^wsgw_integration_requests_total\{[^\n]*
                         route="((?:\\[\\"n]|[^\\"\n])*)",
                         result="ok"\}\ (\d+)$/mgx)
        {
            my ($key, $n) = ($1, $2);

            $key =~ s/\\(.)/$1 eq 'n' ? "\n" : $1/ge;
            utf8::decode($key);
            $seen{$key} += $n;
        }

        is_deeply \%seen, { map { $_ => 2 } @keys }, "$format has each key";
        is promtool($text), '', 'promtool is silent' if $format eq 'prometheus';
        like openmetrics($text), qr/^\d+\n$/, 'it is read'
            if $format eq 'openmetrics';
    }

    my $all = json(http(GET => '/status?format=json')->body);

    is_deeply { map { $_->{labels}{route} => $_->{value} }
                grep { $_->{labels}{result} eq 'ok' }
                @{$all->{wsgw_integration_requests_total}{values}} },
              { map { $_ => 2 } @keys }, 'so does JSON';
}


=== TEST 23: what nginx makes of a refusal there is plain text
--- http_config
    wsgw_zone zone=z:1m;
    limit_req_zone $uri zone=few:1m rate=1r/m;
--- config
    error_page 405 /page;
    location = /page { return 200 page; }

    location = /deny { deny all; wsgw_status; }
    location = /auth { auth_basic x; auth_basic_user_file none; wsgw_status; }
    location = /few { limit_req zone=few; limit_req_status 429; wsgw_status; }
    location = /return { return 503; wsgw_status; }
    location = /text { return 403 "why"; wsgw_status; }
    location = /large { client_max_body_size 1; wsgw_status; }
    location = /local { wsgw_status; }
    location = /except { limit_except GET { deny all; } wsgw_status; }
    location = /own { error_page 403 /page; deny all; wsgw_status; }
    location = /moved { error_page 403 http://h/; deny all; wsgw_status; }
    location = /lost { error_page 404 /local?health; return 404; }
--- ws eval
sub {
    http(GET => '/few');

    my @case = (
        [ '/deny', 403, 'Forbidden' ],
        [ '/auth', 401, 'Unauthorized' ],
        [ '/few', 429, 'Too Many Requests' ],
        [ '/return', 503, 'Service Unavailable' ],
        [ '/large', 413, 'Content Too Large', body => 'xx' ],
        [ '/local', 403, 'Forbidden', headers => [ 'X-Real-IP' => 'x' ] ],
        [ '/deny', 403, 'Forbidden', headers => [ Accept => 'text/html' ] ],
    );

    for (@case) {
        my ($path, $status, $text, @more) = @$_;
        my $r = http(GET => $path, @more);

        is $r->status, $status, $path;
        is $r->body, "$text\n";
        is $r->header('Content-Type'), 'text/plain; charset=utf-8';
    }

    is http(POST => '/except')->body, "Forbidden\n", 'another method';
    is http(HEAD => '/deny')->header('Content-Length'), 10, 'HEAD';

    # but what an operator has written

    is http(GET => '/text')->body, 'why';
    is http(GET => '/own')->body, 'page', 'an error_page';
    is http(GET => '/moved')->status, 302, 'one that redirects';
    is http(GET => '/lost')->body, "ok\n", 'one that leads here';
}


=== TEST 24: no condition and no range of a request holds numbers back
--- http_config eval: $::Http
--- config eval: $::Status
--- ws eval
sub {
    my @conditions = (
        [ 'If-None-Match' => '*' ],
        [ 'If-Match' => '"x"' ],
        [ 'If-Modified-Since' => 'Fri, 31 Dec 2100 00:00:00 GMT' ],
        [ 'If-Unmodified-Since' => 'Sat, 01 Jan 2000 00:00:00 GMT' ],
        [ 'Range' => 'bytes=0-0' ],
    );

    for (@conditions) {
        my $r = http(GET => '/status?health', headers => $_);

        is $r->status, 200, $_->[0];
        is $r->body, "ok\n";
    }
}


=== TEST 25: APIs and stages whose long names differ at their ends are two
--- http_config eval: $::Http
--- config eval
our ($Long, $n) = ('n' x 127, 0);

$::Status . join '', map { my ($id, $stage) = @$_; $n++; <<"_EOC_" }
    location /$n { wsgw_api z id=$id stage=$stage; }
_EOC_
    [ "${Long}a", 'dev' ], [ "${Long}b", 'dev' ], [ "${Long}a", 'prod' ],
    [ 'short', "${Long}c" ], [ 'short', "${Long}d" ],
    [ 'n' x 56, 'dev' ], [ 'n' x 57, 'dev' ];
--- ws eval
sub {
    my @open = map { [ @{ $_->{labels} }{qw( api stage )}, $_->{value} ] }
               grep { $_->{labels}{state} eq 'open' }
               @{ json(http(GET => '/status?format=json')->body)
                      ->{wsgw_connections}{values} };
    my %seen = map { ("@$_[0, 1]" => 1) } @open;
    my %stages;

    $stages{$_->[0]}{$_->[1]} = 1 for @open;

    is scalar(keys %seen), 7, 'seven series';
    is scalar(keys %stages), 5, 'of five APIs';
    is scalar(grep { $_->{dev} && $_->{prod} } values %stages), 1,
       'one of which has two stages';
    is scalar(grep { length > 56 } keys %stages), 0, 'all are short';
    is scalar(grep { /^n{47}~[0-9a-f]{8}$/ } keys %stages), 3, 'three are cut';
    is promtool(http(GET => '/status?format=prometheus')->body), '';
}


=== TEST 26: who may not look floods no log
--- http_config eval: $::Http
--- config eval
$::Status . <<'_EOC_'
    location ^~ /ws/@connections { wsgw_management z; }
_EOC_
--- ws eval
sub {
    my @named = (headers => [ 'X-Real-IP' => '192.0.2.1' ]);

    for (1 .. 50) {
        is http(GET => $_, @named)->status, 403 for '/status', '/ws/@connections';
    }

    my @lines = error_log() =~ /^.*serves loopback.*$/mg;

    is scalar @lines, 100, 'a line of each';
    cmp_ok scalar(grep { /\[error\]/ } @lines), '<=', 3, 'few are errors';
}


=== TEST 27: the page counts a worker once, in however many zones it is
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_zone zone=y:1m;
--- config
    location = /status { wsgw_status; }
--- ws eval
sub {
    is drawn(http(GET => '/status?format=html')),
       "Workers z worker 0 0 B y worker 0 0 B 1 serve, 0 drain, 0 lost\n";
}
