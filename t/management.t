# @connections: POST, GET and DELETE as AWS's SDKs make them, and what a
# caller reads when something is wrong: never HTML, whoever answered.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

sub ID { qr/^[A-Za-z0-9_-]{15}=$/ }

sub UUID {
    qr/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
}

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
    limit_req_zone $server_port zone=limit:64k rate=1r/m;
    log_format push '$request_method $status $wsgw_push_result '
                    '$wsgw_connection_id';
_EOC_

our $Config = <<'_EOC_';
    access_log $TEST_NGINX_SERVER_ROOT/logs/push.log push;

    error_page 400 403 404 405 410 413 500 503 /page.html;

    location = /page.html {
        return 200 "<html>a page</html>";
    }

    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
    }

    location ^~ /dev/@connections {
        wsgw_management z;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

our $Proxied = free_port();

# a client, and the id that its $connect has

our $seen = 0;

sub connected {
    my ($path, %opt) = @_;

    my $c = ws_connect($path // '/dev', %opt);

    is $c->status, 101, 'connected';

    return ($c, id_of_next());
}

sub id_of_next {
    my @events = ledger_events(++$seen, qr{/int/connect});
    return $events[-1]{headers}{'x-connection-id'};
}

# an error in AWS's form

sub is_error {
    my ($r, $status, $type, $message, $what) = @_;

    $what //= $type;

    is $r->status, $status, "$what: status";
    is $r->header('x-amzn-ErrorType'), $type, "$what: type";
    like $r->header('x-amzn-RequestId'), UUID, "$what: request id";

    if (defined $message) {
        is $r->header('Content-Type'), 'application/json', "$what: JSON";
        is_deeply json($r->body), { message => $message }, "$what: message";

    } else {
        is $r->header('Content-Type'), undef, "$what: no type";
        is $r->header('Content-Length'), 0, "$what: no length";
        is $r->body, '', "$what: no body";
    }
}

# what the log says of requests, once there are so many that begin so

sub push_log {
    my ($text, $count) = @_;
    return log_lines('push.log', $count // 1, qr/^\Q$text\E/);
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $seen = 0;
    $block->set_value(http_config => $Http . ($block->http_config // ''));
    $block->set_value(config => ($block->config // '') . $Config)
        unless defined $block->alone;
});

run_tests();

__DATA__

=== TEST 1: a POST is a text frame, its answer empty with AWS's headers
--- ws eval
sub {
    my ($c, $id) = connected();

    like $id, ID;

    my $r = http(POST => "/dev/\@connections/$id", body => 'hello',
                 headers => ['Content-Type' => 'application/octet-stream']);

    is $r->status, 200;
    is $r->header('Content-Length'), 0;
    is $r->header('Content-Type'), undef;
    is $r->header('x-amzn-ErrorType'), undef;
    like $r->header('x-amzn-RequestId'), UUID;
    like $r->header('x-amz-apigw-id'), ID;

    is $c->recv, 'hello';
    ok !$c->is_binary;

    my $other = http(POST => "/dev/\@connections/$id", body => "\x{c3}\x{a4}");

    isnt $other->header('x-amzn-RequestId'), $r->header('x-amzn-RequestId');
    isnt $other->header('x-amz-apigw-id'), $r->header('x-amz-apigw-id');
    is $c->recv, "\x{c3}\x{a4}";
    ok !$c->is_binary;
}



=== TEST 2: bytes that are not UTF-8 are a binary frame, none an empty text
--- ws eval
sub {
    my ($c, $id) = connected();

    is http(POST => "/dev/\@connections/$id", body => "\xff\x00")->status, 200;
    is $c->recv, "\xff\x00";
    ok $c->is_binary;

    is http(POST => "/dev/\@connections/$id", body => '')->status, 200;
    is $c->recv, '';
    ok !$c->is_binary;

    is http(POST => "/dev/\@connections/$id")->status, 200;
    is $c->recv, '';
}



=== TEST 3: 100 KB arrive as one message, 128 KB fit, a byte more is 413
--- ws eval
sub {
    my ($c, $id) = connected();

    for my $size (100_000, 131_072) {
        my $body = 'x' x $size;

        is http(POST => "/dev/\@connections/$id", body => $body)->status, 200;
        is length $c->recv, $size;
    }

    is_error(http(POST => "/dev/\@connections/$id", body => 'x' x 131_073),
             413, 'PayloadTooLargeException', 'Payload Too Large');

    is http(POST => "/dev/\@connections/$id", body => 'next')->status, 200;
    is $c->recv, 'next';
}



=== TEST 4: a chunked body is refused while it is read
--- ws eval
sub {
    my ($c, $id) = connected();

    my $chunk = sprintf "%x\r\n%s\r\n", 1000, 'x' x 1000;

    is_error(http(POST => "/dev/\@connections/$id",
                  headers => ['Transfer-Encoding' => 'chunked',
                              'X-Rest' => "a\r\n\r\n" . $chunk x 200]),
             413, 'PayloadTooLargeException', 'Payload Too Large');

    my $r = http(POST => "/dev/\@connections/$id",
                 headers => ['Transfer-Encoding' => 'chunked',
                             'X-Rest' => "a\r\n\r\n" . $chunk x 3
                                         . "0"]);
    is $r->status, 200;
    is $c->recv, 'x' x 3000;
}



=== TEST 5: GET describes in the SDKs' JSON
--- ws eval
sub {
    my ($c, $id) = connected('/dev', headers => ['User-Agent' => 'a "b"/1']);

    my $r = http(GET => "/dev/\@connections/$id");

    is $r->status, 200;
    is $r->header('Content-Type'), 'application/json';
    like $r->header('x-amzn-RequestId'), UUID;

    my $time = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
    my $d = json($r->body);

    is_deeply [ sort keys %$d ], [qw( connectedAt groups identity
                                           lastActiveAt )];
    is_deeply $d->{identity}, { sourceIp => '127.0.0.1', userAgent => 'a "b"/1' };
    like $d->{connectedAt}, $time;
    like $d->{lastActiveAt}, $time;

    wait_until(sub {
        http(POST => "/dev/\@connections/$id", body => 'x');
        my $now = json(http(GET => "/dev/\@connections/$id")->body);

        is $now->{connectedAt}, $d->{connectedAt};
        return $now->{lastActiveAt} gt $d->{lastActiveAt};
    });
}



=== TEST 6: no userAgent where the client sent none
--- ws eval
sub {
    my ($c, $id) = connected();

    is_deeply json(http(GET => "/dev/\@connections/$id")->body)->{identity},
              { sourceIp => '127.0.0.1' };
}



=== TEST 7: DELETE closes 1000, then the id is gone
--- ws eval
sub {
    my ($c, $id) = connected();

    my $r = http(DELETE => "/dev/\@connections/$id", body => '');

    is $r->status, 204;
    is $r->body, '';
    is $r->header('Content-Length'), undef;
    like $r->header('x-amzn-RequestId'), UUID;

    for my $method (qw( DELETE GET POST )) {
        is_error(http($method => "/dev/\@connections/$id"), 410,
                 'GoneException', undef, $method);
    }

    is $c->close_code, 1000;
    is $c->close_reason, 'Connection Closed Normally';

    my ($e) = ledger_events(1, qr{/int/disconnect});

    is $e->{headers}{'x-disconnect-code'}, 1000;
    is $e->{headers}{'x-disconnect-reason'}, 'Connection Closed Normally';
}



=== TEST 8: an id that never was is gone, one of another form is refused
--- ws eval
sub {
    is_error(http(POST => '/dev/@connections/AAAAAAAAAAAAAAA=', body => 'x'),
             410, 'GoneException', undef);

    for my $id ('abc', 'AAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAA==',
                'AAAAAAA+AAAAAAA=', '~', '"\\')
    {
        is_error(http(GET => "/dev/\@connections/$id"), 400,
                 'BadRequestException', "Invalid connectionId: $id");
    }

    is_error(http(GET => '/dev/@connections/AAAAAAAAAAAAAAA%253D'), 400,
             'BadRequestException',
             'Invalid connectionId: AAAAAAAAAAAAAAA%3D');

    is_error(http(GET => '/dev/@connections/a%0d%0ab%ff'), 400,
             'BadRequestException', "Invalid connectionId: a\r\nb\x{fffd}");

    my $r = http(GET => '/dev/@connections/' . 'x' x 3000);

    is $r->status, 400;
    cmp_ok length $r->body, '<', 400, 'the id is cut';
    like json($r->body)->{message}, qr/^Invalid connectionId: xxx/;

    for my $id (map { 'x' x $_ . '%f0%9f%98%80' x 100 } 0 .. 3) {
        unlike json(http(GET => "/dev/\@connections/$id")->body)->{message},
               qr/\x{fffd}/, 'not inside of a character';
    }
}



=== TEST 9: the id as SDKs and people write it
--- config
    merge_slashes off;

    location ^~ /dev//@connections {
        wsgw_management z stage=dev;
    }
--- ws eval
sub {
    my ($c, $id) = connected();

    my $escaped = $id =~ s/=/%3D/r;
    my $lower = $id =~ s/=/%3d/r;

    for my $path ("\@connections/$id", "\@connections/$escaped",
                  "\@connections/$lower", "%40connections/$escaped",
                  "/\@connections/$escaped", "\@connections//$id",
                  "\@connections/$id/", "\@connections/$id?X-Amz-A=b/c")
    {
        is http(POST => "/dev/$path", body => $path)->status, 200, $path;
        is $c->recv, $path;
    }
}



=== TEST 10: another path is 404, also without an id
--- ws eval
sub {
    my ($c, $id) = connected();

    for my $path ('', '/', "/$id/x", "x/$id") {
        is_error(http(POST => "/dev/\@connections$path", body => 'x'), 404,
                 'NotFoundException',
                 "No method found matching route /dev/\@connections$path"
                 . ' for http method POST.', "path $path");
    }
}



=== TEST 11: a connection of another stage is forbidden
--- config
    location ^~ /prod/@connections {
        wsgw_management z;
    }
--- ws eval
sub {
    my ($c, $id) = connected();

    for my $method (qw( POST GET DELETE )) {
        is_error(http($method => "/prod/\@connections/$id"), 403,
                 'ForbiddenException', 'Forbidden', $method);
    }

    is http(POST => "/dev/\@connections/$id", body => 'x')->status, 200;
    is $c->recv, 'x';
}



=== TEST 12: other methods are 405 and told which there are
--- ws eval
sub {
    my ($c, $id) = connected();

    for my $method (qw( PUT PATCH OPTIONS )) {
        my $r = http($method => "/dev/\@connections/$id", body => 'x');

        is_error($r, 405, 'MethodNotAllowedException', 'Method Not Allowed',
                 $method);
        is $r->header('Allow'), 'GET, POST, DELETE';
    }

    my $r = http(HEAD => "/dev/\@connections/$id");

    is $r->status, 405;
    is $r->header('x-amzn-ErrorType'), 'MethodNotAllowedException';
    is $r->body, '';
}



=== TEST 13: errors that nginx or another module makes are JSON, too
--- config
    location ^~ /deny/@connections {
        wsgw_management z;
        deny all;
    }

    location ^~ /only/@connections {
        wsgw_management z;

        limit_except POST {
            deny all;
        }
    }

    location ^~ /limit/@connections {
        wsgw_management z;
        limit_req zone=limit;
    }

    location ^~ /auth/@connections {
        wsgw_management z;
        auth_request /auth401;
    }

    location ^~ /auth403/@connections {
        wsgw_management z;
        auth_request /auth403;
    }

    location ^~ /auth500/@connections {
        wsgw_management z;
        auth_request /auth500;
    }

    location = /auth401 { return 401; }
    location = /auth403 { return 403; }
    location = /auth500 { return 500; }

    location ^~ /return/@connections {
        wsgw_management z;
        return 503 "<html>busy</html>";
    }

    location ^~ /teapot/@connections {
        wsgw_management z;
        return 418;
    }

    location ^~ /gone/@connections {
        wsgw_management z;
        return 410;
    }

    location ^~ /502/@connections {
        wsgw_management z;
        return 502;
    }

    location ^~ /small/@connections {
        wsgw_management z;
        client_max_body_size 10;
    }

    location ^~ /if/@connections {
        wsgw_management z;

        if ($arg_a) {
            return 404;
        }
    }

    location ^~ /moved/@connections {
        wsgw_management z;
        return 301 /elsewhere;
    }
--- ws eval
sub {
    my $path = '@connections/AAAAAAAAAAAAAAA=';

    is_error(http(POST => "/deny/$path", body => 'x'), 403,
             'ForbiddenException', 'Forbidden', 'deny');
    is_error(http(DELETE => "/only/$path"), 403,
             'ForbiddenException', 'Forbidden', 'limit_except');
    is_error(http(POST => "/only/$path", body => 'x'), 410, 'GoneException',
             undef, 'limit_except lets through');

    my @limited = map { http(POST => "/limit/$path", body => 'x') } 1, 2;

    is_error($limited[0], 410, 'GoneException', undef, 'limit_req passes');
    is_error($limited[1], 503, 'InternalServerErrorException',
             'Service Unavailable', 'limit_req');
    is $limited[1]->header('Retry-After'), 1;

    is_error(http(GET => "/auth/$path"), 401, 'UnauthorizedException',
             'Unauthorized', 'auth_request 401');
    is_error(http(GET => "/auth403/$path"), 403, 'ForbiddenException',
             'Forbidden', 'auth_request 403');
    is_error(http(GET => "/auth500/$path"), 500,
             'InternalServerErrorException', 'Internal server error',
             'auth_request 500');
    is_error(http(GET => "/return/$path"), 503,
             'InternalServerErrorException', 'Service Unavailable', 'return');
    is_error(http(GET => "/teapot/$path"), 418, 'BadRequestException',
             'Bad Request', 'teapot');
    is_error(http(GET => "/gone/$path"), 410, 'GoneException', undef, 'gone');
    is_error(http(GET => "/502/$path"), 502, 'InternalServerErrorException',
             'Internal server error', '502');
    is_error(http(POST => "/small/$path", body => 'x' x 11), 413,
             'PayloadTooLargeException', 'Payload Too Large', 'small');
    is_error(http(GET => "/if/$path?a=1"), 404, 'NotFoundException',
             'Not Found', 'if');
    is_error(http(GET => "/if/$path"), 410, 'GoneException', undef, 'no if');

    my $head = http(HEAD => "/deny/$path");

    is $head->status, 403;
    is $head->header('x-amzn-ErrorType'), 'ForbiddenException';

    my $moved = http(GET => "/moved/$path");

    is $moved->status, 301;
    is $moved->body, '';
    like $moved->header('Location'), qr{/elsewhere$};
    like $moved->header('x-amzn-RequestId'), UUID;
}



=== TEST 14: locations beside keep nginx's own answers
--- config
    location = /html { return 404; }
--- ws eval
sub {
    my $r = http(GET => '/page.html');

    is $r->body, '<html>a page</html>';
    is $r->header('x-amzn-RequestId'), undef;

    is http(GET => '/html')->body, '<html>a page</html>';
}



=== TEST 15: a body in a temporary file is read from there
--- config
    client_body_in_file_only clean;
--- ws eval
sub {
    my ($c, $id) = connected();

    my $body = join '', map { "$_ " } 1 .. 20_000;

    is http(POST => "/dev/\@connections/$id", body => $body)->status, 200;
    is $c->recv, $body;

    is http(POST => "/dev/\@connections/$id", body => '')->status, 200;
    is $c->recv, '';
}



=== TEST 16: requests on one connection, errors among them
--- ws eval
sub {
    my ($c, $id) = connected();

    my $s = stream();
    my $post = sub {
        my ($path, $body) = @_;
        return Wsgw::HTTP::message("POST /dev/\@connections/$path HTTP/1.1",
                                   Host => 'localhost',
                                   'Content-Length' => length $body) . $body;
    };

    $s->write($post->($id, 'one') . $post->($id, 'two')
              . $post->('AAAAAAAAAAAAAAA=', 'gone') . $post->($id, 'three'));

    for my $status (200, 200, 410, 200) {
        my $r = Wsgw::HTTP->response($s, Time::HiRes::time() + 5, 'POST');
        is $r->status, $status;
        is $r->body, '';
    }

    is $c->recv, $_ for qw( one two three );
}



=== TEST 17: what a push came to, for the log
--- ws eval
sub {
    my ($c, $id) = connected();

    http(POST => "/dev/\@connections/$id", body => 'x');
    http(GET => "/dev/\@connections/$id");
    http(POST => "/dev/\@connections/abc", body => 'x');
    http(POST => "/dev/\@connections/$id", body => 'x' x 131_073);
    http(DELETE => "/dev/\@connections/$id");
    http(POST => "/dev/\@connections/$id", body => 'x');

    is $c->close_code, 1000;

    push_log($_) for "POST 200 sent $id", "GET 200 described $id",
                     'POST 400 bad_request abc', "POST 413 too_large $id",
                     "DELETE 204 closed $id", "POST 410 gone $id";

    # and nothing else of @connections

    my @lines = grep { /^\w+ (?!101 )\d+ \w+ (?:\Q$id\E|abc)$/ }
                log_lines('push.log');
    is scalar(@lines), 6;
}



=== TEST 18: a push during $connect is sent behind the 101
--- backend eval
sub { { delay => $_[0]{uri} =~ /connect/ ? 1.5 : 0 } }
--- ws eval
sub {
    my $c = ws_connect('/dev', defer => 1);
    my $id = id_of_next();

    is http(POST => "/dev/\@connections/$id", body => $_)->status, 200
        for qw( one two );

    is json(http(GET => "/dev/\@connections/$id")->body)->{identity}{sourceIp},
       '127.0.0.1';

    ok !$c->answered, 'the 101 is still to come';
    is $c->status, 101;
    is $c->recv, $_ for qw( one two );
}



=== TEST 19: a DELETE during $connect closes right behind the 101
--- backend eval
sub { { delay => $_[0]{uri} =~ /connect/ ? 0.5 : 0 } }
--- ws eval
sub {
    my $c = ws_connect('/dev', defer => 1);
    my $id = id_of_next();

    is http(DELETE => "/dev/\@connections/$id")->status, 204;
    is_error(http(DELETE => "/dev/\@connections/$id"), 410, 'GoneException',
             undef);

    is $c->status, 101;
    is $c->close_code, 1000;

    my ($e) = ledger_events(1, qr{/int/disconnect});

    is $e->{headers}{'x-disconnect-code'}, 1000;
}



=== TEST 20: in aws, an id whose $connect is pending is gone, bytes are 400
--- config
    location /aws {
        wsgw_api z;
        wsgw_profile aws;
        wsgw_route $connect /slow;
        wsgw_stage_variable name value;
    }

    location ^~ /aws/@connections {
        wsgw_management z;
    }

    location = /slow {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
    }
--- backend eval
sub { { delay => 1.5, body => '{"statusCode":200}' } }
--- ws eval
sub {
    my $c = ws_connect('/aws', defer => 1);
    my ($e) = ledger_events(1);
    my $id = $e->{event}{requestContext}{connectionId};

    for my $method (qw( POST GET DELETE )) {
        is_error(http($method => "/aws/\@connections/$id"), 410,
                 'GoneException', undef, $method);
    }

    is $c->status, 101;

    is_error(http(POST => "/aws/\@connections/$id", body => "\xff"), 400,
             'BadRequestException', 'Data is not UTF-8');

    is http(POST => "/aws/\@connections/$id", body => 'x')->status, 200;
    is $c->recv, 'x';
}



=== TEST 21: a client that does not read is 429 once its queue is full
--- config
    wsgw_max_queue_size 256k;
--- ws eval
sub {
    my ($slow, $id) = connected();
    my ($good, $other) = connected();

    my $body = 'x' x 131_072;
    my $r;

    for (1 .. 200) {
        $r = http(POST => "/dev/\@connections/$id", body => $body);
        last if $r->status != 200;
    }

    is_error($r, 429, 'LimitExceededException', 'Too Many Requests');
    is $r->header('Retry-After'), 1;

    is http(POST => "/dev/\@connections/$other", body => 'x')->status, 200;
    is $good->recv, 'x';

    is length $slow->recv, length $body;
}



=== TEST 22: who another proxy names by realip is not local, whatever header
--- config
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Own-Header;
--- ws eval
sub {
    my ($c, $id) = connected();
    my $post = sub {
        my ($addr) = @_;
        return http(POST => "/dev/\@connections/$id", body => 'x',
                    headers => ['X-Own-Header' => $addr]);
    };

    is_error($post->('192.0.2.1'), 403, 'ForbiddenException', 'Forbidden');
    is_error($post->('2001:db8::1'), 403, 'ForbiddenException', 'Forbidden');

    is $post->($_)->status, 200, 'realip says ' . ($_ // 'nothing')
        for undef, '127.0.0.2', '::1';
}



=== TEST 23: who is not local is refused, and the log says what to write
--- config
    location ^~ /public/@connections {
        wsgw_management z public;
    }

    set_real_ip_from 0.0.0.0/0;
    real_ip_header X-Real-IP;
--- ws eval
sub {
    # an address of this machine that is none of loopback's; nothing is sent

    my $route = IO::Socket::INET->new(Proto => 'udp', PeerPort => 9,
                                      PeerAddr => '192.0.2.1');
    my $own = $route ? $route->sockhost : '127.0.0.1';

    if ($own =~ /^127\./) {
        pass('skipped: this machine has no address but loopback');
        return;
    }

    my $ask = sub {
        my ($path) = @_;
        return Wsgw::HTTP->request($own,
                                   $Test::Nginx::Util::ServerPortForClient,
                                   GET => $path,
                                   headers => ['X-Real-IP' => '127.0.0.1']);
    };

    is_error($ask->('/dev/@connections/AAAAAAAAAAAAAAA='), 403,
             'ForbiddenException', 'Forbidden');

    wait_log(qr/wsgw_management serves loopback .* write "public"/);

    is_error($ask->('/public/@connections/AAAAAAAAAAAAAAA='), 410,
             'GoneException', undef);
}



=== TEST 24: nothing was active before it was connected
--- config
    location /plain {
        wsgw_api z;
    }

    location ^~ /plain/@connections {
        wsgw_management z;
    }
--- ws eval
sub {
    my @clients = map { ws_connect('/plain') } 1 .. 300;
    my @before;

    for my $id (map { (split)[3] } push_log('GET 101', scalar @clients)) {
        my $told = json(http(GET => "/plain/\@connections/$id")->body);

        push @before, $id if $told->{lastActiveAt} lt $told->{connectedAt};
    }

    is scalar @before, 0;
}


=== TEST 25: conditions, ranges and encodings of a caller decide nothing
--- config
    gzip on;
    gzip_min_length 1;
    gzip_types application/json;
--- ws eval
sub {
    my ($c, $id) = connected();

    my @steering = (
        [ 'If-Match'            => '"x"' ],
        [ 'If-Match'            => '*' ],
        [ 'If-None-Match'       => '*' ],
        [ 'If-None-Match'       => 'W/"x", "y"' ],
        [ 'If-Modified-Since'   => 'Thu, 01 Jan 2099 00:00:00 GMT' ],
        [ 'If-Unmodified-Since' => 'Thu, 01 Jan 1970 00:00:00 GMT' ],
        [ 'If-Unmodified-Since' => 'no date' ],
        [ 'Range'               => 'bytes=0-1' ],
        [ 'Range'               => 'bytes=9999-', 'If-Range' => '"x"' ],
        [ 'Accept-Encoding'     => 'gzip, br, deflate' ],
        [ 'if-none-match'       => '*', 'IF-MATCH' => '"x"' ],
    );

    for my $headers (@steering) {
        my $what = join ' ', @$headers;
        my $ask = sub {
            my ($method, $id, %opt) = @_;
            return http($method => "/dev/\@connections/$id", %opt,
                        headers => $headers);
        };

        my $r = $ask->(POST => $id, body => $what);

        is $r->status, 200, "$what: a push";
        is $c->recv, $what;

        $r = $ask->(GET => $id);

        is $r->status, 200, "$what: a description";
        is $r->header('Content-Encoding'), undef;
        is json($r->body)->{identity}{sourceIp}, '127.0.0.1';

        is_error($ask->(GET => 'AAAAAAAAAAAAAAA='), 410, 'GoneException',
                 undef, "$what: none such");
        is_error($ask->(POST => "$id/x", body => 'x'), 404,
                 'NotFoundException', 'No method found matching route /dev/'
                 . "\@connections/$id/x for http method POST.",
                 "$what: no path");
    }

    for my $headers (@steering) {
        my ($c, $id) = connected();

        is http(DELETE => "/dev/\@connections/$id",
                headers => $headers)->status, 204, "@$headers: a DELETE";
        is $c->close_code, 1000;
    }
}



=== TEST 26: who is named by a proxy on this host is not local
--- http_config eval
<<"END";
    server {
        listen 127.0.0.1:$::Proxied proxy_protocol;

        location ^~ /dev/\@connections {
            wsgw_management z;
        }

        location ^~ /public/\@connections {
            wsgw_management z stage=dev public;
        }
    }

    server {
        listen unix:\$TEST_NGINX_SERVER_ROOT/management.sock;

        location ^~ /dev/\@connections {
            wsgw_management z;
        }
    }
END
--- config
    underscores_in_headers on;

    location ^~ /public/@connections {
        wsgw_management z stage=dev public;
    }

    location ^~ /proxy/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }

    location ^~ /silent/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/;
    }

    location ^~ /unix/ {
        proxy_pass http://unix:$TEST_NGINX_SERVER_ROOT/management.sock:/;
    }

    location ^~ /unix_named/ {
        proxy_pass http://unix:$TEST_NGINX_SERVER_ROOT/management.sock:/;
        proxy_set_header X-Real-IP $remote_addr;
    }
--- ws eval
sub {
    my ($c, $id) = connected();
    my $gone = '@connections/AAAAAAAAAAAAAAA=';

    for my $headers ([ 'X-Forwarded-For' => '203.0.113.9' ],
                     [ 'X-Forwarded-For' => '127.0.0.1, 203.0.113.9' ],
                     [ 'x-forwarded-for' => '127.0.0.1' ],
                     [ 'X-Forwarded-For' => '' ],
                     [ 'X_Forwarded_For' => '203.0.113.9' ],
                     [ 'Forwarded' => 'for="[2001:db8::1]:4711"' ],
                     [ 'Forwarded' => 'for=127.0.0.1;proto=https' ],
                     [ 'X-Real-IP' => '203.0.113.9' ],
                     [ 'X-Real-IP' => '::1', 'X-Other' => 'x' ],
                     [ 'X-Client-IP' => '203.0.113.9' ],
                     [ 'True-Client-IP' => '203.0.113.9' ],
                     [ 'CF-Connecting-IP' => '203.0.113.9' ])
    {
        for my $method (qw( POST GET DELETE )) {
            is_error(http($method => "/dev/\@connections/$id",
                          body => 'x', headers => $headers),
                     403, 'ForbiddenException', 'Forbidden',
                     "$method, @$headers");
        }

        wait_log(qr/nobody for whom a proxy asks, not header "$headers->[0]"/);

        is http(POST => "/public/\@connections/$id", body => "@$headers",
                headers => $headers)->status, 200, "public, @$headers";
        is $c->recv, "@$headers";
    }

    is http(GET => "/$_/dev/$gone")->status, 403, "through $_"
        for qw( proxy unix_named );
    is http(GET => "/$_/dev/$gone")->status, 410, "through $_"
        for qw( silent unix );

    is http(GET => "/dev/$gone", headers => ['X-Forwarded-Proto' => 'http',
                                             'Via' => '1.1 x'])->status, 410,
       'other headers name nobody';

    # the PROXY protocol; UNKNOWN, that of a health check, names nobody

    for (['TCP4 203.0.113.9 127.0.0.1 4711 80' => 403],
         ['TCP6 2001:db8::1 ::1 4711 80' => 403],
         ['TCP4 127.0.0.1 127.0.0.1 4711 80' => 410],
         ['UNKNOWN' => 410])
    {
        my ($line, $status) = @$_;

        for (['dev', $status], ['public', 410]) {
            my ($stage, $expected) = @$_;
            my $s = stream(port => $::Proxied);

            $s->write("PROXY $line\r\n"
                      . Wsgw::HTTP::message("GET /$stage/$gone HTTP/1.1",
                                            Host => 'x',
                                            Connection => 'close'));

            is(Wsgw::HTTP->response($s, Time::HiRes::time() + 5, 'GET')
                   ->status, $expected, "PROXY $line, $stage");
        }
    }
}



=== TEST 27: an argument that a verb does not know is an error, but not in aws
--- config
    location ^~ /aws/dev/@connections {
        wsgw_management z;
        wsgw_profile aws;
    }

    location ^~ /busy/@connections {
        wsgw_management z;
        return 429;
    }
--- ws eval
sub {
    my ($c, $id) = connected();
    my $path = "/dev/\@connections/$id";

    for (['a=b', 'a'], ['a', 'a'], ['code', 'code'], ['reason=x', 'reason'],
         ['&&X-Amz-Date=1&Code=1000', 'Code'], ['%61%26=1', 'a&'],
         ['=x', ''], ['X-Amz-=1', 'X-Amz-'], ['X-Amzn-Id=1', 'X-Amzn-Id'],
         ['policy=x', 'policy'], ['%ff=1', "\x{fffd}"])
    {
        my ($args, $name) = @$_;

        for my $method (qw( POST GET )) {
            is_error(http($method => "$path?$args", body => 'x'), 400,
                     'BadRequestException', "Unknown query argument: $name",
                     "$method ?$args");
        }
    }

    for my $args ('x=1', 'codes=1000', 'CODE=1000', 'code=1000&ttl=1') {
        is http(DELETE => "$path?$args")->status, 400, "DELETE ?$args";
    }

    for my $args ('', '&', 'X-Amz-Signature=ab&x-amz-date=', 'X%2dAmz-A') {
        is http(POST => "$path?$args", body => "?$args")->status, 200, $args;
        is $c->recv, "?$args";
        is http(GET => "$path?$args")->status, 200;
    }

    for my $args ('a=b', 'code=1', 'reason=%ff') {
        is http(POST => "/aws$path?$args", body => $args)->status, 200, $args;
        is $c->recv, $args;
    }

    push_log("POST 400 bad_request $id");

    my $r = http(POST => '/busy/@connections/AAAAAAAAAAAAAAA=');

    is_error($r, 429, 'LimitExceededException', 'Too Many Requests', '429');
    is $r->header('Retry-After'), 1, 'whoever says it';
}



=== TEST 28: a DELETE may say with which code and reason, but not in aws
--- config
    location ^~ /aws/dev/@connections {
        wsgw_management z;
        wsgw_profile aws;
    }
--- ws eval
sub {
    my $euro = '%e2%82%ac';
    my $ended = 0;

    for (['code=1000'            => 1000, ''],
         ['code=1001'            => 1001, ''],
         ['code=1008&reason=no'  => 1008, 'no'],
         ['reason=no&code=1011'  => 1011, 'no'],
         ['code=1012'            => 1012, ''],
         ['code=1013&reason='    => 1013, ''],
         ['code=3000&reason=a+b' => 3000, 'a b'],
         ['code=4999&reason=%41' => 4999, 'A'],
         ['reason=so%20be%20it'  => 1000, 'so be it'],
         ['reason=50%'           => 1000, '50%'],
         ['X-Amz-A=1&%63ode=4001&reason=' . 'x' x 123 => 4001, 'x' x 123],
         ['reason=' . $euro x 41 => 1000, "\xe2\x82\xac" x 41],
         ['' => 1000, 'Connection Closed Normally'])
    {
        my ($args, $code, $reason) = @$_;
        my ($c, $id) = connected();

        is http(DELETE => "/dev/\@connections/$id?$args")->status, 204, $args;
        is $c->close_code, $code, 'the code';
        is $c->close_reason, $reason, 'the reason';

        my @events = ledger_events(++$ended, qr{/int/disconnect});
        my $headers = $events[-1]{headers};

        is $headers->{'x-disconnect-code'}, $code;
        is $headers->{'x-disconnect-reason'} // '', $reason;
    }

    my ($c, $id) = connected();

    for my $code ('', 0, 999, 1002, 1003, 1004, 1005, 1006, 1007, 1009, 1010,
                  1014, 1015, 1016, 2000, 2999, 5000, 65535, 66536, '01000',
                  '1000.0', '+1000', '1e3', '-100', 'abcd', '%201000',
                  '1000&code=1000')
    {
        my $r = http(DELETE => "/dev/\@connections/$id?code=$code");

        is $r->status, 400, "code=$code";
        like json($r->body)->{message}, qr/^Invalid code: /;
    }

    for my $reason ('x' x 124, $euro x 42, '%ff', '%ed%a0%80', '%c0%80',
                    '%e2%82', 'a&reason=a')
    {
        my $r = http(DELETE => "/dev/\@connections/$id?reason=$reason");

        is $r->status, 400, "reason=$reason";
        like json($r->body)->{message}, qr/^Invalid reason: /;
    }

    is http(GET => "/dev/\@connections/$id")->status, 200, 'nothing happened';

    is http(DELETE => "/aws/dev/\@connections/$id?code=1&reason=%ff&x=y")
           ->status, 204;
    is $c->close_code, 1000;
    is $c->close_reason, 'Connection Closed Normally';
}



=== TEST 29: code and reason of a DELETE while $connect is pending
--- backend eval
sub { { delay => $_[0]{uri} =~ /connect/ ? 0.5 : 0 } }
--- ws eval
sub {
    my $c = ws_connect('/dev', defer => 1);
    my $id = id_of_next();

    is http(DELETE => "/dev/\@connections/$id?code=4001&reason=later")->status,
       204;

    is $c->status, 101;
    is $c->close_code, 4001;
    is $c->close_reason, 'later';

    my ($e) = ledger_events(1, qr{/int/disconnect});

    is $e->{headers}{'x-disconnect-code'}, 4001;
    is $e->{headers}{'x-disconnect-reason'}, 'later';
}


=== TEST 30: each answer has a reason phrase, whoever chose its status
--- config
    location ^~ /limited/@connections {
        limit_req zone=limit;
        limit_req_status 451;
        wsgw_management z stage=dev;
    }

    location ^~ /teapot/@connections {
        if ($request_method) {
            return 418;
        }
        wsgw_management z stage=dev;
    }
--- ws eval
sub {
    my $path = '@connections/AAAAAAAAAAAAAAA=';

    is http(GET => "/limited/$path")->reason, 'Gone';
    is http(GET => "/limited/$path")->reason,
       'Unavailable For Legal Reasons';
    is http(GET => "/teapot/$path")->reason, "I'm a teapot";
}


=== TEST 31: what has been refused before says whom it was for, and why
--- config
    location ^~ /denied/@connections {
        deny all;
        wsgw_management z stage=dev;
    }

    location /other {
        wsgw_api z;
    }

    location ^~ /other/@connections {
        wsgw_management z;
    }
--- ws eval
sub {
    my ($c, $id) = connected();

    is http(POST => "/denied/\@connections/$id", body => 'x')->status, 403;
    push_log("POST 403 forbidden $id");

    is http(GET => "/dev/\@connections/$id",
            headers => [ 'X-Forwarded-For' => '192.0.2.1' ])->status, 403;
    push_log("GET 403 forbidden $id");

    is http(PUT => "/dev/\@connections/$id")->status, 405;
    is http(GET => "/dev/\@connections/$id/more")->status, 404;
    wait_log(qr/\[info\] .* \@connections refuses the request with 40[45]: /);

    is http(POST => "/other/\@connections/$id", body => 'x')->status, 403;
    push_log("POST 403 forbidden $id", 2);
    wait_log(qr/\[error\] .* connection is of stage "dev", .* of "other"/);
}


=== TEST 32: what a caller says is one line of the log
--- ws eval
sub {
    my $path = '/dev/@connections';
    my $id = 'AAAAAAAAAAAAAAA=';
    my $forged = '%0A2026/01/01%2000:00:00%20[notice]%20FORGED';

    my @case = (
        [ 404, GET => "$path/$forged" ],
        [ 400, GET => "$path/%0D%0AX:y" ],
        [ 400, GET => "$path/%1B[31m%7F" ],
        [ 404, GET => "$path/$id/$forged" ],
        [ 404, POST => "$path/$id/%0Bx" ],
        [ 400, GET => "$path/$id?$forged" ],
        [ 400, GET => "$path/$id?a%09b=1" ],
        [ 400, DELETE => "$path/$id?code=$forged" ],
        [ 400, DELETE => "$path/$id?code=%1B" ],
        [ 400, DELETE => "$path/$id?reason=$forged" . 'x' x 123 ],
        [ 400, DELETE => "$path/$id?reason=%FF%0A" ],
        [ 400, GET => "$path/$id?a%C2%9B31m%C2%85=1" ],
        [ 400, GET => "$path/$id?a%E2%80%A8$forged%E2%80%A9=1" ],
        [ 400, GET => "$path/$id?Z%FCrich%80%FF=1" ],
        [ 400, GET => "$path/$id?Z%C3%BCrich%E2%82%AC%F0%9F%98%80=1" ],
    );

    for (@case) {
        my ($status, $method, $target) = @$_;
        is http($method => $target, body => '')->status, $status,
           "$method $target";
    }

    wait_until(sub {
        @case == (() = error_log() =~ /\@connections refuses the request/g)
    });

    my $log = error_log();

    ok utf8::decode($log), 'UTF-8';
    unlike $log, qr/(?!\n)[\p{Control}\p{Zl}\p{Zp}]/, 'no control character';
    like $log, qr/Z\?rich\?\?/, 'bytes that are none';
    like $log, qr/Z\x{fc}rich\x{20ac}\x{1f600}/, 'other characters remain';
    unlike error_log(), qr/^(?!\d{4}(?:\/\d\d){2} [0-9:]+ \[\w+\] \d+#)./m,
           'no line but of nginx';
    unlike error_log(), qr/^2026\/01\/01 00:00:00/m, 'nor one that seems so';
}
