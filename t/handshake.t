# Which requests become WebSockets, how the others are refused, and what a
# client may do while $connect is pending. What $connect's answer decides is
# in integration.t.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use File::Temp qw( tempdir );
use IO::Socket::UNIX;

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

# a key and a certificate, for a day

our $Pem = tempdir(CLEANUP => 1) . '/localhost.pem';

system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
       . " -days 1 -subj /CN=localhost -keyout $Pem -out $Pem.crt 2>/dev/null"
       . " && cat $Pem.crt >> $Pem") == 0
    or die "openssl has made no certificate\n";

# ports that nginx listens on, beside its own
# a stage and its @connections with the directives given

sub stage {
    my ($name, $directives) = @_;

    return <<"END";
    location /$name {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route \$connect /int/connect;
        wsgw_route \$disconnect /int/disconnect;
        wsgw_route \$default /int/echo response;
        $directives
    }
    location ^~ /$name/\@connections {
        wsgw_management z;
        $directives
    }
END
}

our $Modules = join '', map { load_module($_) }
                        qw( ngx_http_image_filter_module
                            ngx_http_xslt_filter_module
                            ngx_http_subs_filter_module );

# a port that nginx listens on, beside its own

our $Http2Port = free_port();
our $NamelessPort = free_port();
our $PatternPort = free_port();
our $OtherPort = free_port();
our $TlsPort = free_port();

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
        is join(', ', $c->header('Connection')), 'close, upgrade',
           "$name: Upgrade is of this hop";
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
        'a key with a wrong end' =>
            { 'Sec-WebSocket-Key' => "$sixteen=!" },
        'a key with a letter at its end' =>
            { 'Sec-WebSocket-Key' => "$sixteen=A" },
        'a key with a control character at its end' =>
            { 'Sec-WebSocket-Key' => "$sixteen=\x7f" },
        'a key with bits that are over' =>
            { 'Sec-WebSocket-Key' => 'A' x 21 . 'B==' },
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

        my $stream = stream(port => $::Http2Port);

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


=== TEST 22: nothing of a forged Host or target reaches a URL
--- config
    server_name good.example *.wild.example;
    server_name ~^(?<tenant>.+)\.tenants\.example$;
    server_name "" _;

    location /dev {
        wsgw_api z;
        wsgw_route $connect /forged/connect;
        wsgw_route $disconnect /forged/disconnect;
    }

    location /http {
        wsgw_api z callback=http://$http_host/cb;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /forged/http;
    }

    location /default {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /forged/default;
    }

    location /forged/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        proxy_set_header Host $http_host;
        proxy_set_header X-Host $host;
    }
--- backend eval
sub {
    return { body => '{"statusCode":200}', type => 'application/json' };
}
--- ws eval
sub {
    my $port = $Test::Nginx::Util::ServerPortForClient;
    my $own = "localhost:$port";
    my $good = "good.example:$port";

    my @case = (
        # Host, the domain; the target's authority

        [ 'good.example',            'good.example' ],
        [ $good,                     $good ],
        [ 'good.example:80',         'good.example' ],
        [ 'GOOD.example.',           'good.example' ],
        [ "Good.Example.:$port",     $good ],
        [ 'a.wild.example',          'a.wild.example' ],
        [ "b.tenants.example:$port", "b.tenants.example:$port" ],
        [ 'evil.example',            $own ],
        [ 'good.example.evil.example', $own ],
        [ '_',                       $own ],

        [ 'good.example:1@evil.example:81',   $own ],
        [ 'good.example:@evil.example',       $own ],
        [ 'good.example:80@evil.example',     $own ],
        [ 'good.example:80:81',               $own ],
        [ 'good.example:81',                  $own ],
        [ 'good.example:443',                 $own ],
        [ 'good.example:',                    $own ],
        [ 'good.example:0',                   $own ],
        [ 'good.example:080',                 $own ],
        [ "good.example:0$port",              $own ],
        [ "good.example:+$port",              $own ],
        [ 'good.example:-1',                  $own ],
        [ 'good.example:' . ($port + 65536),  $own ],
        [ 'good.example:' . (80 + 2 ** 32),   $own ],
        [ 'good.example:18446744073709551696', $own ],
        [ "good.example:$port#",              $own ],
        [ "good.example:$port?",              $own ],
        [ 'good.example:x',                   $own ],

        [ 'evil.example#.wild.example',    $own ],
        [ 'evil.example?.wild.example',    $own ],
        [ 'evil.example\\.wild.example',   $own ],
        [ 'evil.example#.tenants.example', $own ],
        [ 'evil.example%23.tenants.example', $own ],
        [ 'user@a.wild.example',           $own ],
        [ "\xef\xbc\x8f.wild.example",     $own ],
        [ 'evil.example,a.wild.example',   $own ],
        [ 'evil.example:81.wild.example',  $own ],
        [ '[::1]',                         $own ],
        [ '[::1]@evil.example',            $own ],
        [ '[good.example',                 $own ],
        [ '[evil.example].wild.example',   $own ],

        [ 'evil.example', 'good.example', 'good.example' ],
        [ 'evil.example', $good,          $good ],
        [ 'evil.example', $own,           'good.example:81' ],
        [ 'evil.example', $own,           'good.example:0080' ],
        [ "good.example:1\@evil.example", 'a.wild.example',
                                          'a.wild.example' ],
        [ 'good.example', $own,           'evil.example' ],
    );

    for my $case (@case) {
        my ($host, $domain, $target) = @$case;
        my $name = $target ? "http://$target beside $host" : $host;

        for my $path ('/dev', '/http', '/default') {
            my $n = () = ledger_events(0);
            my $c = ask('GET ' . ($target ? "http://$target" : '')
                        . "$path HTTP/1.1", upgrade(Host => $host));

            # newer versions of nginx refuse a Host that is none

            if ($c->status == 400) {
                ok $domain eq $own || $host =~ /@/, "$name: $path: refused";
                next;
            }

            is $c->status, 101, "$name: $path";

            my $r = (ledger_events($n + 1))[$n];
            my $url = $r->{headers}{'x-callback-url'} // '';
            my $all = "$r->{headers}{host} $r->{headers}{'x-host'}";

            if ($path eq '/dev') {
                is $r->{event}{requestContext}{domainName}, $domain,
                   "$name: domain";
                $all .= ' ' . $r->{event}{headers}{Host};

            } elsif ($path eq '/default') {
                is $url, "http://$domain/default", "$name: callback";

            } else {
                like $url, qr{^http://(?:[\w.-]+|\[::1\])(?::\d+)?/\w+$},
                     "$name: callback=";
            }

            like $all, qr/^(?: ?(?:[\w.-]+|\[::1\])(?::\d+)?)+$/,
                 "$name: $path: hosts";
            unlike $all, qr/evil/, "$name: $path: the target counts"
                if $target && $target !~ /evil/;

            if ($path eq '/dev') {
                $c->drop;
                ledger_events($n + 2);
            }
        }
    }
}


=== TEST 23: without a plain server_name, the host that was asked, or ours
--- http_config eval
my $stage = q{
        location /dev {
            wsgw_api z;
            wsgw_integration_type http_proxy;
            wsgw_route $connect /int/connect;
        }
        location /int/ {
            internal;
            proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
            proxy_set_header X-Host $host;
        }
};
my $unix = "unix:$ENV{TEST_NGINX_SERVROOT}/dev.sock";

$::Http . <<"END"
    server {
        listen 127.0.0.1:$::NamelessPort;
        listen $unix;
        server_name _ -- "";
        $stage
    }
    server {
        listen 127.0.0.1:$::PatternPort;
        listen 127.0.0.1:$::OtherPort;
        server_name *.wild.example .dot.example ~^\\w+\\.re\$;
        $stage
    }
END
--- ws eval
sub {
    my $told = sub {
        my ($port, $host) = @_;
        my $n = () = ledger_events(0);
        my $c = ws_connect('/dev', port => $port, host => $host);

        return $c->status if $c->status != 101;
        return (ledger_events($n + 1))[$n]{headers}{'x-callback-url'}
               =~ s{^http://(.+)/dev$}{$1}r;
    };

    my $ours = "127.0.0.1:$::NamelessPort";

    for ([ 'any.example', 'any.example' ], [ 'any.example:81', undef ],
         [ '[::1]:81', undef ], [ '10.1.2.3:65535', undef ],
         [ 'under_score:1', undef ], [ '_', '_' ],
         [ 'any.example:80', 'any.example' ],
         [ 'any.example:65536', $ours ], [ 'a:1@b:2', $ours ],
         [ 'a?b', $ours ], [ '[::1', $ours ], [ '[fe80::1%25eth0]', $ours ])
    {
        my ($host, $domain) = @$_;
        my $is = $told->($::NamelessPort, $host);

        is $is, $is eq '400' && $domain && $domain eq $ours
                ? 400 : $domain // $host, "no name: $host";
    }

    my $other = "a.wild.example:$::OtherPort";

    $ours = "127.0.0.1:$::PatternPort";

    for ([ 'a.wild.example', 'a.wild.example' ], [ $other, $other ],
         [ 'dot.example', 'dot.example' ], [ 'x.dot.example:80',
                                             'x.dot.example' ],
         [ 'one.re', 'one.re' ],
         [ 'a.wild.example:81', $ours ], [ 'evil.example', $ours ],
         [ 'evil.example.wild.example.evil', $ours ],
         [ "one.re:$::NamelessPort", $ours ])
    {
        my ($host, $domain) = @$_;
        is $told->($::PatternPort, $host), $domain, "patterns: $host";
    }

    # a unix socket has no address that one could call back

    my $socket = IO::Socket::UNIX->new("$ENV{TEST_NGINX_SERVROOT}/dev.sock");

    print $socket join("\r\n", 'GET /dev HTTP/1.1',
                       upgrade(Host => 'a:1@b:2'), '', '');

    like scalar(<$socket>), qr{^HTTP/1\.1 400 }, 'a unix socket';
}


=== TEST 24: optional white space is spaces and tabs
--- config
    location /ws {
        wsgw_api z;
        wsgw_compression on;
        wsgw_origin http://a.example;
        wsgw_route $connect /int/connect;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub {
    return { body => '{"statusCode":200,"headers":'
                     . '{"Sec-WebSocket-Protocol":"\tchat "}}',
             type => 'application/json' };
}
--- ws eval
sub {
    my %value = (
        'Upgrade'                  => 'websocket',
        'Connection'               => 'Upgrade',
        'Sec-WebSocket-Key'        => $::KEY,
        'Sec-WebSocket-Version'    => '13',
        'Sec-WebSocket-Protocol'   => 'chat',
        'Sec-WebSocket-Extensions' => 'permessage-deflate',
        'Origin'                   => 'http://a.example',
    );

    for my $space ([ "\t", '' ], [ '', "\t" ], [ " \t ", "\t \t" ]) {
        for my $name (sort keys %value) {
            my $c = ask('GET /ws HTTP/1.1', upgrade(
                %value, $name => $space->[0] . $value{$name} . $space->[1]));

            is $c->status, 101, "$name: around";
            is $c->header('Sec-WebSocket-Protocol'), 'chat';
            is $c->header('Sec-WebSocket-Extensions') =~ /deflate/, 1;

            my $e = (ledger_events(0))[-1]{event};

            is $e->{headers}{$name}, $value{$name}, "$name: told without it"
                if $name !~ /^(?:Upgrade|Connection)$/;
        }
    }

    # inside of a value it is none

    is ask('GET /ws HTTP/1.1', upgrade(%value, @$_[0, 1]))->status,
       $_->[2] // 400, "$_->[0]: inside"
        for [ 'Sec-WebSocket-Version' => "1\t3", 426 ],
            [ 'Sec-WebSocket-Key' => "\t" . substr($::KEY, 1) ],
            [ 'Origin' => "http://\ta.example", 403 ],
            [ 'Connection' => "Up\tgrade" ];
}


=== TEST 25: the same origin has the same scheme, as far as it is known
--- http_config eval
$::Http . <<"END"
    server {
        listen 127.0.0.1:$::TlsPort ssl;
        ssl_certificate $::Pem;
        ssl_certificate_key $::Pem;
        location /ws { wsgw_api z; }
    }
END
--- config eval
<<"END"
    location /ws { wsgw_api z; }
    location /tls/ {
        proxy_pass https://127.0.0.1:$::TlsPort/;
        proxy_http_version 1.1;
        proxy_set_header Host \$http_host;
        proxy_set_header Upgrade \$http_upgrade;
        proxy_set_header Connection Upgrade;
    }
    location /domain { wsgw_api z domain=app.example:443; }
END
--- ws eval
sub {
    my @case = (
        # Host, Origin, over TLS, plain

        [ 'a.example', 'https://a.example',          101, 101 ],
        [ 'a.example', 'http://a.example',           403, 101 ],
        [ 'a.example', 'wss://a.example',            101, 101 ],
        [ 'a.example', 'wss://a.example:443',        101, 101 ],
        [ 'a.example', 'ws://a.example',             403, 101 ],
        [ 'a.example', 'ws://a.example:80',          403, 101 ],
        [ 'a.example', 'WS://A.example:80',          403, 101 ],
        [ 'a.example', 'ws://a.example:443',         403, 403 ],
        [ 'a.example', 'wss://a.example:80',         403, 403 ],
        [ 'a.example:8443', 'wss://a.example:8443',  101, 101 ],
        [ 'a.example:8443', 'ws://a.example:8443',   403, 101 ],
        [ 'a.example:443', 'http://a.example',       403, 403 ],
        [ 'a.example:443', 'wss://a.example',        101, 101 ],
        [ 'a.example', 'ftp://a.example',            403, 403 ],
        [ 'a.example', 'capacitor://a.example',      403, 403 ],
        [ 'a.example', 'file://',                    403, 403 ],
        [ 'a.example', 'https://',                   403, 403 ],
        [ 'a.example', 'https://a.example/',         403, 403 ],
        [ 'a.example', 'https://a.example:0443',     403, 403 ],
        [ 'a.example', 'https://a.example:',         403, 403 ],
        [ 'a.example.', 'https://a.example.',        101, 101 ],
        [ '[::1]:8443', 'https://[::1]:8443',        101, 101 ],
        [ '[::1]', 'wss://[::1]:443',                101, 101 ],
    );

    for my $case (@case) {
        my ($host, $origin, $tls, $plain) = @$case;

        is ws_connect('/tls/ws', host => $host, origin => $origin)->status,
           $tls, "TLS: $host, $origin";
        is ws_connect('/ws', host => $host, origin => $origin)->status,
           $plain, "plain: $host, $origin";
    }

    is ws_connect('/domain', origin => "$_://app.example")->status,
       /s$/ && $_ ne 'ws' ? 101 : 403, "domain= of port 443: $_"
        for qw( https wss http ws );
}


=== TEST 26: origins of clients that are no browsers can be listed
--- config
    location /ws {
        wsgw_api z;
        wsgw_origin file:// http://192.168.4.1/ ws://esp.local:81/Data
                    capacitor://localhost app:///index.html ionic://Localhost;
    }
--- ws eval
sub {
    for (qw( file:// http://192.168.4.1/ ws://esp.local:81/Data
             capacitor://localhost app:///index.html ionic://localhost ))
    {
        is ws_connect('/ws', origin => $_)->status, 101, $_;
    }

    for ('file:///', 'file:', 'http://192.168.4.1', 'http://192.168.4.1//',
         'ws://esp.local:81/data', 'ws://esp.local:81/Data/',
         'ws://esp.local:81', 'capacitor://localhost/', 'app://', '')
    {
        is ws_connect('/ws', origin => $_)->status, 403, $_;
    }
}


=== TEST 27: a refused handshake says why, what was compared and who decides
--- config
    underscores_in_headers on;

    location /ws {
        wsgw_api z;
        wsgw_compression on;
        wsgw_authorizer_context x $arg_x;
        wsgw_authorizer_context y $arg_x;
    }
    location /list {
        wsgw_api z;
        wsgw_origin http://a.example;
    }
    location /aws {
        wsgw_api z;
        wsgw_profile aws;
    }
    location /no {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/status=401/x;
    }
    location /callback {
        wsgw_api z callback=https://$arg_host/x;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
    }
--- ws eval
sub {
    my $from = sub { "GET $_[0] HTTP/1.1" };

    my @case = (
        [ 403, [ Origin => 'http://localhost:3000',
                 Host => '127.0.0.1:8080' ], '/ws',
          'origin "http://localhost:3000" is not allowed, Host is '
          . '"127.0.0.1:8080"; see wsgw_origin' ],
        [ 403, [ Origin => 'https://app.example', Host => 'backend' ], '/ws',
          'origin "https://app.example" is not allowed, Host is "backend"; '
          . 'see wsgw_origin' ],
        [ 403, [ Origin => "http://a\x01b\x7f" ], '/ws',
          'origin "http://a b " is not allowed' ],
        [ 403, [ Origin => 'x' x 4000 ], '/ws',
          'origin "' . 'x' x 256 . '" is not allowed, Host is "localhost"; '
          . 'see wsgw_origin, client: 127.0.0.1' ],
        [ 403, [ Origin => [ 'a', 'b' ] ], '/ws',
          'Origin was sent 2 times; see wsgw_origin' ],
        [ 403, [ Origin => 'http://b.example' ], '/list',
          'origin "http://b.example" is not allowed, it is not listed; '
          . 'see wsgw_origin' ],
        [ 403, [], '/list', 'a request without Origin is not allowed where '
          . 'origins are listed; see wsgw_origin' ],

        [ 403, [], '/wsx', 'path "/wsx" is not the stage\'s, "/ws"; see the '
          . 'location of wsgw_api' ],
        [ 403, [], '/wsx%0d%0a%01', 'path "/wsx   " is not the' ],
        [ 403, [], '/aws/below', 'path "/aws/below" is below the stage\'s, '
          . '"/aws", which wsgw_profile aws does not serve' ],

        [ 426, [ Upgrade => undef ], '/ws', 'Upgrade is "", not "websocket"; '
          . 'a proxy before nginx has to pass Upgrade and Connection on' ],
        [ 426, [ Upgrade => 'h2c' ], '/ws', 'Upgrade is "h2c", not' ],
        [ 426, [], 'GET /ws HTTP/1.0', 'request is of "HTTP/1.0", a '
          . 'handshake is of HTTP/1.1; a proxy before nginx needs '
          . '"proxy_http_version 1.1"' ],
        [ 426, [ 'Sec-WebSocket-Version' => 8 ], '/ws',
          'Sec-WebSocket-Version was sent 1 times, "8"; it is one of "13"' ],
        [ 400, [ 'Sec-WebSocket-Version' => undef ], '/ws',
          'Sec-WebSocket-Version was sent 0 times, ""' ],

        [ 400, [ Connection => 'close' ], '/ws',
          'Connection is "close", without "upgrade"; a proxy before nginx '
          . 'has to pass Upgrade and Connection on' ],
        [ 400, [ 'Content-Length' => 5 ], '/ws', 'a handshake has no body' ],
        [ 400, [ 'Sec-WebSocket-Key' => 'short' ], '/ws',
          'Sec-WebSocket-Key was sent 1 times, "short"; it is one of 16 '
          . 'bytes in base64' ],
        [ 400, [ 'Sec-WebSocket-Key' => [ ($::KEY) x 2 ] ], '/ws',
          'Sec-WebSocket-Key was sent 2 times' ],
        [ 400, [ 'Sec-WebSocket-Extensions' => 'a=;' ], '/ws',
          'Sec-WebSocket-Extensions is malformed; it is read because of '
          . 'wsgw_compression' ],

        [ 405, [], 'POST /ws HTTP/1.1',
          'method "POST" is no handshake\'s, which is GET' ],
        [ 500, [], '/ws?x=' . 'x' x 5000,
          'authorizer context, stage variables and callback URL exceed 8192 '
          . 'bytes; see wsgw_authorizer_context' ],
        [ 401, [], '/no', '[info] .*$connect refused the handshake, status '
          . '401' ],
        [ 101, [], '/callback?host=a@b', 'callback "https://a@b/x" is no '
          . 'URL that "/@connections/ID" can follow, the default is told; '
          . 'see callback= of wsgw_api' ],
        [ 101, [], '/callback', 'callback "https:///x" is no URL' ],
    );

    # A worker tells of each kind once a second: what it has not told of is asked
    # for again.

    my (@left, %is) = @case;

    eval {
        wait_until(sub {
            for (@left) {
                my ($status, $other, $target, $line) = @$_;

                $is{$line} = ask($target =~ /^\// ? $from->($target) : $target,
                                 upgrade(@$other))->status;
            }

            my $log = error_log();

            @left = grep {
                my ($level, $line) = $_->[3] =~ /^(?:\[(info)\] \.\*)?(.*)/s;

                $level //= 'error';
                $log !~ /\[$level\] .*\Q$line\E/;
            } @left;

            return !@left;
        }, 20);
    };

    is_deeply [ map { $_->[3] } @left ], [], 'each is told';
    is $is{ $_->[3] }, $_->[0], $_->[3] for @case;
}


=== TEST 28: a flood of refused handshakes is a line a second and kind
--- ws eval
sub {
    my $start = time;

    for (1 .. 200) {
        ws_connect('/ws', origin => 'http://evil.example')->drop;
        ws_connect('/wsx')->drop;
    }

    for my $kind ('origin', 'path') {
        my $lines = () = error_log() =~ /\[error\] .*: \*\d+ $kind "/g;

        cmp_ok $lines, '>=', 1, "$kind: a line";
        cmp_ok $lines, '<=', time - $start + 2, "$kind: no flood";
    }
}


=== TEST 29: each answer in a stage has a reason phrase
--- http_config eval
$::Http . <<'_EOC_'
    limit_req_zone $server_port zone=req:64k rate=1r/m;
_EOC_
--- config eval
$::Config . <<'_EOC_'
    location = /teapot {
        if ($arg_teapot) {
            return 418;
        }
        wsgw_api z;
    }
    location = /limited {
        limit_req zone=req;
        limit_req_status 451;
        wsgw_api z;
    }
    location = /later {
        wsgw_api z;
        wsgw_route $connect /int/connect/status=425;
    }
_EOC_
--- ws eval
sub {
    my %upgrade = (key => $::KEY);

    is ws_connect('/ws')->answer->reason, 'Switching Protocols';
    is ws_connect('/limited')->answer->reason, 'Switching Protocols';
    is ws_connect('/limited')->answer->reason,
       'Unavailable For Legal Reasons', 'a status of limit_req';
    is ws_connect('/teapot?teapot=1')->answer->reason, "I'm a teapot",
       'a status of return';
    is ask('GET /ws HTTP/1.1', 'Host: localhost')->answer->reason,
       'Upgrade Required';
    is ask('PUT /ws HTTP/1.1', upgrade())->answer->reason,
       'Method Not Allowed';
    is ws_connect('/ws', version => 14)->answer->reason, 'Upgrade Required';
}


=== TEST 30: a stage that error_page leads to answers as it would itself
--- config eval
$::Config . <<'_EOC_'
    location /found {
        error_page 404 /ws;
        return 404;
    }
    location /named {
        error_page 418 @stage;
        return 418;
    }
    location @stage {
        wsgw_api z stage=named;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int/echo response;
    }
    location /strict {
        error_page 418 @strict;
        return 418;
    }
    location @strict {
        wsgw_api z stage=strict;
        wsgw_profile aws;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int/echo response;
    }
_EOC_
--- ws eval
sub {
    for ('/found', '/named', '/strict/below') {
        my $c = ws_connect($_);

        is $c->status, 101, $_;
        is $c->answer->reason, 'Switching Protocols';

        $c->send('hello');
        is $c->recv, 'hello';
    }

    is_refused(ws_connect('/found', version => 14), 426, 'a refusal');
}


=== TEST 31: the filters of a stage's body do not keep the 101
--- main_config eval: $::Modules
--- http_config eval
$::Http . 'charset_map koi8-r utf-8 { C0 D18E; }'
--- config eval
our %passing = (
    ssi     => 'ssi on; ssi_types *;',
    sub     => 'sub_filter a b; sub_filter_types *; sub_filter_once off;',
    added   => 'addition_types *; add_before_body /plain;'
               . ' add_after_body /plain;',
    gzip    => 'gzip on; gzip_types *; gzip_min_length 0;',
    gunzip  => 'gunzip on;',
    charset => 'charset utf-8; source_charset koi8-r; charset_types *;'
               . ' override_charset on;',
    slice   => 'slice 1k;',
    postpone => 'postpone_output 100000; output_buffers 1 1k;',
    rate    => 'limit_rate 1;',
    rated   => 'set $limit_rate 1;',
    $::Modules =~ /subs_filter/
    ? (subs => 'subs_filter a b; subs_filter_types *;') : (),
);

$::Config . join '', map { stage($_, $passing{$_}) } sort keys %passing;
--- ws eval
sub {
    for my $name (sort keys %main::passing) {
        my $c = ws_connect("/$name");

        is $c->status, 101, $name;

        $c->send('hello');
        is $c->recv, 'hello', "$name: a message";
    }
}


=== TEST 32: a filter that wants a body ends the handshake at once
--- main_config eval: $::Modules
--- config eval
our %holding = (
    $::Modules =~ /image_filter/ ? (image => 'image_filter test;') : (),
    $::Modules =~ /xslt_filter/
    ? (xslt => 'xslt_types *; xslt_stylesheet $TEST_NGINX_SERVER_ROOT/html/x;')
    : (),
);

$::Config . stage('plain', '')
          . join '', map { stage($_, $holding{$_}) } sort keys %holding;
--- user_files
>>> x
<x:stylesheet version="1.0" xmlns:x="http://www.w3.org/1999/XSL/Transform"/>
--- ws eval
sub {
    my $n = 0;

    for my $name (sort keys %main::holding) {
        my $start = time;

        ok !eval { ws_connect("/$name"); 1 }, "$name: no answer";
        cmp_ok time - $start, '<', 3, "$name: and none is waited for";

        my @ended = ledger_events(++$n, qr{/disconnect});
        my $id = $ended[-1]{headers}{'x-connection-id'};

        is http(GET => "/plain/\@connections/$id")->status, 410,
           "$name: it is gone";
    }

    wait_log(qr/\[error\] .* a filter holds the 101 back, .*"wsgw_api"/)
        if $n;
    pass('those filters that there are');
}


=== TEST 33: a 101 that the client does not read is bounded by send_timeout
--- config eval
our $Big = 'set $big 0123456789abcdef;'
           . 'set $big $big$big$big$big$big$big$big$big;' x 6
           . 'add_header X-Big $big always;';

$::Config . stage('big', $Big)
          . stage('short', "$Big send_timeout 300ms;")
--- ws eval
sub {
    my $c = ws_connect('/big', defer => 1);
    my ($e) = ledger_events(1, qr{/connect});

    # it is read in time

    is $c->answer->status, 101;
    is length $c->header('X-Big'), 16 * 8 ** 6, 'all of it';

    $c->send('hello');
    is $c->recv, 'hello';

    my $silent = ws_connect('/short', defer => 1);
    my ($ended) = ledger_events(1, qr{/disconnect});
    my $id = $ended->{headers}{'x-connection-id'};

    isnt $id, $e->{headers}{'x-connection-id'}, 'the other one has ended';
    is http(GET => "/big/\@connections/$id")->status, 410, 'and is gone';
    wait_log(qr/client does not read the 101, see "send_timeout"/);
}


=== TEST 34: a mirror that does not end holds the 101 no longer than that
--- config eval
$::Config . stage('mirrored', 'mirror /int/mirror/delay=5;'
                              . ' send_timeout 300ms;')
--- ws eval
sub {
    ok !eval { ws_connect('/mirrored')->status }, 'no answer';

    ledger_events(1, qr{/disconnect});
    wait_log(qr/\[error\] .* "mirror" holds the 101 back for longer than/);
}


=== TEST 35: a stage is not what comes behind another answer
--- config
    location /stage {
        wsgw_api z;
    }
    location /after  { return 200 "first"; post_action /stage; }
    location /around { return 200 "first"; add_after_body /stage;
                       addition_types *; }
--- ws eval
sub {
    my $told = 'a stage cannot be an integration, a subrequest or a '
               . 'post_action';

    http(GET => '/after');
    wait_log(qr/$told/);

    http(GET => '/around');
    wait_log(qr/$told.*$told/s);

    unlike error_log(), qr/is of HTTP/;
}


=== TEST 36: $disconnect follows where a filter refuses what $connect accepted
--- main_config eval: $::Modules
--- config eval
our %filtering = (
    $::Modules =~ /image_filter/
    ? (resized    => 'image_filter resize 10 10;',
       unbuffered => 'image_filter resize 10 10; proxy_buffering off;',
       tested     => 'image_filter test;',
       paged      => 'image_filter test; error_page 415 =500 /page;',
       asked      => 'image_filter test; error_page 415 @no;',
       own        => 'image_filter test; rewrite ^ /no/status=403 break;')
    : (),
    $::Modules =~ /xslt_filter/
    ? (xslt => 'xslt_types *; xslt_stylesheet $TEST_NGINX_SERVER_ROOT/html/x;')
    : (),
);

our $Filtering = <<'_EOC_';
    location = /page { internal; return 200 "page"; }
    location @no {
        rewrite ^ /no/status=403 break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

$Filtering .= <<"END" for sort keys %filtering;
    location /$_ {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route \$connect /int/$_/body=ok;
        wsgw_route \$disconnect /int/disconnect;
    }
    location /int/$_/ {
        internal;
        $filtering{$_}
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT;
    }
END

$Filtering;
--- user_files
>>> x
<x:stylesheet version="1.0" xmlns:x="http://www.w3.org/1999/XSL/Transform"/>
--- ws eval
sub {
    my %status = (paged => 500, xslt => 500);
    my $n = 0;

    # the backend has refused it itself

    is ws_connect('/own')->status, 415, 'own' if $main::filtering{own};

    for my $name (grep { $_ ne 'own' } sort keys %main::filtering) {
        is ws_connect("/$name")->status, $status{$name} // 415, $name;

        my ($connect) = ledger_events(1, qr{/$name/});
        my @owed = ledger_events(++$n, qr{/int/disconnect});

        is $owed[-1]{headers}{'x-connection-id'},
           $connect->{headers}{'x-connection-id'}, "$name: $n owed";
    }

    pass('those filters that there are');
}


=== TEST 37: a handshake that its client has left does no post_action
--- config eval
our %after = (quick => '/after/quick', slow => '/after/slow',
              named => '@after');

our $After = <<'_EOC_';
    location = /after/quick { internal; return 204; }
    location = /after/slow {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/post/delay=2;
    }
    location @after { return 204; }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

for my $name (sort keys %after) {
    for my $status (200, 403) {
        $After .= <<"END";
    location /$name/$status {
        wsgw_api z stage=$name-$status;
        wsgw_integration_type http_proxy;
        wsgw_route \$connect /int/connect/delay=0.3/status=$status;
        wsgw_route \$disconnect /int/disconnect;
        post_action $after{$name};
    }
END
    }
}

$After;
--- ws eval
sub {
    my ($n, $owed) = (0, 0);

    for my $name (sort keys %main::after) {
        for my $status (200, 403) {
            my $c = ws_connect("/$name/$status", defer => 1);

            ledger_events(++$n, qr{^/int/connect});
            $c->reset;

            # one behind it, which stays, or is refused

            is ws_connect("/$name/$status")->status,
               $status == 200 ? 101 : 403, "$name, $status: and on it goes";
            $n++;
            $owed += 2 if $status == 200;
        }
    }

    is scalar(ledger_events($owed, qr{^/int/disconnect})), $owed,
       'each that was accepted has its $disconnect';
    is scalar(ledger_events(1, qr{^/post})), 1, 'of the refused ones alone';
}
