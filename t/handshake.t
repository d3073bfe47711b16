# Which requests become WebSockets, how the others are refused, and what a
# client may do while $connect is pending. What $connect's answer decides is
# in integration.t.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Wsgw::Play;

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
_EOC_

our $Config = <<'_EOC_';
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int/echo response;
    }

    location /slow {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect/delay=0.5;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route $default /int/echo response;
    }

    location /protocol {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/protocol;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route $default /int/echo response;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }

    location = /plain {
        return 200;
    }
_EOC_

our $KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

# a request of these lines, and its answer

sub ask {
    my ($start, @lines) = @_;

    return ws_connect('/ws', key => $::KEY,
                      request => join("\r\n", $start, @lines, '', ''));
}

sub upgrade {
    my (%other) = @_;

    my %line = (
        'Host'                  => 'localhost',
        'Upgrade'               => 'websocket',
        'Connection'            => 'Upgrade',
        'Sec-WebSocket-Key'     => $::KEY,
        'Sec-WebSocket-Version' => 13,
        %other,
    );

    return map { my $name = $_;
                 map { "$name: $_" } ref $line{$name} ? @{ $line{$name} }
                                                      : $line{$name} }
           grep { defined $line{$_} } sort keys %line;
}

sub is_refused {
    my ($c, $status, $what) = @_;

    is $c->status, $status, $what;
    is $c->header('Content-Type'), 'application/json', "$what: as JSON";
    like json($c->body)->{message}, qr/^\w[\w ]+$/, "$what: with a message";
}

# a port that nginx listens on, beside its own

our $Http2Port = free_port();

every_block(http_config => $Http, config => $Config);

run_tests();

__DATA__

=== TEST 1: the 101 has what RFC 6455 wants and nothing else
--- ws eval
sub {
    my $c = ask('GET /ws HTTP/1.1', upgrade());

    is $c->status, 101;
    is $c->header('Sec-WebSocket-Accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
       'the key of RFC 6455, 1.3';
    is lc $c->header('Upgrade'), 'websocket';
    is lc $c->header('Connection'), 'upgrade';

    my %header = $c->answer->headers;

    is join(' ', sort map { lc } keys %header),
       'connection date sec-websocket-accept server upgrade';
}


=== TEST 2: a stage's path, with a slash, a query or more behind it
--- ws eval
sub {
    is ws_connect($_)->status, 101, $_
        for '/ws', '/ws/', '/ws?a=b', '/ws/?a=b', '/ws/more/of/it';

    is_refused(ws_connect('/wsx'), 403, '/wsx');
}


=== TEST 3: letter case, lists and repeated fields make no difference
--- ws eval
sub {
    my %case = (
        'Connection: keep-alive, Upgrade' =>
            { Connection => 'keep-alive, Upgrade' },
        'Connection: upgrade' => { Connection => 'upgrade' },
        'two of Connection'   => { Connection => [ 'keep-alive', 'Upgrade' ] },
        'Connection: , ,Upgrade ,' => { Connection => ', ,Upgrade ,' },
        'Upgrade: WebSocket'       => { Upgrade => 'WebSocket' },
        'Upgrade: foo, websocket'  => { Upgrade => 'foo, websocket' },
        'Content-Length: 0'        => { 'Content-Length' => 0 },
    );

    for my $name (sort keys %case) {
        is ask('GET /ws HTTP/1.1', upgrade(%{ $case{$name} }))->status, 101,
           $name;
    }
}


=== TEST 4: no upgrade, or of another kind, is 426 and told which is wanted
--- ws eval
sub {
    my %case = (
        'no Upgrade'        => [ '1.1', Upgrade => undef ],
        'Upgrade: h2c'      => [ '1.1', Upgrade => 'h2c' ],
        'Upgrade: websocke' => [ '1.1', Upgrade => 'websocke' ],
        'Upgrade: websockets' => [ '1.1', Upgrade => 'websockets' ],
        'HTTP/1.0'   => [ '1.0' ],
        'version 8'  => [ '1.1', 'Sec-WebSocket-Version' => 8 ],
        'version 14' => [ '1.1', 'Sec-WebSocket-Version' => 14 ],
        'version 013' => [ '1.1', 'Sec-WebSocket-Version' => '013' ],
        'versions in a list' => [ '1.1',
                                  'Sec-WebSocket-Version' => '8, 13' ],
    );

    for my $name (sort keys %case) {
        my ($http, @other) = @{ $case{$name} };
        my $c = ask("GET /ws HTTP/$http", upgrade(@other));

        is_refused($c, 426, $name);
        is $c->answer->reason, 'Upgrade Required', "$name: in words";
        is $c->header('Sec-WebSocket-Version'), 13, "$name: 13 is wanted";
        is $c->header('Upgrade'), 'websocket', "$name: websocket is wanted";
    }
}


=== TEST 5: an upgrade that is none is 400
--- ws eval
sub {
    my $sixteen = 'AAAAAAAAAAAAAAAAAAAAAA';

    my %case = (
        'no Connection'       => { Connection => undef },
        'Connection: close'   => { Connection => 'close' },
        'Connection: Upgrades' => { Connection => 'Upgrades' },
        'no key'     => { 'Sec-WebSocket-Key' => undef },
        'no version' => { 'Sec-WebSocket-Version' => undef },
        'two keys'   => { 'Sec-WebSocket-Key' => [ $::KEY, $::KEY ] },
        'two versions' => { 'Sec-WebSocket-Version' => [ 13, 13 ] },
        'an empty key' => { 'Sec-WebSocket-Key' => '' },
        'a key of 15 bytes' => { 'Sec-WebSocket-Key' => 'A' x 20 },
        'a key of 17 bytes' => { 'Sec-WebSocket-Key' => 'A' x 23 . '=' },
        'a key of 18 bytes' => { 'Sec-WebSocket-Key' => 'A' x 24 },
        'a key without padding' => { 'Sec-WebSocket-Key' => $sixteen },
        'a key that is no base64' =>
            { 'Sec-WebSocket-Key' => '!' . substr("$sixteen==", 1) },
        'a body'     => { 'Content-Length' => 5 },
        'a chunked body' => { 'Transfer-Encoding' => 'chunked' },
    );

    for my $name (sort keys %case) {
        is_refused(ask('GET /ws HTTP/1.1', upgrade(%{ $case{$name} })), 400,
                   $name);
    }
}


=== TEST 6: other methods are 405
--- ws eval
sub {
    for my $method (qw( POST PUT DELETE OPTIONS )) {
        my $c = ask("$method /ws HTTP/1.1", upgrade());

        is_refused($c, 405, $method);
        is $c->header('Allow'), 'GET', "$method: GET is allowed";
    }
}


=== TEST 7: by default a page of the same origin may, or one without any
--- config
    location /ws {
        wsgw_api z;
    }
    location /domain {
        wsgw_api z domain=app.example:8443;
    }
    location /any {
        wsgw_api z;
        wsgw_origin any;
    }
--- ws eval
sub {
    my @case = (
        [ 'a.example',      undef,                       101 ],
        [ 'a.example',      'http://a.example'        => 101 ],
        [ 'a.example',      'https://a.example'       => 101 ],
        [ 'a.example',      'http://a.example:80'     => 101 ],
        [ 'a.example',      'https://a.example:443'   => 101 ],
        [ 'a.example:80',   'http://a.example'        => 101 ],
        [ 'a.example:443',  'https://a.example'       => 101 ],
        [ 'a.example:8080', 'http://a.example:8080'   => 101 ],
        [ 'a.example',      'http://A.Example'        => 101 ],
        [ 'a.example',      'http://a.example:8080'   => 403 ],
        [ 'a.example:8080', 'http://a.example'        => 403 ],
        [ 'a.example',      'http://a.example:443'    => 403 ],
        [ 'a.example',      'http://b.example'        => 403 ],
        [ 'a.example',      'http://a.example.evil'   => 403 ],
        [ 'a.example',      'http://evil-a.example'   => 403 ],
        [ 'a.example',      'http://evil/a.example'   => 403 ],
        [ 'a.example',      'http://a.example/'       => 403 ],
        [ 'a.example',      'http://u@a.example'      => 403 ],
        [ 'a.example',      'null'                    => 403 ],
        [ 'a.example',      ''                        => 403 ],
        [ 'a.example',      'a.example'               => 403 ],
        [ 'a.example',      'http://a.example http://a.example' => 403 ],
    );

    for my $case (@case) {
        my ($host, $origin, $status) = @$case;

        is ws_connect('/ws', host => $host, origin => $origin)->status,
           $status, "$host, " . ($origin // 'no origin');
    }

    is_refused(ws_connect('/ws', origin => 'http://evil.example'), 403,
               'another origin');

    is ask('GET /ws HTTP/1.1', upgrade(Origin => [ ('http://localhost') x 2 ]))
       ->status, 403, 'two origins';

    is ws_connect('/domain', origin => 'https://app.example:8443')->status,
       101, 'domain= is an origin of ours, too';
    is ws_connect('/domain', origin => 'https://app.example')->status, 403,
       'with its port';

    is ws_connect('/any', origin => $_)->status, 101, "any: $_"
        for 'http://evil.example', 'null';
}


=== TEST 8: of a list, exact members may
--- config
    location /ws {
        wsgw_api z;
        wsgw_origin https://a.example http://b.example:8080;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
    }
    location /null {
        wsgw_api z;
        wsgw_origin null;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    for my $origin ('https://a.example', 'http://b.example:8080') {
        is ws_connect('/ws', origin => $origin)->status, 101, $origin;
    }

    my @connects = ledger_events(2);

    is $connects[0]{headers}{origin}, 'https://a.example',
       '$connect sees the origin';

    for my $origin (undef, '', 'null', 'http://a.example',
                    'https://a.example:443', 'https://a.example.evil',
                    'https://evil-a.example', 'https://a.exampl',
                    'https://A.example', 'http://b.example',
                    'http://b.example:80', 'https://a.example/',
                    'https://a.example, http://b.example:8080')
    {
        is ws_connect('/ws', origin => $origin)->status, 403,
           $origin // 'no origin';
    }

    is ask('GET /ws HTTP/1.1', upgrade(Origin => [ ('https://a.example') x 2 ]))
       ->status, 403, 'two origins';
    is ws_connect('/null', origin => 'null')->status, 101, 'null is one';
    is scalar(ledger_events(2)), 2, '$connect has not run for the others';
}


=== TEST 9: HTTP/2 is refused cleanly, an extended CONNECT, too
--- http_config eval
$::Http . <<"END"
    server {
        listen 127.0.0.1:$::Http2Port http2;
        location /ws {
            wsgw_api z;
        }
    }
END
--- ws eval
sub {
    # RFC 7541: literals without indexing or Huffman codes

    my $field = sub { join '', "\0", map { chr(length) . $_ } @_ };

    my $frame = sub {
        my ($type, $flags, $stream, $payload) = @_;
        return substr(pack('N', length $payload), 1)
               . pack('C2 N', $type, $flags, $stream) . $payload;
    };

    my @case = (
        [ 'an upgrade', 426, ':method' => 'GET', 'upgrade' => 'websocket',
          'sec-websocket-key' => $::KEY, 'sec-websocket-version' => 13 ],
        [ 'an extended CONNECT', 400, ':method' => 'CONNECT',
          ':protocol' => 'websocket', 'sec-websocket-version' => 13 ],
    );

    for my $case (@case) {
        my ($name, $status, @fields) = @$case;

        push @fields, ':scheme' => 'http', ':path' => '/ws',
                      ':authority' => 'localhost';

        my $block = '';

        while (my ($key, $value) = splice @fields, 0, 2) {
            $block = $key =~ /^:/ ? $field->($key, $value) . $block
                                  : $block . $field->($key, $value);
        }

        my $stream = Wsgw::Stream->connect('127.0.0.1', $::Http2Port);

        $stream->write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                       . $frame->(4, 0, 0, '')
                       . $frame->(1, 5, 1, $block));

        # the first field of the answer is :status, 400 is in HPACK's table

        my $answer = qr/\x01[\x04\x05]\0\0\0\x01(?:(\x8c)|\x48\x03(\d{3}))/;
        my $end = qr/\0\x01\0\0\0\x01/;
        my $deadline = time + 5;

        1 while $stream->{in} !~ /$answer.*$end/s && $stream->fill($deadline);

        my ($table, $digits) = $stream->{in} =~ $answer;

        is $table ? 400 : $digits, $status, $name;

        # RFC 9113, 8.2.2: a client may take it for a broken stream

        my $upgrade = pack 'H*', 'b6b9ac1c85';

        ok index($stream->{in}, $upgrade) < 0, 'without "upgrade", in HPACK';
    }

    is ws_connect('/ws')->status, 101, 'HTTP/1.1 goes on';
}


=== TEST 10: frames right behind the handshake are served
--- ws eval
sub {
    for my $path ('/ws', '/slow') {
        my $c = ws_connect($path, pipeline => text('one') . text('two')
                                              . ping('three'));

        is $c->status, 101, $path;
        is $c->recv_frame->{opcode}, Wsgw::Client::PONG;
        is $c->recv, 'one';
        is $c->recv, 'two';
        is $c->close(1000), 1000;
    }

    # more than nginx's buffer for a request header takes

    my $long = 'x' x 100_000;
    my $c = ws_connect('/slow', pipeline => text($long));

    is $c->recv, $long, 'a long one';
}


=== TEST 11: what comes behind a handshake is no HTTP, accepted or refused
--- ws eval
sub {
    my $evil = "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n";
    my $upgrade = join "\r\n", 'GET /slow HTTP/1.1', upgrade(), '', '';

    for my $pipelined ($evil, $upgrade) {
        my $c = ws_connect('/slow', pipeline => $pipelined);

        is $c->status, 101;
        is $c->close_code, 1002, 'a request is no frame';
        ok $c->eof, 'and the end';
    }

    # the public smuggling scenarios: a proxy in front believes in the upgrade
    # and passes on what the client sends; a refusal must not go on as HTTP

    for my $refused ([ 'Sec-WebSocket-Version' => 777 ],
                     [ Upgrade => 'websocke' ],
                     [ 'Content-Length' => length $evil ],
                     [ Origin => 'http://evil.example' ],
                     [ 'X-Refused-By' => '$connect' ])
    {
        my $c = ws_connect('/slow', request =>
                           join("\r\n", 'GET /slow?status=403 HTTP/1.1',
                                upgrade(@$refused), '', '') . $evil);

        cmp_ok $c->status, '>=', 400, "@$refused";

        my $next = Wsgw::HTTP->response($c->{stream}, time + 1, 'GET');

        is $next && $next->status, undef, "@$refused: nothing behind it";
        ok $c->eof, "@$refused: but the end";
    }

    my @events = ledger_events(5);

    is join(' ', sort map { $_->{uri} =~ m{^/(\w+)} } @events),
       'connect connect connect disconnect disconnect',
       'the backend has our own only';
}


=== TEST 12: not a byte leaves before $connect has answered
--- ws eval
sub {
    my $c = ws_connect('/slow', defer => 1);
    my ($connect) = ledger_events(1);

    ok !$c->answered, 'while it runs';
    is $c->status, 101;
    cmp_ok Time::HiRes::time(), '>=', $connect->{at} + 0.45, 'half a second';
}


=== TEST 13: a client that leaves while $connect is pending
--- ws eval
sub {
    # how it leaves, and the code that $disconnect tells

    my %leave = (
        'a FIN'    => sub { $_[0]->shutdown },
        'a close'  => sub { $_[0]->drop },
        'a RST'    => sub { $_[0]->reset },
        'data and a RST' => sub { $_[0]->send_raw(text('late'));
                                  $_[0]->reset },
    );

    my $n = 0;

    for my $how (sort keys %leave) {
        my $c = ws_connect('/slow', defer => 1);

        ledger_events(++$n, qr{^/connect});
        $leave{$how}->($c);

        # its answer is 2xx: a backend believes in the connection

        my $d = (ledger_events($n, qr{^/disconnect}))[-1];

        is $d->{headers}{'x-disconnect-code'}, 1006, $how;
        cmp_ok $d->{at}, '>=', (ledger_events($n, qr{^/connect}))[-1]{at}
                               + 0.45, "$how: not before the answer";
    }

    is scalar(ledger_events(0, qr{^/echo})), 0, 'no message got through';
}


=== TEST 14: one that leaves before $connect refuses it owes no $disconnect
--- config
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect/delay=0.3/status=403;
        wsgw_route $disconnect /int/disconnect;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    my $c = ws_connect('/ws', defer => 1);

    ledger_events(1);
    $c->reset;

    # a refused handshake behind it: whatever the first owed is there then

    is ws_connect('/ws')->status, 403;
    is ws_connect('/ws')->status, 403;
    is scalar(ledger_events(3)), 3, 'three of $connect, no $disconnect';
}


=== TEST 15: a subprotocol is one that the client offered
--- backend eval
sub {
    my ($r) = @_;

    my ($protocol) = $r->{uri} =~ /protocol=([^&]*)/ or return '';
    $protocol =~ s/%([0-9A-F]{2})/chr hex $1/ge;

    return { headers => [ 'sec-webSocket-protocol' => $protocol ] };
}
--- ws eval
sub {
    my @case = (
        # the offer, the choice, what the client gets
        [ 'chat',          'chat'       => 'chat' ],
        [ 'a, chat , b',   'chat'       => 'chat' ],
        [ 'a,b',           'b'          => 'b' ],
        [ "!#\$%&'*+-.^_`|~19", "!#\$%&'*+-.^_`|~19"
                                        => "!#\$%&'*+-.^_`|~19" ],
        [ 'chat',          undef,         '' ],
        [ undef,           undef,         '' ],
        [ undef,           'chat'       => 502 ],
        [ 'chat',          'Chat'       => 502 ],
        [ 'chat',          'cha'        => 502 ],
        [ 'chat',          'other'      => 502 ],
        [ 'a, b',          'a, b'       => 502 ],
        [ 'a b',           'a b'        => 502 ],
        [ 'a;b',           'a;b'        => 502 ],
        [ '"a"',           '"a"'        => 502 ],
    );

    my $n = 0;

    for my $case (@case) {
        my ($offer, $choice, $seen) = @$case;
        my $query = defined $choice
            ? '?protocol=' . $choice =~ s/(\W)/sprintf '%%%02X', ord $1/ger
            : '';

        my $c = ws_connect("/protocol$query", protocols => $offer);
        my $name = join ' => ', map { $_ // 'none' } $offer, $choice;

        if ($seen eq '502') {
            is $c->status, 502, $name;

            # the backend believes in a connection

            ledger_events(++$n, qr{^/disconnect});
            next;
        }

        is $c->status, 101, $name;
        is $c->header('Sec-WebSocket-Protocol') // '', $seen, "$name: $seen";

        $c->close(1000);
        ledger_events(++$n, qr{^/disconnect});
    }

    my $c = ws_connect('/protocol?protocol=b',
                       headers => [ 'Sec-WebSocket-Protocol' => 'a',
                                    'Sec-WebSocket-Protocol' => 'b' ]);

    is $c->header('Sec-WebSocket-Protocol'), 'b', 'offered in two fields';
}


=== TEST 16: an integration that switches protocols is a bad gateway
--- config
    location /connect {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/status=101;
    }
    location /message {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route 101 /int/status=101 response;
        wsgw_route 100 /int/status=100 response;
        wsgw_route $default /int/echo response;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_read_timeout 1s;
    }
--- ws eval
sub {
    is ws_connect('/connect')->status, 502, '$connect';

    my $c = ws_connect('/message');

    $c->send('{"action":101}');
    like $c->recv, qr/^\{"message": "Internal server error"/, 'a message';

    $c->send('{"action":100}');
    like $c->recv, qr/^\{"message": "(?:Internal|Endpoint)/, 'a 100';

    $c->send('next');
    is $c->recv, 'next', 'and the connection goes on';
}


=== TEST 17: a stage under $connection_upgrade's usual headers and limits
--- http_config eval
$::Http . <<'_EOC_'
    limit_conn_zone $binary_remote_addr zone=addr:1m;
    limit_req_zone $binary_remote_addr zone=req:1m rate=1r/m;
_EOC_
--- config
    location /conn {
        limit_conn addr 2;
        wsgw_api z;
    }
    location /req {
        limit_req zone=req;
        wsgw_api z;
    }
    location /deny {
        deny all;
        wsgw_api z;
    }
--- ws eval
sub {
    my @open = map { ws_connect('/conn') } 1, 2;

    is $_->status, 101, 'within limit_conn' for @open;
    is ws_connect('/conn')->status, 503, 'over limit_conn';

    $open[0]->close(1000);
    $open[0]->drop;

    ok wait_until(sub { ws_connect('/conn')->status == 101 }),
       'a connection that ended does not count';

    is ws_connect('/req')->status, 101, 'within limit_req';
    is ws_connect('/req')->status, 503, 'over limit_req';
    is ws_connect('/deny')->status, 403, 'deny';
}


=== TEST 18: a handshake of one byte at a time, and headers up to the limits
--- ws eval
sub {
    my $c = ws_connect('/ws', step => 1);

    is $c->status, 101;
    $c->send('hello');
    is $c->recv, 'hello';

    is ws_connect('/ws', headers => [ map { ("X-$_" => $_) } 1 .. 500 ])
       ->status, 101, 'five hundred fields';
    is ws_connect('/ws', headers => [ 'X-Long' => 'x' x 8000 ])->status, 101,
       '8 KB in one';
    is ws_connect('/ws', protocols => ',' x 8000)->status, 101, 'commas';
    is ws_connect('/ws', extensions => '";' x 4000)->status, 101, 'quotes';
    is ws_connect('/ws', headers => [ 'X-Long' => 'x' x 70000 ])->status,
       400, 'nginx has a limit of its own';
}


=== TEST 19: a path that a connection cannot keep is 431, a header is cut
--- config
    large_client_header_buffers 4 80k;

    location /ws {
        wsgw_api z;
    }
--- ws eval
sub {
    my $below = sub { return ws_connect('/ws/' . 'x' x ($_[0] - 1)) };

    is $below->(8192)->status, 101, '8 KB below the stage';

    my $c = $below->(8193);

    is_refused($c, 431, 'a byte more');
    is $c->answer->reason, 'Request Header Fields Too Large', 'in words';

    is ws_connect('/ws', headers => [ 'User-Agent' => 'x' x 66_000 ])->status,
       101, 'of a header it keeps the beginning';
}


=== TEST 20: a mirror of the handshake may take longer than the handshake
--- config eval
$::Config . <<'END'
    location /mirrored {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int/echo response;
        mirror /int/mirror/delay=0.5;
    }
END
--- ws eval
sub {
    my $c = ws_connect('/mirrored', pipeline => text('early'));

    is $c->status, 101;
    is $c->recv, 'early';

    # who leaves meanwhile is forgotten

    my $gone = ws_connect('/mirrored', defer => 1);

    ledger_events(2, qr{^/mirror});
    $gone->drop;

    is ws_connect('/mirrored')->status, 101, 'the next one';

    $c->send('late');
    is $c->recv, 'late', 'and the first';
}


=== TEST 21: conditions, ranges and encodings of a client decide nothing
--- config eval
$::Config . <<'END'
    gzip on;
    gzip_min_length 1;
    gzip_types application/json;
    etag on;

    location /content {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /answer;
    }

    location /page {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /file;
    }

    location /proxied {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/proxied;
    }

    location = /answer {
        internal;
        return 200 "yes";
    }

    location = /file {
        internal;
        error_page 405 =200 /file.txt;
        return 405;
    }

    location = /file.txt {
        internal;
    }
END
--- user_files
>>> file.txt
a file that has a date and an entity tag
--- ws eval
sub {
    my @steering = (
        [ 'If-Match'            => '"x"' ],
        [ 'If-None-Match'       => '*' ],
        [ 'If-Modified-Since'   => 'Thu, 01 Jan 2099 00:00:00 GMT' ],
        [ 'If-Unmodified-Since' => 'Thu, 01 Jan 1970 00:00:00 GMT' ],
        [ 'Range'               => 'bytes=0-0' ],
        [ 'Range'               => 'bytes=9999-', 'If-Range' => '"x"' ],
        [ 'Content-Encoding'    => 'gzip' ],
        [ 'Accept-Encoding'     => 'gzip' ],
    );

    for my $headers (@steering) {
        for my $path ('/ws', '/content', '/page', '/proxied') {
            is ws_connect($path, headers => $headers)->status, 101,
               "@$headers: $path";
        }

        for my $r (http(GET => '/ws', headers => $headers),
                   ws_connect('/ws', origin => 'http://other.example',
                              headers => $headers)->answer)
        {
            is $r->header('Content-Encoding'), undef,
               "@$headers: a refusal is not encoded";
            like json($r->body)->{message}, qr/^(?:Upgrade Req|Forbidden)/;
        }
    }

    my %steering = map { (lc $_->[0] => 1) } @steering;

    for my $event (ledger_events(8, qr/proxied/)) {
        is_deeply [ grep { $steering{$_} } keys %{ $event->{headers} } ], [],
                  'the backend is asked for a whole, plain answer';
    }
}
