# wsgw_authorizer: who is let in, what the function is told, what later events
# know of its answer, and what happens when it fails, when a client does not
# wait for it or a worker dies meanwhile.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use IO::Socket::INET ();
use Time::HiRes qw( time );

$ENV{TEST_NGINX_LAMBDA_PORT} = free_port();

master_on();
workers(2);

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
    log_format told '$uri $status $wsgw_event_type $wsgw_route_key '
                    '$wsgw_connection_id';
    log_format door '$status $wsgw_integration_status "$wsgw_error"';
_EOC_

# What the query's "answer" says is the authorizer's, as Wsgw::Ledger has it;
# "policy" is a policy document alone.

our $Config = <<'_EOC_';
    location /ws {
        wsgw_api z id=abcdef1234;
        wsgw_authorizer /int/auth;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route $default /int/default;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

our $Arn = 'arn:aws:execute-api:us-east-1:000000000000:abcdef1234/ws/$connect';

sub POLICY {
    my ($effect, $resource, $action) = @_;

    return { Version => '2012-10-17',
             Statement => [ { Effect => $effect // 'Allow',
                              Action => $action // 'execute-api:Invoke',
                              Resource => $resource // $Arn } ] };
}

sub ALLOW { return { policyDocument => POLICY(), @_ } }

# a backend whose authorizer lets in everywhere, with these options of its
# answer; its other functions say hi

sub LETS_IN {
    my (%answer) = @_;

    return sub {
        my ($r) = @_;

        return { body => '{"statusCode":200,"body":"hi"}' }
            if $r->{uri} !~ /auth/;
        return { body => json(ALLOW(policyDocument => POLICY('Allow', '*'))),
                 %answer };
    };
}

sub unescape { return $_[0] =~ s/%([0-9A-F]{2})/chr hex $1/ger }
sub escape { return $_[0] =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ger }

sub BACKEND {
    my ($r) = @_;

    return { body => '{"statusCode":200}' } if $r->{uri} !~ /auth/;

    my $query = json($r->{body})->{queryStringParameters};
    my $answer = $query->{answer};

    return { body => json(ALLOW()) } unless defined $answer;

    utf8::encode($answer);
    $answer = json($answer);

    # what a request line has no room for

    my $context = ref $answer->{body} ? $answer->{body}{context} : undef;

    for (ref $context eq 'HASH' ? values %$context : ()) {
        s/^long:(\d+)$/'y' x $1/e if defined && !ref;
    }

    return ref $answer->{body}
           ? { %$answer, body => json($answer->{body}) } : $answer;
}

every_block(http_config => $Http, config => $Config, backend => \&BACKEND);

# a handshake whose authorizer answers so

sub ask {
    my ($body, %opt) = @_;

    my $path = delete $opt{path} // '/ws';
    my $answer = delete $opt{answer} // {};

    return ws_connect("$path?answer=" . escape(json({ body => $body,
                                                      %$answer })), %opt);
}

sub events { my ($n, $path) = @_; return ledger_events($n, qr{^/int/$path\b}) }

# what the context of a handshake's $connect says

sub context {
    my ($body, %opt) = @_;

    my $n = @{[ events(0, 'connect') ]};
    my $c = ask($body, %opt);
    is $c->status, 101, 'let in' or return {};

    my $e = (events($n + 1, 'connect'))[-1];
    return json($e->{body})->{requestContext}{authorizer};
}

# conf/chat's Lambda runtime with the functions of t/compat/authorizers

sub runtime {
    my $port = $ENV{TEST_NGINX_LAMBDA_PORT};

    defined(my $pid = fork) or die "fork: $!\n";

    if ($pid == 0) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', '/dev/null';
        exec 'node', 'conf/chat/runtime.js', $port, 't/compat/authorizers';
    }

    wait_until(sub { IO::Socket::INET->new("127.0.0.1:$port") }, 20,
               'the runtime listens');

    return bless \$pid, 'Runtime';
}

sub Runtime::DESTROY {
    my ($self) = @_;
    local $?;
    kill TERM => $$self;
    waitpid $$self, 0;
}

run_tests();

__DATA__

=== TEST 1: the authorizer is told all of the handshake
--- ws eval
sub {
    my $c = ws_connect('/ws?token=a%20b&token=c&empty',
                       headers => [ 'X-One' => 1, 'X-One' => 2,
                                    'User-Agent' => 'agent/1' ]);
    is $c->status, 101;

    my ($e) = events(1, 'auth');
    is $e->{method}, 'POST';
    is $e->{headers}{'content-type'}, 'application/json';

    my $event = json($e->{body});

    is_deeply [ sort keys %$event ],
              [ sort qw( type methodArn headers multiValueHeaders
                         queryStringParameters stageVariables requestContext
                         multiValueQueryStringParameters ) ];
    is $event->{type}, 'REQUEST';
    is $event->{methodArn}, $::Arn;

    my $h = $event->{headers};
    is $h->{Connection}, 'upgrade';
    is $h->{Upgrade}, 'websocket';
    is $h->{'content-length'}, '0';
    is $h->{'X-One'}, '2';
    is $h->{'Sec-WebSocket-Version'}, '13';
    is $h->{'X-Forwarded-For'}, '127.0.0.1';

    is_deeply $event->{multiValueHeaders}{'X-One'}, [ '1', '2' ];
    is_deeply $event->{multiValueHeaders}{Upgrade}, [ 'websocket' ];
    is_deeply $event->{queryStringParameters}, { token => 'c', empty => '' };
    is_deeply $event->{multiValueQueryStringParameters},
              { token => [ 'a b', 'c' ], empty => [ '' ] };
    is_deeply $event->{stageVariables}, {};

    my $x = $event->{requestContext};
    is $x->{routeKey}, '$connect';
    is $x->{eventType}, 'CONNECT';
    is $x->{apiId}, 'abcdef1234';
    is $x->{stage}, 'ws';
    is $x->{identity}{userAgent}, 'agent/1';
    is $x->{identity}{sourceIp}, '127.0.0.1';
    ok !exists $x->{authorizer}, 'no context yet';

    # it is the same request that $connect is told of

    my $y = json((events(1, 'connect'))[0]{body})->{requestContext};

    is $x->{$_}, $y->{$_}, $_
        for qw( connectionId requestId extendedRequestId connectedAt );
}



=== TEST 2: maps are there without a query, variables where the stage has some
--- config eval
$::Config . q{
    location /vars {
        wsgw_api z id=default;
        wsgw_authorizer /int/auth arn=eu-west-3:123456789012;
        wsgw_stage_variable table users;
    }}
--- ws eval
sub {
    is ask({ policyDocument => POLICY('Allow', 'arn:aws:execute-api:'
             . 'eu-west-3:123456789012:default/vars/$connect') },
           path => '/vars')->status, 101;
    is ws_connect('/vars', headers => [ 'Content-Length' => 0 ])->status, 403,
       'another arn';

    my $event = json((events(2, 'auth'))[1]{body});

    is_deeply $event->{queryStringParameters}, {};
    is_deeply $event->{multiValueQueryStringParameters}, {};
    is_deeply $event->{stageVariables}, { table => 'users' };
    is_deeply [ map { @{ $event->{multiValueHeaders}{$_} } }
                grep { lc eq 'content-length' }
                keys %{ $event->{multiValueHeaders} } ], [ '0' ],
              'a length of the client is not told twice';
    is $event->{methodArn}, 'arn:aws:execute-api:eu-west-3:123456789012:'
                            . 'default/vars/$connect';
}



=== TEST 3: later events know what it said
--- ws eval
sub {
    my $c = ask(ALLOW(principalId => "J\x{fc}rgen \"1\"",
                      context => { text => "a\\\n\x{20ac}", yes => \1,
                                   no => \0, n => 1.5e3, empty => '' },
                      more => [ 1 ]));
    is $c->status, 101;

    $c->send('x');
    $c->close(1000);

    for my $path (qw( connect default disconnect )) {
        my $x = json((events(1, $path))[0]{body})->{requestContext}{authorizer};

        like delete $x->{integrationLatency}, qr/^\d+$/, "$path: a number";
        is_deeply $x, { principalId => "J\x{fc}rgen \"1\"", yes => 'true',
                        text => "a\\\n\x{20ac}", no => 'false', n => '1500',
                        empty => '' }, $path;
    }
}



=== TEST 4: numbers are as they were written
--- ws eval
sub {
    my $x = context('{"policyDocument":' . json(POLICY()) . ',"principalId":7,'
                    . '"context":{"a":7.0,"b":-1E+2,"c":12345678901234567890,'
                    . '"principalId":"no","integrationLatency":"no"}}');

    is_deeply [ @$x{qw( a b c principalId )} ],
              [ '7.0', '-1E+2', '12345678901234567890', '7' ];
    like $x->{integrationLatency}, qr/^\d+$/;

    for my $none ('', ',"principalId":null,"context":null', ',"context":{}') {
        $x = context('{"policyDocument":' . json(POLICY()) . "$none}");
        is_deeply [ keys %$x ], [ 'integrationLatency' ], "none: $none";
    }
}



=== TEST 5: wsgw_authorizer_context stands on top, and knows the answer
--- config eval
$::Config . q{
    location /top {
        set $early "$wsgw_authorizer_user $wsgw_authorizer_usageIdentifierKey";
        wsgw_api z;
        wsgw_authorizer /int/auth;
        wsgw_authorizer_context user "<$wsgw_authorizer_user>";
        wsgw_authorizer_context plan $wsgw_authorizer_usageIdentifierKey;
        wsgw_authorizer_context none $wsgw_authorizer_none;
        wsgw_authorizer_context kept $arg_kept;
        wsgw_route $connect /int/connect;
        wsgw_route $default /value response;
    }

    location /value {
        internal;
        return 200 '{"body":"$wsgw_authorizer_USER|$wsgw_authorizer_kept|$wsgw_authorizer_usageidentifierkey|$wsgw_authorizer_principalid","statusCode":200}';
    }}
--- ws eval
sub {
    my $c = ask({ policyDocument => POLICY('Allow', '*'), principalId => 'p',
                  usageIdentifierKey => 'secret"1',
                  context => { user => 'u', kept => 'k', x => 'y' } },
                path => '/top');
    is $c->status, 101;

    my $x = json((events(1, 'connect'))[0]{body})->{requestContext}{authorizer};
    delete $x->{integrationLatency};
    is_deeply $x, { user => '<u>', plan => 'secret"1', kept => 'k', x => 'y',
                    principalId => 'p' }, 'empty ones take nothing away';

    $c->send('x');
    is $c->recv, '<u>|k||p', 'the key is the handshake\'s alone';
}



=== TEST 6: without an authorizer empty values are left out as well
--- config
    location /ws {
        wsgw_api z;
        wsgw_authorizer_context a $arg_a;
        wsgw_authorizer_context b $arg_b;
        wsgw_route $connect /int/connect;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    is ws_connect($_)->status, 101 for qw( /ws /ws?b=1 /ws?a=2&b= );

    is_deeply [ map { json($_->{body})->{requestContext}{authorizer} }
                events(3, 'connect') ], [ undef, { b => 1 }, { a => 2 } ];
}



=== TEST 7: who is not allowed in
--- ws eval
sub {
    for my $case (
        [ 'no policy for it', POLICY('Allow', '*/prod/*') ],
        [ 'another action', POLICY('Allow', '*', 's3:GetObject') ],
        [ 'an explicit Deny', POLICY('Deny', '*') ],
        [ 'a Deny behind an Allow',
          { Statement => [ POLICY()->{Statement}[0],
                           POLICY('Deny', '*/$connect')->{Statement}[0] ] } ])
    {
        my ($what, $policy) = @$case;

        my $c = ask({ policyDocument => $policy,
                      context => { bad => [ 1 ] } });
        is $c->status, 403, $what;
        is $c->body, '{"message":"User is not authorized to access this '
                     . 'resource"}';
        is $c->header('Content-Type'), 'application/json';
    }

    is events(0, 'connect'), 0, 'nobody else was told';
    wait_log(qr/\[info\] .*the authorizer refused the handshake, status 403/);
}



=== TEST 8: the error Unauthorized is a no, in each of its forms
--- ws eval
sub {
    for my $case (
        [ 'a header', { headers => [ 'X-Amz-Function-Error' => 'Unhandled' ] },
          { errorMessage => 'Unauthorized', errorType => 'Error' } ],
        [ 'a body', {}, { errorMessage => 'Unauthorized',
                          errorType => 'Error', trace => [] } ],
        [ 'a body with the message alone', {},
          { errorMessage => 'Unauthorized' } ],
        [ 'escaped', {}, '{"errorMessage":"Un\u0061uthorized"}' ])
    {
        my ($what, $answer, $body) = @$case;

        my $c = ask($body, answer => $answer);
        is $c->status, 401, $what;
        is $c->body, '{"message": "Unauthorized"}';
    }

    is events(0, 'connect'), 0;
    ok error_log() !~ /\[error\]/, 'which is no error';
}



=== TEST 9: what is wrong with an authorizer's answer is 500, and told
--- config eval
$::Config =~ s/wsgw_authorizer_context.*//r . q{
    location /gone {
        wsgw_api z; wsgw_authorizer /int/none; wsgw_route $connect /int/connect;
    }
    location = /int/none { internal; proxy_pass http://127.0.0.1:1; }
    location /page {
        wsgw_api z; wsgw_authorizer /int/page; wsgw_route $connect /int/connect;
    }
    location = /int/page {
        internal;
        proxy_pass http://127.0.0.1:1;
        error_page 502 =200 /yes;
    }
    location = /yes { return 200 '{"policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}'; }
    location /missing {
        wsgw_api z; wsgw_authorizer /nowhere; wsgw_route $connect /int/connect;
    }
    location /forbidden {
        wsgw_api z; wsgw_authorizer /denied; wsgw_route $connect /int/connect;
    }
    location = /denied { internal; deny all; }}
--- ws eval
sub {
    my @error = ( headers => [ 'X-Amz-Function-Error' => 'Unhandled' ] );

    my @cases = (
        [ { errorMessage => 'unauthorized' }, 'function error' ],
        [ { errorMessage => 'Unauthorized: no' }, 'function error' ],
        [ { errorMessage => [ 'Unauthorized' ] }, 'function error' ],
        [ 'what?', 'function error', @error ],
        [ ALLOW(), 'function error', @error ],
        [ ALLOW(), 'function was not invoked', status => 429 ],
        [ ALLOW(), 'function was not invoked', status => 302 ],
        [ '', 'result is not JSON' ],
        [ 'yes', 'result is not JSON' ],
        [ 'null', 'result has no policyDocument; what lets a client in is a '
                  . 'policy that allows execute-api:Invoke' ],
        [ '[]', 'result has no policyDocument' ],
        [ { statusCode => 401 }, 'result has no policyDocument' ],
        [ { isAuthorized => \1 }, 'result has no policyDocument' ],
        [ { policyDocument => json(POLICY()) },
          'result has no policyDocument' ],
        [ { policyDocument => {} },
          'policyDocument cannot be judged: it has no Statement' ],
        [ { policyDocument => POLICY('allow') },
          'policyDocument cannot be judged: it has a Statement whose Effect' ],
        [ { policyDocument => { Statement => {
              %{ POLICY()->{Statement}[0] }, Condition => { x => {} } } } },
          'it has a Condition, which is not supported' ],
        [ { policyDocument => { Statement => {
              Effect => 'Allow', NotAction => 's3:*', Resource => '*' } } },
          'it has NotAction or NotResource' ],
        [ { policyDocument => { Statement => {
              Effect => 'Allow', Action => '*', NotResource => 'x' } } },
          'it has NotAction or NotResource' ],
        [ ALLOW(context => 'x'), 'context is not an object' ],
        [ ALLOW(context => { ok => 1, list => [] }),
          'context has a value that is no string, number or boolean: list' ],
        [ ALLOW(context => { "a\n\x{1}b" => {} }),
          'no string, number or boolean: a  b' ],
        [ ALLOW(context => { gone => undef }),
          'no string, number or boolean: gone' ],
        [ ALLOW(principalId => {}), 'principalId is no string' ],
    );

    for (@cases) {
        my ($body, $why, %answer) = @$_;

        my $c = ask($body, answer => \%answer);
        is $c->status, 500, $why;
        is $c->body, '{"message": "Internal server error"}';
        like error_log(), qr/\[error\] .*authorizer: .*\Q$why\E/;
    }

    for my $case ([ gone => 'integration could not be called' ],
                  [ page => 'integration did not answer, an error_page' ],
                  [ missing => 'integration could not be called' ],
                  [ forbidden => 'integration could not be called' ])
    {
        is ws_connect("/$case->[0]")->status, 500, $case->[0];
        like error_log(), qr/authorizer: \Q$case->[1]\E/;
    }

    is events(0, 'connect'), 0, 'nobody else was told';
}



=== TEST 10: a result has 8 KB
--- ws eval
sub {
    my $empty = length json(ALLOW(context => { x => '' }));

    is ask(ALLOW(context => { x => 'long:' . (8192 - $empty) }))->status, 101,
       '8192 bytes';
    is ask(ALLOW(context => { x => 'long:' . (8193 - $empty) }))->status, 500,
       'one more';
    like error_log(), qr/authorizer: result is larger than 8 KB/;
}



=== TEST 11: which the stage's texts share
--- config eval
$::Config . qq{
    location /full {
        wsgw_api z;
        wsgw_authorizer /int/auth;
        wsgw_authorizer_context mine "${\('m' x 2000)}";
        wsgw_authorizer_context more "${\('m' x 2000)}";
        wsgw_stage_variable v "${\('v' x 3000)}";
    }}
--- ws eval
sub {
    my @ok = (policyDocument => POLICY('Allow', '*'));

    is ask({ @ok, context => { x => 'long:1000' } }, path => '/full')->status,
       101;
    is ask({ @ok, context => { x => 'long:1200' } }, path => '/full')->status,
       500;
    like error_log(), qr/authorizer context, stage variables and callback /;
    is ask({ @ok, context => { x => 'long:1200', more => 'long:2000' } },
           path => '/full')->status, 500;
}



=== TEST 12: without an identity nobody is asked
--- config eval
$::Config . q{
    location /id {
        wsgw_api z;
        wsgw_authorizer /int/auth identity=$arg_token identity=$http_x_key;
    }}
--- ws eval
sub {
    for my $case ([ '/id' ], [ '/id?token=', 'X-Key' => 1 ],
                  [ '/id?token=1' ], [ '/id?token=1', 'X-Key' => '' ],
                  [ '/id?Token2=1', 'X-Key' => 1 ])
    {
        my ($path, @headers) = @$case;

        my $c = ws_connect($path, headers => \@headers);
        is $c->status, 401, "@$case";
        is $c->body, '{"message": "Unauthorized"}';
    }

    is events(0, 'auth'), 0;
    wait_log(qr/\[info\] .*identity "\$arg_token" of wsgw_authorizer is empty/);

    is ws_connect('/id?token=1', headers => [ 'X-Key' => 1 ])->status, 403,
       'else it is, and knows another stage alone';
    is events(1, 'auth'), 1;
}



=== TEST 13: a location of any kind answers
--- http_config eval
$::Http
--- user_files
>>> yes.json
{"policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}
--- config
    location /return {
        wsgw_api z;
        wsgw_authorizer /no;
    }
    location /file {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_authorizer /yes.json;
        wsgw_route $connect /yes;
    }
    location /named {
        wsgw_api z;
        wsgw_authorizer @named;
    }
    location /args {
        wsgw_api z;
        wsgw_authorizer /args?a=1;
    }
    location = /no {
        internal;
        return 200 '{"errorMessage":"Unauthorized"}';
    }
    location = /yes { internal; return 200; }
    location = /yes.json {
        internal;
        error_page 405 =200 $uri;
        root $TEST_NGINX_SERVER_ROOT/html;
    }
    location @named {
        return 200 '{"policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*/named/?connect"}}}';
    }
    location = /args {
        internal;
        return 200 '{"policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}},"principalId":"$args"}';
    }
--- ws eval
sub {
    is ws_connect('/return')->status, 401, 'a return';
    is ws_connect('/named')->status, 101, 'a named location';
    is ws_connect('/file')->status, 101, 'a file';
}



=== TEST 14: off, and what a level inherits
--- config
    wsgw_authorizer /int/no;
    wsgw_route $connect /int/connect;

    location /a { wsgw_api z; }
    location /b { wsgw_api z; wsgw_authorizer off; }
    location /c { wsgw_api z; wsgw_authorizer /int/auth; }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location = /int/no {
        internal;
        return 200 '{"errorMessage":"Unauthorized"}';
    }
--- ws eval
sub {
    is ws_connect('/a')->status, 401, 'inherited';
    is ws_connect('/b')->status, 101, 'off';
    is ws_connect('/c')->status, 403, 'its own';

    is_deeply [ map { json($_->{body})->{requestContext}{authorizer} }
                events(1, 'connect') ], [ undef ];
}



=== TEST 15: an http_proxy stage asks as AWS does, and has variables of it
--- config
    location /http {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_authorizer /int/auth;
        wsgw_route $connect /int/connect;
        wsgw_route $default /int/default;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
        proxy_set_header X-User $wsgw_authorizer_user;
    }
--- ws eval
sub {
    my $c = ask({ policyDocument => POLICY('Allow', '*'),
                  context => { user => "u\r\nX: 1" } }, path => '/http');
    is $c->status, 101;
    $c->send('hello');

    my ($auth) = events(1, 'auth');
    is json($auth->{body})->{type}, 'REQUEST';
    unlike $auth->{uri}, qr/answer/, 'the query is in the event';

    for my $e ((events(1, 'connect'))[0], (events(1, 'default'))[0]) {
        is $e->{headers}{'x-user'}, 'u  X: 1', $e->{uri};
    }
}



=== TEST 16: both access logs tell of it
--- config
    location /ws {
        access_log $TEST_NGINX_SERVER_ROOT/logs/told.log door;
        wsgw_api z;
        wsgw_authorizer /int/auth;
        wsgw_route $connect /int/connect;
    }

    location /int/ {
        internal;
        access_log $TEST_NGINX_SERVER_ROOT/logs/told.log told;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    is ask({ policyDocument => POLICY('Allow', '*') })->status, 101;
    my @lines = log_lines('told.log', 3);
    my ($id) = $lines[0] =~ /(\S+)$/;

    like $lines[0], qr{^/int/auth 200 REQUEST \$connect [\w-]{15}=$};
    is $lines[1], "/int/connect 200 CONNECT \$connect $id";
    is $lines[2], '101 200 "-"';

    is ask('yes')->status, 500;
    @lines = log_lines('told.log', 5);
    like $lines[3], qr{^/int/auth 200 REQUEST};
    is $lines[4], '500 200 "result is not JSON"';

    is ask('{"errorMessage":"Unauthorized"}')->status, 401;
    is((log_lines('told.log', 7))[6], '401 200 "authorizer refused the handshake"');
}



=== TEST 17: one that takes too long is 500, and its answer counts no more
--- config
    location /own {
        wsgw_api z;
        wsgw_authorizer /int/auth?hang timeout=300ms;
        wsgw_route $connect /int/connect;
    }
    location /theirs {
        wsgw_api z;
        wsgw_integration_timeout 200ms;
        wsgw_authorizer /int/auth?hang;
        wsgw_route $connect /int/connect;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub { return { hang => 1 } }
--- ws eval
sub {
    for my $case ([ own => 0.3 ], [ theirs => 0.2 ]) {
        my $start = time;
        my $c = ws_connect("/$case->[0]");

        is $c->status, 500, $case->[0];
        is $c->body, '{"message": "Internal server error"}';
        took($start, $case->[1]);
    }

    like error_log(), qr/authorizer: integration timed out/;
    is events(0, 'connect'), 0;
}



=== TEST 18: a client that leaves meanwhile is nobody's any more
--- config
    location /ws {
        wsgw_api z;
        wsgw_authorizer /int/auth;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
    }
    location ^~ /ws/@connections { wsgw_management z; }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
::LETS_IN(delay => 1.5)
--- ws eval
sub {
    my $n = 0;

    for my $how (qw( drop reset shutdown )) {
        my $c = ws_connect('/ws', defer => 1);
        my $e = (events(++$n, 'auth'))[-1];
        my $id = json($e->{body})->{requestContext}{connectionId};

        is http('GET', "/ws/\@connections/$id")->status, 200,
           "$how: it is there";
        $c->$how;

        wait_until(sub { http('GET', "/ws/\@connections/$id")->status == 410 },
                   undef, 'it is gone before the authorizer has answered');
    }

    my $c = ws_connect('/ws');
    is $c->status, 101, 'the next one';
    is events(1, 'connect'), 1, 'nobody else was told';
    is events(0, 'disconnect'), 0, 'and nothing is owed';
    like error_log(), qr/client closed connection while its authorizer was/;
}



=== TEST 19: a push to one that is being judged waits for it
--- config
    location /ws {
        wsgw_api z;
        wsgw_authorizer /int/auth;
        wsgw_authorizer_context a b;
        wsgw_route $disconnect /int/disconnect;
    }
    location ^~ /ws/@connections { wsgw_management z; }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
::LETS_IN(delay => 0.5)
--- ws eval
sub {
    my $c = ws_connect('/ws', defer => 1);
    my $id = json((events(1, 'auth'))[0]{body})->{requestContext}{connectionId};

    for my $text (qw( one two )) {
        is http('POST', "/ws/\@connections/$id", body => $text)->status, 200,
           $text;
    }

    is $c->status, 101;
    is $c->recv, 'one', 'behind the 101';
    is $c->recv, 'two';

    is http('POST', "/ws/\@connections/$id", body => 'three')->status, 200;
    is $c->recv, 'three';
    is $c->close(1000), 1000;
    events(1, 'disconnect');

    # one that is closed meanwhile

    $c = ws_connect('/ws', defer => 1);
    $id = json((events(2, 'auth'))[1]{body})->{requestContext}{connectionId};
    is http('DELETE', "/ws/\@connections/$id")->status, 204;
    is $c->status, 101;
    is $c->close_code, 1000;
    events(2, 'disconnect');
}



=== TEST 20: a worker that is killed meanwhile owes nothing
--- config
    location /ws {
        wsgw_api z;
        wsgw_authorizer /int/auth;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
    }
    location ^~ /ws/@connections { wsgw_management z; }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub {
    my ($r) = @_;
    return { body => '{"statusCode":200}' } if $r->{uri} !~ /auth/;
    return { hang => 1 } if $r->{body} =~ /"hang"/;
    return { body => json(ALLOW(policyDocument => POLICY('Allow', '*'))) };
}
--- tolerate: exited on signal 9|wsgw worker slot|exited with
--- ws eval
sub {
    my @open = map { ws_connect('/ws') } 1 .. 4;
    is $_->status, 101 for @open;

    my @hang = map { ws_connect('/ws?hang', defer => 1) } 1 .. 4;
    my @e = (events(8, 'auth'))[4 .. 7];

    kill KILL => $_ for worker_pids();

    # the open ones are owed and delivered; who hung is unknown by then

    my %told = map { json($_->{body})->{requestContext}{connectionId} => 1 }
               events(4, 'disconnect');

    is keys %told, 4, 'each open one';

    for my $e (@e) {
        my $id = json($e->{body})->{requestContext}{connectionId};

        ok !$told{$id}, 'not one that was being judged';
        wait_until(sub { http('GET', "/ws/\@connections/$id")->status == 410 },
                   undef, 'it is gone');
    }

    is events(0, 'disconnect'), 4, 'no more';
    wait_log(qr/\d connections of a dead worker are taken over/);
}



=== TEST 21: a reload meanwhile changes nothing for it
--- config
    location /ws {
        wsgw_api z;
        wsgw_authorizer /int/auth;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route $default /int/default response;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
::LETS_IN(delay => 1)
--- ws eval
sub {
    my $c = ws_connect('/ws', defer => 1);
    events(1, 'auth');

    reload_nginx(sub { s/wsgw_authorizer .*?;/wsgw_authorizer \/int\/none;/ });

    is $c->status, 101;
    $c->send('x');
    is $c->recv, 'hi', 'it is served by the worker that let it in';
    $c->close(1000);
    events(1, 'disconnect');
}



=== TEST 22: authorizers wait for their turn, and who leaves takes none
--- http_config eval
$::Http . 'wsgw_worker_events 1;'
--- config
    location /ws {
        wsgw_api z;
        wsgw_authorizer /int/auth;
        wsgw_route $connect /int/connect;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
::LETS_IN(delay => 0.1)
--- ws eval
sub {
    my @c = map { ws_connect("/ws?$_", defer => 1) } 1 .. 12;
    $c[$_]->drop for 8 .. 11;
    is $_->status, 101 for @c[0 .. 7];
    is events(8, 'connect'), 8;
    ok events(0, 'auth') <= 12;
    ok error_log() !~ /\[error\]/, 'who left is no error';
}



=== TEST 23: a second authorizer of a connection's life is told another id
--- ws eval
sub {
    my %id;

    for (1 .. 3) {
        my $c = ws_connect('/ws');
        is $c->status, 101;
        $c->close(1000);
        events($_, 'disconnect');
    }

    $id{json($_->{body})->{requestContext}{connectionId}}++
        for events(3, 'auth');

    is keys %id, 3;
}



=== TEST 24: what a configuration cannot say
--- config
    location /ws { wsgw_api z; wsgw_authorizer int/auth; }
--- must_die
--- error_log
invalid integration "int/auth" of wsgw_authorizer, it is the URI of a location, "/...", or "@name" in



=== TEST 25: a variable in the address
--- config
    location /ws { wsgw_api z; wsgw_authorizer /int/$arg_a; }
--- must_die
--- error_log
integration "/int/$arg_a" of wsgw_authorizer cannot have variables; use them in its location in



=== TEST 26: two authorizers
--- config
    location /ws { wsgw_api z; wsgw_authorizer /int/a; wsgw_authorizer off; }
--- must_die
--- error_log
"wsgw_authorizer" directive is duplicate



=== TEST 27: an option that there is not
--- config
    location /ws { wsgw_api z; wsgw_authorizer /int/a cache=10s; }
--- must_die
--- error_log
invalid parameter "cache=10s", write "wsgw_authorizer URI|@NAME [identity=VALUE]... [timeout=TIME] [arn=REGION:ACCOUNT] | off" in



=== TEST 28: off is alone
--- config
    location /ws { wsgw_api z; wsgw_authorizer off timeout=1s; }
--- must_die
--- error_log
invalid parameter "timeout=1s", write



=== TEST 29: an identity that is the same for all
--- config
    location /ws { wsgw_api z; wsgw_authorizer /int/a identity=token; }
--- must_die
--- error_log
identity "token" has no variable: it is the same for all clients; write what yours send, as "identity=$arg_token" in



=== TEST 30: none at all
--- config
    location /ws { wsgw_api z; wsgw_authorizer /int/a identity=; }
--- must_die
--- error_log
identity "" has no variable



=== TEST 31: an unknown variable
--- config
    location /ws { wsgw_api z; wsgw_authorizer /int/a identity=$nothing; }
--- must_die
--- error_log
unknown "nothing" variable



=== TEST 32: an account of eleven digits
--- config
    location /ws { wsgw_api z; wsgw_authorizer /int/a arn=eu-1:12345678901; }
--- must_die
--- error_log
invalid "arn=eu-1:12345678901", it is a region and an account of 12 digits, as "arn=us-east-1:000000000000" in



=== TEST 33: an account that is no number
--- config
    location /ws { wsgw_api z; wsgw_authorizer /int/a arn=eu-1:12345678901x; }
--- must_die
--- error_log
invalid "arn=eu-1:12345678901x"



=== TEST 34: no region, and a quote
--- config
    location /ws { wsgw_api z; wsgw_authorizer /int/a 'arn=e"u:123456789012'; }
--- must_die
--- error_log
invalid "arn=e"u:123456789012"



=== TEST 35: an account twice
--- config
    location /ws {
        wsgw_api z;
        wsgw_authorizer /int/a arn=a:123456789012 timeout=1s arn=a:123456789012;
    }
--- must_die
--- error_log
parameter "arn=a:123456789012" is duplicate, "arn=



=== TEST 36: a time that is none
--- config
    location /ws { wsgw_api z; wsgw_authorizer /int/a timeout=soon; }
--- must_die
--- error_log
soon



=== TEST 37: a named location that is not there
--- config
    location /ws { wsgw_api z; wsgw_authorizer @none; }
--- must_die
--- error_log
wsgw_authorizer points to "@none", but its server has no such location in



=== TEST 38: a stage as the authorizer
--- config
    location /ws { wsgw_api z; wsgw_authorizer /ws; }
--- must_die
--- error_log
wsgw_authorizer points to "/ws" in location "/ws" of "wsgw_api"; an integration is a location of its own in



=== TEST 39: clients that can ask the authorizer themselves are warned of
--- config
    location /b { wsgw_api z; wsgw_authorizer /reach; }
    location /reach { return 200; }
--- ws eval
sub {
    like error_log(), qr{\[warn\] .*wsgw_authorizer points to "/reach", which clients can reach; add "internal;" to location};
}



=== TEST 40: functions that were written for AWS decide as they do there
--- config
    location /query {
        wsgw_api z;
        wsgw_authorizer /lambda/query identity=$arg_token;
        wsgw_stage_variable token "s e";
        wsgw_route $connect /int/connect;
    }
    location /header {
        wsgw_api z;
        wsgw_authorizer /lambda/header;
        wsgw_authorizer_context plan $wsgw_authorizer_usageIdentifierKey;
        wsgw_route $connect /int/connect;
    }
    location /policy {
        wsgw_api z;
        wsgw_authorizer /lambda/policy;
        wsgw_route $connect /int/connect;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location ~ ^/lambda/(?<function>\w+)$ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LAMBDA_PORT/2015-03-31/functions/$function/invocations;
    }
--- ws eval
sub {
    my $runtime = runtime();

    for my $case (
        [ 101, '/query?token=s%20e' ], [ 401, '/query?token=x' ],
        [ 401, '/query?token=' ],
        [ 101, '/header', AUTHORIZATION => 'Bearer ann' ],
        [ 401, '/header', Authorization => 'Basic ann' ], [ 401, '/header' ],
        [ 500, '/header', Authorization => 'Bearer broken' ],
        [ 101, '/policy?user=bob' ], [ 403, '/policy?user=bob&banned=spam' ])
    {
        my ($status, $path, @headers) = @$case;
        is ws_connect($path, headers => \@headers)->status, $status,
           join ' ', $path, @headers;
    }

    my %said = map { my $x = json($_->{body})->{requestContext};
                     ($x->{stage} => $x->{authorizer}) } events(3, 'connect');

    like delete $said{$_}{integrationLatency}, qr/^\d+$/, $_ for keys %said;
    like delete $said{policy}{at}, qr/^\d{13}$/;

    is_deeply \%said,
        { query => { principalId => 'me', stringKey => 'value',
                     numberKey => '123', booleanKey => 'true' },
          header => { principalId => 'ann', scope => 'read write',
                      admin => 'false', plan => 'key-of-ann' },
          policy => { principalId => 'bob', reason => 'none' } };
}



=== TEST 41: whoever is refused leaves its slot to the next
--- http_config
    wsgw_zone zone=z:256k;
--- config
    location /no {
        wsgw_api z;
        wsgw_authorizer /int/no;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
    }
    location /none {
        wsgw_api z;
        wsgw_authorizer /int/no identity=$arg_token;
    }
    location /full {
        wsgw_api z;
        wsgw_authorizer /int/yes;
        wsgw_authorizer_context a $arg_a$arg_a$arg_a;
        wsgw_route $disconnect /int/disconnect;
    }
    location = /int/no {
        internal;
        return 200 '{"policyDocument":{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}}';
    }
    location = /int/yes {
        internal;
        return 200 '{"policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}';
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    my %status;
    my $long = 'x' x 3000;

    for (1 .. 250) {
        $status{$_->[0]}{ws_connect($_->[1])->status}++
            for [ no => '/no' ], [ none => '/none' ],
                [ full => "/full?a=$long" ];
    }

    is_deeply \%status, { no => { 403 => 250 }, none => { 401 => 250 },
                          full => { 500 => 250 } };

    my @c = map { ws_connect('/full?a=1') } 1 .. 100;
    is grep({ $_->status == 101 } @c), 100, 'there is room for others';
    is events(0, 'disconnect'), 0, 'and nothing was owed';
}



=== TEST 42: the access rules of the stage come first
--- config
    location /denied { deny all; wsgw_api z; wsgw_authorizer /int/auth; }
    location /asked {
        auth_request /int/ask;
        wsgw_api z;
        wsgw_authorizer /int/auth;
    }
    location /origin {
        wsgw_api z;
        wsgw_origin https://example.org;
        wsgw_authorizer /int/auth;
    }
    location = /int/ask { internal; return 401; }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    is ws_connect('/denied')->status, 403;
    is ws_connect('/asked')->status, 401;
    is ws_connect('/origin', origin => 'https://example.com')->status, 403;
    is http('GET', '/origin')->status, 426;
    is events(0, 'auth'), 0, 'it was never asked';
}



=== TEST 43: the debug log has its steps
--- log_level: debug
--- ws eval
sub {
    is ws_connect('/ws')->status, 101;

    SKIP: {
        skip 'nginx was built without --with-debug', 1
            if error_log() !~ /\[debug\]/;

        like error_log(), qr/wsgw\ event\ created\ REQUEST\ route:"\$connect".*
                             wsgw\ authorizer\ said:200\ context:\d+.*
                             wsgw\ event\ created\ CONNECT/xs;
    }
}


=== TEST 44: what an authorizer says is one line of the log
--- ws eval
sub {
    my @bad = ("\x1b[31mred", "\x0b", "a\x7f\tb");

    for (@bad) {
        is ask(ALLOW(), answer => { headers => [
            'Content-Encoding' => "gzip$_" ] })->status, 500, 'an encoding';
        is ask(ALLOW(context => { "key\n2026/01/01$_" => [] }))->status, 500,
           'a key';
    }

    my @lines = split /\n/, error_log();

    is scalar(grep { /answer is encoded/ } @lines), 3;
    is scalar(grep { /boolean: key 2026/ } @lines), 3;
    is_deeply [ grep { /[^\x20-\x7e]/ || !/^\d{4}\/\d\d\/\d\d [0-9:]+ \[/ }
                     @lines ], [], 'lines of nginx, without control characters';
}



=== TEST 45: an access log that tells errors judges no authorizer
--- config
    location /ws {
        wsgw_api z;
        wsgw_authorizer /int/auth;
        wsgw_route $connect /int/connect;
    }

    location /int/ {
        internal;
        access_log $TEST_NGINX_SERVER_ROOT/logs/told.log door;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    is ask({ policyDocument => POLICY('Allow', '*') })->status, 101, 'let in';
    is ask({ errorMessage => 'Unauthorized', errorType => 'Error' })->status,
       401, 'not let in';
    is ask({ policyDocument => POLICY('Deny') })->status, 403, 'denied';

    is_deeply [ log_lines('told.log', 4) ], [ ('200 200 "-"') x 4 ],
              'no line has an error';
    unlike error_log(), qr/\[error\].*(unknown key|function error)/,
           'nor has the error log';
}


=== TEST 46: an Allow behind a member of the same name lets nobody in
--- ws eval
sub {
    my $allow = '{"Effect":"Allow","Action":"*","Resource":"*"}';
    my $deny = '{"Effect":"Deny","Action":"*","Resource":"*"}';

    my @twice = (
        qq({"policyDocument":{"Statement":$deny},)
            . qq("policyDocument":{"Statement":$allow}}),
        qq({"policyDocument":{"Statement":$deny},)
            . qq("policy\\u0044ocument":{"Statement":$allow}}),
        qq({"policyDocument":{"Statement":$deny,"Statement":$allow}}),
        qq({"policyDocument":{"Statement":[],"Statement":[$allow]}}),
        qq({"policyDocument":{"Statement":{"Effect":"Deny",)
            . qq("Action":"*","Resource":"*","Effect":"Allow"}}}),
    );

    is ask($_)->status, 500, $_ for @twice;

    my @lines = split /\n/, error_log();

    is scalar(grep { /more than one policyDocument, status/ } @lines), 2;
    is scalar(grep { /it has more than one Statement element/ } @lines), 2;
    is scalar(grep { /it has a Statement with the same element/ } @lines), 1;

    is ask(qq({"policyDocument":{"Id":"a","Statement":$allow,"Id":"b"}})
          )->status, 101, 'what does not count may be there twice';
}
