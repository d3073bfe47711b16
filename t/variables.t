# The variables: what each says in an integration, in its log, in that of the
# handshake and of a management location; and that nothing a client sends can
# become more than a value.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

sub ID { qr/^[A-Za-z0-9_-]{15}=$/ }
sub PORT { $Test::Nginx::Util::ServerPortForClient }

# An integration gets the variables of the header X-Is, told by the test

sub stage {
    my ($is, $more) = @_;

    return qq{
        location /dev {
            wsgw_api z id=abcdef1234;
            wsgw_integration_type http_proxy;
            wsgw_route \$connect /int/connect;
            wsgw_route \$disconnect /int/disconnect;
            wsgw_route say /int/say;
            wsgw_route \$default /int/default;
            @{[ $more // '' ]}
        }

        location /int/ {
            internal;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT;
            proxy_set_header X-Is "$is";
        }
    };
}

# what the next request of that path has there, one value for each variable

our %seen;

sub next_is {
    my ($path) = @_;

    my @requests = ledger_events(++$seen{$path}, qr{^/int/$path\b});
    my $is = $requests[$seen{$path} - 1]{headers}{'x-is'};

    return defined $is ? split(/\|/, $is, -1) : undef;
}

add_block_preprocessor(sub { %seen = () });
every_block(http_config => 'wsgw_zone zone=z:1m;');

run_tests();

__DATA__

=== TEST 1: an event's variables are those of its kind
--- config eval
::stage(join '|', map { "\$wsgw_$_" }
        qw( event_type route_key connection_id request_id attempt message_id
            message_type body disconnect_code disconnect_reason ))
--- ws eval
sub {
    my $c = ws_connect('/dev');
    is $c->status, 101;

    my @is = next_is('connect');
    my $id = $is[2];

    like $id, ID;
    like $is[3], ID;
    is_deeply [ @is[0, 1, 4 .. 9] ],
              [ 'CONNECT', '$connect', 1, '', '', '', '', '' ];

    $c->send('{"action":"say"}');
    @is = next_is('say');

    like $is[3], ID;
    like $is[5], ID;
    is_deeply [ @is[0 .. 2, 4, 6 .. 9] ],
              [ 'MESSAGE', 'say', $id, 1, 'text', '{"action":"say"}', '', '' ];

    $c->send('hello');
    @is = next_is('default');

    is_deeply [ @is[0 .. 2, 4, 6 .. 9] ],
              [ 'MESSAGE', '$default', $id, 1, 'text', 'hello', '', '' ];

    is $c->close(4001, 'enough'), 4001;
    $c->drop;
    @is = next_is('disconnect');

    is_deeply [ @is[0 .. 2, 4 .. 9] ],
              [ 'DISCONNECT', '$disconnect', $id, 1, '', '', '', 4001,
                'enough' ];
}


=== TEST 2: request and message ids are those of the event, each its own
--- config eval
::stage('$wsgw_request_id|$wsgw_message_id|$wsgw_connection_id')
--- ws eval
sub {
    my $c = ws_connect('/dev');
    my %ids;

    for my $path (qw( connect say say )) {
        $c->send('{"action":"say"}') if $path eq 'say';

        my ($request, $message, $connection) = next_is($path);

        $ids{$_}++ for grep { length } $request, $message;
        $ids{$connection} = 1;
    }

    is scalar(keys %ids), 6, 'six ids';
    is_deeply [ values %ids ], [ (1) x 6 ], 'none twice';

    my ($request) = ledger_events(1, qr{/int/say});
    is $request->{headers}{'x-request-id'},
       (split /\|/, $request->{headers}{'x-is'})[0];
}


=== TEST 3: a connection's variables are the same in every event
--- config eval
::stage(join('|', map { "\$wsgw_$_" }
             qw( api_id stage path domain_name scheme callback_url source_ip
                 user_agent connected_at )),
        'wsgw_idle_timeout 1m;')
--- ws eval
sub {
    my $c = ws_connect('/dev/a/b', headers => ['User-Agent' => 'a | browser']);
    is $c->status, 101;

    my $host = 'localhost:' . PORT;
    my @connect = next_is('connect');
    my $at = $connect[-1];

    like $at, qr/^\d{13}$/;
    cmp_ok abs($at / 1000 - time), '<', 10, 'now';

    is_deeply [ @connect[0 .. 2, 4] ], [ 'abcdef1234', 'dev', '/a/b', 'http' ];
    is $connect[5], "http://$connect[3]/dev";
    is_deeply [ @connect[6 .. 8] ], [ '127.0.0.1', 'a ', ' browser' ];

    $c->send('{"action":"say"}');
    is_deeply [ next_is('say') ], \@connect;

    $c->close;
    $c->drop;
    is_deeply [ next_is('disconnect') ], \@connect;
}


=== TEST 4: a domain and a callback that are given are told
--- config
    location /dev {
        wsgw_api z domain=example.com:8443 callback=https://$http_host/x/;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $default /int/default;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        proxy_set_header X-Is "$wsgw_domain_name|$wsgw_callback_url";
    }
--- ws eval
sub {
    my $c = ws_connect('/dev', host => 'asked.example');

    is_deeply [ next_is('connect') ],
              [ 'example.com:8443', 'https://asked.example/x' ];

    $c->send('x');
    is_deeply [ next_is('default') ],
              [ 'example.com:8443', 'https://asked.example/x' ];
}


=== TEST 5: messages and bytes are counted, both ways
--- config eval
::stage(join('|', map { "\$wsgw_$_" }
             qw( messages_in messages_out bytes_in bytes_out )),
        'wsgw_route back /int/body=12345 response;')
--- ws eval
sub {
    my $c = ws_connect('/dev');

    is_deeply [ next_is('connect') ], [ 0, 0, 0, 0 ];

    $c->send('{"action":"back"}');
    is $c->recv, '12345';

    $c->send('hello');

    my ($in, $out, $bytes_in, $bytes_out) = next_is('default');

    is $in, 2;
    is $out, 1;
    cmp_ok $bytes_in, '>=', 17 + 5;
    cmp_ok $bytes_out, '>=', 5;
}


=== TEST 6: a member of a message is a variable, a string unescaped
--- config eval
::stage(join '|', map { "\$wsgw_body_$_" }
        qw( to userId USERID n list none deep ))
--- ws eval
sub {
    my $c = ws_connect('/dev');

    $c->send('{"action":"say", "to":"J\u00fcrgen \"J\"", "userId" : "Ab-C",'
             . '"n":-1.5E3, "list": [1, {"to":2}], "inner":{"deep":"x"}}');

    is_deeply [ next_is('say') ],
              [ "J\xc3\xbcrgen \"J\"", 'Ab-C', 'Ab-C', '-1.5E3',
                '[1, {"to":2}]', '', '' ];
}


=== TEST 7: the last of several members wins, whatever its case
--- config eval
::stage('$wsgw_body_to')
--- ws eval
sub {
    my $c = ws_connect('/dev');

    $c->send('{"action":"say","to":"a","To":"b"}');
    is_deeply [ next_is('say') ], [ 'b' ];
}


=== TEST 8: what is no JSON object has no members
--- config eval
::stage('<$wsgw_body_to>')
--- ws eval
sub {
    my $c = ws_connect('/dev');

    for my $text ('hello', '["to"]', '{"to":"a"', '"to"', '') {
        $c->send($text);
        is_deeply [ next_is('default') ], [ '<>' ], "member of $text";
    }

    $c->send_binary('{"to":"a"}');
    is_deeply [ next_is('default') ], [ '<>' ], 'member of a binary message';
}


=== TEST 9: a binary message is a variable in base64
--- config eval
::stage('$wsgw_message_type|$wsgw_body')
--- ws eval
sub {
    my $c = ws_connect('/dev');

    $c->send_binary("\x00\xff\r\nX: y");
    is_deeply [ next_is('default') ], [ 'binary', 'AP8NClg6IHk=' ];
}


=== TEST 10: no text of a client becomes a header of its own
--- config eval
::stage('$wsgw_body|$wsgw_body_to|$wsgw_path|$wsgw_disconnect_reason')
--- ws eval
sub {
    my $c = ws_connect('/dev/a%0d%0aX-Forged:%201');
    is $c->status, 101;

    is_deeply [ next_is('connect') ], [ '', '', '/a  X-Forged: 1', '' ];

    $c->send(qq({"action":"say",\r\n"to":"x\\r\\nX-Forged: 1\\u0000\\u007f"}));

    my ($body, $to) = next_is('say');

    is $body, '{"action":"say",  "to":"x\r\nX-Forged: 1\u0000\u007f"}';
    is $to, 'x  X-Forged: 1  ';

    $c->close(1000, "bye\r\nX-Forged: 1");
    $c->drop;
    is((next_is('disconnect'))[-1], 'bye  X-Forged: 1');

    ok !(grep { exists $_->{headers}{'x-forged'} } ledger_events(3)),
       'no header';
}


=== TEST 11: stage variables and the authorizer's context are those of the handshake
--- config eval
::stage('$wsgw_stage_variable_tableName|$wsgw_stage_variable_none|'
        . '$wsgw_authorizer_userId|$wsgw_authorizer_quote',
        'wsgw_stage_variable tableName "t-$arg_t";
         wsgw_authorizer_context userId $arg_user;
         wsgw_authorizer_context quote "\"\\\\";')
--- ws eval
sub {
    my $c = ws_connect('/dev?t=1&user=Eve');

    my @is = ('t-1', '', 'Eve', '"\\');

    is_deeply [ next_is('connect') ], \@is;

    $c->send('{"action":"say"}');
    is_deeply [ next_is('say') ], \@is;

    $c->close;
    $c->drop;
    is_deeply [ next_is('disconnect') ], \@is;
}


=== TEST 12: an event's variables are in its location's log
--- http_config
    wsgw_zone zone=z:1m;
    log_format event '$wsgw_event_type $wsgw_route_key $wsgw_connection_id '
                     '$wsgw_integration_status $status $uri';
--- config
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $default /int/status=418/x;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        access_log $TEST_NGINX_SERVER_ROOT/logs/event.log event;
    }
--- ws eval
sub {
    my $c = ws_connect('/dev');
    $c->send('x');

    my ($connect, $message) = log_lines('event.log', 2);
    my ($id) = $connect =~ /^CONNECT \$connect (\S+) 200 200 \/int\/connect$/;

    like $id, ID;
    is $message, "MESSAGE \$default $id 418 418 /int/status=418/x";
}


=== TEST 13: the handshake's log knows the connection that it has made
--- http_config
    wsgw_zone zone=z:1m;
    log_format handshake '$status $wsgw_connection_id $wsgw_stage '
                         '$wsgw_integration_status $wsgw_event_type';
--- config
    access_log $TEST_NGINX_SERVER_ROOT/logs/handshake.log handshake;

    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
    }

    location /no {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/status=403/x;
    }

    location /int/ {
        internal;
        access_log off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    my $c = ws_connect('/dev');
    is $c->status, 101;
    is ws_connect('/no')->status, 403;

    my ($accepted, $refused) = log_lines('handshake.log', 2);

    like $accepted, qr/^101 [A-Za-z0-9_-]{15}= dev 200 -$/;
    is $refused, '403 - - 403 -';
}


=== TEST 14: a management location knows the id and how the push went
--- http_config
    wsgw_zone zone=z:1m;
    log_format push '$status $wsgw_connection_id $wsgw_push_result';
--- config eval
::stage('$wsgw_connection_id') . q{
    location ^~ /dev/@connections {
        wsgw_management z;
        access_log $TEST_NGINX_SERVER_ROOT/logs/push.log push;
    }
}
--- ws eval
sub {
    my $c = ws_connect('/dev');
    my ($id) = next_is('connect');

    is http(POST => "/dev/\@connections/$id", body => 'hi')->status, 200;
    is $c->recv, 'hi';

    $c->close;
    $c->drop;
    next_is('disconnect');

    is http(POST => "/dev/\@connections/$id", body => 'hi')->status, 410;

    my ($sent, $gone) = log_lines('push.log', 2);

    like $sent, qr/^200 \Q$id\E [a-z]+$/;
    like $gone, qr/^410 \Q$id\E [a-z]+$/;
    isnt +(split / /, $sent)[2], +(split / /, $gone)[2];
}


=== TEST 15: elsewhere there are none
--- http_config
    log_format none '$wsgw_connection_id$wsgw_event_type$wsgw_body_x'
                    '$wsgw_authorizer_x$wsgw_error$wsgw_integration_status';
--- config
    location = /plain {
        access_log $TEST_NGINX_SERVER_ROOT/logs/none.log none;
        return 200 "<$wsgw_connection_id$wsgw_callback_url$wsgw_body>";
    }
--- ws eval
sub {
    is http(GET => '/plain')->body, '<>';
    is_deeply [ log_lines('none.log', 1) ], [ '------' ];
}


=== TEST 16: the size of a message, and where a push went
--- http_config
    wsgw_zone zone=z:1m;
    log_format sizes '$wsgw_event_type|$wsgw_message_size|$wsgw_push_via';
--- config
    access_log logs/sizes.log sizes;
    log_subrequest on;

    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /size;
        wsgw_route $default /size response;
        wsgw_route $disconnect /size;
    }
    location ^~ /ws/@connections {
        wsgw_management z;
    }
    location = /size {
        internal;
        return 200 "$wsgw_connection_id $wsgw_message_size";
    }
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my $id;

    for my $text ('', 'x', 'äöü', '{"action":"none"}', 'y' x 70_000) {
        my $bytes = $text;

        utf8::encode($bytes) if utf8::is_utf8($bytes);
        $c->send($text);

        my $reply = $c->recv;

        ($id) = $reply =~ /^(\S+) /;
        is $reply, "$id " . length $bytes, 'text of ' . length $bytes;
    }

    $c->send_binary("\x00\xff\xfe");
    is $c->recv, "$id 3", 'binary';

    is http(POST => "/ws/\@connections/$id", body => 'hello')->status, 200;
    is http(POST => '/ws/@connections/x', body => 'hello')->status, 400;
    is http(GET => '/ws/@connections/bm90LWhlcmUtbm8=')->status, 410;

    $c->recv;
    $c->close(1000);

    log_lines('sizes.log', 1, qr/DISCONNECT/);

    my %seen;
    $seen{$_}++ for log_lines('sizes.log');

    is $seen{'MESSAGE|3|-'}, 1, 'a message';
    is $seen{'MESSAGE|70000|-'}, 1, 'a long one';
    is $seen{'CONNECT|-|-'}, 1, 'empty on CONNECT';
    is $seen{'DISCONNECT|-|-'}, 1, 'and DISCONNECT';
    is $seen{'-|-|here'}, 1, 'a push';
}


=== TEST 17: no line is begun by Unicode's rules, and each is UTF-8
--- http_config
    wsgw_zone zone=z:1m;
    log_format raw escape=none
        '$wsgw_event_type <$wsgw_user_agent|$wsgw_query_q|$wsgw_body|'
        '$wsgw_disconnect_reason>';
--- config
    access_log logs/raw.log raw;

    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int;
        wsgw_route $default /int response;
        wsgw_route $disconnect /int;
    }
    location = /int {
        internal;
        proxy_set_header X-Q $wsgw_query_q;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    my $ends = "\xc2\x85\xc2\x9b\xe2\x80\xa8\xe2\x80\xa9";
    my $agent = "Z\xfcrich $ends";
    my $c = ws_connect('/ws?q=%C2%85x%E2%80%A8%FF',
                       headers => [ 'User-Agent' => $agent ]);

    $c->send("a\x{2028}b\x{85}c\x{20ac}");
    $c->recv;
    $c->close(1000, "d\xe2\x80\xa9e");

    log_lines('raw.log', 1, qr/DISCONNECT <.*>$/);

    my $log = join '', map { "$_\n" } log_lines('raw.log');

    ok utf8::decode($log), 'UTF-8';
    unlike $log, qr/(?!\n)[\p{Control}\p{Zl}\p{Zp}]/, 'lines of nginx alone';

    my $none = ' ' x 10;

    like $log, qr/^CONNECT <Z\?rich $none\|  x   \x{fffd}\|\|>$/m, 'a handshake';
    like $log, qr/^MESSAGE <.*\|a   b  c\x{20ac}\|>$/m, 'a message';
    like $log, qr/^DISCONNECT <.*\|\|d   e>$/m, 'a reason';

    my ($e) = ledger_events(1);
    is $e->{headers}{'user-agent'}, $agent, 'a backend gets what was sent';
}


=== TEST 18: who asks before there is a connection hears of it later
--- http_config
    wsgw_zone zone=z:1m;
    map $wsgw_source_ip$wsgw_stage $mapped { default $wsgw_domain_name; }
    limit_req_zone $wsgw_connection_id$wsgw_path$binary_remote_addr
                   zone=come:1m rate=1000r/s;
    log_format of '$status <$wsgw_source_ip|$wsgw_user_agent|$wsgw_stage|'
        '$wsgw_domain_name|$wsgw_path|$wsgw_callback_url|$wsgw_messages_in> '
        '$wsgw_connection_id';
--- config eval
my $all = '$wsgw_connection_id$wsgw_source_ip$wsgw_user_agent$wsgw_stage'
          . '$wsgw_domain_name$wsgw_path$wsgw_callback_url$wsgw_messages_in';

qq{
    access_log logs/of.log of;

    location /plain { wsgw_api z domain=h; }
    location /set { wsgw_api z domain=h; set \$early "$all"; }
    location /if { wsgw_api z domain=h; if (\$mapped) { return 403; } }
    location /limit { wsgw_api z domain=h; limit_req zone=come; }
    location /auth { wsgw_api z domain=h; auth_request /may; }
    location /few {
        wsgw_api z;
        auth_request /may;
        access_log off;
        wsgw_limit_conn \$wsgw_source_ip 1;
    }
    location = /may {
        internal;
        proxy_set_header X-Is "<$all>";
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT;
    }
}
--- ws eval
sub {
    my @paths = qw( plain set if limit auth );

    for (@paths) {
        is ws_connect("/$_/x",
                      headers => [ 'User-Agent' => 'agent' ])->status, 101, $_;
    }

    is +(ledger_events(1))[0]{headers}{'x-is'}, '<>', 'there was none';

    is_deeply [ map { s/ [A-Za-z0-9_-]{15}=$//r } log_lines('of.log', 5) ],
              [ map { "101 <127.0.0.1|agent|$_|h|/x|http://h/$_|0>" } @paths ];

    my $c = ws_connect('/few');

    is $c->status, 101;
    is ws_connect('/few')->status, 429, 'a limit counts what was not there';
}


=== TEST 19: what was asked of a connection is known when it has been refused
--- http_config
    wsgw_zone zone=z:1m;
    log_format of '$status $wsgw_source_ip|$wsgw_user_agent|$wsgw_path|'
        '$wsgw_domain_name|$wsgw_callback_url';
--- config eval
my $key = 'wsgw_limit_conn $wsgw_source_ip$wsgw_user_agent$wsgw_path'
          . '$wsgw_domain_name$wsgw_callback_url';

qq{
    access_log logs/of.log of;

    location /no {
        wsgw_api z domain=h callback=http://h/\$arg_to;
        wsgw_integration_type http_proxy;
        wsgw_route \$connect /int/status=403/x;
        $key 1;
    }
    location /full {
        wsgw_api z domain=h callback=http://h/\$arg_to;
        $key 9;
        wsgw_limit_conn all 1;
    }
    location /left {
        wsgw_api z domain=h callback=http://h/\$arg_to;
        wsgw_integration_type http_proxy;
        wsgw_route \$connect /int/delay=0.3/x;
        $key 9;
    }
    location /context {
        wsgw_api z domain=h callback=http://h/\$arg_to;
        wsgw_authorizer /int/allow
                        identity=\$wsgw_user_agent\$wsgw_callback_url;
        wsgw_route \$connect /int/status=403/x type=http_proxy;
    }
    location /int/ {
        internal;
        access_log off;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT;
    }
}
--- backend eval
sub {
    my ($request) = @_;

    return undef unless $request->{uri} eq '/int/allow';

    return '{"principalId":"ann","context":{"long":"' . 'x' x 3000 . '"},'
           . '"policyDocument":{"Version":"2012-10-17","Statement":[{'
           . '"Effect":"Allow","Action":"execute-api:Invoke",'
           . '"Resource":"*"}]}}';
}
--- ws eval
sub {
    my $agent = 'agent-' x 50;
    my $come = sub {
        return ws_connect("/$_[0]/x?to=here",
                          headers => [ 'User-Agent' => $agent ], @_[1 .. $#_]);
    };

    is $come->('no')->status, 403;
    my $c = $come->('full');
    is $c->status, 101;
    is $come->('full')->status, 429;

    my $left = $come->('left', defer => 1);
    ledger_events(1, qr/delay/);
    $left->drop;
    log_lines('of.log', 4);

    is $come->('context')->status, 403;

    my $is = sub { "127.0.0.1|$agent|/x|h|http://h/here" };
    my @lines = log_lines('of.log', 5);

    is_deeply [ @lines[0 .. 3] ],
              [ map { "$_ " . $is->() } 403, 101, 429, 499 ];
    is $lines[4], "403 -|$agent|-|-|http://h/here";
}
