# What an integration's answer does: to a message, to the handshake, to a
# $disconnect; for Lambda functions (aws_proxy) and plain backends
# (http_proxy).

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use MIME::Base64 ();

$ENV{TEST_NGINX_MEMCACHED_PORT} = free_port();

our $Nchan = load_module('ngx_nchan_module');
our $Script = load_module('ngx_http_js_module');

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
_EOC_

# An answer is what the client asks for: a message {"action": "reply",
# "answer": {...}} gets the answer {...}, as Wsgw::Ledger has it; on $connect
# the query's "answer" says so.

our $Config = <<'_EOC_';
    location /lambda {
        wsgw_api z;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route reply /int/reply response;
        wsgw_route quick /int/quick response timeout=300ms;
        wsgw_route async /int/async async;
        wsgw_route $default /int/oneway;
    }

    location /http {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route reply /int/reply response;
        wsgw_route oneway /int/oneway oneway;
        wsgw_route quick /int/quick timeout=300ms;
        wsgw_route async /int/async async;
        wsgw_route limited /limited;
        wsgw_route forbidden /forbidden;
        wsgw_route refused /refused;
        wsgw_route $default /int/default;
    }

    location /aws {
        wsgw_api z;
        wsgw_profile aws;
        wsgw_integration_type http_proxy;
        wsgw_route reply /int/reply response;
        wsgw_route $default /int/default;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }

    location = /limited {
        internal;
        return 429;
    }

    location = /forbidden {
        internal;
        deny all;
    }

    location = /refused {
        internal;
        proxy_pass http://127.0.0.1:1;
    }
_EOC_

sub BACKEND {
    my ($r) = @_;

    my $text = $r->{body};

    # an event's message, or its query

    if ($text =~ /"requestContext"/) {
        my $event = json($text);
        $text = $event->{body} // $event->{queryStringParameters}{answer};
        utf8::encode($text) if defined $text;

    } elsif ($r->{uri} =~ /[?&]answer=([^&]*)/) {
        $text = $1 =~ s/%([0-9A-F]{2})/chr hex $1/ger;
    }

    return { body => '{"statusCode":200}' } unless length $text;

    my $message = json($text);
    return $message->{answer} // $message;
}

sub LAMBDA { return { body => ref $_[0] ? json($_[0]) : $_[0], @_[1 .. $#_] } }

# sends a message whose answer this is, to the route

sub ask {
    my ($c, $route, $answer) = @_;
    $c->send(json({ action => $route, answer => $answer }));
}

# one message, and the frame it gives

sub reply {
    my ($c, $answer, $route) = @_;
    ask($c, $route // 'reply', $answer);
    return $c->recv;
}

# nothing comes: what is asked for behind it is the next frame

sub is_silent {
    my ($c, $what) = @_;
    is reply($c, LAMBDA({ statusCode => 200, body => 'next' })), 'next',
       "$what: nothing";
}

sub is_failure {
    my ($frame, $what, $message) = @_;

    $message //= 'Internal server error';

    my $id = qr/"\w+":"[\w-]{15}="/;

    like $frame // '', qr/^\{"message": "$message", $id, $id\}$/,
         "failure: $what";
}

# a handshake whose $connect has the answer

sub handshake {
    my ($path, $answer, %opt) = @_;

    my $query = json($answer) =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger;

    return ws_connect("$path?answer=$query", %opt);
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => $Http . ($block->http_config // ''));
    $block->set_value(config => ($block->config // '') . $Config);

    # nchan frees what it has twice at the end of a single process

    master_process_enabled($block->name =~ /whether the client/ ? 'on' : 'off');
});
every_block(backend => \&BACKEND);

run_tests();

__DATA__

=== TEST 1: a Lambda's body is the reply of a response route
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    is reply($c, LAMBDA({ statusCode => 200, body => "\x{c3}" })), "\xc3\x83";
    ok !$c->is_binary;

    is reply($c, LAMBDA('{"statusCode":200,"body":"a\\u0000b \\ud83d\\ude00"}')),
       "a\0b \xf0\x9f\x98\x80";
    is reply($c, LAMBDA({ body => qq({"a":"\n\\/"}) })), qq({"a":"\n\\/"});

    # neither body nor statusCode need be there, nor be good

    is reply($c, LAMBDA({ statusCode => 200 })), '';
    is reply($c, LAMBDA({})), '';
    is reply($c, LAMBDA('{"body":"\\"x\\"","isBase64Encoded":0}')), '"x"';
    is reply($c, LAMBDA('{"body":"x","body":"y"}')), 'y';
    is reply($c, LAMBDA('{"body":null}')), '';
    is reply($c, LAMBDA({ statusCode => $_, body => "s$_" })), "s$_"
        for 401, 500, 501, 'x';
    is reply($c, LAMBDA({ body => 'all', headers => { A => 'b' },
                          multiValueHeaders => { A => ['b'] },
                          isBase64Encoded => JSON::PP::false() })), 'all';
}


=== TEST 2: a null result, or none, sends nothing
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    for my $result ('null', ' null ', '') {
        ask($c, 'reply', LAMBDA($result));
        is_silent($c, "\"$result\"");
    }
}


=== TEST 3: a one-way route sends nothing, whatever is returned
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    for my $result ('{"statusCode":200,"body":"x"}', 'null', '{}') {
        ask($c, 'oneway', LAMBDA($result));
        is_silent($c, $result);
    }
}


=== TEST 4: a malformed result is an error frame, on one-way routes, too
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    for my $result ('{"statusCode":200,"ConnectionId":"x"}', '"text"', '7',
                    '[]', 'true', '{"body":{}}', '{"body":7}', '{"body":',
                    '{"body":"\\ud80"}', "\xff", '<html>',
                    'Task timed out after 3.00 seconds',
                    '{"body":"***","isBase64Encoded":true}',
                    '[' x 100_000)
    {
        is_failure(reply($c, LAMBDA($result)), substr $result, 0, 40);
        is_failure(reply($c, LAMBDA($result), 'oneway'), 'one-way');
    }

    is_silent($c, 'still open');
}


=== TEST 5: the newcomer's error explains itself, once
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    is_failure(reply($c, LAMBDA('hello')), 'hello') for 1 .. 3;

    my $hint = 'for a plain HTTP backend write wsgw_integration_type http_proxy';
    my @hints = error_log() =~ /$hint/g;
    is scalar(@hints), 1;
}


=== TEST 6: a function error, by header and in the emulators' forms
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    is_failure(reply($c, $_), 'function error') for
        LAMBDA({ statusCode => 200, body => 'x' },
               headers => ['X-Amz-Function-Error' => 'Unhandled']),
        LAMBDA('null', headers => ['x-amz-function-error' => 'Handled']),
        LAMBDA({ statusCode => 200 }, headers => ['Error-Type' => 'X']),
        LAMBDA({ errorMessage => 'e', errorType => 'T', trace => [] }),
        LAMBDA({ errorMessage => 'e', errorType => 'T', stackTrace => [] });

    like error_log(),
         qr/function\ error,\ route\ "[^"]+",\ status\ 200,
            \ connection\ [\w-]{15}=
            \ while\ reading\ the\ answer\ of\ an\ integration,\ client:/x;

    for my $status (302, 400, 403, 404, 413, 429, 500, 502, 503, 504) {
        is_failure(reply($c, LAMBDA({ statusCode => 200 },
                                    status => $status)), "status $status");
    }

    is_silent($c, 'still open');
}


=== TEST 7: base64 bodies are bytes, in a binary frame
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    for my $bytes ("\x00\xff", 'text', '') {
        my $encoded = MIME::Base64::encode_base64($bytes, '');

        is reply($c, LAMBDA({ body => $encoded,
                              isBase64Encoded => JSON::PP::true() })), $bytes;
        ok $c->is_binary;
    }
}


=== TEST 8: the error frame is AWS's to the byte, with the event's ids
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    my $frame = reply($c, LAMBDA('x'));
    my ($e) = ledger_events(1, qr{/int/reply});
    my $context = $e->{event}{requestContext};

    is $frame, '{"message": "Internal server error", '
               . "\"connectionId\":\"$context->{connectionId}\", "
               . "\"requestId\":\"$context->{requestId}\"}";
    ok !$c->is_binary;
}


=== TEST 9: no answer in time, a dropped one, one that is none
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    is_failure(reply($c, { delay => 0.7, body => '{"body":"late"}' },
                     'quick'), 'timeout', 'Endpoint request timed out');

    is_failure(reply($c, { $_ => 1 }), $_)
        for qw( drop reset garbage );

    is_failure(reply($c, { body => '{"body":"x"}', length => 1000 }),
               'cut short');

    is_silent($c, 'still open, and the late answer is dropped');
}


=== TEST 10: an async route answers nothing, well or badly
--- ws eval
sub {
    for my $path ('/lambda', '/http') {
        my $c = ws_connect($path);

        ask($c, 'async', $_) for LAMBDA({ body => 'x' }), LAMBDA('bad'),
                                 { drop => 1 }, { status => 500 };

        ledger_events(4, qr{/int/async});
        my $answer = LAMBDA({ body => 'next' });

        like reply($c, $answer), qr/next/, $path;

        ledger_down();
        ledger_up();
    }
}


=== TEST 11: http_proxy: the body is the reply, whatever 2xx to 4xx it has
--- ws eval
sub {
    my $c = ws_connect('/http');

    for my $status (200, 201, 301, 400, 403, 404, 429) {
        is reply($c, { status => $status, body => "s$status" }, 'default'),
           "s$status";
        ok !$c->is_binary;
    }

    is reply($c, { body => 'x' x 100_000, chunked => 1 }, 'default'),
       'x' x 100_000;

    is_failure(reply($c, { status => $_, body => 'x' }, 'default'), $_)
        for 500, 502, 503;
    is_failure(reply($c, { status => 504 }, 'default'), 504,
               'Endpoint request timed out');
}


=== TEST 12: http_proxy: an empty body is nothing, or empty on "response"
--- ws eval
sub {
    my $c = ws_connect('/http');

    ask($c, 'default', { body => '' });
    ask($c, 'default', { status => 204 });
    ask($c, 'oneway', { body => 'unheard' });
    is reply($c, { body => 'next' }, 'default'), 'next';

    is reply($c, { body => '' }), '';
    is reply($c, { status => 204 }), '';
}


=== TEST 13: http_proxy: text or binary, by type and by UTF-8
--- ws eval
sub {
    my $c = ws_connect('/http');

    for ([ 'text/plain', 'x', 0 ], [ 'application/octet-stream', 'x', 1 ],
         [ 'Application/Octet-Stream; a=b', 'x', 1 ],
         [ 'image/png', "\x{c3}\x{28}", 1 ], [ 'image/png', 'x', 0 ],
         [ 'application/json', '{}', 0 ])
    {
        my ($type, $body, $binary) = @$_;

        # JSON carries characters: the backend sends their low bytes

        reply($c, { type => $type, body => $body }, 'default');
        is !!$c->is_binary, !!$binary, $type;
    }
}


=== TEST 14: http_proxy: what nginx itself says is a failure from 400 on
--- ws eval
sub {
    my $c = ws_connect('/http');

    is_failure(reply($c, {}, 'limited'), 'limited', 'Too Many Requests');
    is_failure(reply($c, {}, 'forbidden'), 'forbidden', 'Forbidden');
    is_failure(reply($c, {}, 'refused'), 'refused');
    is_failure(reply($c, { delay => 0.7, body => 'x' }, 'quick'), 'late',
               'Endpoint request timed out');
    is_failure(reply($c, { $_ => 1 }, 'default'), $_)
        for qw( drop reset garbage );
    is_failure(reply($c, { body => 'x', length => 1000 }, 'default'), 'cut');

    is reply($c, { body => 'next' }, 'default'), 'next';
}


=== TEST 15: http_proxy in aws: replies on response routes, any status
--- ws eval
sub {
    my $c = ws_connect('/aws');

    ask($c, 'default', { body => 'unheard' });
    is reply($c, { status => $_, body => "s$_" }), "s$_"
        for 200, 404, 500, 503;
    is reply($c, { body => '' }), '';

    is reply($c, { body => 'x', type => 'application/octet-stream' }), 'x';
    ok !$c->is_binary, 'text, whatever its type';
}


=== TEST 16: $connect: a Lambda's status decides
--- ws eval
sub {
    is handshake('/lambda', LAMBDA({ statusCode => $_ }))->status, 101, "accepted with $_"
        for 200, 201, 204, 299;

    for my $status (301, 400, 401, 403, 404, 501) {
        my $c = handshake('/lambda', LAMBDA({ statusCode => $status,
                                              body => "b $status" }));
        is $c->status, $status;
        is $c->body, "b $status";
        is $c->header('Content-Type'), 'application/json';
    }

    my $c = handshake('/lambda', LAMBDA({ statusCode => 403, body => 'eA==',
                                          isBase64Encoded =>
                                              JSON::PP::true() }));
    is $c->body, 'x';
}


=== TEST 17: $connect: a function that fails, or says no status, is 502
--- ws eval
sub {
    for my $answer (LAMBDA('null'), LAMBDA('{}'), LAMBDA(''), LAMBDA('hello'),
                    LAMBDA('{"statusCode":99}'), LAMBDA('{"statusCode":600}'),
                    LAMBDA('{"statusCode":200,"x":1}'),
                    LAMBDA({ errorMessage => 'e', errorType => 'T' }),
                    LAMBDA({ statusCode => 200 },
                           headers => ['X-Amz-Function-Error' => 'X']),
                    LAMBDA({ statusCode => 200 }, status => 404),
                    LAMBDA({ statusCode => 200 }, status => 500),
                    { drop => 1 }, { reset => 1 }, { garbage => 1 },
                    { body => '{"statusCode":200}', length => 1000 })
    {
        my $c = handshake('/lambda', $answer);

        is $c->status, 502, json($answer);
    }
}


=== TEST 18: $connect: of an accepted one, only the subprotocol is seen
--- ws eval
sub {
    my @offer = (protocols => 'chat.v1, chat.v2');

    for my $headers ({ headers => { 'Sec-WebSocket-Protocol' => 'chat.v2' } },
                     { headers => { 'Sec-Websocket-Protocol' => 'chat.v2' } },
                     { multiValueHeaders =>
                           { 'sec-websocket-protocol' => ['a', 'chat.v2'] } })
    {
        my $c = handshake('/lambda', LAMBDA({ statusCode => 200, body => 'b',
                                              %$headers }), @offer);
        is $c->status, 101;
        is $c->header('Sec-WebSocket-Protocol'), 'chat.v2';
    }

    my $c = handshake('/lambda', LAMBDA({ statusCode => 200,
                                          headers => { 'X-Own' => 'x' } }),
                      @offer);

    is $c->status, 101;
    is $c->header('Sec-WebSocket-Protocol'), undef;
    is $c->header('X-Own'), undef;
}


=== TEST 19: $connect of http_proxy: the backend's status and body
--- ws eval
sub {
    is handshake('/http', { status => $_ })->status, 101, "accepted with $_"
        for 200, 201, 204;

    for my $status (302, 400, 401, 404, 429, 500, 503) {
        my $c = handshake('/http', { status => $status, body => "b $status",
                                     type => 'text/plain' });
        is $c->status, $status;
        is $c->body, "b $status";
        is $c->header('Content-Type'), 'text/plain';
    }

    my $c = handshake('/http', { headers => ['sec-websocket-protocol',
                                             'chat'] },
                      protocols => 'chat');
    is $c->status, 101;
    is $c->header('Sec-WebSocket-Protocol'), 'chat';

    is handshake('/http', { $_ => 1 })->status, 502, $_
        for qw( drop reset garbage );
}


=== TEST 20: $connect: too late is 504, refused 502, denied 403
--- config
    location /late {
        wsgw_api z;
        wsgw_route $connect /int/connect timeout=300ms;
    }

    location /refuse {
        wsgw_api z;
        wsgw_route $connect /refused;
    }

    location /forbid {
        wsgw_api z;
        wsgw_route $connect /forbidden;
    }

    location /limit {
        wsgw_api z;
        wsgw_route $connect /limited;
    }
--- ws eval
sub {
    is handshake('/late', { delay => 0.7 })->status, 504;
    is ws_connect('/refuse')->status, 502;
    is ws_connect('/forbid')->status, 403;
    is ws_connect('/limit')->status, 429;
}


=== TEST 21: $disconnect follows a $connect that may have been accepted
--- config
    location /late {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect timeout=300ms;
        wsgw_route $disconnect /int/disconnect;
    }
--- ws eval
sub {
    # refused in so many words: nothing follows

    is handshake('/http', { status => 403 })->status, 403;
    is handshake('/lambda', LAMBDA({ statusCode => 403 }))->status, 403;

    # no answer was heard: it may have been 200

    is handshake('/late', { delay => 0.5 })->status, 504;
    is handshake('/http', { drop => 1 })->status, 502;
    is handshake('/http', { body => 'x', length => 1000 })->status, 502;

    my @connects = ledger_events(5, qr{/int/connect});
    my @ended = map { $_->{headers}{'x-connection-id'} }
                ledger_events(3, qr{/int/disconnect});

    is_deeply [ sort @ended ],
              [ sort map { $_->{headers}{'x-connection-id'} }
                     @connects[2 .. 4] ];
}


=== TEST 22: a function's reply is no larger than a message
--- config
    location /sized {
        wsgw_api z;
        wsgw_max_message_size 100;
        wsgw_route 100 /sized100 response;
        wsgw_route 101 /sized101 response;
    }
    location ~ ^/sized(?<n>1..)$ {
        internal;
        set $ten \u0061bcdefghij;
        set $hundred $ten$ten$ten$ten$ten$ten$ten$ten$ten$ten;
        if ($n = 101) {
            set $hundred k$hundred;
        }
        return 200 '{"statusCode":200,"body":"$hundred"}';
    }
--- ws eval
sub {
    my $c = ws_connect('/sized');

    $c->send('{"action":"100"}');
    is $c->recv, 'abcdefghij' x 10, 'as large as one, escapes aside';

    $c->send('{"action":"101"}');
    is_failure($c->recv, 'larger than one');
}


=== TEST 23: a message that no route takes is forbidden, and a line in the log
--- config
    location /strict {
        wsgw_api z;
        wsgw_route reply /int/reply response;
    }
--- ws eval
sub {
    my $c = ws_connect('/strict');

    for ([ '{"action":"unknown"}', 'unknown' ], [ 'no JSON', '' ],
         [ '{"action":"in\u000atwo \"lines\""}', 'in two "lines"' ])
    {
        my ($message, $key) = @$_;

        $c->send($message);
        is_failure($c->recv, $message, 'Forbidden');
        wait_log(qr/no\ route\ for\ key\ "\Q$key\E"[^,]*,\ and\ stage\ "strict"
                    \ has\ no\ "wsgw_route\ \$default"/x);
    }

    # a default log shows the first one of a second, as often as it may be

    my $from = time;

    for (1 .. 200) {
        $c->send('{"action":"again"}');
        $c->recv;
    }

    my $most = time - $from + 2;

    wait_until(sub { 200 == (() = error_log() =~ /for key "again"/g) });

    my $errors = () = error_log() =~ /\[error\] .* no route for key/g;

    cmp_ok $errors, '>=', 1, 'an error';
    cmp_ok $errors, '<=', $most, 'but one a second';

    is_silent($c, 'the connection stays');
}


=== TEST 24: each status of a refusal has a reason phrase
--- ws eval
sub {
    my %phrase = (
        300 => 'Multiple Choices', 305 => 'Use Proxy',
        402 => 'Payment Required', 418 => "I'm a teapot",
        422 => 'Unprocessable Content', 425 => 'Too Early',
        428 => 'Precondition Required',
        451 => 'Unavailable For Legal Reasons',
        505 => 'HTTP Version Not Supported',
        511 => 'Network Authentication Required',
        419 => 'Client Error', 599 => 'Server Error',
    );

    for my $status (sort keys %phrase) {
        for (handshake('/lambda', LAMBDA({ statusCode => $status + 0 })),
             handshake('/http', { status => $status, body => 'x' }))
        {
            is $_->status, $status;
            is $_->answer->reason, $phrase{$status}, "the phrase of $status";
        }
    }

    my $c = handshake('/http', { status => 799, body => 'x' });

    is $c->status, 799;
    is $c->answer->reason, 'Unknown', 'a status of no class';
}


=== TEST 25: $connect: a status is a whole number, or three digits in a string
--- ws eval
sub {
    is handshake('/lambda', LAMBDA(qq({"statusCode":$_})))->status, 101, $_
        for '"200"', '200.0', '2e2', '20E+1', '0.2e3', '"204"', '2000e-1',
            '"\u00320\u0030"', '403,"statusCode":"200"';

    is handshake('/lambda', LAMBDA(qq({"statusCode":$_})))->status, 403, $_
        for '"403"', '403.00', '4.03e2';

    is handshake('/lambda', LAMBDA(qq({"statusCode":$_})))->status, 502, $_
        for '"0200"', '"20"', '" 200"', '"2e2"', '"200.0"', '"+20"', '"-20"',
            '200.5', '-200', '2e400', '2e-400', '18446744073709551816', 'true',
            'null', '[200]', '"099"', '"600"', '""';
}


=== TEST 26: what serves only GET serves events too
--- user_files
>>> files/hello.txt
hello
>>> files/dir/index.txt
index
>>> files/list/one
1
--- config
    root $TEST_NGINX_SERVER_ROOT/html;

    location /get {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /get/hello.txt;
        wsgw_route file /files/hello.txt;
        wsgw_route tried /get/tried;
        wsgw_route threads /get/threads;
        wsgw_route index /files/dir/;
        wsgw_route list /files/list/;
        wsgw_route gif /get/gif;
        wsgw_route stub /get/stub;
        wsgw_route cached /get/cached;
        wsgw_route denied /get/denied;
        wsgw_route missing /files/missing;
        wsgw_route @named @hello;
    }
    location /files/ {
        internal;
        index index.txt;
        autoindex on;
    }
    location = /get/hello.txt {
        internal;
        alias $TEST_NGINX_SERVER_ROOT/html/files/hello.txt;
    }
    location = /get/tried {
        internal;
        try_files /nothing /files/hello.txt =404;
    }
    location = /get/threads {
        internal;
        alias $TEST_NGINX_SERVER_ROOT/html/files/hello.txt;
        aio threads;
    }
    location = /get/gif {
        internal;
        empty_gif;
    }
    location = /get/stub {
        internal;
        stub_status;
    }
    location = /get/cached {
        internal;
        set $memcached_key x;
        memcached_pass 127.0.0.1:1;
    }
    location = /get/denied {
        internal;
        limit_except GET {
            deny all;
        }
    }
    location @hello {
        try_files /files/hello.txt =404;
    }
--- ws eval
sub {
    my $c = ws_connect('/get');

    is $c->status, 101, '$connect as a file';

    my $ask = sub {
        $c->send(json({ action => $_[0] }));
        return $c->recv;
    };

    is $ask->($_), "hello\n", $_ for qw( file tried threads @named );
    is $ask->('index'), "index\n", 'index';
    like $ask->('list'), qr/<a href="one">/, 'autoindex';
    like $ask->('gif'), qr/^GIF89a/, 'empty_gif';
    like $ask->('stub'), qr/^Active connections: /, 'stub_status';

    is_failure($ask->('cached'), 'memcached');
    wait_log(qr{connect\(\) failed .* upstream: "memcached://});

    is_failure($ask->('missing'), 'a file that is not there');
    is_failure($ask->('denied'), 'it is a POST to access rules', 'Forbidden');
}


=== TEST 27: what is wrong in a result, but not used, loses no reply
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    for my $rest ('"statusCode":1e400', '"statusCode":18446744073709551616',
                  '"statusCode":-1e-400', '"headers":{"a":1e999}',
                  '"headers":{"\u0000":"\ud800"}', '"headers":7',
                  '"multiValueHeaders":{"a":[123456789012345678901234567890]}',
                  '"headers":' . '[' x 1000 . ']' x 1000,
                  '"headers":{"a":1,"a":2,"\u0061":3}',
                  '"isBase64Encoded":1e400', '"headers":{"' . "\xff" . '":1}')
    {
        is reply($c, { body => qq({$rest,"body":"kept"}) }), 'kept',
           substr $rest, 0, 40;
        is reply($c, { body => qq({"body":"kept",$rest}) }), 'kept';
    }

    is reply($c, { body => qq(\xef\xbb\xbf {"body":"marked"}) }), 'marked';
    is reply($c, { body => '{"body":7,"body":"last"}' }), 'last';

    # no more than a mark, or than null, is no reply

    for my $result ("\xef\xbb\xbf", "\xef\xbb\xbfnull") {
        ask($c, 'reply', { body => $result });
        is_silent($c, 'a byte order mark');
    }

    is_failure(reply($c, { body => '{"headers":' . '[' x 2000 . ']' x 2000
                                   . ',"body":"x"}' }), 'too deep');
    is_failure(reply($c, { body => qq(\xef\xbb\xbf\xef\xbb\xbf{}) }), 'marks');
}


=== TEST 28: what is no character in a reply is U+FFFD, and the reply is kept
--- ws eval
sub {
    my $c = ws_connect('/lambda');
    my $no = "\xef\xbf\xbd";

    for ([ 'ab\ud83d', "ab$no" ], [ '\ude00', $no ], [ '\ud83dx', "${no}x" ],
         [ '\ude00\ud83d', "$no$no" ], [ '\ud83d\ud83d\ude00',
                                         "$no\xf0\x9f\x98\x80" ],
         [ '\ud83d\u0041', "${no}A" ], [ '\ud83d\n', "$no\n" ],
         [ "\xed\xa0\xbd", $no x 3 ], [ "a\xff", "a$no" ],
         [ "\xc3\\u00e9", "$no\xc3\xa9" ], [ "caf\xe9", "caf$no" ])
    {
        my ($text, $expected) = @$_;

        is reply($c, { body => qq({"statusCode":200,"body":"$text"}) }),
           $expected, $text;
        ok !$c->is_binary, 'a text';
    }

    # so it is in a refusal's body

    is handshake('/lambda', { body => '{"statusCode":403,"body":"x\udfff"}' })
           ->body, "x$no";
}


=== TEST 29: $connect: of several subprotocols the last is taken
--- ws eval
sub {
    my $of = sub {
        my ($members) = @_;
        my $c = handshake('/lambda', { body => qq({"statusCode":200,$members}) },
                          protocols => 'a, b');
        return $c->status == 101 ? $c->header('Sec-WebSocket-Protocol')
                                 : $c->status;
    };

    my $name = 'Sec-WebSocket-Protocol';

    is $of->(qq("headers":{"$name":"a","sec-websocket-protocol":"b"})), 'b';
    is $of->(qq("headers":{"$name":["a","b"]})), 'b';
    is $of->(qq("headers":{"SEC-WEBSOCKET-\\u0050ROTOCOL":"\\u0061"})), 'a';
    is $of->(qq("multiValueHeaders":{"$name":["b"]},"headers":{"$name":"a"})),
       'b', 'a list goes before a single value';
    is $of->(qq("headers":{"$name":7})), undef;
    is $of->(qq("headers":{"$name":[]})), undef;
    is $of->(qq("headers":["$name","a"])), undef;
    is $of->(qq("headers":{"$name":"c"})), 502, 'it was not offered';
}


=== TEST 30: an event that goes on from there is a POST with its body
--- http_config
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/cache keys_zone=c:1m;
--- user_files
>>> dir/back
--- config
    location /post {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /post/missing;
        wsgw_route tried /post/tried;
        wsgw_route index /dir/;
        wsgw_route cached /post/cached;
    }
    location = /post/missing {
        internal;
        root $TEST_NGINX_SERVER_ROOT/html;
        error_page 404 = @back;
    }
    location = /post/tried {
        internal;
        try_files /nothing @back;
    }
    location = /dir/ {
        internal;
        root $TEST_NGINX_SERVER_ROOT/html;
        index back;
    }
    location = /dir/back {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
        proxy_set_header X-Length $content_length;
    }
    location = /post/cached {
        internal;
        proxy_cache c;
        proxy_cache_valid 1h;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
        proxy_set_header X-Length $content_length;
    }
    location @back {
        limit_except POST {
            deny all;
        }
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        proxy_set_header X-Length $content_length;
    }
--- backend eval
sub {
    my ($r) = @_;
    return { body => "$r->{method} $r->{headers}{'x-length'} $r->{body}" };
}
--- ws eval
sub {
    my $c = ws_connect('/post');

    for my $action (qw( missing tried index cached cached )) {
        my $message = json({ action => $action, n => rand });

        $c->send($message);
        is $c->recv, 'POST ' . length($message) . " $message", $action;
    }
}


=== TEST 31: limits of a request's body are none of an event's
--- config
    location /large {
        wsgw_api z;
        wsgw_max_message_size 2m;
        wsgw_integration_type http_proxy;
        wsgw_route $default /large/proxied;
        wsgw_route rewritten /large/rewritten;
        wsgw_route renamed /large/renamed;
        wsgw_route tried /large/tried;
        wsgw_route mirrored /large/mirrored;
        wsgw_route allowed /large/allowed;
        wsgw_route streamed /large/streamed;
        wsgw_route filed /large/filed;
        wsgw_route early /large/early;
        wsgw_route function /large/function type=aws_proxy response;
    }
    location /large/ {
        client_max_body_size 1;
        client_body_buffer_size 1;
        client_body_timeout 1ms;

        location = /large/proxied {
            internal;
            proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        }
        location = /large/rewritten {
            internal;
            rewrite ^ /large/proxied;
        }
        location = /large/renamed {
            internal;
            error_page 418 = @rename;
            return 418;
        }
        location = /large/tried {
            internal;
            try_files /nothing /large/proxied;
        }
        location = /large/mirrored {
            internal;
            mirror /large/copy;
            proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        }
        location = /large/copy {
            internal;
            proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        }
        location = /large/allowed {
            internal;
            auth_request /large/auth;
            proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        }
        location = /large/auth {
            internal;
            proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        }
        location = /large/streamed {
            internal;
            proxy_request_buffering off;
            proxy_http_version 1.1;
            proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        }
        location = /large/filed {
            internal;
            client_body_in_file_only on;
            client_body_in_single_buffer on;
            proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        }
        location = /large/early {
            internal;
            set $early $content_length;
            proxy_set_header Content-Length $content_length;
            proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        }
        location = /large/function {
            internal;
            proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        }
    }
    location @rename {
        rewrite ^ /large/proxied;
    }
--- backend eval
sub {
    my ($r) = @_;
    return { body => $r->{uri} eq '/large/function'
                     ? json({ body => 'function' }) : length $r->{body} };
}
--- ws eval
sub {
    my $c = ws_connect('/large');

    my $message = sub { json({ action => $_[0], more => 'x' x 1_200_000 }) };

    for my $action (qw( proxied rewritten renamed tried mirrored allowed
                        streamed filed early ))
    {
        my $text = $message->($action);

        $c->send($text);
        is $c->recv, length $text, $action;
    }

    $c->send($message->('function'));
    is $c->recv, 'function', 'as JSON';

    my ($copy) = ledger_events(1, qr{/large/copy});
    is length $copy->{body}, length $message->('mirrored'), 'the copy';

    my ($auth) = ledger_events(1, qr{/large/auth});
    is $auth->{body}, '', 'an auth_request has no body';
}


=== TEST 32: a $disconnect is delivered by an answer, not by an error_page
--- config
    error_page 502 503 504 =200 /50x.html;

    location /inherited { wsgw_api z; wsgw_route $disconnect /away/a; }
    location /plain     { wsgw_api z; wsgw_route $disconnect /away/b; }
    location /named     { wsgw_api z; wsgw_route $disconnect /away/c; }
    location /named200  { wsgw_api z; wsgw_route $disconnect /away/d; }
    location /nested    { wsgw_api z; wsgw_route $disconnect /away/e; }
    location /busy      { wsgw_api z; wsgw_route $disconnect /away/f; }
    location /denied    { wsgw_api z; wsgw_route $disconnect /away/g; }
    location /fetched   { wsgw_api z; wsgw_route $disconnect /away/h; }
    location /header    { wsgw_api z; wsgw_route $disconnect /away/i; }

    location /backup    { wsgw_api z; wsgw_route $disconnect /live/a; }
    location /missing   { wsgw_api z; wsgw_route $disconnect /live/b; }
    location /accel     { wsgw_api z; wsgw_route $disconnect /live/c; }
    location /content   { wsgw_api z; wsgw_route $disconnect /live/d; }

    wsgw_integration_type http_proxy;

    location = /50x.html { internal; return 200 "sorry"; }
    location @ok         { return 200 "ok"; }
    location /again      { internal; return 404; error_page 404 =200 /50x.html;
                           recursive_error_pages on; }

    location /away/ { internal; proxy_pass http://127.0.0.1:1; }

    location /away/b { internal; proxy_pass http://127.0.0.1:1;
                       error_page 502 /50x.html; }
    location /away/c { internal; proxy_pass http://127.0.0.1:1;
                       error_page 502 = @ok; recursive_error_pages on; }
    location /away/d { internal; proxy_pass http://127.0.0.1:1;
                       error_page 502 =204 @ok; }
    location /away/e { internal; proxy_pass http://127.0.0.1:1;
                       error_page 502 = /again; recursive_error_pages on; }
    location /away/f { internal; proxy_intercept_errors on;
                       proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/status=503/; }
    location /away/g { internal; deny all; error_page 403 = @ok; }
    location /away/h { internal; proxy_pass http://127.0.0.1:1;
                       error_page 502 = /page; }
    location /page   { internal;
                       proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT; }
    location /away/i { internal; proxy_buffer_size 1k;
                       proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/long/; }

    location @backup { proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT; }
    location /live/a { internal; proxy_pass http://127.0.0.1:1;
                       error_page 502 = @backup; }
    location /live/b { internal; proxy_intercept_errors on;
                       error_page 404 =200 /50x.html;
                       proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/status=404/; }
    location /live/c { internal;
                       proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/accel/; }
    location /live/d { internal; access_log off; return 204; }
--- backend eval
sub {
    my ($r) = @_;

    return { headers => [ 'X-Long' => 'x' x 3000 ] } if $r->{uri} =~ /long/;
    return { headers => [ 'X-Accel-Redirect' => '/50x.html' ] }
        if $r->{uri} =~ /accel/;
    return {};
}
--- ws eval
sub {
    my $id = sub {
        my ($path) = @_;
        my $c = ws_connect($path);

        $c->send('{}');
        my ($id) = $c->recv =~ /"connectionId":"([^"]+)"/;
        $c->close(1000);

        return $id;
    };

    my %heard = map { $_ => $id->("/$_") } qw( backup missing accel content );

    ledger_events(3);

    for my $path (qw( inherited plain named named200 nested busy denied fetched
                      header ))
    {
        my $gone = $id->("/$path");
        wait_log(qr/\$disconnect of \Q$gone\E was not delivered, attempt 1/);
        ok 1, "$path: not delivered";
    }

    unlike error_log(), qr/\$disconnect of \Q$heard{$_}\E was not/,
           "$_: delivered" for sort keys %heard;
}


=== TEST 33: limits of a response to a client are none of an event's
--- config
    location /slowed {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route included /slowed/included;
        wsgw_route $default /slowed/proxied;
    }
    location /slowed/ {
        internal;
        limit_rate 10;
        limit_rate_after 1;
        send_timeout 200ms;
        proxy_buffering off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /slowed/included {
        internal;
        ssi on;
        ssi_types *;
        return 200 '<!--# include virtual="/slowed/one" -->,<!--#
                      include virtual="/slowed/two" -->';
    }
--- backend eval
sub {
    my ($r) = @_;
    return { body => 'x' x 10_000, delay => 0.4,
             headers => [ 'X-Accel-Limit-Rate' => 10 ] };
}
--- ws eval
sub {
    my $c = ws_connect('/slowed');

    $c->send('proxied');
    is $c->recv, 'x' x 10_000, 'limit_rate';

    $c->send('{"action":"included"}');
    is $c->recv, 'x' x 10_000 . ',' . 'x' x 10_000, 'send_timeout';
}


=== TEST 34: a page behind a dead backend lets nobody in, and is a message
--- config
    location /page {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /dead;
    }
    location /in {
        wsgw_api z;
        wsgw_route $connect /dead type=http_proxy;
    }
    location = /dead { internal; proxy_pass http://127.0.0.1:1;
                       error_page 502 =200 /sorry; }
    location = /sorry { internal; default_type text/html; return 200 "sorry"; }
--- ws eval
sub {
    is ws_connect('/in')->status, 502;

    my $c = ws_connect('/page');
    $c->send('x');
    is $c->recv, 'sorry', 'the operator wants it so';
}


=== TEST 35: a subrequest of an event answers into it, and knows whose it is
--- config
    location /sub {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route ssi /sub/ssi;
        wsgw_route added /sub/added;
    }
    location = /sub/ssi {
        internal;
        ssi on;
        ssi_types *;
        return 200 '<!--# include virtual="/sub/one" -->';
    }
    location = /sub/added {
        internal;
        addition_types *;
        add_after_body /sub/one;
        return 200 ',';
    }
    location = /sub/one {
        internal;
        set $ten 0123456789;
        set $hundred $ten$ten$ten$ten$ten$ten$ten$ten$ten$ten;
        return 200 "$wsgw_connection_id$hundred$hundred$hundred$hundred$hundred$hundred$hundred$hundred$hundred$hundred$hundred$hundred$hundred$hundred$hundred$hundred";
    }
--- ws eval
sub {
    my $c = ws_connect('/sub');

    my ($e) = ledger_events(1, qr{/connect});
    my $text = $e->{headers}{'x-connection-id'} . '0123456789' x 160;

    $c->send('{"action":"ssi"}');
    is $c->recv, $text, 'ssi';

    $c->send('{"action":"added"}');
    is $c->recv, ",$text", 'add_after_body';
}


=== TEST 36: an answer in gzip is an error that names gunzip, or is inflated
--- config
    location /coded {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route oneway /int/oneway oneway;
        wsgw_route lambda /int/lambda response type=aws_proxy;
        wsgw_route gunzip /gunzip;
        wsgw_route gzip /gzip;
        wsgw_route $default /int/default;
    }
    location /gunzip {
        internal;
        gunzip on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location /gzip {
        internal;
        gzip on;
        gzip_types *;
        gzip_min_length 1;
        gzip_proxied any;
        gzip_http_version 1.0;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub {
    my ($r) = @_;

    my ($coding) = "$r->{uri} $r->{body}" =~ /coding=([\w-]+)/;

    return { body => 'plain' } unless $coding;

    my $text = $r->{uri} =~ /connect/ ? '' : $r->{uri} =~ /lambda/
               ? '{"body":"zipped"}' : 'zipped';
    my $gz = do { require IO::Compress::Gzip; my $z;
                  IO::Compress::Gzip::gzip(\$text => \$z); $z };

    return { body => $coding eq 'identity' ? $text : $gz,
             status => $r->{uri} =~ /status=(\d+)/ ? $1 : 200,
             headers => [ 'Content-Encoding' => $coding ] };
}
--- ws eval
sub {
    my $c = ws_connect('/coded', headers => [ 'Accept-Encoding' => 'gzip' ]);

    is $c->status, 101;

    my $ask = sub {
        my ($route, $coding) = @_;
        $c->send(qq({"action":"$route","text":"coding=$coding"}));
        return $c->recv;
    };

    for my $coding (qw( gzip br deflate zstd x-gzip )) {
        is_failure($ask->($_, $coding), "$coding, $_") for qw( x lambda );
        like error_log(),
             qr/is encoded, Content-Encoding "$coding"; .* "gunzip on"/;
    }

    is $ask->(x => 'identity'), 'zipped';
    is $ask->(lambda => 'identity'), 'zipped';
    is $ask->(gunzip => 'gzip'), 'zipped', 'inflated by nginx';
    is $ask->(gzip => ''), 'plain', 'gzip of nginx has no part in it';

    # what is not read need not be readable

    $c->send('{"action":"oneway","text":"coding=gzip"}');
    is $ask->(x => 'identity'), 'zipped';

    is ws_connect('/coded?coding=gzip')->status, 101;

    my $refused = ws_connect('/coded?coding=gzip&status=403');
    is $refused->status, 403;
    like $refused->body, qr/Forbidden/, 'the body is not passed on';
}


=== TEST 37: a reply that is too large names wsgw_max_message_size
--- config
    location /small {
        wsgw_api z;
        wsgw_max_message_size 1k;
        wsgw_integration_type http_proxy;
        wsgw_route lambda /int/lambda response type=aws_proxy;
        wsgw_route $default /int/default;
    }
--- backend eval
sub {
    my ($r) = @_;

    return $r->{uri} =~ /lambda/ ? '{"body":"' . 'x' x 1025 . '"}'
                                 : 'x' x ($r->{body} =~ /(\d+)/)[0];
}
--- ws eval
sub {
    my $c = ws_connect('/small');

    my $lines = sub {
        scalar(() = error_log() =~ /\[error\] .* larger than wsgw_max_message_s/g)
    };

    $c->send('{"x":1024}');
    is $c->recv, 'x' x 1024;
    is $lines->(), 0;

    $c->send('{"x":1025}');
    is_failure($c->recv, 'http_proxy');
    is $lines->(), 1, 'one line';

    $c->send('{"action":"lambda"}');
    is_failure($c->recv, 'aws_proxy');
    is $lines->(), 2;
}


=== TEST 38: an unknown key is named, and what to write for plain backends
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    my $hint = 'for a plain HTTP backend write wsgw_integration_type http_proxy';

    is_failure(reply($c, { body => '{"message":"hi"}' }), 'unknown');
    like error_log(), qr/result has an unknown key "message"; $hint, route/;

    is_failure(reply($c, { body => '{"statusCode":200,"a\nb\u0007c":1}' }), 'x');
    like error_log(), qr/unknown key "a b c", route/, 'in one line';

    is_failure(reply($c, { body => '{"' . 'k' x 5000 . '":1}' }), 'long');
    like error_log(), qr/unknown key "k{64}", route/, 'cut';
    is scalar(() = error_log() =~ /$hint/g), 1, 'the hint once';
}


=== TEST 39: $connect: an empty 200 of a plain backend has the hint
--- ws eval
sub {
    is handshake('/lambda', { body => '' })->status, 502;
    like error_log(), qr/no valid statusCode; for a plain HTTP backend write/;
}


=== TEST 40: a body on a route without "response" is mentioned, once
--- ws eval
sub {
    my $c = ws_connect('/lambda');
    my $lines = sub { scalar(() = error_log() =~ /write "response" in wsgw_r/g) };

    ask($c, 'oneway', { body => $_ })
        for '{"statusCode":200}', 'null', '{"body":""}';
    is_silent($c, 'no body');
    is $lines->(), 0;

    ask($c, 'oneway', LAMBDA({ body => 'x' })) for 1 .. 3;
    is_silent($c, 'a body');
    is $lines->(), 1;
}


=== TEST 41: errors and pages of http_proxy have a line, at most one a second
--- ws eval
sub {
    my $c = ws_connect('/http');
    my $lines = sub { scalar(() = error_log() =~ /integration answered \d+ with/g) };

    is reply($c, { body => 'x' }, 'default'), 'x';
    is reply($c, { body => '{}', type => 'application/json' }, 'default'), '{}';
    is $lines->(), 0;

    is reply($c, { status => 404, body => 'no', type => 'text/html' },
             'default'), 'no' for 1 .. 20;
    like error_log(),
         qr{answered 404 with type "text/html", which goes to the client as a};
    cmp_ok $lines->(), '<=', 3, 'not twenty';

    is reply($c, { body => '<p>', type => 'text/html; charset=utf-8' },
             'default'), '<p>' for 1 .. 3;
    is scalar(() = error_log() =~ /answered 200 with/g), 1, 'pages: one';

    # one that goes nowhere

    wait_until(sub {
        ask($c, 'oneway', { status => 302 });
        reply($c, { body => 'next' }, 'default');
        error_log() =~ /answered 302 with .* goes nowhere, route "oneway"/;
    }, undef, 'a line for a redirect');
}


=== TEST 42: a header that nginx does not take is nginx's refusal
--- config
    location /long {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /header;
        wsgw_route lambda /header type=aws_proxy;
    }
    location /header {
        internal;
        proxy_buffer_size 1k;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub {
    my ($r) = @_;

    return { headers => [ 'X-Long' => 'x' x 3000 ] } if $r->{body} =~ /long/;
    return { garbage => 1 };
}
--- ws eval
sub {
    my $c = ws_connect('/long');

    for my $route ('x', 'lambda') {
        $c->send(qq({"action":"$route","x":"long"}));
        is_failure($c->recv, "$route: too long");
    }

    is scalar(() = error_log() =~ /header is larger than its buffer, see proxy_b/g),
       2;

    $c->send('x');
    is_failure($c->recv, 'no header');
    like error_log(), qr/integration gave no valid answer, route/;
    unlike error_log(), qr/answered 5xx|was not invoked/;
}


=== TEST 43: $disconnect follows a result of $connect that is no refusal
--- ws eval
sub {
    my $ids = sub {
        my ($n, $path) = @_;
        return map { json($_->{body})->{requestContext}{connectionId} }
               ledger_events($n, qr{/int/$path});
    };

    my $gzip = [ 'Content-Encoding' => 'gzip' ];

    # a refusal, well said or not; a function that failed

    my @refused = (
        LAMBDA({ errorMessage => 'e', errorType => 'T' }),
        LAMBDA({ statusCode => 200 }, headers => ['X-Amz-Function-Error' => 'X']),
        LAMBDA({ statusCode => 200 },
               headers => [ @$gzip, 'X-Amz-Function-Error' => 'X' ]),
        LAMBDA({ statusCode => 200 }, status => 403, headers => $gzip),
        LAMBDA({ statusCode => 200 }, status => 500),
        LAMBDA({ statusCode => 403, body => {} }),
        LAMBDA({ statusCode => 302, body => '*', isBase64Encoded => \1 }),
    );

    for (@refused) {
        is handshake('/lambda', $_)->status, 502, json($_);
    }

    # what may have been meant as 200

    my @owed = (
        LAMBDA({ statusCode => 200 }, headers => $gzip),
        LAMBDA({ statusCode => 403 }, headers => [ 'Content-Encoding' => 'br' ]),
        LAMBDA('hello'), LAMBDA('null'), LAMBDA(''), LAMBDA('[]'),
        LAMBDA('{"statusCode":200,"x":1}'), LAMBDA('{"statusCode":"ok"}'),
        LAMBDA({ statusCode => 200, body => {} }),
        LAMBDA({ statusCode => 200, body => '*', isBase64Encoded => \1 }),
    );

    for (@owed) {
        is handshake('/lambda', $_)->status, 502, json($_);
    }

    my @connects = $ids->(@refused + @owed, 'connect');

    is_deeply [ sort($ids->(scalar @owed, 'disconnect')) ],
              [ sort @connects[@refused .. $#connects] ];
}


=== TEST 44: an error that nginx makes of an answer is nginx's
--- config
    location /made {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route missing /made/missing;
        wsgw_route text /made/text;
        wsgw_route twice /made/twice;
        wsgw_route file /made/file;
        wsgw_route other /made/other;
        wsgw_route ignored /made/ignored;
        wsgw_route page /made/page;
        wsgw_route denied /made/denied;
        wsgw_route lambda /made/missing response type=aws_proxy;
    }
    location /made/in {
        wsgw_api z stage=in;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /made/missing;
        wsgw_route $disconnect /int/disconnect;
    }
    location /made/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /made/ignored {
        internal;
        proxy_ignore_headers X-Accel-Redirect;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /made/page {
        internal;
        proxy_intercept_errors on;
        error_page 404 =403 /to/page;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /made/denied {
        internal;
        deny all;
        error_page 403 @live;
    }
    location @live {
        rewrite ^ /int/live break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /to/text    { internal; return 404 "text"; }
    location = /to/page    { internal; return 200 "page"; }
    location = /to/refused { internal; proxy_pass http://127.0.0.1:1; }
--- backend eval
sub {
    my ($r) = @_;

    my %to = (missing => '/nope', text => '/to/text', twice => '/to/refused',
              file => '/to/page', other => '/int/other', ignored => '/nope');

    my ($name) = $r->{uri} =~ m{/made/(\w+)};

    return { body => 'live' } if $r->{uri} eq '/int/live';
    return { status => 404, body => $r->{uri} }
        if !$name || $name eq 'page';

    return { status => $name eq 'ignored' ? 404 : 200, body => 'own',
             headers => [ 'X-Accel-Redirect' => $to{$name} ] };
}
--- ws eval
sub {
    my $refused = ws_connect('/made/in');

    is $refused->status, 404;
    like $refused->body, qr/^\{"message": "Not Found"/, 'no page of nginx';

    my ($connect) = ledger_events(1, qr{/made/missing});
    my ($owed) = ledger_events(1, qr{/int/disconnect});

    is $owed->{headers}{'x-connection-id'},
       $connect->{headers}{'x-connection-id'}, 'the backend said 200';

    my $c = ws_connect('/made');
    my $ask = sub { $c->send(qq({"action":"$_[0]"})); return $c->recv };

    is_failure($ask->($_), $_) for qw( missing text twice lambda );
    is_failure($ask->('denied'), 'denied', 'Forbidden');

    like error_log(), qr/integration's answer was replaced by an error of ng/;

    is $ask->('file'), 'page', 'what there is';
    is $ask->('other'), '/int/other', "another backend's 404";
    is $ask->('ignored'), 'own', "a backend's own 404";
    is $ask->('page'), 'page', 'the page of an error that was intercepted';
}


=== TEST 45: a key that memcached does not have is nginx's error
--- config
    location /memcached {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /memcached/key;
    }
    location /miss {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $disconnect /memcached/key;
        wsgw_route else /memcached/else;
        wsgw_route $default /memcached/key;
    }
    location /memcached/ {
        internal;
        set $memcached_key $uri;
        memcached_pass 127.0.0.1:$TEST_NGINX_MEMCACHED_PORT;
    }
    location = /memcached/else {
        internal;
        set $memcached_key $uri;
        memcached_pass 127.0.0.1:$TEST_NGINX_MEMCACHED_PORT;
        error_page 404 = @else;
    }
    location @else {
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub { return { body => 'else' } }
--- ws eval
sub {
    # a memcached without keys

    my $listen = IO::Socket::INET->new(Listen => 5, ReuseAddr => 1,
        LocalAddr => "127.0.0.1:$ENV{TEST_NGINX_MEMCACHED_PORT}") or die $!;

    my $pid = fork // die $!;

    if ($pid == 0) {
        alarm 30;
        while (my $s = $listen->accept) {
            print $s "END\r\n" if defined <$s>;
        }
        POSIX::_exit(0);
    }

    close $listen;

    my $refused = ws_connect('/memcached');
    is $refused->status, 404;
    like $refused->body, qr/^\{"message": "Not Found"/, 'no page of nginx';

    my $c = ws_connect('/miss');

    $c->send('x');
    is_failure($c->recv, 'no page of nginx');

    $c->send('{"action":"else"}');
    is $c->recv, 'else', 'a backend behind it';

    $c->close(1000);
    wait_log(qr/\$disconnect of \S+ was not delivered, attempt 1/);
    ok 1, 'nobody got it';

    kill KILL => $pid;
    waitpid $pid, 0;
}


=== TEST 46: an answer from a cache is nobody's to a $disconnect
--- http_config
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/cache keys_zone=c:1m;
    log_format cached '$wsgw_event_type $wsgw_attempt $upstream_cache_status';
--- config
    access_log $TEST_NGINX_SERVER_ROOT/logs/cached.log cached;

    location /cached {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $disconnect /cached/int;
        wsgw_route $default /cached/int;
    }
    location /door {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /cached/door;
    }
    location /cached/ {
        internal;
        proxy_cache c;
        proxy_cache_key $uri;
        proxy_cache_methods POST;
        proxy_cache_valid 200 2s;
        proxy_cache_use_stale updating error http_503;
        proxy_cache_background_update on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
my %seen;
sub {
    my ($r) = @_;
    return { status => $seen{$r->{uri}}++ ? 503 : 200, body => 'fresh' };
}
--- ws eval
sub {
    my $c = ws_connect('/cached');

    $c->send('x');
    is $c->recv, 'fresh';
    $c->send('x');
    is $c->recv, 'fresh', 'from the cache';

    # An attempt is up to a quarter early and a cache counts whole seconds: the
    # third is the first that may find it out of date, and need not.

    my $log = "$ENV{TEST_NGINX_SERVROOT}/logs/cached.log";
    my ($text, $attempt);

    my $read = sub {
        open my $in, '<', $log or die $!;
        $text = join '', <$in>;
    };

    $c->close(1000);

    wait_until(sub {
        ($attempt) = $read->() =~ /^DISCONNECT (\d+) STALE$/m
    }, 15, 'a $disconnect that the cache answers when it is out of date');

    wait_log(qr/\$disconnect of \S+ was not delivered, attempt $attempt\b/);

    # it lets in until it is out of date, and then as a dead backend

    my $status;

    is ws_connect('/door')->status, 101;
    is ws_connect('/door')->status, 101, 'HIT';

    my $end = time + 10;

    do {
        $status = ws_connect('/door')->status;
    } while ($status == 101 && time < $end);

    is $status, 502, 'not let in by what is out of date';
    like error_log(), qr/an error_page or a cache did, route "\$connect"/;

    $read->();

    like $text, qr/^MESSAGE 1 HIT$/m;
    like $text, qr/^DISCONNECT 1 HIT$/m;
    like $text, qr/^CONNECT 1 HIT$/m;
}


=== TEST 47: $connect: no answer is 502, whatever nginx calls it
--- config
    location /none/444  { wsgw_api z; wsgw_route $connect /silent/444; }
    location /none/499  { wsgw_api z; wsgw_route $connect /silent/499; }
    location /none/408  { wsgw_api z; wsgw_route $connect /silent/408; }
    location /none/text { wsgw_api z; wsgw_route $connect /silent/text; }
    location /none/494  { wsgw_api z; wsgw_route $connect /silent/494; }
    location /none/497  { wsgw_api z; wsgw_route $connect /silent/497; }
    location /none/451  { wsgw_api z; wsgw_route $connect /silent/451; }

    location = /silent/444  { internal; return 444; }
    location = /silent/499  { internal; return 499; }
    location = /silent/408  { internal; return 408; }
    location = /silent/text { internal; return 444 "text"; }
    location = /silent/494  { internal; return 494 "text"; }
    location = /silent/497  { internal; return 497 "text"; }
    location = /silent/451  { internal; return 451; }
--- ws eval
sub {
    for my $name (qw( 444 499 408 text 494 497 )) {
        my $c = ws_connect("/none/$name");

        is $c->status, 502, "return $name";
        like $c->body, qr/^\{"message": "Internal server error"/;
    }

    is ws_connect('/none/451')->status, 451, 'the operator means what he says';
}


=== TEST 48: $connect: of several subprotocols the last, what is none is told
--- ws eval
sub {
    my $of = sub {
        my ($path, $answer) = @_;
        my $c = handshake($path, $answer, protocols => 'a, b');
        return $c->status == 101 ? $c->header('Sec-WebSocket-Protocol')
                                 : $c->status;
    };

    my $name = 'Sec-WebSocket-Protocol';

    is $of->('/http', { headers => [ $name => 'a', $name => 'b' ] }), 'b';
    is $of->('/http', { headers => [ lc $name => 'b', $name => 'a' ] }), 'a';
    is $of->('/http', { headers => [ $name => 'a', $name => 'c' ] }), 502;

    unlike error_log(), qr/Protocol is not a string/;

    my @other = (7, \1, { a => 'b' }, [ 'a', 7 ], [ [ 'a' ] ]);

    for (@other, undef, []) {
        is $of->('/lambda', LAMBDA({ statusCode => 200,
                                     headers => { $name => $_ } })), undef;
    }

    my @told = error_log() =~ /result's Sec-WebSocket-Protocol is not a string/g;
    is scalar @told, scalar @other;
}


=== TEST 49: a message without a key says why it has none
--- config
    location /strict {
        wsgw_api z;
        wsgw_route reply /int/reply response;
    }
--- ws eval
sub {
    my $c = ws_connect('/strict');
    my $long = 'k' x 257;

    my @case = (
        [ send => qq({"action":"$long"}), ', which is longer than 256 bytes' ],
        [ send => '{"action":', ' of a message that is not JSON' ],
        [ send_binary => '{"action":"reply"}', ' of a binary message' ],
        [ send => '{}', '' ],
    );

    for (@case) {
        my ($how, $message, $why) = @$_;

        $c->$how($message);
        is_failure($c->recv, $why || 'none', 'Forbidden');
        wait_log(qr/no route for key ""\Q$why\E, and stage "strict"/);
    }
}


=== TEST 50: what an integration says is one line of the log
--- ws eval
sub {
    my $http = ws_connect('/http');
    my $lambda = ws_connect('/lambda');

    # a header has no line feed, a result may have one

    my @bad = ("\x1b[31mred", "\x0b", "a\x7f\tb");

    for (@bad) {
        is_failure(reply($http, { body => 'x', headers => [
            'Content-Encoding' => "gzip$_" ] }, 'reply'), 'an encoding');

        is_failure(reply($lambda, LAMBDA({ "key\n2026/01/01$_" => 1 })),
                   'a key');

        is handshake('/lambda', LAMBDA({ statusCode => 200, headers => {
            'Sec-WebSocket-Protocol' => "\n2026/01/01$_" } }))->status, 502,
           'a subprotocol';
    }

    is reply($http, { body => 'x', status => 404,
        type => "text/html\x1b[31m\x7f" }), 'x', 'a type';

    wait_log(qr/integration answered 404 with type "text\/html \[31m "/);

    my @lines = split /\n/, error_log();

    is scalar(grep { /answer is encoded/ } @lines), 3;
    is scalar(grep { /unknown key "key 2026/ } @lines), 3;
    is scalar(grep { /did not offer: " 2026/ } @lines), 3;

    is_deeply [ grep { /[^\x20-\x7e]/ || !/^\d{4}\/\d\d\/\d\d [0-9:]+ \[/ }
                     @lines ], [], 'lines of nginx, without control characters';
}


=== TEST 51: an answer that stalls behind its header has timed out
--- config
    location /late {
        wsgw_api z;
        wsgw_integration_timeout 300ms;
        wsgw_route $connect /int/connect;
        wsgw_route $default /int/default;
    }
--- ws eval
sub {
    my $late = 'Endpoint request timed out';
    my $head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    my %stall = (
        'of a length' => { length => 100, body => '{' },
        'nothing of a length' => { length => 100 },
        'of chunks' => { raw => $head . "Transfer-Encoding: chunked\r\n\r\n"
                                . "1\r\n{\r\n" },
        'up to the end' => { raw => "$head\r\n{" },
        'of an error' => { length => 100, status => 500, body => '{' },
    );

    my %c = map { $_ => ws_connect($_) } '/lambda', '/http', '/late';

    for my $what (sort keys %stall) {
        my $answer = { %{ $stall{$what} }, stall => 1 };

        is_failure(reply($c{'/lambda'}, $answer, 'quick'), "a function, $what",
                   $late);
        is_failure(reply($c{'/http'}, $answer, 'quick'), "a backend, $what",
                   $late);
        is_failure(reply($c{'/late'}, $answer, 'any'), "one-way, $what", $late);

        is handshake('/late', $answer)->status, 504, "\$connect, $what";
    }
}


=== TEST 52: an answer of 1xx, or that is no HTTP, is a failure at once
--- config
    location /own {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /return;
    }
    location = /return {
        internal;
        return 101;
    }
--- ws eval
sub {
    my %c = map { $_ => ws_connect($_) } '/lambda', '/http', '/aws', '/own';
    my $head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
               . "Upgrade: websocket\r\n\r\n";

    my @answer = (
        (map { { status => $_ } } 100, 101, 102, 199),
        { raw => $head, stall => 1 },
        { raw => "$head\x81\x02hi", stall => 1 },
        { raw => "SSH-2.0-OpenSSH_9.2\r\n", stall => 1 },
        { raw => "hello\n", stall => 1 },
        { raw => "{\"statusCode\":200}", stall => 1 },
        { raw => "HTTP/1.1 100 Continue\r\n\r\n"
                 . "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
          stall => 1 },
    );

    # the longest time that an integration has is more than anything waits here

    for my $answer (@answer) {
        my $what = json($answer);

        is_failure(reply($c{$_}, $answer), "$_, $what")
            for '/lambda', '/http', '/aws';

        is handshake($_, $answer)->status, 502, "\$connect, $_, $what"
            for '/lambda', '/http';
    }

    is_failure(reply($c{'/own'}, {}), 'a "return"');

    is reply($c{'/http'}, { body => 'next' }), 'next', 'the turn is free';
    like error_log(), qr/integration answered 1xx, route "reply", status 101,/;
}


=== TEST 53: $disconnect follows a refusal that is not of all who were asked
--- http_config
    upstream pair {
        server 127.0.0.1:$TEST_NGINX_LEDGER_PORT max_fails=0;
        server 127.0.0.1:$TEST_NGINX_LEDGER_PORT max_fails=0;
    }
--- config eval
our $Two = '';

$Two .= <<"END" for qw( accel accel503 named moved lost denied told busy paged );
    location /$_ {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route \$connect /two/$_;
        wsgw_route \$disconnect /int/disconnect;
    }
END

$Two . <<'_EOC_';
    location /function {
        wsgw_api z;
        wsgw_route $connect /two/function;
        wsgw_route $disconnect /two/disconnect type=http_proxy;
    }
    location /two/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /two/told {
        internal;
        proxy_intercept_errors on;
        error_page 404 = @second;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /two/paged {
        internal;
        proxy_intercept_errors on;
        error_page 404 =403 /page;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location ~ ^/two/(lost|busy)$ {
        internal;
        proxy_pass http://pair;
        proxy_next_upstream error http_503 non_idempotent;
    }
    location @second {
        rewrite ^/two/(.*) /second/$1 break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location /second/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /second/moved { internal; return 302 /; }
    location = /page {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_
--- backend eval
{
    my %asked;

    my %to = (accel => '/second/a', accel503 => '/second/503',
              named => '@second', moved => '/second/moved',
              denied => '/second/denied', function => '@second');

    sub {
        my ($r) = @_;

        my ($where, $name) = $r->{uri} =~ m{^/(\w+)/(\w+)};

        return {} if !$where || $name eq 'disconnect';

        if ($where eq 'second') {
            return $name eq 'function' ? LAMBDA({ statusCode => 403 })
                                       : { status => $name eq '503' ? 503
                                                                    : 403 };
        }

        if (!$to{$name}) {
            return { status => 404 } if $name =~ /told|paged/;
            return { status => 403 } if $asked{$name}++;
            return $name eq 'lost' ? { drop => 1 } : { status => 503 };
        }

        return { status => $name eq 'denied' ? 403 : 200, body => 'yes',
                 headers => [ 'X-Accel-Redirect' => $to{$name} ] };
    }
}
--- ws eval
sub {
    my %status = (accel503 => 503, moved => 302);
    my $n = 0;

    # each backend that was asked has said no

    for my $name (qw( denied told busy paged )) {
        is ws_connect("/$name")->status, 403, $name;
    }

    # the first one said yes, or may have been about to

    for my $name (qw( accel accel503 named moved lost function )) {
        is ws_connect("/$name")->status, $status{$name} // 403, $name;

        my ($e) = ledger_events(1, qr{^/two/$name$});
        my @owed = ledger_events(++$n, qr{/disconnect$});

        is $owed[-1]{headers}{'x-connection-id'},
           $e->{headers}{'x-connection-id'}
           // json($e->{body})->{requestContext}{connectionId},
           "$name: $n owed";
    }
}


=== TEST 54: a page that a backend serves in place of a 403 gets no event
--- config
    location /shut {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /shut/int;
        wsgw_route $disconnect /shut/int;
        wsgw_route $default /shut/int;
    }
    location = /shut/int {
        internal;
        deny all;
        error_page 403 =200 /page;
    }
    location = /page {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub { return { body => 'page' } }
--- ws eval
sub {
    my $c = ws_connect('/shut');

    is $c->status, 101, 'the operator says so';

    $c->send('x');
    is $c->recv, 'page';

    $c->close(1000);
    wait_log(qr/\$disconnect of \S+ was not delivered, attempt 1/);
    ok 1, 'nobody got it';
}


=== TEST 52: $connect: the body of a 2xx goes nowhere, however large it is
--- config
    location /small {
        wsgw_api z;
        wsgw_max_message_size 1k;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
    }
    location /unbuffered {
        wsgw_api z;
        wsgw_max_message_size 1k;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /unbuffered/connect;
    }
    location /unbuffered/connect {
        internal;
        proxy_buffering off;
        proxy_http_version 1.1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location /function {
        wsgw_api z;
        wsgw_max_message_size 1k;
        wsgw_route $connect /int/connect;
    }
--- ws eval
sub {
    my $c = handshake('/small', { body => 'x' x 1025,
                                  headers => ['Sec-WebSocket-Protocol', 'chat'] },
                      protocols => 'chat');

    is $c->status, 101;
    is $c->header('Sec-WebSocket-Protocol'), 'chat', 'the header is read';

    is ws_connect("$_?answer=" . '{"status":201,"body":"' . 'x' x 3000
                  . '","chunked":1}')->status, 101, "$_, chunked"
        for qw( /small /unbuffered );

    is handshake('/function', LAMBDA({ statusCode => 200, body => 'x' x 1025 }))
       ->status, 101, 'a function';

    # what would go somewhere

    my $refused = handshake('/small', { status => 403, body => 'x' x 1025 });

    is $refused->status, 403;
    like $refused->body, qr/^\{"message": "Forbidden"/, 'no part of it';
    like error_log(), qr/answer is larger than wsgw_max_message_size/;

    # what did not come

    is handshake('/small', { body => 'x' x 1025, length => 2000 })->status, 502;
    ledger_events(1, qr{/int/disconnect});
}


=== TEST 53: what a post_action does is no part of the answer before it
--- config eval
our $Posts = '';

$Posts .= <<"END" for qw( long short );
    location /$_ {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route \$connect /posts/$_ timeout=500ms;
        wsgw_route \$disconnect /int/disconnect;
    }
    location /posts/$_ {
        internal;
        post_action /post/$_;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT;
    }
END

$Posts . <<'_EOC_';
    location /cut {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_max_message_size 1k;
        wsgw_route $disconnect /posts/large;
        wsgw_route $default /posts/long;
    }
    location /posts/large {
        internal;
        post_action /post/ok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location /post/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /post/short { internal; return 204; }
_EOC_
--- backend eval
sub {
    my ($r) = @_;

    return { hang => 1 } if $r->{uri} =~ m{^/post/long};
    return { status => 503, body => 'x' x 2000 } if $r->{uri} =~ /large/;
    return BACKEND($r);
}
--- ws eval
sub {
    my $n = 0;

    for my $path (qw( /long /short )) {
        is handshake($path, { status => 403 })->status, 403, "$path: refused";

        is handshake($path, { body => 'x', length => 1000 })->status, 502,
           "$path: cut";
        ledger_events(++$n, qr{/int/disconnect});

        is handshake($path, { hang => 1 })->status, 504, "$path: late";
        ledger_events(++$n, qr{/int/disconnect});
    }

    is scalar(ledger_events($n, qr{/int/disconnect})), $n;

    # told at once

    my $c = ws_connect('/cut');

    ask($c, 'x', { body => 'x', length => 1000 });
    is_failure($c->recv, 'cut');

    $c->close(1000);
    wait_log(qr/\$disconnect of \S+ was not delivered, attempt 1/);
    ok 1, 'a 503, whatever its length, and whatever the post_action is told';
}


=== TEST 54: a redirect that error_page makes of an error is the error
--- config eval
our $Away = <<'_EOC_';
    location /away/ {
        internal;
        proxy_pass http://127.0.0.1:1;
    }
    location = /away/plain  { internal; proxy_pass http://127.0.0.1:1;
                              error_page 502 http://example.com/; }
    location = /away/ok     { internal; proxy_pass http://127.0.0.1:1;
                              error_page 502 =200 http://example.com/; }
    location = /away/moved  { internal; proxy_pass http://127.0.0.1:1;
                              error_page 502 =308 $scheme://example.com/; }
    location = /away/nested { internal; proxy_pass http://127.0.0.1:1;
                              recursive_error_pages on;
                              error_page 502 http://example.com/; }
    location = /away/denied { internal; deny all;
                              error_page 403 http://example.com/; }
    location = /away/told   { internal; proxy_intercept_errors on;
                              error_page 404 http://example.com/;
                              proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/status=404/; }
    location = /away/page   { internal; proxy_pass http://127.0.0.1:1;
                              error_page 502 =302 /page; }
    location = /away/own    { internal;
                              proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/own/; }
    location = /page        { internal; return 200 "page"; }
_EOC_

$Away .= <<"END" for qw( plain ok moved nested denied told page own );
    location /$_ {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route \$connect /away/$_;
        wsgw_route \$disconnect /int/disconnect;
    }
    location /say-$_ {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route \$default /away/$_ response;
    }
END

$Away;
--- backend eval
sub { return $_[0]{uri} =~ /own/ ? { status => 302, body => 'own' } : {} }
--- ws eval
sub {
    for my $name (qw( plain ok moved nested denied told )) {
        my $c = ws_connect("/say-$name");

        $c->send('x');
        is_failure($c->recv, $name);

        is ws_connect("/$name")->status, 502, "$name: \$connect";
    }

    # a page and a backend may say so

    for my $name (qw( page own )) {
        my $c = ws_connect("/say-$name");

        $c->send('x');
        is $c->recv, $name;
    }

    is ws_connect('/own')->status, 302;
    is scalar(ledger_events(0, qr{/int/disconnect})), 0, 'nothing owed';
}


=== TEST 55: an answer that is a header alone
--- config
    location /self {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /push/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route late /push/late response;
        wsgw_route gone /push/gone response;
        wsgw_route $default /push/message response;
    }
    location ^~ /self/@connections {
        wsgw_management z public;
    }
    location /push/ {
        internal;
        rewrite ^/push/gone$ /self/@connections/AAAAAAAAAAAAAAA= last;
        rewrite ^/push/late$ /late/@connections/$wsgw_connection_id last;
        rewrite ^ /self/@connections/$wsgw_connection_id last;
    }
    location ^~ /late/@connections {
        wsgw_management z stage=self public;
        auth_request /int/auth;
    }
--- backend eval
sub { return { delay => $_[0]{uri} =~ /auth/ ? 0.2 : 0, body => 'ok' } }
--- ws eval
sub {
    my $c = ws_connect('/self');

    is $c->status, 101, 'a push is what $connect does';
    is $c->recv, '', 'and is sent behind the 101';

    for my $message ('first', '{"action":"late"}', 'last') {
        $c->send($message);
        is $c->recv, $message, "$message: the push";
        is $c->recv, '', "$message: the answer, which is empty";
    }

    $c->send('{"action":"gone"}');
    is_failure($c->recv, 'a 410 of the gateway is its own error');

    is $c->close(1000), 1000;
    ledger_events(1, qr{/int/disconnect});
}


=== TEST 56: a module that looks whether the client is there finds it
--- main_config eval: $::Nchan
--- config eval
! $::Nchan ? '' : <<'_EOC_'
    location /shared {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /publish;
        wsgw_route $disconnect /publish;
        wsgw_route $default /publish;
    }
    location = /publish {
        internal;
        lingering_close always;
        nchan_publisher;
        nchan_channel_id $wsgw_event_type;
    }
    location = /read {
        nchan_subscriber longpoll;
        nchan_channel_id $arg_of;
        nchan_subscriber_first_message oldest;
    }
_EOC_
--- ws eval
sub {
    return ok 1, 'there is no nchan' if !$main::Nchan;

    my $c = ws_connect('/shared');
    is $c->status, 101, 'published';

    $c->send('hello');
    like $c->recv, qr/queued messages: 1/, 'its answer';
    is http(GET => '/read?of=MESSAGE')->body, 'hello', 'the message';

    is $c->close(1000), 1000;
    is http(GET => '/read?of=DISCONNECT')->status, 200, '$disconnect too';
}


=== TEST 57: nor is what a post_action says, to whoever has judged the answer
--- main_config eval: $::Script
--- user_files
>>> after.js
export default {
    say(r) {
        r.sendHeader();
        r.send(r.variables.wsgw_integration_status + 'x'.repeat(30000));
        r.finish();
    }
};
--- http_config eval
$::Script && 'js_import after from ../html/after.js;'
--- config eval
! $::Script ? '' : <<'_EOC_'
    location /scripted {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /answer;
    }
    location = /answer {
        internal;
        post_action /after;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /after { internal; js_content after.say; }
_EOC_
--- backend eval
sub { return { body => $_[0]{body} } }
--- ws eval
sub {
    return ok 1, 'there is no njs' if !$main::Script;

    my $c = ws_connect('/scripted');

    for my $n (5, 9000, 20000) {
        $c->send('y' x $n);
        ok $c->recv eq 'y' x $n, "$n bytes, and no more";
    }
}



=== TEST 58: a URI of a route is escaped where it is passed on
--- config
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route kept "/kept/a b%c";
        wsgw_route $default "/changed/a b?c=d%20e";
    }
    location /kept/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location /changed/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/to/;
    }
--- backend eval
sub { return $_[0]{uri} }
--- ws eval
sub {
    my $c = ws_connect('/dev');

    $c->send('{"action": "kept"}');
    is $c->recv, '/kept/a%20b%25c';

    $c->send('{}');
    is $c->recv, '/to/a%20b?c=d%20e';
}
