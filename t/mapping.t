# What of a request integrations get through variables: the handshake's query
# in all events, nested members of a message, the client's headers, cookies and
# arguments on $connect; and that a backend gets no more than it asked for.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

# An integration gets the variables of the header X-Is

sub stage {
    my ($is, $more, $type) = @_;

    return qq{
        location /dev {
            wsgw_api z;
            wsgw_integration_type @{[ $type // 'http_proxy' ]};
            wsgw_route \$connect /int/connect;
            wsgw_route \$disconnect /int/disconnect;
            wsgw_route \$default /int/message;
            @{[ $more // '' ]}
        }

        location /int/ {
            internal;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT;
            proxy_set_header X-Is "$is";
        }
    };
}

# what the last of so many requests of that path has there

sub is_told {
    my ($path, $count, @is) = @_;

    my $r = (ledger_events($count, qr{^/int/$path\b}))[-1];

    is_deeply [ split /\|/, $r->{headers}{'x-is'}, -1 ], \@is,
              "$path: $is[0]";

    return $r;
}

# the same in all three events of a client

sub all_told {
    my ($query, @is) = @_;

    our $clients;
    $clients++;

    my $c = ws_connect("/dev$query");
    is $c->status, 101, "/dev$query is let in";

    $c->send('{}');
    is_told('message', $clients, @is);
    is_told('connect', $clients, @is);

    $c->close(1000);
    is_told('disconnect', $clients, @is);
}

# What the body variables "x" is for messages

sub selects {
    my (@cases) = @_;

    my $c = ws_connect('/dev');
    my $n = 0;

    while (my ($message, $is) = splice @cases, 0, 2) {
        $c->send($message);
        my $r = (ledger_events(++$n, qr{^/int/message}))[-1];
        is $r->{headers}{'x-is'} // '', $is, substr $message, 0, 60;
    }

    return $c;
}

add_block_preprocessor(sub {
    our $clients = 0;

    master_process_enabled($_[0]->name =~ /death/ ? 'on' : 'off');
});

every_block(http_config => 'wsgw_zone zone=z:1m;');

run_tests();

__DATA__

=== TEST 1: arguments of the handshake are in every event
--- config eval
::stage('$wsgw_query_room|$wsgw_query_user_id|$wsgw_query_token')
--- ws eval
sub {
    all_told('?room=a', 'a', '', '');

    # decoded once; a "%" that begins no escape stands for itself

    all_told('?room=a%20b+c&user_id=%2542&token=%zz%4', 'a b c', '%42', '%zz%4');

    # of several the last; a name has no letter case, and may be escaped

    all_told('?room=a&Room=b&ROOM=c&%75ser_id=1', 'c', '1', '');

    # what is empty, without a value, or not the name

    all_told('?room=&user_id&token', '', '', '');
    all_told('?rooms=a&roo=b&=c&&room==d=', '=d=', '', '');
    all_told('', '', '', '');

    # a client's text cannot become more than a value

    all_told('?room=a%0d%0aX-Evil:%201&user_id=%00%7f%22%5c%7b', 'a  X-Evil: 1',
             '  "\{', '');
    all_told('?room=caf%c3%a9', "caf\xc3\xa9", '', '');
}


=== TEST 2: they are so where the integration is a function
--- config eval
::stage('$wsgw_query_room', '', 'aws_proxy')
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    all_told('?room=a%20b&room=c%26d', 'c&d');

    my ($e) = ledger_events(1, qr/connect/);

    is json($e->{body})->{queryStringParameters}{room}, 'c&d',
       'as the event says';
}


=== TEST 3: they outlive a worker's death
--- config eval
::stage('$wsgw_query_room')
--- ws eval
sub {
    my $c = ws_connect('/dev?room=a%20b&x=y');
    is $c->status, 101;

    kill KILL => worker_pids();
    is_told('disconnect', 1, 'a b');
}
--- tolerate: exited on signal 9


=== TEST 4: in the stage itself they are there from the beginning
--- http_config
    wsgw_zone zone=z:1m;

    map $wsgw_query_token $known {
        default 0;
        secret  1;
    }
--- config eval
::stage('$wsgw_authorizer_room', q{
    wsgw_authorizer_context room $wsgw_query_room;
    if ($known = 0) { return 401; }
}) . q{
    location = /plain { return 200 "[$wsgw_query_room]"; }
}
--- ws eval
sub {
    is ws_connect('/dev?room=a&token=guess')->status, 401;
    is ws_connect('/dev?room=a')->status, 401;
    is ws_connect('/dev?room=a&token=secret')->status, 101;
    is_told('connect', 1, 'a');

    is http(GET => '/plain?room=a')->body, '[]', 'no stage, no argument';
}


=== TEST 5: a query that variables name counts as what a connection keeps
--- config eval
'large_client_header_buffers 4 32k;' . ::stage('$wsgw_query_room')
--- ws eval
sub {
    all_told('?room=' . 'r' x 8000, 'r' x 8000);

    is ws_connect('/dev?room=' . 'r' x 8193)->status, 431;
    is ws_connect('/dev?room=' . '%22' x 4097)->status, 431;

    # what no variable names is not kept

    all_told('?room=a&other=' . 'r' x 16000, 'a');
}
--- error_log
a connection keeps; see wsgw_api


=== TEST 6: nested members of a message have a name
--- config eval
::stage('$wsgw_body_x', 'wsgw_body_variable x $request.body.data.room;')
--- ws eval
sub {
    ::selects('{"data":{"room":"r1"}}' => 'r1',
              '{"data":{"room":7.0}}' => '7.0',
              '{"data":{"room":true}}' => 'true',
              '{"data":{"room":{"a": [1, "b"]}}}' => '{"a":[1,"b"]}',
              '{"data":{"room":["x","y"]}}' => '[x, y]',
              '{"data":{"room":"a\u0022\r\nb"}}' => 'a"  b',

              # what is missing is empty, as is all of what is no JSON

              '{"data":{"room":null}}' => '',
              '{"data":{"Room":"r1"}}' => '',
              '{"data":"room"}' => '',
              '{"x":"member"}' => '',
              'hello' => '',
              '{"data":{"room":"r1"}' => '',
              '' => '');
}


=== TEST 7: an expression may have several parts, and grow
--- config eval
'large_client_header_buffers 4 256k;
 proxy_buffer_size 256k; proxy_buffers 4 256k; proxy_busy_buffers_size 256k;'
. ::stage('$wsgw_body_x', 'wsgw_body_variable X '
          . '"${request.body.a}-${request.body.b[1]}/${request.body[\'a b\']}";')
--- ws eval
sub {
    my $list = join ',', (1) x 2000;

    ::selects('{"a":"p","b":[1,"q"],"a b":"r"}' => 'p-q/r',
              '{"a":"p"}' => 'p-/',
              "{\"a\":[$list],\"b\":[0,[$list]],\"a b\":[$list]}"
              => join('-', ('[' . join(', ', (1) x 2000) . ']') x 2) . '/['
                 . join(', ', (1) x 2000) . ']');
}


=== TEST 8: a name of these goes before a member, others are members
--- config eval
::stage('$wsgw_body_room|$wsgw_body_action|$wsgw_body_both',
        'wsgw_body_variable room $request.body.data.room;
         wsgw_body_variable both "${request.body.action}:${request.body.room}";')
--- ws eval
sub {
    my $c = ws_connect('/dev');
    $c->send('{"action":"say","room":"outer","data":{"room":"inner"}}');

    is_told('message', 1, 'inner', 'say', 'say:outer');
    is_told('connect', 1, '', '', '');

    $c->send_binary('{"action":"say","room":"outer","data":{"room":"inner"}}');
    is_told('message', 2, '', '', '');

    $c->close(1000);
    is_told('disconnect', 1, '', '', '');
}


=== TEST 9: a level has all of them from above, or its own
--- config
    wsgw_body_variable room $request.body.data.room;
    wsgw_body_variable kind $request.body.data.kind;
    wsgw_integration_type http_proxy;
    wsgw_route $default /int;

    location /inherits { wsgw_api z; }
    location /own {
        wsgw_api z;
        wsgw_body_variable room $request.body.own;
    }
    location /int {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        proxy_set_header X-Is "$wsgw_body_room|$wsgw_body_kind";
    }
--- ws eval
sub {
    my $message = '{"data":{"room":"r","kind":"k"},"own":"o"}';
    my ($a, $b) = map { ws_connect($_) } qw( /inherits /own );

    $a->send($message);
    is((ledger_events(1))[0]{headers}{'x-is'}, 'r|k');

    $b->send($message);
    is((ledger_events(2))[1]{headers}{'x-is'}, 'o|');
}


=== TEST 10: on $connect of a function the location sees the client
--- config eval
::stage(join('|', map { "\$$_" }
             qw( http_x_tenant http_user_agent http_x_forwarded_for cookie_sid
                 arg_token http_cookie )), '', 'aws_proxy')
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    my $c = ws_connect('/dev?token=t1&x=y',
                       headers => [ 'X-Tenant' => 'acme', 'Cookie' => 'sid=s1',
                                    'User-Agent' => 'Client/1',
                                    'X-Forwarded-For' => '192.0.2.1' ]);
    is $c->status, 101;

    my $r = is_told('connect', 1, 'acme', 'Client/1', '192.0.2.1, 127.0.0.1',
                    's1', 't1', 'sid=s1');

    # which is all that the backend gets of it

    is $r->{uri}, '/int/connect', 'no query';
    is_deeply [ sort grep { !/^(?:content-|x-am|host|connection|x-is)/ }
                keys %{ $r->{headers} } ], [], 'no header';

    $c->send('hello');
    is_told('message', 1, ('') x 6);

    $c->close(1000);
    is_told('disconnect', 1, ('') x 6);

    # without any of them: nothing of an earlier client's

    is ws_connect('/dev')->status, 101;
    is_told('connect', 2, '', '', '127.0.0.1', '', '', '');
}


=== TEST 11: what the client must not claim stays the gateway's
--- config eval
::stage(join('|', map { "\$$_" }
             qw( http_host http_content_type http_x_amz_invocation_type
                 http_x_connection_id http_upgrade http_transfer_encoding )),
        '', 'aws_proxy')
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    my @forged = ('Content-Type' => 'text/evil',
                  'X-Amz-Invocation-Type' => 'DryRun',
                  'X-Connection-Id' => 'forged');

    my $c = ws_connect('/dev', host => 'evil"host', headers => \@forged);

    # newer versions of nginx refuse a Host that is none

    $c = ws_connect('/dev', headers => \@forged) if $c->status == 400;

    is $c->status, 101;

    my ($r) = ledger_events(1);
    my @is = split /\|/, $r->{headers}{'x-is'}, -1;

    is $is[1], 'application/json';
    is_deeply [ @is[3 .. 5] ], [ ('') x 3 ];
    unlike $is[0], qr/evil/;
    is $r->{headers}{'x-amz-invocation-type'}, 'RequestResponse';
}


=== TEST 12: it is so for one that has waited for its turn, and left meanwhile
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_worker_events 1;
--- config eval
::stage('$http_x_tenant|$arg_token|$cookie_sid', '', 'aws_proxy') . q{
    location /first {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/first/delay=0.5;
    }
}
--- backend eval
sub { $_[0]{uri} =~ /first/ ? undef : '{"statusCode":200}' }
--- ws eval
sub {
    my $first = ws_connect('/first', defer => 1);
    ledger_events(1);

    my @waiting = map {
        ws_connect("/dev?token=t$_", defer => 1,
                   headers => [ 'X-Tenant' => "n$_", 'Cookie' => "sid=s$_" ])
    } 1 .. 5;

    is $first->status, 101;
    is $_->status, 101 for @waiting;

    is_deeply [ sort map { $_->{headers}{'x-is'} }
                     ledger_events(5, qr{/int/connect}) ],
              [ map { "n$_|t$_|s$_" } 1 .. 5 ];
}


=== TEST 13: the types of integrations have no letter case
--- config
    location /dev {
        wsgw_api z;
        wsgw_integration_type HTTP_PROXY;
        wsgw_route $connect /int type=AWS_PROXY;
        wsgw_route other /int type=Aws_Proxy;
        wsgw_route $default /int type=Http_proxy;
    }
    location /int {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    my $c = ws_connect('/dev');
    is $c->status, 101;

    $c->send('{"action":"other"}');
    ledger_events(2);
    $c->send('hello');

    my @e = ledger_events(3);

    is json($e[0]{body})->{requestContext}{eventType}, 'CONNECT';
    is json($e[1]{body})->{requestContext}{eventType}, 'MESSAGE';
    is $e[2]{body}, 'hello';
}


=== TEST 14: profile aws takes URLs of 4,096 bytes
--- config
    location /dev {
        wsgw_api z;
        wsgw_profile aws;
        wsgw_route $default /int;
    }
    location /extended {
        wsgw_api z;
        wsgw_route $default /int;
    }
    location /int { internal; return 200; }
--- ws eval
sub {
    my $url = sub { "$_[0]?" . 'a' x ($_[1] - 1 - length $_[0]) };

    is ws_connect($url->('/dev', 4096))->status, 101;

    my $c = ws_connect($url->('/dev', 4097));
    is $c->status, 414;
    is $c->body, '{"message": "URI Too Long"}';

    is ws_connect($url->('/dev/', 7000))->status, 414;
    is http(GET => $url->('/dev', 4097))->status, 414, 'whatever else it is';
    is ws_connect($url->('/extended', 7000))->status, 101;
}
--- error_log
path and query have 4097 bytes, wsgw_profile aws takes 4096


=== TEST 15: an expression is that of a route
--- config
    location /dev {
        wsgw_api z;
        wsgw_body_variable room $request.header.room;
    }
--- must_die
--- error_log
[emerg]
expression "$request.header.room" of "wsgw_body_variable" "room": $request.header.* is known at the handshake only


=== TEST 16: a name is part of a variable's
--- config
    location /dev {
        wsgw_api z;
        wsgw_body_variable my-room $request.body.room;
    }
--- must_die
--- error_log
[emerg]
invalid name "my-room", it is what follows "$wsgw_body_": letters, digits and "_"


=== TEST 17: of a name there is one, in any letter case
--- config
    location /dev {
        wsgw_api z;
        wsgw_body_variable room $request.body.a;
        wsgw_body_variable Room $request.body.b;
    }
--- must_die
--- error_log
[emerg]
duplicate "wsgw_body_variable" "room"


=== TEST 18: a name is there
--- config
    location /dev {
        wsgw_api z;
        wsgw_body_variable "" $request.body.a;
    }
--- must_die
--- error_log
[emerg]
invalid name ""


=== TEST 19: a constant is warned of
--- config
    location /dev {
        wsgw_api z;
        wsgw_route $default /int;
        wsgw_body_variable room action;
    }
    location /int { internal; return 200; }
--- ws eval
sub { is ws_connect('/dev')->status, 101 }
--- error_log
expression "action" of "wsgw_body_variable" "room": it is a constant


=== TEST 20: an expression without its dollar sign is taken, and warned of
--- config eval
::stage('$wsgw_body_x', 'wsgw_body_variable x request.body.data.room;')
--- ws eval
sub { ::selects('{"data":{"room":"r1"}}' => 'r1') }
--- error_log
expression "request.body.data.room" of "wsgw_body_variable" "x": a variable begins with a dollar sign


=== TEST 21: there are two types of integrations
--- config
    location /dev {
        wsgw_api z;
        wsgw_route $default /int type=aws;
    }
--- must_die
--- error_log
[emerg]
invalid parameter "type=aws", write "wsgw_route KEY URI|@NAME [type=aws_proxy|http_proxy]


=== TEST 22: a member has no letter case, however it is written, and JSON has
--- config eval
::stage('$wsgw_body_userid|$wsgw_body_on')
--- ws eval
sub {
    my $c = ws_connect('/dev');
    my $n = 0;

    for my $case ([ '{"userId":"Ann","ON":true}', 'Ann', 'true' ],
                  [ '{"\\u0075ser\\u0049d":"\\u0041nn","o\\u004e":1E2}', 'Ann',
                    '1E2' ],
                  [ '{"userid":"a","USERID":"\\u004bB\\n","on":null}', 'KB ',
                    'null' ],

                  # no JSON, whatever its letters would be in lower case

                  [ '{"userid":"a","on":TRUE}', '', '' ],
                  [ '{"userid":"\\U0041"}', '', '' ],
                  [ '{"userid":"\\N","on":1}', '', '' ],
                  [ '{"userid":"a","on":NULL}', '', '' ])
    {
        my ($message, @is) = @$case;

        $c->send($message);
        is_told('message', ++$n, @is);
    }
}
