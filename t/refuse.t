# What a client, a browser's console or an SDK reads where nginx or another
# module refuses: JSON as AWS's, with the status and the headers that belong to
# it. Never HTML.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Cwd qw( getcwd );

use Wsgw::Compat;
use Wsgw::Play;

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
    limit_req_zone $uri zone=req:1m rate=1r/m;
    limit_conn_zone $uri zone=conn:1m;
_EOC_

# each directive in a stage and in the management location below it

our %Pair = (
    deny      => 'deny all;',
    except    => 'limit_except HEAD { deny all; }',
    basic     => 'auth_basic realm; auth_basic_user_file /dev/null;',
    request   => 'auth_request /sub/deny;',
    request401 => 'auth_request /sub/challenge;',
    broken    => 'auth_request /sub/broken;',
    req       => 'limit_req zone=req;',
    status    => 'limit_req zone=req; limit_req_status 429;',
    teapot    => 'if ($arg_teapot) { return 418; }',
    gone      => 'if ($arg_gone) { return 410; }',
    missing   => 'if ($arg_missing) { return 404; }',
    busy      => 'if ($arg_busy) { return 503; }',
    upgrade   => 'if ($arg_upgrade) { return 426; }',
    method    => 'if ($arg_method) { return 405; }',
    unused    => 'if ($arg_unused) { return 599; }',
    named     => 'deny all; error_page 403 @named;',
    page      => 'deny all; error_page 403 =451 /page.html;',
    other     => 'deny all; error_page 404 /page.html;',
    nested    => 'error_page 410 /page.html; if ($arg_gone) { return 410; }
                  if ($arg_missing) { return 404; }',
    inif      => 'if ($arg_gone) { error_page 410 /page.html; return 410; }
                  if ($arg_missing) { return 404; }',
);

our $Config = join('', map { <<"END" } sort keys %Pair) . <<'_EOC_';
    location /$_ {
        wsgw_api z;
        $Pair{$_}
    }
    location ^~ /$_/\@connections {
        wsgw_management z;
        $Pair{$_}
    }
END
    error_page 400 403 404 405 410 426 429 500 502 503 /page.html;

    location = /page.html { return 200 "<html>a page</html>"; }
    location = /sub/deny   { internal; return 403; }
    location = /sub/broken { internal; return 404; }
    location = /sub/challenge {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location @named       { return 403 "named"; }
    location = /plain     { deny all; }
_EOC_

our $Id = 'AAAAAAAAAAAAAAA=';

# a handshake and a push of that name

sub both {
    my ($path, $query) = @_;

    $query = $query ? "?$query" : '';

    return (ws_connect("/$path$query")->answer,
            http(GET => "/$path/\@connections/$Id$query"));
}

sub is_json {
    my ($answer, $status, $message, $what) = @_;

    is $answer->status, $status, $what;
    is $answer->header('Content-Type'), 'application/json', "$what: JSON";
    is $answer->header('Content-Length'), length $answer->body,
       "$what: of that length";
    is_deeply json($answer->body), { message => $message },
              "$what: its message";
}

sub both_are {
    my ($status, $stage, $push, $path, $query) = @_;

    my ($handshake, $call) = both($path, $query);
    my $name = $path . ($query ? "?$query" : '');

    is_json($handshake, $status, $stage, "stage, $name");
    is $handshake->header('Connection'), 'close', 'and no HTTP follows'
        unless $status == 426;

    is_json($call, $status, $push, "management, $name") if defined $push;

    return ($handshake, $call);
}

# what a server includes for all that is refused before there is a location

our $Errors = 'include ' . getcwd() . "/conf/aws/errors.conf;\n" . <<'_EOC_';
    location /prod {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /id response;
    }
    location ^~ /prod/@connections { wsgw_management z; }
    location = /id                 { internal; return 200 $wsgw_connection_id; }
    location /away                 { proxy_pass http://127.0.0.1:1; }
    location /code                 { if ($arg_c = 500) { return 500; }
                                     if ($arg_c = 501) { return 501; }
                                     if ($arg_c = 503) { return 503; }
                                     if ($arg_c = 504) { return 504; }
                                     if ($arg_c = 401) { return 401; }
                                     if ($arg_c = 429) { return 429; } }
    location /body                 { client_max_body_size 1;
                                     proxy_pass http://127.0.0.1:1; }
_EOC_

# an answer in JSON that an SDK knows

sub is_aws {
    my ($answer, $status, $type, $message, $what) = @_;

    is_json($answer, $status, $message, $what);
    is $answer->header('x-amzn-ErrorType'), $type, "$what: $type";
    like $answer->header('x-amzn-RequestId'), qr/^[0-9a-f]{32}$/,
         "$what: a request id";
}

# what comes back for these bytes

sub raw {
    my ($bytes) = @_;

    return ws_connect('/', request => $bytes)->answer;
}

every_block(http_config => $Http, config => $Config);

run_tests();

__DATA__

=== TEST 1: who may not is told in JSON, of whichever module
--- ws eval
sub {
    both_are(403, 'Forbidden', 'Forbidden', $_) for qw( deny except request );

    both_are(500, 'Internal server error', 'Internal server error', 'broken');
}


=== TEST 2: who has to say who it is learns how
--- backend eval
sub { return { status => 401, headers => [ 'WWW-Authenticate' => 'Bearer' ] } }
--- ws eval
sub {
    for ([ basic => 'Basic realm="realm"' ], [ request401 => 'Bearer' ]) {
        my ($path, $how) = @$_;
        my @both = both_are(401, 'Unauthorized', 'Unauthorized', $path);

        is $_->header('WWW-Authenticate'), $how, $path for @both;
    }
}


=== TEST 3: limits
--- config eval
$::Config . <<'_EOC_'
    location /conn {
        wsgw_api z;
        limit_conn conn 1;
    }
_EOC_
--- ws eval
sub {
    is +(both('req'))[0]->status, 101, 'within limit_req';
    my ($handshake, $call)
        = both_are(503, 'Service Unavailable', undef, 'req');
    is $handshake->header('Retry-After'), 1, 'when to come back';

    http(GET => "/req/\@connections/$::Id");
    $call = http(GET => "/req/\@connections/$::Id");
    is_json($call, 503, 'Service Unavailable', 'management, req');

    is +(both('status'))[0]->status, 101, 'within limit_req';
    both_are(429, 'Too Many Requests', undef, 'status');

    my $c = ws_connect('/conn');
    is $c->status, 101, 'within limit_conn';
    is_json(ws_connect('/conn')->answer, 503, 'Service Unavailable', 'conn');
}


=== TEST 4: what "return" says, with the headers that belong to it
--- ws eval
sub {
    both_are(418, "I'm a teapot", 'Bad Request', 'teapot', 'teapot=1');
    both_are(404, 'Not Found', 'Not Found', 'missing', 'missing=1');
    both_are(410, 'Gone', undef, 'gone', 'gone=1');
    both_are(599, 'Internal server error', 'Internal server error', 'unused',
             'unused=1');

    my ($c) = both_are(503, 'Service Unavailable', 'Service Unavailable',
                       'busy', 'busy=1');
    is $c->header('Retry-After'), 1;

    ($c) = both_are(405, 'Method Not Allowed', 'Method Not Allowed', 'method',
                    'method=1');
    is $c->header('Allow'), 'GET';

    ($c) = both_are(426, 'Upgrade Required', 'Bad Request', 'upgrade',
                    'upgrade=1');
    is $c->header('Sec-WebSocket-Version'), 13;
    is $c->header('Upgrade'), 'websocket';

    is +(both('teapot'))[0]->status, 101, 'else it is a stage';
}


=== TEST 5: an error_page of the location wins, one from above does not
--- ws eval
sub {
    for (both('named')) {
        is $_->status, 403;
        is $_->body, 'named', 'a named location';
    }

    for (both('page')) {
        is $_->status, 451;
        is $_->body, '<html>a page</html>', 'a page';
    }

    both_are(403, 'Forbidden', 'Forbidden', 'other');

    for my $name (qw( nested inif )) {
        is $_->body, '<html>a page</html>', $name for both($name, 'gone=1');

        both_are(404, 'Not Found', 'Not Found', $name, 'missing=1');
    }

    is http(GET => '/plain')->body, '<html>a page</html>',
       'a location beside keeps what the server has';
}


=== TEST 6: a "return" with a text is what the operator has written
--- config
    location /text {
        wsgw_api z;
        if ($arg_a) { return 403 "text"; }
        if ($arg_b) { return 302 /elsewhere; }
        if ($arg_c) { return 200 "text"; }
    }
--- ws eval
sub {
    is ws_connect('/text?a=1')->answer->body, 'text';
    like ws_connect('/text?b=1')->header('Location'), qr{/elsewhere$};
    is ws_connect('/text?c=1')->answer->body, 'text';
}


=== TEST 7: a refusal has no body for HEAD, and is all of HTTP's connection
--- ws eval
sub {
    my $head = http(HEAD => '/deny');

    is $head->status, 403;
    is $head->header('Content-Length'), length '{"message": "Forbidden"}';
    is $head->body, '';

    my $gzip = ws_connect('/deny', headers => [ 'Accept-Encoding' => 'gzip',
                                                'Range' => 'bytes=0-3',
                                                'If-Match' => '"x"' ]);
    is_json($gzip->answer, 403, 'Forbidden', 'conditions and encodings');
}


=== TEST 8: an error_page that leads to a stage decides no refusal of it
--- config
    location = /to   { return 404; error_page 404 /denied; }
    location /denied { wsgw_api z; deny all; }
    location = /more { return 404; error_page 404 /open; }
    location /open   { wsgw_api z; }
--- ws eval
sub {
    is_json(ws_connect('/to')->answer, 403, 'Forbidden', 'denied');
    is_json(ws_connect('/more', version => 8)->answer, 426,
            'Upgrade Required', 'no upgrade');
    is ws_connect('/more')->status, 101, 'an upgrade';
}


=== TEST 9: conf/aws/errors.conf: what no location takes is 403
--- config eval
$::Errors
--- ws eval
sub {
    for (qw( /dev /dev/ /pro /@connections /favicon.ico )) {
        is_aws(ws_connect($_)->answer, 403, 'ForbiddenException', 'Forbidden',
               "a handshake for $_");
    }

    for my $path ("/\@connections/$::Id", "/dev/\@connections/$::Id",
                  "/%40connections/$::Id", "/dev//\@connections/$::Id")
    {
        is_aws(http($_ => $path, body => $_ eq 'POST' ? 'x' : undef), 403,
               'ForbiddenException', 'Forbidden', "$_ $path")
            for qw( GET POST DELETE );
    }

    is_aws(http(PUT => '/dev'), 405, 'MethodNotAllowedException',
           'Method Not Allowed', 'another method');

    is ws_connect('/prod')->status, 101, 'the stage is served';
    is_json(ws_connect('/prod', version => 8)->answer, 426,
            'Upgrade Required', 'and refuses as it does');
    is http(GET => "/prod/\@connections/$::Id")->status, 410,
       '@connections, too';
    is http(GET => '/aws.error/500')->status, 403, 'no page is asked for';
}


=== TEST 10: conf/aws/errors.conf: requests that nginx does not take
--- config eval
$::Errors
--- ws eval
sub {
    my $end = " HTTP/1.1\r\nHost: localhost\r\n";

    is_aws(raw("GET /$_$end\r\n"), 400, 'BadRequestException', 'Bad Request',
           "path $_")
        for qw( %zz prod%0 prod/%00 ../x );

    is_aws(raw("GET /prod HTTP/1.1\r\n\r\n"), 400, 'BadRequestException',
           'Bad Request', 'no Host');
    is_aws(raw("GET /prod HTTP/1.1\r\nHost: a b\r\n\r\n"), 400,
           'BadRequestException', 'Bad Request', 'a bad Host');

    is_aws(raw('GET /prod?' . 'a' x 9000 . "$end\r\n"), 414,
           'BadRequestException', 'URI Too Long', 'a long URL');
    is_aws(raw("GET /prod${end}X: " . 'a' x 9000 . "\r\n\r\n"), 431,
           'BadRequestException', 'Request Header Fields Too Large',
           'a long header');
    is_aws(raw("GET /prod$end" . join('', map { "X-$_: " . 'a' x 7000
                                                . "\r\n" } 1 .. 6) . "\r\n"),
           431, 'BadRequestException', 'Request Header Fields Too Large',
           'long headers');

    # a body whose length is told twice, or in a way that nginx does not know

    for (['Transfer-Encoding: chunked', 400, 'Bad Request'],
         ['Transfer-Encoding: gzip', 501, 'Internal server error'],
         ['Content-Length: x', 400, 'Bad Request'],
         ['Content-Length: 2', 400, 'Bad Request'])
    {
        my ($header, $status, $message) = @$_;

        is_aws(raw("POST /prod/\@connections/$::Id${end}Content-Length: 1\r\n"
                   . "$header\r\n\r\n0\r\n\r\n"),
               $status, $status == 400 ? 'BadRequestException'
                                       : 'InternalServerErrorException',
               $message, $header);
    }

    is_aws(raw("TRACE /prod$end\r\n"), 405, 'MethodNotAllowedException',
           'Method Not Allowed', 'TRACE');
}


=== TEST 11: conf/aws/errors.conf: failures of plain locations
--- config eval
$::Errors
--- ws eval
sub {
    is_aws(http(GET => '/away'), 502, 'InternalServerErrorException',
           'Internal server error', 'nobody is there');
    is_aws(http(POST => '/body', body => 'xx'), 413,
           'PayloadTooLargeException', 'Payload Too Large', 'a body');

    my @case = ([ 500, 'Internal server error' ],
                [ 501, 'Internal server error' ],
                [ 503, 'Service Unavailable' ],
                [ 504, 'Endpoint request timed out' ]);

    is_aws(http(GET => "/code?c=$_->[0]"), $_->[0],
           'InternalServerErrorException', $_->[1], "a $_->[0]")
        for @case;

    is_aws(http(GET => '/code?c=401'), 401, 'UnauthorizedException',
           'Unauthorized', 'a 401');
    is_aws(http(GET => '/code?c=429'), 429, 'LimitExceededException',
           'Too Many Requests', 'a 429');
}


=== TEST 12: conf/aws/errors.conf: the SDK for JavaScript reads the errors
--- config eval
$::Errors
--- ws eval
sub { compat('errors_js.mjs', '127.0.0.1:' . Test::Nginx::Wsgw::port()) }


=== TEST 13: conf/aws/errors.conf: boto3 reads the errors
--- config eval
$::Errors
--- ws eval
sub { compat('errors_boto3.py', '127.0.0.1:' . Test::Nginx::Wsgw::port()) }


=== TEST 14: in aws, a subprotocol is what $connect says, offered or not
--- config
    location /aws {
        wsgw_api z;
        wsgw_profile aws;
        wsgw_route $connect /int/lambda;
    }
    location /proxy {
        wsgw_api z;
        wsgw_profile aws;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/http;
    }
    location /extended {
        wsgw_api z;
        wsgw_route $connect /int/lambda;
        wsgw_route $disconnect /int/disconnect;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub {
    my ($r) = @_;
    my $event = eval { json($r->{body}) };
    my $choice = $r->{headers}{'x-choice'}
                 // $event->{headers}{'X-Choice'} // return '{}';

    $choice =~ s/%([0-9A-F]{2})/chr hex $1/ge;

    return { headers => [ 'Sec-Websocket-Protocol' => $choice ] }
        if $r->{uri} =~ /http/;

    return json({ statusCode => 200,
                  headers => { 'Sec-Websocket-Protocol' => $choice } });
}
--- ws eval
sub {
    my $choose = sub {
        my ($path, $choice, $offer) = @_;
        my $c = ws_connect($path, protocols => $offer,
                           headers => [ 'X-Choice' => $choice ]);
        my $said = $c->header('Sec-WebSocket-Protocol');
        $c->drop;
        return $c->status == 101 ? $said : $c->status;
    };

    my @case = (
        # what $connect says, what the client offers
        [ 'chat', 'chat' ], [ 'other', 'chat' ], [ 'chat', undef ],
        [ 'Chat', 'chat' ], [ 'a, b', 'a, b' ], [ 'a b', undef ],
        [ '"quoted"; x=1', 'a' ], [ "caf\xc3\xa9", 'a' ],
    );

    is $choose->('/proxy', @$_), $_->[0], "http_proxy: $_->[0]" for @case;

    pop @case;

    is $choose->('/aws', @$_), $_->[0], "aws_proxy: $_->[0]" for @case;

    is $choose->('/extended', 'chat', 'chat'), 'chat', 'extended: offered';
    is $choose->('/extended', @$_), 502, "extended: $_->[0]"
        for @case[1 .. $#case];

    wait_log(qr/chose a subprotocol .*"other"; wsgw_profile aws passes it on/);

    is $choose->('/aws', $_, 'a'), 502, 'no header is injected'
        for 'a%0D%0AX: y', '%00', 'a%7Fb';
}


=== TEST 15: a plain GET below the stage's path is told to upgrade
--- config
    location /aws {
        wsgw_api z;
        wsgw_profile aws;
    }
    location /extended {
        wsgw_api z;
    }
--- ws eval
sub {
    for my $path (qw( /aws /aws/ /aws/below /aws/be/low?a=b
                      /extended /extended/below ))
    {
        my $answer = http(GET => $path);

        is_json($answer, 426, 'Upgrade Required', "GET $path");
        is $answer->header('Upgrade'), 'websocket';
    }

    is_json(ws_connect('/aws/below', version => 8)->answer, 403, 'Forbidden',
            'an upgrade is not served there');
    is_json(http($_ => '/aws/below'), 403, 'Forbidden', "$_ below it")
        for qw( POST DELETE PUT );
    is_json(http($_ => '/aws'), 405, 'Method Not Allowed', "$_ of the stage")
        for qw( POST DELETE PUT );
    is_json(http(GET => $_), 403, 'Forbidden', "GET $_, which is not below")
        for qw( /awsome /aws.txt /extended-2 );
}


=== TEST 16: conf/aws/errors.conf makes nothing else of an integration
--- config eval
$::Errors . <<'_EOC_'
    location /int {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route away /away/x response;
        wsgw_route deny /denied response;
        wsgw_route missing /nowhere response;
        wsgw_route $default /id response;
    }
    location /dead {
        wsgw_api z;
        wsgw_route $connect /away/x;
    }
    location /shut {
        wsgw_api z;
        wsgw_route $connect /denied;
    }
    location = /denied { internal; deny all; }
_EOC_
--- ws eval
sub {
    my $c = ws_connect('/int');

    for ([ away => 'Internal server error' ], [ deny => 'Forbidden' ],
         [ missing => 'Forbidden' ])
    {
        my ($action, $message) = @$_;

        $c->send(json({ action => $action }));
        like $c->recv, qr/^\{"message": "$message", "connectionId"/, $action;
    }

    $c->send('x');
    like $c->recv, qr/^[\w-]{15}=$/, 'what is well is left alone';

    my $dead = ws_connect('/dead');
    is $dead->status, 502;
    like $dead->body, qr/^\{"message": "Internal server error", "conn/;

    my $shut = ws_connect('/shut');
    is $shut->status, 403;
    like $shut->body, qr/^\{"message": "Forbidden", "connectionId"/;
}
