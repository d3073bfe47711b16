# Access logs: a line of an event says how it went although nginx writes it
# before the answer is judged, one of a handshake why it was refused; and the
# formats of conf/logs, with a line per event under AWS's names.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Cwd qw( getcwd );

use Wsgw::Play;

our $Top = getcwd();

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
    log_format event escape=json
        '{"type":"$wsgw_event_type","route":"$wsgw_route_key",'
        '"nginx":"$status","status":"$wsgw_integration_status",'
        '"error":"$wsgw_error","uri":"$uri"}';
_EOC_

# a route for each path of the ledger

sub stage {
    my ($name, $type, $more, @route) = @_;

    return "location /$name { wsgw_api z; wsgw_integration_type $type; $more "
           . join(' ', map { "wsgw_route $_;" } @route) . ' }';
}

our $Log = "$ENV{TEST_NGINX_SERVROOT}/logs/event.log";

our $Int = <<"_EOC_";
    location /int/ {
        internal;
        access_log $Log event;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/;
    }
_EOC_

# the lines of events so far; the last one is asked for most

sub events { return map { json($_) } log_lines('event.log', @_) }

sub how {
    my ($count) = @_;
    my $line = (events($count))[-1];
    return join ' ', map { $_ eq '' ? '-' : $_ } @$line{qw( status error )};
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value(http_config => $Http . ($block->http_config // ''));
});

run_tests();

__DATA__

=== TEST 1: what went well has a status and no error
--- config eval
::stage('ws', 'aws_proxy', '', '$connect /int/connect',
        '$disconnect /int/disconnect', '$default /int/message response')
. $::Int
--- backend eval
sub { return $_[0]{uri} =~ /message/ ? '{"statusCode":500,"body":"x"}'
                                     : '{"statusCode":201}' }
--- ws eval
sub {
    my $c = ws_connect('/ws');
    is $c->status, 101;
    $c->send('x');
    is $c->recv, 'x';
    $c->close(1000);
    $c->drop;

    my @line = events(3);

    is_deeply [ map { "$_->{type} $_->{route} $_->{status} $_->{error}" }
                    @line ],
              [ 'CONNECT $connect 200 ', 'MESSAGE $default 200 ',
                'DISCONNECT $disconnect 200 ' ];
}


=== TEST 2: what a Lambda's answer is, if it is none
--- config eval
::stage('ws', 'aws_proxy', '', '$default /int/message response',
        'oneway /int/oneway') . $::Int
--- backend eval
sub {
    my ($r) = @_;
    my $answer = json(json($r->{body})->{body})->{answer};
    return $answer;
}
--- ws eval
sub {
    my @case = (
        [ '{"body":"x"}',                     '200 -' ],
        [ 'null',                             '200 -' ],
        [ 'no JSON',                          '200 result is not JSON' ],
        [ '{"body":"x"',                      '200 result is not JSON' ],
        [ '[]',                      '200 result is not an object' ],
        [ '{"body":7}',              "200 result's body is not a string" ],
        [ '{"other":7}',             '200 result has an unknown key' ],
        [ '{"body":"?","isBase64Encoded":true}',
          "200 result's body is not base64" ],
        [ '{"errorMessage":"e","errorType":"t"}', '200 function error' ],
        [ { body => '{}', headers => [ 'X-Amz-Function-Error' => 'x' ] },
          '200 function error' ],
        [ { body => '{}', status => 404 }, '404 function was not invoked' ],
        [ { body => '{}', status => 500 }, '500 function was not invoked' ],
        [ { body => '{}', headers => [ 'Content-Encoding' => 'br' ] },
          "200 integration's answer is encoded" ],
    );

    my $c = ws_connect('/ws');
    my $n = 0;

    for my $case (@case) {
        my ($answer, $line) = @$case;

        $c->send(json({ answer => $answer }));
        is how(++$n), $line, ref $answer ? $line : $answer;
    }

    $c->send(json({ action => 'oneway', answer => 'no JSON' }));
    is how(++$n), '200 result is not JSON', 'on a one-way route, too';

    my $told = () = error_log() =~ /\] .*result is not JSON[,;].* route/g;
    is $told, 3, 'each was judged once, and told once';
}


=== TEST 3: no answer in time is 504, whatever nginx calls it
--- config eval
::stage('ws', 'http_proxy', 'wsgw_integration_timeout 100ms;',
        '$default /int/hang', 'delay /int/delay=1/x')
. ::stage('refused', 'http_proxy', 'wsgw_integration_timeout 100ms;',
          '$connect /int/hang')
. ::stage('nginx', 'http_proxy', '', '$default /slow') . $::Int . <<"END"
    location = /slow {
        internal;
        access_log $::Log event;
        proxy_read_timeout 100ms;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/hang;
    }
    access_log $ENV{TEST_NGINX_SERVROOT}/logs/handshake.log event;
END
--- ws eval
sub {
    my $c = ws_connect('/ws');

    $c->send($_) for '{}', '{"action":"delay"}';
    like $c->recv, qr/Endpoint request timed out/ for 1, 2;

    is ws_connect('/refused')->status, 504;

    my @line = events(3);

    for (@line) {
        is $_->{nginx}, 499, "$_->{uri}: nginx's own";
        is "$_->{status} $_->{error}", '504 integration timed out', $_->{uri};
    }

    $c = ws_connect('/nginx');
    $c->send('x');
    like $c->recv, qr/Endpoint request timed out/;
    is how(4), '504 integration gave no valid answer', 'proxy_read_timeout';

    my ($refused) = grep { $_->{uri} eq '/refused' }
                    map { json($_) } log_lines('handshake.log', 2);

    is "$refused->{status} $refused->{error}", '504 integration timed out',
       'of the handshake';
}


=== TEST 4: answers that nginx makes, or that are none
--- config eval
::stage('ws', 'http_proxy', 'wsgw_max_message_size 1k;
                             wsgw_max_queue_size 2k;',
        '$default /int/x', 'drop /int/drop', 'reset /int/reset',
        'garbage /int/garbage', 'cut /int/length=1000/body=x',
        'large /large', 'five /int/status=503/x', 'four /int/status=418/x',
        'away /away', 'deny /deny', 'ok /ok')
. $::Int . <<"END"
    access_log $::Log event;
    location = /large { internal; return 200 '@{[ 'x' x 1025 ]}'; }
    location = /away  { internal; proxy_pass http://127.0.0.1:1; }
    location = /deny  { internal; deny all; }
    location = /ok    { internal; return 200; }
END
--- ws eval
sub {
    my @case = (
        [ drop    => '502 integration gave no valid answer' ],
        [ reset   => '502 integration gave no valid answer' ],
        [ garbage => '502 integration gave no valid answer' ],
        [ cut     => '200 integration did not answer' ],
        [ large   => "200 integration's answer is larger than "
                     . 'wsgw_max_message_size' ],
        [ five    => '503 integration answered 5xx' ],
        [ four    => '418 -' ],
        [ away    => '502 integration could not be called' ],
        [ deny    => '403 integration could not be called' ],
        [ ok      => '200 -' ],
    );

    my $c = ws_connect('/ws');
    my $n = 1;                          # the handshake's

    for my $case (@case) {
        my ($action, $line) = @$case;

        $c->send(json({ action => $action }));
        is how(++$n), $line, $action;
    }
}


=== TEST 5: $connect: the event's line and the handshake's say the same
--- config eval
join('', map { ::stage($_->[0], $_->[1], '', "\$connect /int/$_->[2]") }
     [ 'lambda', 'aws_proxy', 'body=x/x' ], [ 'drop', 'http_proxy', 'drop' ],
     [ 'key', 'aws_proxy', 'body=null/x' ]) . $::Int . <<"END"
    access_log $ENV{TEST_NGINX_SERVROOT}/logs/handshake.log event;
END
--- ws eval
sub {
    my @case = ([ lambda => '200 result is not JSON' ],
                [ drop   => '502 integration gave no valid answer' ],
                [ key    => '200 result has no valid statusCode' ]);

    my $n = 0;

    for my $case (@case) {
        my ($path, $line) = @$case;

        is ws_connect("/$path")->status, 502, $path;
        is how(++$n), $line, 'the event';

        my $last = json((log_lines('handshake.log', $n))[-1]);
        is "$last->{status} $last->{error}", $line, 'the handshake';
    }
}


=== TEST 6: a refused handshake's line says why
--- http_config
    limit_req_zone $uri zone=req:1m rate=1r/m;
--- config eval
::stage('ws', 'http_proxy', 'wsgw_compression on;')
. ::stage('list', 'http_proxy', 'wsgw_origin http://a.example;')
. ::stage('aws', 'http_proxy', 'wsgw_profile aws;')
. ::stage('no', 'http_proxy', '', '$connect /int/status=401/x')
. ::stage('protocol', 'http_proxy', '',
          '$connect /int/header=Sec-WebSocket-Protocol:x/x')
. ::stage('deny', 'http_proxy', 'deny all;')
. ::stage('req', 'http_proxy', 'limit_req zone=req;')
. ::stage('context', 'http_proxy', 'wsgw_authorizer_context x $arg_x;
                                    wsgw_authorizer_context y $arg_x;')
. ::stage('fine', 'http_proxy', '', '$connect /int/ok') . $::Int . <<"END"
    access_log $ENV{TEST_NGINX_SERVROOT}/logs/handshake.log event;
END
--- ws eval
sub {
    ws_connect('/req')->drop;

    my @case = (
        [ '/wsx', [], "path is not the stage's" ],
        [ '/aws/x', [], "path is not the stage's" ],
        [ '/ws', [ method => 'POST' ], 'method is not GET' ],
        [ '/ws', [ http => '1.0' ], 'request is not HTTP/1.1' ],
        [ '/ws', [ version => 8 ], 'Sec-WebSocket-Version is not 13' ],
        [ '/ws', [ key => 'x' ], 'Sec-WebSocket-Key is wrong' ],
        [ '/ws', [ headers => [ 'Sec-WebSocket-Extensions' => 'a=;' ] ],
          'Sec-WebSocket-Extensions is malformed' ],
        [ '/ws', [ headers => [ 'Content-Length' => 1 ] ],
          'handshake has a body' ],
        [ '/ws', [ origin => 'http://b.example' ], 'origin is not allowed' ],
        [ '/list', [], 'origin is not allowed' ],
        [ '/context?x=' . 'x' x 5000, [],
          'authorizer context is too large' ],
        [ '/no', [], '$connect refused the handshake' ],
        [ '/protocol', [], 'subprotocol was not offered' ],
        [ '/deny', [], 'nginx or another module refused' ],
        [ '/req', [], 'nginx or another module refused' ],
        [ '/fine', [], '' ],
    );

    my $n = 1;

    for my $case (@case) {
        my ($path, $other, $error) = @$case;
        my $c = ws_connect($path, @$other);
        my $status = $c->status;
        $c->drop;

        my $line = json((log_lines('handshake.log', ++$n))[-1]);
        my $name = substr $path, 0, 30;

        is $line->{error}, $error, "$name: $error";
        is $line->{nginx}, $status, "$name: $status";
    }

    is http(GET => '/ws')->status, 426;
    is json((log_lines('handshake.log', ++$n))[-1])->{error},
       'no upgrade to websocket';
}


=== TEST 7: who leaves while $connect is pending, and what comes too late
--- config eval
::stage('ws', 'http_proxy', '', '$connect /int/delay=1/x') . $::Int . <<"END"
    access_log $ENV{TEST_NGINX_SERVROOT}/logs/handshake.log event;
END
--- ws eval
sub {
    my $c = ws_connect('/ws', defer => 1);
    ledger_events(1);
    $c->drop;

    my $line = json((log_lines('handshake.log', 1))[-1]);

    is $line->{nginx}, 499;
    is $line->{error},
       'client closed connection while $connect was pending';

    is how(1), '200 -', 'the event has been answered';
}


=== TEST 8: a line that a mirror holds back, and one of several subrequests
--- config eval
::stage('ws', 'http_proxy', '', '$default /mirrored response') . <<"END"
    location = /mirrored {
        internal;
        mirror /copy;
        access_log $::Log event;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/status=500/x;
    }
    location = /copy {
        internal;
        log_subrequest on;
        access_log $ENV{TEST_NGINX_SERVROOT}/logs/copy.log event;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/delay=0.3/x;
    }
END
--- ws eval
sub {
    my $c = ws_connect('/ws');
    $c->send('x');
    like $c->recv, qr/Internal server error/;

    is how(1), '500 integration answered 5xx', 'of the event';
    is json((log_lines('copy.log', 1))[0])->{error},
       'integration answered 5xx', 'of a part of it, when all was known';
}


=== TEST 9: in the integration itself nothing is known yet
--- config eval
::stage('ws', 'http_proxy', '', '$default /int response') . <<"END"
    location = /int {
        internal;
        access_log $::Log event;
        proxy_set_header X-Error "<\$wsgw_error>";
        proxy_set_header X-Status "<\$wsgw_integration_status>";
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/status=500/x;
    }
END
--- ws eval
sub {
    my $c = ws_connect('/ws');
    $c->send('x');
    like $c->recv, qr/Internal server error/;

    my ($e) = ledger_events(1);
    is $e->{headers}{'x-error'}, '<>';
    is $e->{headers}{'x-status'}, '<>';
    is how(1), '500 integration answered 5xx';
}


=== TEST 10: conf/logs: a line for each event, handshake and push
--- http_config eval
join '', map { "include $::Top/conf/logs/$_.conf;" } qw( text json aws )
--- config eval
join('', map { "access_log $ENV{TEST_NGINX_SERVROOT}/logs/$_.log $_;" }
         qw( wsgw wsgw_json wsgw_aws ))
. ::stage('dev', 'http_proxy', 'wsgw_authorizer_context principalId u1;',
          '$connect /int/connect', '$disconnect /int/disconnect',
          '$default /int/echo', 'fail /int/status=500/x') . <<'END'
    location ^~ /dev/@connections { wsgw_management z; }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
    }
END
--- ws eval
sub {
    my $agent = q(a"b\c' $d {"x":1} %0a);
    my $c = ws_connect('/dev', headers => [ 'User-Agent' => $agent ]);
    my ($connect) = ledger_events(1);
    my $id = $connect->{headers}{'x-connection-id'};

    $c->send('x');
    is $c->recv, 'x';
    $c->send('{"action":"fail"}');
    like $c->recv, qr/Internal/;
    is http(POST => "/dev/\@connections/$id", body => 'y')->status, 200;
    is $c->recv, 'y';
    $c->close(4001, 'quote " and \\');
    $c->drop;

    # the handshake, its CONNECT, two MESSAGEs, a push, and the DISCONNECT

    for my $name (qw( wsgw wsgw_json wsgw_aws )) {
        is scalar(log_lines("$name.log", 6)), 6, "$name: six lines";
    }

    my @text = grep { / (?:CONNECT|MESSAGE|DISCONNECT) / }
                    log_lines('wsgw.log', 6);

    is scalar @text, 4, 'events as text';
    like $text[2],
         qr/ \Q$id\E\ MESSAGE\ "fail"\ [\w-]{15}=\ 500\ [\d.]+\ 500\ 17\ -\ -
             \ [\d.]+\ -\ -\ "integration\ answered\ 5xx"\ "POST\ /x, 'a failure as text';

    my @json = map { json($_) } log_lines('wsgw_json.log', 6);
    my %event;

    push @{ $event{$_->{event}} }, $_ for @json;

    is join(' ', map { "$_:" . @{ $event{$_} } } sort keys %event),
       ':2 CONNECT:1 DISCONNECT:1 MESSAGE:2', 'events as JSON';
    is $event{DISCONNECT}[0]{disconnect_reason}, 'quote " and \\';
    is $event{DISCONNECT}[0]{disconnect_code}, 4001;
    is $event{DISCONNECT}[0]{close_reason}, 'client';
    like $event{DISCONNECT}[0]{connection_duration}, qr/^\d+\.\d{3}\z/;
    is join(' ', map { $_->{message_size} } @{ $event{MESSAGE} }), '1 17';
    is $event{CONNECT}[0]{user_agent}, $agent, 'a client stays in its string';
    is join(' ', map { "$_->{push} $_->{push_via} $_->{method}" }
                 grep { $_->{push} } @json), 'sent here POST', 'the push';

    my @aws = grep { $_->{eventType} =~ /\w/ }
              map { json($_) } log_lines('wsgw_aws.log', 6);

    is scalar @aws, 4, 'events under names of AWS';

    for (@aws) {
        like $_->{requestId}, qr/^[\w-]{15}=$/;
        is $_->{extendedRequestId}, $_->{requestId};
        is $_->{connectionId}, $id;
        is $_->{'authorizer.principalId'}, 'u1';
    }
}


=== TEST 11: conf/logs/aws.conf and its table have every variable of AWS
--- config
--- ws eval
sub {
    my $read = sub {
        open my $in, '<', "$::Top/conf/logs/$_[0]" or die "$_[0]: $!\n";
        local $/;
        return <$in>;
    };

    my @aws = split ' ', 'apiId authorize.error authorize.latency
        authorize.status authorizer.error authorizer.integrationLatency
        authorizer.integrationStatus authorizer.latency authorizer.requestId
        authorizer.status authorizer.principalId authorizer.<property>
        authenticate.error authenticate.latency authenticate.status
        connectedAt connectionId domainName error.message error.messageString
        error.responseType error.validationErrorString eventType
        extendedRequestId identity.accountId identity.apiKey identity.apiKeyId
        identity.caller identity.cognitoAuthenticationProvider
        identity.cognitoAuthenticationType identity.cognitoIdentityId
        identity.cognitoIdentityPoolId identity.principalOrgId
        identity.sourceIp identity.user identity.userAgent identity.userArn
        integration.error integrationErrorMessage integration.integrationStatus
        integration.latency integrationLatency integration.requestId
        awsEndpointRequestId integration.status integrationStatus messageId
        requestId requestTime requestTimeEpoch routeKey stage status waf.error
        waf.latency waf.status';

    my %row = $read->('README.md')
              =~ /^\| `\$context\.(.+?)` \| (?:`(\$\w+)`|—.*) \|$/mg;
    my %member = $read->('aws.conf') =~ /"([\w.]+)":"([^"]*)"/g;

    is_deeply [ sort keys %row ], [ sort @aws ], 'the table has them all';

    for (grep { !/</ } @aws) {
        is $member{$_}, $row{$_} // '-', $_;
    }
}


=== TEST 12: conf/logs/json.conf: a line is JSON whatever a client asks for
--- http_config eval: "include $::Top/conf/logs/json.conf;"
--- config eval
"access_log $ENV{TEST_NGINX_SERVROOT}/logs/wsgw_json.log wsgw_json;"
. ::stage('dev', 'http_proxy', '', '$default /ok') . <<'END'
    location ^~ /dev/@connections { wsgw_management z; }
    location = /ok { internal; return 200; }
END
--- ws eval
sub {
    my %uri = (
        '/dev/caf%C3%A9%E2%82%AC%F0%9F%98%80' => "/dev/caf\x{e9}\x{20ac}\x{1f600}",
        '/dev/%22%5C%0A%7F' => qq(/dev/"\\\n\x7f),
        map { ("/dev/a$_" => '?') }
            qw( %FF %C3 %C0%80 %E0%80%80 %ED%A0%80 %F4%90%80%80 %F5%80%80%80 ),
    );
    my $n = 0;

    for my $path (sort keys %uri) {
        ws_connect($path)->drop;
        is json((log_lines('wsgw_json.log', ++$n))[-1])->{uri}, $uri{$path}, $path;
    }

    http(GET => '/dev/@connections/%FF%0A"');
    is json((log_lines('wsgw_json.log', ++$n))[-1])->{connection}, '? "', 'a push';
}
