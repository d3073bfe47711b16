# Events as integrations see them: AWS's JSON to aws_proxy, the message itself
# and headers to http_proxy. The bytes are parsed by a JSON parser that is not
# ours.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Encode ();
use MIME::Base64 ();

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
_EOC_

our $Config = <<'_EOC_';
    location /dev {
        wsgw_api z id=abcdef1234;
        wsgw_route $connect /lambda/connect;
        wsgw_route $disconnect /lambda/disconnect;
        wsgw_route say /lambda/say;
        wsgw_route quiet /lambda/quiet async;
        wsgw_route $default /lambda/default;
    }

    location /http {
        wsgw_api z id=http123456;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /lambda/connect?a=1;
        wsgw_route $disconnect /lambda/disconnect;
        wsgw_route say /lambda/say;
        wsgw_route $default /lambda/default oneway;
    }

    location ^~ /dev/@connections {
        wsgw_management z;
    }

    location /lambda/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

sub ID { qr/^[A-Za-z0-9_-]{15}=$/ }
sub TRACE { qr/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/ }
sub PORT { $Test::Nginx::Util::ServerPortForClient }

sub BACKEND {
    return { body => '{"statusCode":200}', type => 'application/json' };
}

# the event of the next request that has the path

our %seen;

sub next_request {
    my ($path) = @_;
    my @requests = ledger_events(++$seen{$path}, qr{^/lambda/$path\b});
    return $requests[$seen{$path} - 1];
}

sub next_event { return next_request(@_)->{event} }

# what is common to all events

sub is_context {
    my ($context, $c, @more) = @_;

    is_deeply [ sort keys %$context ],
              [ sort qw( routeKey eventType extendedRequestId requestTime
                         messageDirection stage connectedAt requestTimeEpoch
                         identity requestId domainName connectionId apiId ),
                @more ], 'members of requestContext';

    is $context->{messageDirection}, 'IN';
    is $context->{stage}, 'dev';
    is $context->{apiId}, 'abcdef1234';
    is $context->{domainName}, 'localhost:' . PORT;
    is $context->{requestId}, $context->{extendedRequestId};
    like $context->{requestId}, ID;
    like $context->{connectionId}, ID;
    is $context->{identity}{sourceIp}, '127.0.0.1';

    like $context->{$_}, qr/^\d{13}$/, $_ for qw( connectedAt
                                                  requestTimeEpoch );
    cmp_ok $context->{connectedAt}, '<=', $context->{requestTimeEpoch};
    cmp_ok abs($context->{requestTimeEpoch} / 1000 - time), '<', 30;

    my @month = qw( Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec );
    my ($sec, $min, $hour, $day, $month, $year)
        = gmtime(int $context->{requestTimeEpoch} / 1000);

    is $context->{requestTime},
       sprintf('%02d/%s/%d:%02d:%02d:%02d +0000', $day, $month[$month],
               $year + 1900, $hour, $min, $sec), 'requestTime';
}

add_block_preprocessor(sub {
    my ($block) = @_;

    %seen = ();
    $block->set_value(http_config => $Http . ($block->http_config // ''));
    $block->set_value(config => ($block->config // '') . $Config);
});
every_block(backend => \&BACKEND);

run_tests();

__DATA__

=== TEST 1: CONNECT has every field of AWS's event and no other
--- ws eval
sub {
    my $c = ws_connect('/dev', origin => 'http://127.0.0.1:' . PORT,
                       headers => ['User-Agent' => 'Example/1.0',
                                   'cOOkie' => 'a=b; c="d"']);
    is $c->status, 101;

    my $e = next_event('connect');

    is_deeply [ sort keys %$e ],
              [ qw( headers isBase64Encoded multiValueHeaders
                    requestContext ) ];
    ok !$e->{isBase64Encoded};

    is_context($e->{requestContext});
    is $e->{requestContext}{routeKey}, '$connect';
    is $e->{requestContext}{eventType}, 'CONNECT';
    is $e->{requestContext}{identity}{userAgent}, 'Example/1.0';

    my $headers = $e->{headers};

    is_deeply [ sort keys %$headers ],
              [ sort qw( Host Origin User-Agent cOOkie Sec-WebSocket-Key
                         Sec-WebSocket-Version X-Amzn-Trace-Id
                         X-Forwarded-For X-Forwarded-Port
                         X-Forwarded-Proto ) ];

    is $headers->{Host}, '127.0.0.1:' . PORT;
    is $headers->{'cOOkie'}, 'a=b; c="d"';
    is $headers->{'Sec-WebSocket-Version'}, '13';
    is $headers->{'X-Forwarded-For'}, '127.0.0.1';
    is $headers->{'X-Forwarded-Port'}, PORT;
    is $headers->{'X-Forwarded-Proto'}, 'http';
    like $headers->{'X-Amzn-Trace-Id'}, TRACE;

    is_deeply $e->{multiValueHeaders},
              { map { $_ => [ $headers->{$_} ] } keys %$headers };
}



=== TEST 2: the query, decoded; of equal names the last value and the list
--- ws eval
sub {
    ws_connect('/dev?a=1&b=x%20y+z&a=2&c&d=&=e&&%61=%33&u=%C3%A4&bad=%FF%zz&q="');

    my $e = next_event('connect');

    is_deeply $e->{queryStringParameters},
              { a => '3', b => 'x y z', c => '', d => '', '' => 'e',
                u => "\x{e4}", bad => "\x{fffd}%zz", q => '"' };
    is_deeply $e->{multiValueQueryStringParameters},
              { a => ['1', '2', '3'], b => ['x y z'], c => [''], d => [''],
                '' => ['e'], u => ["\x{e4}"], bad => ["\x{fffd}%zz"],
                q => ['"'] };

    ws_connect('/dev?');

    ok !exists next_event('connect')->{queryStringParameters};
}



=== TEST 3: repeated headers, in any letter case and any bytes
--- ws eval
sub {
    ws_connect('/dev', headers => ['X-Thing' => 'one', 'x-thing' => 'two',
                                   'X-THING' => "\xff\"\\\t\xc3\xa4",
                                   'X-Forwarded-For' => '192.0.2.1',
                                   'x-forwarded-for' => '192.0.2.2',
                                   'X-Forwarded-Proto' => 'gopher',
                                   'X-Forwarded-Port' => '70',
                                   'X-Amzn-Trace-Id' => 'Root=mine']);

    my $e = next_event('connect');
    my $last = "\x{fffd}\"\\\t\x{e4}";

    is $e->{headers}{'X-THING'}, $last;
    is_deeply $e->{multiValueHeaders}{'X-THING'}, ['one', 'two', $last];
    is scalar(grep { lc eq 'x-thing' } keys %{ $e->{headers} }), 1;

    my %added = ('X-Forwarded-For' => '192.0.2.1, 192.0.2.2, 127.0.0.1',
                 'X-Forwarded-Proto' => 'http', 'X-Forwarded-Port' => PORT,
                 'X-Amzn-Trace-Id' => 'Root=mine');

    for my $name (keys %added) {
        is $e->{headers}{$name}, $added{$name};
        is_deeply $e->{multiValueHeaders}{$name}, [ $added{$name} ];
        is scalar(grep { lc eq lc $name } keys %{ $e->{headers} }), 1;
    }
}



=== TEST 4: as many headers and parameters as nginx takes
--- config
    large_client_header_buffers 8 32k;
--- ws eval
sub {
    my @names = map { "H-$_" } 1 .. 900;
    my $query = join '&', map { "p$_=$_" } 1 .. 2000;

    ws_connect("/dev?$query", headers => [ map { $_ => 'x' } @names ]);

    my $e = next_event('connect');

    is scalar(grep { /^H-/ } keys %{ $e->{headers} }), 900;
    is scalar(keys %{ $e->{queryStringParameters} }), 2000;
    is $e->{queryStringParameters}{p1234}, '1234';
}



=== TEST 5: MESSAGE carries the exact text and no headers
--- ws eval
sub {
    my $c = ws_connect('/dev');
    my $connect = next_event('connect')->{requestContext};

    my $text = qq({"action":"say","t":"\xf0\x9f\x98\x80 \\u00e4 \\" \\\\ /"} );
    $c->send($text);

    my $r = next_request('say');
    my $e = $r->{event};

    is_deeply [ sort keys %$e ], [ qw( body isBase64Encoded requestContext ) ];
    ok !$e->{isBase64Encoded};
    is Encode::encode_utf8($e->{body}), $text;

    my $context = $e->{requestContext};

    is_context($context, $c, 'messageId');
    is $context->{routeKey}, 'say';
    is $context->{eventType}, 'MESSAGE';
    like $context->{messageId}, ID;
    ok !exists $context->{identity}{userAgent}, 'the client sent none';

    is $context->{$_}, $connect->{$_}, "$_ is the connection's"
        for qw( connectionId connectedAt );

    is $r->{method}, 'POST';
    is $r->{headers}{'content-type'}, 'application/json';
    is $r->{headers}{'content-length'}, length $r->{body};
    is $r->{headers}{'x-amz-invocation-type'}, 'RequestResponse';
    like $r->{headers}{'x-amzn-trace-id'}, TRACE;

    # control characters, DEL and what JSON need not escape

    $text = join '', map { chr } 0 .. 0x7f;
    $c->send($text);

    $e = next_event('default');
    is $e->{body}, $text;
    is $e->{requestContext}{routeKey}, '$default';

    $c->send('');
    is next_event('default')->{body}, '';
}



=== TEST 6: ids differ between events, the connection's stays
--- ws eval
sub {
    my $c = ws_connect('/dev');
    my @contexts = next_event('connect')->{requestContext};

    for (1 .. 5) {
        $c->send('x');
        push @contexts, next_event('default')->{requestContext};
    }

    $c->close(1000);
    push @contexts, next_event('disconnect')->{requestContext};

    for my $name (qw( requestId messageId )) {
        my @ids = grep { defined } map { $_->{$name} } @contexts;
        my %ids = map { $_ => 1 } @ids;

        is scalar(keys %ids), scalar(@ids), "each $name once";
    }

    for my $name (qw( connectionId connectedAt )) {
        my %values = map { $_->{$name} => 1 } @contexts;
        is scalar(keys %values), 1, "one $name";
    }
}



=== TEST 7: a binary message is base64
--- ws eval
sub {
    my $c = ws_connect('/dev');

    for my $bytes ("\x00\xff\xfe", '', join '', map { chr } 0 .. 255) {
        $c->send_binary($bytes);

        my $e = next_event('default');

        is MIME::Base64::decode_base64($e->{body}), $bytes;
        ok $e->{isBase64Encoded};
    }
}



=== TEST 8: DISCONNECT has AWS's stub headers, the code and the reason
--- ws eval
sub {
    my $c = ws_connect('/dev', headers => ['User-Agent' => 'Example/1.0']);

    $c->close(4001, "a \"b\" \xc3\xa4\r\n\x01");

    my $e = next_event('disconnect');

    is_deeply [ sort keys %$e ],
              [ qw( headers isBase64Encoded multiValueHeaders
                    requestContext ) ];

    my %stub = (Host => '127.0.0.1:' . PORT, 'x-api-key' => '',
                'X-Forwarded-For' => '', 'x-restapi' => '');

    is_deeply $e->{headers}, \%stub;
    is_deeply $e->{multiValueHeaders},
              { map { $_ => [ $stub{$_} ] } keys %stub };

    my $context = $e->{requestContext};

    is_context($context, $c, qw( disconnectReason disconnectStatusCode ));
    is $context->{routeKey}, '$disconnect';
    is $context->{eventType}, 'DISCONNECT';
    is $context->{disconnectStatusCode}, 4001;
    is $context->{disconnectReason}, "a \"b\" \x{e4}\r\n\x01";
    is $context->{identity}{userAgent}, 'Example/1.0';

    # AWS's texts

    ws_connect('/dev')->close;
    $context = next_event('disconnect')->{requestContext};
    is $context->{disconnectStatusCode}, 1005;
    is $context->{disconnectReason}, 'Client-side close frame status not set';

    ws_connect('/dev')->close(1001);
    $context = next_event('disconnect')->{requestContext};
    is $context->{disconnectStatusCode}, 1001;
    is $context->{disconnectReason}, '';

    ws_connect('/dev')->reset;
    $context = next_event('disconnect')->{requestContext};
    is $context->{disconnectStatusCode}, 1006;
    is $context->{disconnectReason}, '';
}



=== TEST 9: stage variables and authorizer context are in every event
--- config
    location /vars {
        wsgw_api z;
        wsgw_route $connect /lambda/connect;
        wsgw_route $disconnect /lambda/disconnect;
        wsgw_route $default /lambda/default;
        wsgw_stage_variable table "a \"b\"";
        wsgw_stage_variable agent $http_user_agent;
        wsgw_authorizer_context principalId $arg_user;
        wsgw_authorizer_context empty $arg_none;
    }
--- ws eval
sub {
    my $c = ws_connect('/vars?user=J%C3%BCrgen%22',
                       headers => ['User-Agent' => "x\xff\\"]);

    $c->send('x');
    $c->close(1000);

    for my $path (qw( connect default disconnect )) {
        my $e = next_event($path);

        is_deeply $e->{stageVariables},
                  { table => 'a "b"', agent => "x\x{fffd}\\" }, $path;
        is_deeply $e->{requestContext}{authorizer},
                  { principalId => 'J%C3%BCrgen%22' }, $path;
    }
}



=== TEST 10: domainName and path
--- config
    server_name ws.example.org;

    location /named {
        wsgw_api z domain=api.example.org:8443;
        wsgw_route $connect /lambda/connect;
    }
--- ws eval
sub {
    ws_connect('/dev', host => 'ws.example.org');
    my $context = next_event('connect')->{requestContext};
    is $context->{domainName}, 'ws.example.org';
    ok !exists $context->{path};

    ws_connect('/named', host => 'ws.example.org');
    $context = next_event('connect')->{requestContext};
    is $context->{domainName}, 'api.example.org:8443';
    is $context->{stage}, 'named';

    ws_connect('/dev/room/7');
    $context = next_event('connect')->{requestContext};
    is $context->{path}, '/room/7';

    ws_connect('/dev/');
    $context = next_event('connect')->{requestContext};
    is $context->{path} // '/', '/';
}



=== TEST 11: an async route's function is invoked as an event
--- ws eval
sub {
    my $c = ws_connect('/dev');

    $c->send('{"action":"quiet"}');

    is next_request('quiet')->{headers}{'x-amz-invocation-type'}, 'Event';
}



=== TEST 12: http_proxy, $connect: the client's headers and query
--- ws eval
sub {
    my $c = ws_connect('/http?b=2&c=%20',
                       headers => ['User-Agent' => 'Example/1.0',
                                   'Cookie' => 'a=b', 'Cookie' => 'c=d',
                                   'Authorization' => 'Bearer x',
                                   'TE' => 'trailers',
                                   'Keep-Alive' => '300',
                                   'Accept-Encoding' => 'gzip, br',
                                   'X-Own' => 'kept',
                                   'X-Forwarded-For' => '192.0.2.1',
                                   'X-Connection-Id' => 'forged',
                                   'x-event-type' => 'forged',
                                   'X-Route-Key' => 'forged',
                                   'X-Attempt' => 'forged',
                                   'X-Callback-Url' => 'forged',
                                   'X-Disconnect-Code' => 'forged',
                                   'X-Disconnect-Reason' => 'forged']);
    is $c->status, 101;

    my $r = next_request('connect');
    my $headers = $r->{headers};

    is $r->{method}, 'POST';
    is $r->{uri}, '/lambda/connect?a=1&b=2&c=%20';
    is $r->{body}, '';

    is $headers->{'user-agent'}, 'Example/1.0';
    is $headers->{authorization}, 'Bearer x';
    is $headers->{'x-own'}, 'kept';
    is $headers->{'sec-websocket-version'}, '13';
    is $headers->{'x-forwarded-for'}, '192.0.2.1, 127.0.0.1';
    is $headers->{'x-forwarded-proto'}, 'http';
    is $headers->{'x-forwarded-port'}, PORT;
    like $headers->{'x-amzn-trace-id'}, TRACE;
    is $headers->{'x-amzn-apigateway-api-id'}, 'http123456';

    ok !exists $headers->{$_}, "no $_"
        for qw( upgrade te keep-alive x-disconnect-code x-disconnect-reason );

    # a refusal's body is passed on without its Content-Encoding

    ok !exists $headers->{'accept-encoding'}, 'no accept-encoding';

    like $headers->{'x-connection-id'}, ID;
    is $headers->{'x-event-type'}, 'CONNECT';
    is $headers->{'x-route-key'}, '$connect';
    is $headers->{'x-attempt'}, 1;
    like $headers->{'x-request-id'}, ID;
    is $headers->{'x-callback-url'}, 'http://localhost:' . PORT . '/http';
}



=== TEST 13: a named location gets the stage's path, or "/" where it has none
--- config
    location /named {
        wsgw_api z;
        wsgw_route $connect @lambda;
        wsgw_route $default @lambda;
    }

    location ~ ^/any {
        wsgw_api z stage=any;
        wsgw_route $connect @lambda;
        wsgw_route $default @lambda;
    }

    location @lambda {
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    for ([ '/named', '/named' ], [ '/any', '/' ]) {
        my ($path, $uri) = @$_;
        my $c = ws_connect($path);

        is $c->status, 101, $path;
        $c->send('hello');

        my ($connect, $message) = ledger_events(2, qr{^$uri$});

        is $connect->{event}{requestContext}{eventType}, 'CONNECT';
        is $message->{event}{body}, 'hello';
    }
}



=== TEST 14: http_proxy, a message: itself, and who sent it
--- ws eval
sub {
    my $c = ws_connect('/http?a=b', headers => ['Cookie' => 'a=b',
                                                'X-Own' => 'x']);
    my $id = next_request('connect')->{headers}{'x-connection-id'};

    my $text = qq({"action":"say","t":"\xf0\x9f\x98\x80"}\n);
    $c->send($text);

    my $r = next_request('say');
    my $headers = $r->{headers};

    is $r->{body}, $text;
    is $r->{method}, 'POST';
    is $r->{uri}, '/lambda/say';

    is $headers->{'content-type'}, 'application/json';
    is $headers->{'user-agent'}, 'AmazonAPIGateway_http123456';
    is $headers->{'x-amzn-apigateway-api-id'}, 'http123456';
    is $headers->{'x-forwarded-for'}, '127.0.0.1';
    is $headers->{'x-forwarded-proto'}, 'http';
    is $headers->{'x-forwarded-port'}, PORT;
    like $headers->{'x-amzn-trace-id'}, TRACE;
    is $headers->{'x-connection-id'}, $id;
    is $headers->{'x-event-type'}, 'MESSAGE';
    is $headers->{'x-route-key'}, 'say';
    like $headers->{'x-request-id'}, ID;
    ok !exists $headers->{$_}, "no $_" for qw( cookie x-own origin
                                               sec-websocket-key );

    $c->send_binary('bytes');
    $r = next_request('default');
    is $r->{body}, 'bytes';
    is $r->{headers}{'content-type'}, 'application/octet-stream';
    is $r->{headers}{'x-route-key'}, '$default';
}



=== TEST 15: http_proxy, $disconnect: code and reason, which cannot inject
--- ws eval
sub {
    my $c = ws_connect('/http');
    my $id = next_request('connect')->{headers}{'x-connection-id'};

    $c->close(4002, "bye\r\nX-Evil: 1\x00\x7f\xc3\xa4");

    my $headers = next_request('disconnect')->{headers};

    is $headers->{'x-event-type'}, 'DISCONNECT';
    is $headers->{'x-connection-id'}, $id;
    is $headers->{'x-disconnect-code'}, 4002;
    is $headers->{'x-disconnect-reason'}, "bye  X-Evil: 1  \xc3\xa4";
    ok !exists $headers->{'x-evil'};
    is $headers->{'user-agent'}, 'AmazonAPIGateway_http123456';
}



=== TEST 16: a client claims no id of an event, in no spelling of the name
--- config
    underscores_in_headers on;
--- ws eval
sub {
    for my $claim (['X-Request-Id' => '8AAAAAAAAAAAAAA='],
                   ['x-request-id' => 'a', 'X-REQUEST-ID' => 'b'],
                   ['X_Request_Id' => '8AAAAAAAAAAAAAA='],
                   ['X-Request_Id' => ''],
                   ['X_Connection_Id' => 'forged',
                    'X_Amzn_Apigateway_Api_Id' => 'forged',
                    'X-Attempt' => 7,
                    'X_Forwarded_For' => '192.0.2.9'])
    {
        my $c = ws_connect('/http', headers => $claim);
        my $r = next_request('connect');
        my $headers = $r->{headers};

        like $headers->{'x-request-id'}, ID, "@$claim: ours";
        isnt $headers->{'x-request-id'}, $claim->[1];
        is $headers->{'x-attempt'}, 1;
        is scalar(grep { lc tr/_/-/r eq 'x-request-id' } keys %$headers), 1,
           'and no other';
        ok !exists $headers->{$_}, "no $_"
            for qw( x_connection_id x_amzn_apigateway_api_id
                    x_forwarded_for );

        $c->close(1000);

        my $id = next_request('disconnect')->{headers}{'x-request-id'};

        like $id, ID;
        isnt $id, $headers->{'x-request-id'};
    }
}



=== TEST 17: in aws, a backend gets no headers of ours
--- config
    location /aws {
        wsgw_api z;
        wsgw_profile aws;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /lambda/connect;
        wsgw_route $disconnect /lambda/disconnect;
        wsgw_route $default /lambda/default;
    }
--- ws eval
sub {
    my $c = ws_connect('/aws');

    $c->send('x');
    $c->close(1000);

    for my $path (qw( connect default disconnect )) {
        my $headers = next_request($path)->{headers};

        is_deeply [ grep { /^x-(?!amzn-|forwarded-)/ } keys %$headers ], [],
                  $path;
        like $headers->{'x-amzn-trace-id'}, TRACE;
        like $headers->{'x-amzn-apigateway-api-id'}, qr/^[a-z0-9]{10}$/;
    }
}



=== TEST 18: callback= with and without variables
--- config
    location /fixed {
        wsgw_api z callback=https://api.example.org/base;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /lambda/connect;
    }

    location /variable {
        wsgw_api z callback=https://$arg_host/base;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /lambda/connect;
        wsgw_route $default /lambda/default oneway;
    }
--- ws eval
sub {
    ws_connect('/fixed');
    is next_request('connect')->{headers}{'x-callback-url'},
       'https://api.example.org/base';

    my $c = ws_connect('/variable?host=a.example.org');
    is next_request('connect')->{headers}{'x-callback-url'},
       'https://a.example.org/base';

    $c->send('x');
    is next_request('default')->{headers}{'x-callback-url'},
       'https://a.example.org/base', 'as at the handshake';
}



=== TEST 19: a "%" that begins no escape of a query stays as it is
--- ws eval
sub {
    my %text = ('50%' => '50%', '100%%20sure' => '100% sure', '%zz' => '%zz',
                '%4' => '%4', '%u0041' => '%u0041', '%' => '%', '%%' => '%%',
                '%%41' => '%A', '%4%41' => '%4A', '%g1%41' => '%g1A',
                '%1g%41' => '%1gA', '%%%20%' => '%% %', '%+1' => '% 1',
                '+%2B+' => ' + ', '%2541' => '%41', '%-1' => '%-1',
                '%0x' => '%0x', '%c3%' => "\x{fffd}%", '%25' => '%',
                '%e4%b8%' => "\x{fffd}\x{fffd}%", '%00' => "\0",
                '%c3%a4%A' => "\x{e4}%A", '%3D%26%' => '=&%');

    my @texts = sort keys %text;

    ws_connect('/dev?' . join '&', map { "v$_=$texts[$_]" } 0 .. $#texts);

    my $e = next_event('connect');
    my %value = map { ("v$_" => $text{$texts[$_]}) } 0 .. $#texts;

    is_deeply $e->{queryStringParameters}, \%value;
    is_deeply $e->{multiValueQueryStringParameters},
              { map { $_ => [ $value{$_} ] } keys %value };

    # in names, which are compared as decoded, and in a list

    ws_connect('/dev?50%=1&50%25=2&%=3&%zz&%4%3D=%=&=%&&%&');

    is_deeply next_event('connect')->{multiValueQueryStringParameters},
              { '50%' => ['1', '2'], '%' => ['3', ''], '%zz' => [''],
                '%4=' => ['%='], '' => ['%'] };
}



=== TEST 20: an event's id is not to be computed from its connection's
--- ws eval
sub {

    # a mix that everybody knows, of what the connection's id says

    my $mix = sub {
        use integer;
        my ($x) = @_;
        my $shift = sub { no integer; return $_[0] >> $_[1] };

        $x = ($x ^ $shift->($x, 32)) * -7046029254386353131;
        $x = ($x ^ $shift->($x, 29)) * -3372029247567499371;
        return $x ^ $shift->($x, 32);
    };

    my $bytes = sub { MIME::Base64::decode_base64($_[0] =~ tr{-_}{+/}r) };

    my %seen;

    for (1 .. 8) {
        my $c = ws_connect('/dev');
        my $connect = next_event('connect')->{requestContext};

        $c->send('hello');
        my $message = next_event('default')->{requestContext};

        $c->close(1000);
        my $disconnect = next_event('disconnect')->{requestContext};

        my ($high, $low) = unpack 'H6 Q>',
                                  $bytes->($connect->{connectionId});
        my $slot = (hex($high) & 0xfff) << 10 | $low >> 54;
        my $secret = $low & (1 << 54) - 1;
        my $base = $mix->($secret + $mix->($slot));

        my @ids = map { $_->{requestId} } $connect, $message, $disconnect;
        push @ids, $message->{messageId};

        is scalar(grep { $seen{$_}++ } @ids), 0, 'four ids, never seen';

        my %computed = map {
            use integer;
            unpack('H16', pack 'q>', $mix->($_ + $base)) => 1;
        } -4 .. 16;

        is scalar(grep { $computed{ unpack 'x3 H16', $bytes->($_) } } @ids),
           0, 'and none is what such a mix gives';
    }
}



=== TEST 21: no byte of a client ends a header, a request line or a log line
--- config
    location /callback {
        wsgw_api z callback=http://api.example$uri;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /lambda/connect;
        wsgw_route $disconnect /lambda/disconnect;
        wsgw_route $default /lambda/default oneway;
    }

    location ~ ^/args/(?<rest>.*) {
        set $args "a=$rest";
        wsgw_api z stage=args;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /lambda/connect;
    }
--- ws eval
sub {
    my $evil = "%0d%0aX-Evil:%201%01%7f%0d%0a%0d%0aGET%20/%20HTTP/1.1";

    my $c = ws_connect("/callback/a$evil",
                       headers => [ 'X-Own' => "a\x01b\x7fc\td",
                                    'X-Forwarded-For' => "192.0.2.1\x0b",
                                   'X-Forwarded-Host' => 'evil.example',
                                   'Forwarded' => 'host=evil.example' ]);
    is $c->status, 101;

    my $r = next_request('connect');
    my $url = 'http://localhost:' . PORT . '/callback';

    is $r->{headers}{'x-callback-url'}, $url, '$connect';
    is $r->{headers}{'x-own'}, 'a b c d', 'a header of the client';
    is $r->{headers}{'x-forwarded-for'}, '192.0.2.1 , 127.0.0.1', 'a list';
    is $r->{body}, '';

    ok !exists $r->{headers}{$_}, "no $_" for qw( x-forwarded-host forwarded );

    $c->send('x');
    is next_request('default')->{headers}{'x-callback-url'}, $url, 'a message';

    $c->close(1000);
    is next_request('disconnect')->{headers}{'x-callback-url'}, $url,
       '$disconnect';

    # what is no request line is refused by the backend, and is no two

    ws_connect("/args/a$evil");
    ws_connect('/args/b');

    like next_request('connect')->{uri}, qr/a=[ab]/, 'args';

    ok !(grep { exists $_->{headers}{'x-evil'} || $_->{method} ne 'POST' }
         ledger_events(4)), 'nothing is forged';
    unlike error_log(), qr/^X-Evil/m, 'no line of the log';
}



=== TEST 22: a callback of variables is told if it is a URL
--- config
    location /callback {
        wsgw_api z callback=http://$http_x;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /lambda/connect;
    }
--- ws eval
sub {
    for ([ 'a/b%20c' => 1 ], [ 'a/b c' => 0 ], [ 'a/"b"' => 0 ],
         [ 'a/b?c' => 0 ], [ 'a/b#c' => 0 ], [ "a/\xe4" => 0 ],
         [ 'a/{b}' => 0 ], [ 'a/@connections' => 0 ], [ '' => 0 ])
    {
        my ($x, $taken) = @$_;

        is ws_connect('/callback', headers => [ X => $x ])->status, 101;
        is next_request('connect')->{headers}{'x-callback-url'},
           $taken ? "http://$x" : 'http://localhost:' . PORT . '/callback',
           "http://$x";
    }
}



=== TEST 23: what describes a body, or names another client, stays behind
--- ws eval
sub {
    my @names = qw( Content-MD5 Content-Digest Content-Language
                    Content-Location Content-Disposition Repr-Digest Digest
                    Cache-Control Pragma ETag Last-Modified
                    X-Real-IP True-Client-IP CF-Connecting-IP X-Client-IP
                    X-Cluster-Client-IP Fastly-Client-IP X_Real_IP );

    ws_connect('/http', headers => [ (map { $_ => 'x' } @names), Own => 'y' ]);

    my $headers = next_request('connect')->{headers};

    ok !exists $headers->{lc $_}, "no $_" for @names;
    is $headers->{own}, 'y', 'others pass';
}



=== TEST 24: each name that means something stays behind, others pass
--- ws eval
sub {
    my @names = qw( TE ETag Range Digest Expect Pragma Trailer If-Match If-Range
                    Forwarded X-Attempt X-Real-IP Keep-Alive Content-MD5
                    Repr-Digest X-Client-IP X-Route-Key Content-Type
                    X-Event-Type X-Request-Id Cache-Control Content-Range
                    If-None-Match Last-Modified Content-Digest True-Client-IP
                    X-Callback-Url Accept-Encoding X-Connection-Id
                    CF-Connecting-IP Content-Encoding Content-Language
                    Content-Location Fastly-Client-IP Proxy-Connection
                    X-Forwarded-Host X-Forwarded-Port If-Modified-Since
                    X-Disconnect-Code X-Forwarded-Proto Content-Disposition
                    If-Unmodified-Since X-Cluster-Client-IP X-Disconnect-Reason
                    X-Amzn-Apigateway-Api-Id );
    my @others = qw( T Hosts Rang X-Real-IQ X-Attempts If-Matchx Content-Typo
                     X-Amzn-Apigateway-Api-Ids X-Forwarded-Forx );

    for my $case (sub { $_[0] }, sub { lc $_[0] }, sub { uc $_[0] }) {
        ws_connect('/http', headers => [
            (map { $case->($_) => 'forged' } @names),
            (map { $case->($_) => 'own' } @others),
        ]);

        my $headers = next_request('connect')->{headers};

        is_deeply [ grep { $headers->{$_} =~ /forged/ } sort keys %$headers ],
                  [], 'none of them';
        is_deeply [ grep { ($headers->{lc $_} // '') ne 'own' } @others ], [],
                  'all others';
    }
}


=== TEST 25: an empty X-Forwarded-For is no hop
--- ws eval
sub {
    my $name = 'X-Forwarded-For';
    my $one = '192.0.2.1';

    my @case = (
        [ [ '' ], '' ],
        [ [ "\t" ], '' ],
        [ [ '', '' ], '' ],
        [ [ '', $one ], "$one, " ],
        [ [ $one, " \t " ], "$one, " ],
        [ [ "\t$one\t", '', '2001:db8::1' ], "$one, 2001:db8::1, " ],
    );

    for (@case) {
        my ($values, $before) = @$_;
        my $said = json($values);

        for my $path ('/dev', '/http') {
            ws_connect($path, headers => [ map { $name => $_ } @$values ]);
        }

        is next_event('connect')->{headers}{$name}, "${before}127.0.0.1",
           "a function: $said";
        is next_request('connect')->{headers}{lc $name}, "${before}127.0.0.1",
           "a backend: $said";
    }
}
