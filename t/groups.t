# Groups: each way to join and to leave one, in four workers, and what refuses.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

master_on();
workers(4);

our $Config = <<'_EOC_';
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route $default /int/message;
        wsgw_group "user:$arg_user" $arg_rooms;
        wsgw_max_groups 5;
    }

    location ^~ /dev/@connections {
        wsgw_management z groups list;
        add_header X-Worker $pid always;
    }

    location /lambda {
        wsgw_api z;
        wsgw_route $connect /int/lambda/connect;
        wsgw_route $default /int/lambda/message response;
    }

    location ^~ /lambda/@connections {
        wsgw_management z groups list;
    }

    location ^~ /plain/@connections {
        wsgw_management z stage=dev;
    }

    location ^~ /aws/@connections {
        wsgw_management z stage=dev groups;
        wsgw_profile aws;
    }

    location /int/ {
        internal;
        add_header X-Worker $pid;
        proxy_set_header X-Worker $pid;
        proxy_set_header X-Groups $wsgw_groups;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

# a message "join A" and "leave A" is answered with these headers, any other by
# the groups that its event had

our $Backend = sub {
    my ($r) = @_;

    return { body => '' } if $r->{uri} !~ /message/;

    $r->{headers}{'x-groups'} //= '';

    my ($verb, $list) = $r->{body} =~ /^(join|leave) ?(.*)/
        or return { body => "groups $r->{headers}{'x-groups'}" };

    return { body => 'done', headers => [ map {
        (($verb eq 'join' ? 'X-Wsgw-Join' : 'x-wsgw-leave') => $_)
    } split /;/, $list ] };
};

every_block(http_config => 'wsgw_zone zone=z:4m;', config => $Config,
            backend => $Backend);

our $seen;

add_block_preprocessor(sub { $seen = 0 });

# a client, and the id that its $connect has

sub client {
    my ($query, $path) = @_;

    $path //= '/dev';

    my $c = ws_connect($path . (length($query // '') ? "?$query" : ''));
    my @events = ledger_events(++$seen, qr{/int/(?:lambda/)?connect});
    my $e = $events[-1];

    is $c->status, 101, 'connected';

    return { c => $c, worker => $e->{headers}{'x-worker'},
             id => $e->{headers}{'x-connection-id'}
                   // json($e->{body})->{requestContext}{connectionId} };
}

sub path { return "/dev/\@connections/$_[0]{id}/groups" }

sub groups {
    my ($client, $path) = @_;

    my $r = http(GET => $path // path($client));

    is $r->status, 200, 'GET groups';
    is $r->header('Content-Type'), 'application/json', 'JSON';

    my $json = json($r->body);
    is_deeply [ keys %$json ], [ 'groups' ];

    return $json->{groups};
}

sub says {
    my ($client, $what) = @_;

    $client->{c}->send($what);
    return $client->{c}->recv;
}

sub is_error {
    my ($r, $status, $type, $message, $what) = @_;

    is $r->status, $status, "$what: status";
    is $r->header('x-amzn-ErrorType'), $type, "$what: type";
    like $r->body, $message, "$what: message";
}

run_tests();

__DATA__

=== TEST 1: wsgw_group, of which an empty value joins none
--- ws eval
sub {
    my $one = client('user=1&rooms=red,green');
    my $two = client('user=2');

    is_deeply groups($one), [qw( user:1 red green )];
    is_deeply groups($two), [qw( user:2 )];

    is says($one, 'which?'), 'groups user:1,red,green', '$wsgw_groups';

    is_deeply json(http(GET => "/dev/\@connections/$one->{id}")->body)
                  ->{groups}, [qw( user:1 red green )], 'GET has them';

    my ($listed) = grep { $_->{connectionId} eq $two->{id} }
                   @{ json(http(GET => '/dev/@connections?details')->body)
                          ->{connections} };

    is_deeply $listed->{groups}, [qw( user:2 )], 'details have them';
}



=== TEST 2: PUT joins, DELETE leaves, whichever worker holds it
--- ws eval
sub {
    my @clients = map { client("user=$_") } 1 .. 6;

    for my $client (@clients) {
        my $path = path($client);

        for (1 .. 3) {
            my $r = http(PUT => "$path/room:1");

            is $r->status, 204, 'PUT, again and again';
            is $r->header('Content-Type'), undef;
            is $r->body, '';
        }

        my ($user) = @{ groups($client) };

        is_deeply groups($client), [ $user, 'room:1' ];
        is http(PUT => "$path/r2", body => 'ignored')->status, 204;
        is http(DELETE => "$path/room:1")->status, 204, 'DELETE';
        is http(DELETE => "$path/room:1")->status, 204, 'of no member';
        is http(DELETE => "$path/never")->status, 204, 'of no group';
        is_deeply groups($client), [ $user, 'r2' ];
        is says($client, 'x'), "groups $user,r2";
    }
}



=== TEST 3: the answer of an http_proxy integration
--- ws eval
sub {
    my $c = client('user=1');

    is says($c, 'join a, b,,c ,'), 'done';
    is_deeply groups($c), [qw( user:1 a b c )];

    is says($c, 'leave b'), 'done';
    is says($c, 'leave b'), 'done', 'again';
    is says($c, 'join d;e'), 'done', 'two headers';
    is says($c, '?'), 'groups user:1,a,c,d,e';

    is says($c, 'leave *'), 'done';
    is says($c, '?'), 'groups ', 'none is left';
    is_deeply groups($c), [];
}



=== TEST 4: the answer of $connect
--- backend eval
sub {
    my ($r) = @_;

    return { headers => [ 'X-Wsgw-Join' => 'lobby, user:1' ] }
        if $r->{uri} =~ /connect/;

    return { body => "groups $r->{headers}{'x-groups'}" };
}
--- ws eval
sub {
    my $c = client('user=1&rooms=x');

    is_deeply groups($c), [qw( lobby user:1 x )], 'before wsgw_group';
    is $c->{c}->header('X-Wsgw-Join'), undef, 'the client does not see it';
    is says($c, '?'), 'groups lobby,user:1,x';
}



=== TEST 5: the result of a function
--- backend eval
sub {
    my ($r) = @_;

    my $event = json($r->{body});

    return json({ statusCode => 200, headers => { 'x-wsgw-JOIN' => 'lobby' },
                  multiValueHeaders => { 'X-Wsgw-Join' => ['a,b', 'c'] } })
        if $r->{uri} =~ /connect/;

    return json({ statusCode => 200, %{ json($event->{body}) } });
}
--- ws eval
sub {
    my $c = client('', '/lambda');
    my $path = "/lambda/\@connections/$c->{id}/groups";

    is_deeply groups($c, $path), [qw( lobby a b c )];

    is says($c, json({ body => 'hi', headers =>
                       { 'X-Wsgw-Leave' => 'a, b', 'X-Wsgw-Join' => 'b' } })),
       'hi';
    is_deeply groups($c, $path), [qw( lobby c b )], 'it leaves first';

    is says($c, '{"body":"x","multiValueHeaders":{"X-Wsgw-Leave":["lobby",7,'
                . '"c"],"X-Wsgw-Join":["r\\/1","\\u0041"]}}'), 'x';
    is_deeply groups($c, $path), [qw( b r/1 A )], 'with escapes';

    is says($c, json({ body => 'x', headers => { 'X-Wsgw-Leave' => '*',
                                                 'X-Wsgw-Join' => 'new' } })),
       'x';
    is_deeply groups($c, $path), [qw( new )], 'another room';

    for my $headers ('7', '[]', '"X-Wsgw-Join"', 'null', '{}',
                     '{"X-Wsgw-Join":{}}', '{"X-Wsgw-Join":null}',
                     '{"X-Wsgw-Join":[null,{},[]]}')
    {
        is says($c, qq({"body":"y","headers":$headers})), 'y', "headers $headers";
    }

    is_deeply groups($c, $path), [qw( new )], 'nothing has changed';
}



=== TEST 6: what has failed joins nothing
--- backend eval
sub {
    my ($r) = @_;

    return { body => '' } if $r->{uri} !~ /message/;

    return { status => $r->{body}, headers => [ 'X-Wsgw-Join' => 'a' ],
             body => 'x' };
}
--- ws eval
sub {
    my $c = client('user=1');

    for my $status (500, 502, 503) {
        like says($c, $status), qr/Internal server error/;
        is_deeply groups($c), [qw( user:1 )], "$status does not";
    }

    is says($c, 404), 'x';
    is_deeply groups($c), [qw( user:1 a )], 'a 404 is an answer';
}



=== TEST 7: names, decoded once
--- ws eval
sub {
    my $c = client('user=1');
    my $path = path($c);
    my $long = 'n' x 128;

    for my $case ([ 'a', 'a' ], [ 'A-z._:@+=0', 'A-z._:@+=0' ],
                  [ 'a%2Fb', 'a/b' ], [ 'a/b', 'a/b' ], [ 'a//b', 'a//b' ],
                  [ 'room%3A1', 'room:1' ], [ $long, $long ],
                  [ 'a/', 'a/' ], [ '..x', '..x' ])
    {
        my ($sent, $name) = @$case;

        is http(PUT => "$path/$sent")->status, 204, "PUT $sent";
        is groups($c)->[-1], $name, "is $name";
        is http(DELETE => "$path/$sent")->status, 204, "DELETE $sent";
        is_deeply groups($c), [qw( user:1 )];
    }

    for my $name ('%20', 'a%20b', 'a,b', '*', 'a%0a', '%ff', 'n' x 129,
                  '%2541', 'a%2541', '%c3%a9', '$x', '(a)', 'a%5cb', '%7e',
                  '%3Fx')
    {
        is_error(http(PUT => "$path/$name"), 400, 'BadRequestException',
                 qr/Invalid group/, "PUT $name");
        is_error(http(DELETE => "$path/$name"), 400, 'BadRequestException',
                 qr/Invalid group/, "DELETE $name");
    }

    is_deeply groups($c), [qw( user:1 )];
}



=== TEST 8: what is refused
--- ws eval
sub {
    my $c = client('user=1');
    my $path = path($c);

    for my $call ([ 'PUT', 'groups/a' ], [ 'DELETE', 'groups/a' ],
                  [ 'GET', 'groups' ])
    {
        my ($method, $rest) = @$call;

        is_error(http($method => "/plain/\@connections/$c->{id}/$rest"), 403,
                 'ForbiddenException', qr/flag \\"groups\\"/,
                 "$method without the flag");
        is_error(http($method => "/lambda/\@connections/$c->{id}/$rest"), 403,
                 'ForbiddenException', qr/Forbidden/,
                 "$method of another stage");
        is_error(http($method => "/dev/\@connections/x/$rest"), 400,
                 'BadRequestException', qr/Invalid connectionId/,
                 "$method of no id");
        is_error(http($method => "/dev/\@connections/$c->{id}/$rest?x=1"), 400,
                 'BadRequestException', qr/Unknown query argument: x/,
                 "$method with an argument");

        my $r = http(PATCH => "/dev/\@connections/$c->{id}/$rest");

        is $r->status, 405;
        is $r->header('Allow'), $rest eq 'groups' ? 'GET' : 'PUT, DELETE';
    }

    is http(PUT => "/aws/\@connections/$c->{id}/groups/b?x=1")->status, 204,
       'as AWS does, an argument is ignored';

    my $gone = client('user=2');

    $gone->{c}->close;
    ledger_events(1, qr{/disconnect});

    for my $call ([ 'PUT', '/a' ], [ 'DELETE', '/a' ], [ 'GET', '' ]) {
        my $r = http($call->[0] => path($gone) . $call->[1]);

        is $r->status, 410, "$call->[0] of one that has gone";
        is $r->header('x-amzn-ErrorType'), 'GoneException';
    }

    is http(PUT => "/dev/\@connections/$c->{id}/group/a")->status, 405,
       'no such path';
    is http(GET => "/dev/\@connections/$c->{id}/group")->status, 404;
}



=== TEST 9: more groups than a connection may have
--- ws eval
sub {
    my $c = client('user=1&rooms=b,b,c');

    is http(PUT => path($c) . '/d')->status, 204;
    is http(PUT => path($c) . '/e')->status, 204;

    is_error(http(PUT => path($c) . '/f'), 409, 'LimitExceededException',
             qr/Too many groups/, 'the sixth');
    is http(PUT => path($c) . '/e')->status, 204, 'one that it is in';

    is says($c, 'join g,h'), 'done', 'a message is answered all the same';
    is_deeply groups($c), [qw( user:1 b c d e )];

    wait_log(qr/\[warn\] .* group "g" is not joined: the connection is in as/);

    is says($c, 'leave b'), 'done';
    is http(PUT => path($c) . '/f')->status, 204;
    is_deeply groups($c), [qw( user:1 c d e f )];
}



=== TEST 10: wsgw_max_groups 0, and its inheritance
--- http_config
    wsgw_zone zone=z:4m;
    wsgw_max_groups 0;
    wsgw_group all;
--- config
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
    }

    location ^~ /dev/@connections { wsgw_management z groups; }

    location /lambda {
        wsgw_api z;
        wsgw_route $connect /int/lambda/connect;
        wsgw_integration_type http_proxy;
        wsgw_max_groups 1;
    }

    location ^~ /lambda/@connections { wsgw_management z groups; }

    location /int/ {
        internal;
        proxy_set_header X-Worker $pid;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    my $none = client();
    my $one = client('', '/lambda');

    is_error(http(PUT => path($none) . '/a'), 409, 'LimitExceededException',
             qr/Too many groups/, 'off');
    is_deeply groups($none), [];
    is_deeply groups($one, "/lambda/\@connections/$one->{id}/groups"),
              [ 'all' ];
}



=== TEST 11: names that wsgw_group cannot take are left out
--- ws eval
sub {
    my $c = client('user=x&rooms=good,%zz,*,' . 'n' x 129 . ',fine');

    is_deeply groups($c), [qw( user:x good fine )];
    wait_log(qr/\[warn\] .* group "%zz" is not joined: it is no name/);

    my $log = () = error_log() =~ /\[warn\] .* is not joined/g;
    is $log, 1, 'one warning a minute';
}



=== TEST 12: groups of one that has gone are gone, and $disconnect has none
--- ws eval
sub {
    my $c = client('user=1&rooms=a');

    $c->{c}->close;

    my ($e) = ledger_events(1, qr{/disconnect});
    is $e->{headers}{'x-groups'} // '', '';
}



=== TEST 13: a connection that is refused after it has joined
--- backend eval
sub {
    my ($r) = @_;

    return { headers => [ 'X-Wsgw-Join' => 'a',
                          'Sec-WebSocket-Protocol' => 'never-offered' ] };
}
--- ws eval
sub {
    for (1 .. 3) {
        my $c = ws_connect('/dev?user=1');
        is $c->status, 502;
    }

    ok 1, 'no alert, no leak';
}



=== TEST 14: a group joined while $connect is pending
--- backend eval
sub {
    my ($r) = @_;

    if ($r->{uri} =~ /connect/) {
        my $path = "/dev/\@connections/$r->{headers}{'x-connection-id'}";

        my $put = http(PUT => "$path/groups/early")->status;
        return { headers => [ 'X-Wsgw-Join' => "put-$put" ] };
    }

    return { body => "groups $r->{headers}{'x-groups'}" };
}
--- ws eval
sub {
    my $c = client('user=1');

    is_deeply groups($c), [qw( early put-204 user:1 )];
}



=== TEST 15: groups outlive a reload
--- ws eval
sub {
    my @clients = map { client("user=$_&rooms=a") } 1 .. 4;

    reload_nginx();

    is_deeply groups($clients[$_ - 1]), [ "user:$_", 'a' ] for 1 .. 4;
    is http(PUT => path($clients[0]) . '/b')->status, 204;
    is_deeply groups($clients[0]), [qw( user:1 a b )];
}



=== TEST 16: a name in wsgw_group that has no variables
--- config
    location /dev {
        wsgw_api z;
        wsgw_group good "not good";
    }
--- must_die
--- error_log
[emerg]
invalid group "not good", it has 1 to 128 of the characters A-Z a-z 0-9 . _ : @ / + = -, and no "." or ".." between slashes



=== TEST 17: a number of groups
--- config
    location /dev {
        wsgw_api z;
        wsgw_max_groups 256;
    }
--- must_die
--- error_log
[emerg]
invalid number of groups "256", write one from 0 to 255, as in "wsgw_max_groups 32"



=== TEST 18: written once
--- config
    location /dev {
        wsgw_api z;
        wsgw_max_groups 1;
        wsgw_max_groups 1;
    }
--- must_die
--- error_log
[emerg]
"wsgw_max_groups" directive is duplicate



=== TEST 19: dots in a name lead to nobody else
--- ws eval
sub {
    my ($one, $other) = (client('user=1'), client('user=2'));
    my $ids = '/dev/@connections';
    my $id = $other->{id} =~ s/=/%3D/r;

    is says($one, 'join .;..;../../x;a/../b;/..;./a;...'), 'done', 'a join';
    is_deeply groups($one), [qw( user:1 ... )], 'dots alone are no name';

    for my $name ("..%2F..%2F$id", "../../$id", "..%2f%2E%2E%2f$id", '..',
                  '%2e%2E', '.', '%2E', 'a%2F..%2F..%2F..', 'a%2F..%2Fb',
                  "x%2F..%2F..%2F..%2F$id", '..%2F', '%2F..',
                  "..%2F..%2F..%2F..%2Fplain%2F%40connections%2F$id")
    {
        is http(DELETE => path($one) . "/$name")->status, 404, $name;
        is http(PUT => path($one) . "/$name")->status, 405, 'nor does it join';
    }

    is http(DELETE => "$ids/x/../$id")->status, 404, 'an id behind dots';
    is http(POST => "$ids/%2e/$id", body => 'x')->status, 404, 'or behind one';

    is_deeply groups($one), [qw( user:1 ... )], 'all is as it was';
    is_deeply groups($other), [qw( user:2 )], 'for both';

    is http(DELETE => path($one) . '/...')->status, 204, 'three are a name';
    is_deeply groups($one), [qw( user:1 )], 'that can be left';
}



=== TEST 20: dots of a name in wsgw_group
--- config
    location /dev {
        wsgw_api z;
        wsgw_group a/../b;
    }
--- must_die
--- error_log
[emerg]
invalid group "a/../b", it has 1 to 128 of the characters



=== TEST 21: a client's comma leads into no other kind of group
--- config
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_group "room:$arg_room" "${arg_team}-team, hall/$arg_hall,lobby"
                   $arg_more "${arg_most}";
    }
    location ^~ /dev/@connections { wsgw_management z groups; }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    is_deeply groups(client('room=1&team=red&hall=2&more=a,b&most=c,d')),
              [qw( room:1 red-team hall/2 lobby a b c d )],
              'commas of the configuration, and of a variable alone';

    is_deeply groups(client('room=1,user:alice&team=x,blue&hall=3,4')),
              [qw( lobby )], 'commas beside text';

    is_deeply groups(client('room=2&team=user:alice,&hall=,')),
              [qw( room:2 lobby )], 'at an end';

    wait_log(qr/group "room:1,user:alice" is not joined: it is no name/);
}


=== TEST 22: a result of many names holds nobody up
--- backend eval
sub {
    my ($r) = @_;

    return json({ statusCode => 200 }) if $r->{uri} =~ /connect/;

    return json({ body => 'x', multiValueHeaders =>
                  { 'X-Wsgw-Join' => [ ('a') x 150_000, 'last' ] } });
}
--- ws eval
sub {
    my $c = client('', '/lambda');
    my $start = time;

    is says($c, '{}'), 'x';
    cmp_ok time - $start, '<', 3, 'within a moment';

    is_deeply groups($c, "/lambda/\@connections/$c->{id}/groups"),
              [qw( a last )];
}
