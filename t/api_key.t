# API keys: who has none is refused after authorisation and before $connect;
# each event says which key a connection came with, whoever delivers it.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

our $Keys = <<'_EOC_';
    wsgw_zone zone=z:1m;

    map $http_x_api_key $api_key {
        default    "";
        key-acme   $http_x_api_key;
        key-globex $http_x_api_key;
        '"\ü'      $http_x_api_key;
    }
    map $api_key $api_client {
        default    "";
        key-acme   acme;
        '"\ü'      'ü';
    }
_EOC_

sub stage {
    my ($key, $more) = @_;

    return qq{
        location /dev {
            wsgw_api z;
            wsgw_route \$connect /int/connect;
            wsgw_route \$disconnect /int/disconnect;
            wsgw_route \$default /int/message;
            $key
        }

        location /int/ {
            internal;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT;
        }
        @{[ $more // '' ]}
    };
}

sub come {
    my ($key, @more) = @_;

    return ws_connect('/dev', headers => [ defined $key ? ('X-Api-Key' => $key)
                                                        : (), @more ]);
}

# the identity of the last of so many events of that path, less what is always
# there

sub identity {
    my ($path, $count) = @_;

    my $e = (ledger_events($count // 1, qr{^/int/$path\b}))[-1];
    my $identity = json($e->{body})->{requestContext}{identity};

    delete @$identity{qw( sourceIp userAgent )};

    return $identity;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    master_process_enabled($block->name =~ /death/ ? 'on' : 'off');
});

every_block(http_config => $Keys, backend => sub { '{"statusCode":200}' });

run_tests();

__DATA__

=== TEST 1: who has no key is refused, and $connect is not asked
--- config eval
::stage('wsgw_api_key $api_key id=$api_client;')
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    for my $key (undef, '', 'key-acm', 'key-acme2', 'KEY', "key-acme\x7f") {
        my $c = come($key);

        is $c->status, 403, 'key ' . ($key // 'none');
        is $c->body, '{"message": "Forbidden"}';
        is $c->header('Content-Type'), 'application/json';
    }

    is come('key-acme')->status, 101;
    is scalar(my @e = ledger_events(1, qr{^/int/connect})), 1,
        'of one $connect';
}
--- error_log
client has no API key; see wsgw_api_key $api_key


=== TEST 2: all events say which it was
--- config eval
::stage('wsgw_api_key $api_key id=$api_client;')
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    my $n = 0;

    for my $is ({ apiKey => 'key-acme', apiKeyId => 'acme' },
                { apiKey => 'key-globex' },
                { apiKey => qq{"\\\x{fc}}, apiKeyId => "\x{fc}" })
    {
        my $key = $is->{apiKey};
        utf8::encode($key);

        my $c = come($key);

        is $c->status, 101, $key;
        $n++;

        $c->send('hello');
        is_deeply identity('connect', $n), $is, 'CONNECT';
        is_deeply identity('message', $n), $is, 'MESSAGE';

        $c->close(1000);
        is_deeply identity('disconnect', $n), $is, 'DISCONNECT';
    }
}


=== TEST 3: the key outlives a worker's death
--- config eval
::stage('wsgw_api_key $api_key id=$api_client;')
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    my $c = come('key-acme');
    is $c->status, 101;

    kill KILL => worker_pids();

    is_deeply identity('disconnect'),
              { apiKey => 'key-acme', apiKeyId => 'acme' };
}
--- tolerate: exited on signal 9


=== TEST 4: without id= there is none, and without wsgw_api_key neither
--- config eval
::stage('wsgw_api_key $api_key;', q{
    location /open {
        wsgw_api z;
        wsgw_route $connect /int/open;
    }
})
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    is come('key-acme')->status, 101;
    is_deeply identity('connect'), { apiKey => 'key-acme' };

    is ws_connect('/open', headers => [ 'X-Api-Key' => 'key-acme' ])->status,
       101;
    is_deeply identity('open'), {};
}


=== TEST 5: it is evaluated when the authorizer context is there
--- config eval
::stage('wsgw_authorizer_context plan $arg_plan;
         wsgw_api_key $wsgw_authorizer_plan "id=plan $wsgw_connection_id";')
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    is ws_connect('/dev')->status, 403;
    is ws_connect('/dev?plan=')->status, 403;
    is ws_connect('/dev?plan=gold')->status, 101;

    my $is = identity('connect');

    is $is->{apiKey}, 'gold';
    like $is->{apiKeyId}, qr/^plan [A-Za-z0-9_-]{15}=$/;
}


=== TEST 6: it comes before wsgw_limit_conn, and can be its key
--- config eval
::stage('wsgw_api_key $api_key id=$api_client;
         wsgw_limit_conn $api_key 2;
         wsgw_limit_conn all 3;')
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    is come('wrong')->status, 403 for 1 .. 5;

    my @in = map { come('key-acme') } 1 .. 2;

    is $_->status, 101 for @in;
    is come('key-acme')->status, 429;

    push @in, come('key-globex');
    is $in[2]->status, 101;
    is come('key-globex')->status, 429;
    is come('wrong')->status, 403, 'also when it is full';
}


=== TEST 7: a key has room with what a connection keeps
--- config eval
'large_client_header_buffers 4 32k;' . ::stage('wsgw_api_key $http_x_api_key;')
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    is come('k' x 8192)->status, 101;
    is identity('connect')->{apiKey}, 'k' x 8192;
    is come('k' x 8193)->status, 431;
    is come('k' x 20000)->status, 431;
}


=== TEST 8: plans are limits of nginx, with a status of 429
--- http_config eval
$::Keys . '
    limit_req_zone $api_client zone=plan:1m rate=1r/m;
    limit_req_status 429;'
--- config eval
::stage('wsgw_api_key $api_key id=$api_client;
         limit_req zone=plan burst=2 nodelay;')
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    is come('key-acme')->status, 101 for 1 .. 3;
    is come('key-acme')->status, 429;
    is come('key-globex')->status, 101, 'who has no id has no plan'
        for 1 .. 5;
}


=== TEST 9: a constant would let everybody in
--- config
    location /dev { wsgw_api z; wsgw_api_key key-acme; }
--- must_die
--- error_log
[emerg]
API key "key-acme" is that of every client, write a variable that is empty where there is none, as "wsgw_api_key $http_x_api_key"


=== TEST 10: so would none
--- config
    location /dev { wsgw_api z; wsgw_api_key ""; }
--- must_die
--- error_log
[emerg]
API key "" is that of every client


=== TEST 11: its parameter is id=
--- config
    location /dev { wsgw_api z; wsgw_api_key $api_key name=$api_client; }
--- must_die
--- error_log
[emerg]
invalid parameter "name=$api_client", write "wsgw_api_key VALUE [id=VALUE]"


=== TEST 12: which has a value
--- config
    location /dev { wsgw_api z; wsgw_api_key $api_key id=; }
--- must_die
--- error_log
[emerg]
invalid parameter "id=", write "wsgw_api_key VALUE [id=VALUE]"


=== TEST 13: a level has one
--- config
    location /dev {
        wsgw_api z;
        wsgw_api_key $api_key;
        wsgw_api_key $http_x_api_key;
    }
--- must_die
--- error_log
[emerg]
"wsgw_api_key" directive is duplicate


=== TEST 14: a stage has that of its server, or its own
--- config
    wsgw_api_key $api_key;
    wsgw_route $connect /int;

    location /inherits { wsgw_api z; }
    location /own { wsgw_api z; wsgw_api_key $http_x_other; }
    location /int { internal; return 200 '{"statusCode":200}'; }
--- ws eval
sub {
    my %acme = (headers => [ 'X-Api-Key' => 'key-acme' ]);

    is ws_connect('/inherits')->status, 403;
    is ws_connect('/inherits', %acme)->status, 101;
    is ws_connect('/own', %acme)->status, 403;
    is ws_connect('/own', headers => [ 'X-Other' => 'x' ])->status, 101;
}


=== TEST 15: an authorizer names the key
--- config eval
::stage('wsgw_authorizer /authorize identity=$arg_as;
         wsgw_api_key $wsgw_authorizer_usageIdentifierKey id=$arg_as;
         wsgw_limit_conn $wsgw_authorizer_usageIdentifierKey 1;', q(
    location = /authorize {
        internal;
        default_type application/json;
        return 200 '{"principalId":"u",$usage
            "policyDocument":{"Version":"2012-10-17","Statement":[
                {"Effect":"Allow","Action":"*","Resource":"*"}]}}';
    }
))
--- http_config eval
$::Keys . q(
    map $wsgw_query_as $usage {
        ~^[a-z]+$  '"usageIdentifierKey":"key-of-$wsgw_query_as",';
        empty0     '"usageIdentifierKey":"",';
        default    "";
    }
)
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    my @open;

    for my $as (qw( ann bob eve )) {
        push @open, ws_connect("/dev?as=$as");
        is $open[-1]->status, 101, $as;
        is_deeply identity('connect', scalar @open),
                  { apiKey => "key-of-$as", apiKeyId => $as };

        $open[-1]->send('hello');
        is identity('message', scalar @open)->{apiKey}, "key-of-$as",
           'in its messages';
        is ws_connect("/dev?as=$as")->status, 429, 'and the limit\'s key';
    }

    # an authorizer that names none leaves the client without one

    is ws_connect('/dev?as=4711')->status, 403, 'none';
    is ws_connect('/dev?as=empty0')->status, 403, 'an empty one';
    is ws_connect('/dev')->status, 401, 'nobody is asked';

    # what the client sends is none

    is ws_connect('/dev?as=4711', headers => [ 'X-Api-Key' => 'key-acme' ])
           ->status, 403;
}
--- error_log
client has no API key; see wsgw_api_key $wsgw_authorizer_usageIdentifierKey
