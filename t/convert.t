#!/usr/bin/perl

# wsgw-convert: inputs of each kind become the nginx.conf beside them, which
# nginx takes; clients then meet the functions and backends of the input. What
# cannot be converted is told by name and line, and closes what it would open.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cwd qw( abs_path );
use File::Temp qw( tempdir );
use JSON::PP ();
use Test::More;

use Wsgw::Children;
use Wsgw::Client;
use Wsgw::Files;
use Wsgw::Ledger;
use Wsgw::Port;
use Wsgw::Signer;
use Wsgw::Wait;

my $top = abs_path("$FindBin::Bin/..");
my $convert = "$top/conf/tools/wsgw-convert";
my $inputs = "$FindBin::Bin/convert/inputs";
my $nginx = abs_path($ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx');
my $module = abs_path($ENV{MODULE}
                      || "$top/build/ngx_http_wsgw_module.so");

$ENV{NGINX_BINARY} = $nginx;
$ENV{MODULE} = $module;
delete $ENV{WHITEBOARD_REGION};

$SIG{$_} = sub { exit 1 } for qw( INT TERM );

# a session is [ message, [ what comes back ] ], in any order of the two

my %case = (
    'sam-chat' => {
        input => 'template.yaml', stages => [ 'Prod' ],
        session => [
            [ '{"action":"say"}', 'Say pushes say' ],
            [ '{"action":"what"}', 'Say answers $default',
              'Say pushes $default' ],
        ],
        calls => [ 'OnConnect CONNECT $connect - - -',
                   'OnLeave DISCONNECT $disconnect - - -' ],
    },
    'sam-websocket-api' => {
        input => 'template.yaml', stages => [ 'live' ],
        query => '?token=sesame', headers => [ 'X-Device-Id' => 'd1' ],
        refused => [ [ '?token=sesame', 401 ], [ '', 401, 'X-Device-Id' => 1 ],
                     [ '?token=x', 401, 'X-Device-Id' => 'd1' ] ],
        session => [
            [ '{"type":"subscribe"}', 'Subscribe answers subscribe',
              'Subscribe pushes subscribe' ],
            [ '{"type":"ask for more"}', 'Subscribe pushes ask for more' ],
            [ '{"type":"other"}', qr/"message": ?"Forbidden"/ ],
        ],
        calls => [ 'Hello CONNECT $connect Guard - color=blue,table=quotes-v2',
                   'Bye DISCONNECT $disconnect Guard - '
                   . 'color=blue,table=quotes-v2' ],
    },
    'cloudformation-json' => {
        input => 'template.json', stages => [ 'test' ],
        query => '?customer=J%C3%B6rg', headers => [ 'User-Agent' => 'suite' ],
        session => [
            [ '{"resource":"order","verb":"create","order":{"item":"pen"}}',
              '{"ordered":1}' ],
            [ '{"resource":"ping"}', q({"it's": "a \"pong\""}) ],
        ],
        backend => \&orders,
    },
    cdk => {
        input => 'ChatStack.template.json', stages => [ 'prod' ],
        session => [
            [ '{"action":"talk"}', 'Talk91C6A0EE answers talk',
              'Talk91C6A0EE pushes talk' ],
        ],
        calls => [ 'Join3F0C92D1 CONNECT $connect - - -',
                   'chat-part DISCONNECT $disconnect - - -' ],
    },
    serverless => {
        input => 'serverless.yml', stages => [ 'dev' ],
        query => '?ticket=sesame', refused => [ [ '', 401 ] ],
        session => [
            [ '{"op":"draw"}', 'whiteboard-dev-draw pushes draw' ],
            [ '{"op":"undo"}', 'whiteboard-dev-draw answers undo',
              'whiteboard-dev-draw pushes undo' ],
            [ 'no JSON', 'whiteboard-dev-catch-all answers $default',
              'whiteboard-dev-catch-all pushes $default' ],
        ],
        calls => [ 'whiteboard-dev-lifecycle CONNECT $connect '
                   . 'whiteboard-dev-guard - -',
                   'whiteboard-dev-lifecycle DISCONNECT $disconnect '
                   . 'whiteboard-dev-guard - -' ],
        logged => qr/^\S+= MESSAGE undo 200$/m,
    },
    'serverless-compiled' => {
        input => 'cloudformation-template-update-stack.json',
        stages => [ 'dev' ],
        session => [ [ 'x', 'quiz-dev-answer answers $default',
                       'quiz-dev-answer pushes $default' ] ],
        calls => [ 'quiz-dev-join CONNECT $connect - - -',
                   'quiz-dev-join DISCONNECT $disconnect - - -' ],
    },
    'terraform-state' => {
        input => 'state.json', stages => [ 'live' ],
        headers => [ Authorization => 'sesame' ],
        refused => [ [ '', 401 ], [ '', 401, Authorization => 'x' ] ],
        session => [ [ '{"kind":"position"}', 'fleet-position answers position',
                       'fleet-position pushes position' ] ],
        calls => [ 'fleet-position CONNECT $connect fleet-authorize - '
                   . 'unit=km' ],
        logged => qr/^\{"requestId":"\S+=","ip":"127\.0\.0\.1","caller":"-"/m,
    },
    'terraform-plan' => {
        input => 'plan.json', stages => [ 'beta' ],
        session => [ [ '{"action":"close"}', 'door-close answers close',
                       'door-close pushes close' ] ],
        calls => [ 'door-open CONNECT $connect - - -' ],
    },
    'serverless-v4' => {
        input => 'serverless.yml', stages => [ 'desk' ],
        session => [ [ '{"kind":"all"}', 'desk-kind-enter answers all',
                       'desk-kind-enter pushes all' ] ],
        calls => [ 'desk-kind-enter CONNECT $connect - - -' ],
    },
    'terraform-modules' => {
        input => 'plan.json', stages => [ 'live' ], status => 2,
        session => [ [ '{"action":"van.lost"}', 'fleet-lost answers van.lost',
                       'fleet-lost pushes van.lost' ],
                     [ '{"action":"chosen"}', qr/"message": ?"Forbidden"/ ] ],
        calls => [ 'fleet-come CONNECT $connect - - -',
                   'fleet-gone DISCONNECT $disconnect - - -' ],
    },
    cli => {
        input => 'listings.json', stages => [ 'blue', 'green' ],
        session => [ [ '{"action":"bid"}', qr/^auction-v[12] answers bid/,
                       qr/^auction-v[12] pushes bid/ ] ],
        calls => [ 'auction_presence CONNECT $connect - - engine=v1',
                   'auction_presence CONNECT $connect - - engine=v2',
                   'auction_presence DISCONNECT $disconnect - - engine=v2' ],
    },
    'api-keys' => {
        input => 'template.yaml', stages => [ 'v1' ],
        arguments => [ '--parameter', 'AcmeKey=8PVuRz5J0mEwQ9KfYb2hTn' ],
        headers => [ 'X-Api-Key' => 'd3X.k7(L|q$G)v1~sNc6Z' ],
        refused => [ [ '', 403 ], [ '', 403, 'X-Api-Key' => 'd3Xk7' ],
                     [ '', 403, 'X-Api-Key' => '0' x 18 ],
                     [ '', 403, 'X-Api-Key' => 'd3X.k7(L|q$G)v1~sNc6z' ],
                     [ '', 403, 'X-Api-Key' => '8PVuRz5J0mEwQ9KfYb2hTnn' ] ],
        session => [ [ 'x', 'partner_desk answers $default',
                       'partner_desk pushes $default' ] ],
        calls => [ 'partner_desk CONNECT $connect - Globex -' ],
    },
    refused => {
        input => 'template.yaml', stages => [ 's1' ], status => 2,
        refused => [ [ '', 403 ] ],
    },
    iam => {
        input => 'template.yml', stages => [ 'stage-1' ],
        arguments => [ '--per-function', '--keys', 'connect.keys' ],
        refused => [ [ '', 403 ] ], signed => 1, per_function => 1,
        session => [ [ 'x', 'function answers $default',
                       'function pushes $default' ] ],
        calls => [ 'function CONNECT $connect - - -' ],
    },
);

my @names = @ARGV ? @ARGV : sort keys %case;

is_deeply [ sort map { s{.*/}{}r } glob "$inputs/*" ], [ sort keys %case ],
    'each input has a session';

converts($_, $case{$_}) for @names;
options() unless @ARGV;
parts() unless @ARGV;
mutants() unless @ARGV;
done_testing;


sub converts {
    my ($name, $case) = @_;

    my $prefix = tempdir(CLEANUP => 1);

    chmod 0755, $prefix;
    write_file("$prefix/connect.keys", "AKIDEXAMPLE:secret\n");
    chmod 0600, "$prefix/connect.keys";

    my ($status, $said) = convert($name, $case, '-o', $prefix);
    my $conf = read_file("$prefix/nginx.conf");
    my $expected = -e "$inputs/$name/refusals"
                   ? read_file("$inputs/$name/refusals") : '';

    is $status, $case->{status} // 0, "$name is converted" or diag $said;
    is $said, $expected, 'and what is not is told';
    is $conf, read_file("$inputs/$name/nginx.conf"), 'to the nginx.conf here';

    is scalar(() = read_file("$prefix/RUN.md") =~ /^- .*\bline \d+: /mg),
       scalar(() = $expected =~ /: not converted: line /g), 'RUN.md has them';

    session($name, $case, $prefix, $conf);
}


# the command as a user calls it beside the input, or where a file of keys is

sub convert {
    my ($name, $case, @more) = @_;

    my @from = $case->{signed}
               ? ($more[1], "$inputs/$name/$case->{input}")
               : ("$inputs/$name", $case->{input});

    return command(@from, @{ $case->{arguments} // [] }, @more);
}


sub command {
    my ($folder, @arguments) = @_;

    my $said = tempdir(CLEANUP => 1) . '/said';

    defined(my $pid = fork) or die "fork: $!\n";

    if ($pid == 0) {
        chdir $folder or die "$folder: $!\n";
        open STDOUT, '>', "$said.out" or die "$said: $!\n";
        open STDERR, '>', $said or die "$said: $!\n";
        exec $convert, @arguments or die "$convert: $!\n";
    }

    waitpid $pid, 0;

    return ($? >> 8, read_file($said), read_file("$said.out"));
}


# clients of the API that was made, at ports of this run

sub session {
    my ($name, $case, $prefix, $conf) = @_;

    my ($front, $back, $runs) = map { Wsgw::Port::claim() } 1 .. 3;
    my %port = (8080 => $front, 8081 => $back,
                map { $_ => $runs } 3001, 3002, 9000, 9001, 9090);

    $conf =~ s/(127\.0\.0\.1:)(\d{4})\b/$1 . ($port{$2} \/\/ $2)/eg;

    my $paths = join '', map { "${_}_temp_path $_;\n" }
                             qw( client_body proxy fastcgi uwsgi scgi );

    $conf =~ s/^http \{\n/pid nginx.pid;\nhttp {\n$paths/m;
    write_file("$prefix/nginx.conf", $conf);

    mkdir "$prefix/$_" for qw( modules logs );
    symlink $module, "$prefix/modules/ngx_http_wsgw_module.so";

    my $ledger = $case->{backend} && Wsgw::Ledger->new(
        port => $runs, file => "$prefix/ledger",
        handler => sub { { body => '{"ordered":1}' } });

    functions($prefix, $case, $conf, $runs) unless $ledger;
    run($nginx, '-e', "$prefix/logs/error.log", '-p', $prefix,
        '-c', 'nginx.conf', '-g', 'daemon off;');

    for my $port ($front, $ledger ? () : $runs) {
        wait_until(sub { IO::Socket::INET->new("127.0.0.1:$port") }, 30,
                   "port $port");
    }

    for my $stage (@{ $case->{stages} }) {
        refusals($case, $front, $stage);
        talk($case, $front, $stage) if $case->{session};
    }

    called("$prefix/called", $case->{calls}) if $case->{calls};
    $case->{backend}->($ledger) if $ledger;

    like read_file("$prefix/logs/access.log"), $case->{logged}, 'is logged'
        if $case->{logged};

    end_children();

    is_deeply [ grep { /\[(?:warn|crit|alert|emerg)\]/ }
                split /\n/, read_file("$prefix/logs/error.log") ], [],
              'nginx had no reason to warn';
}


sub talk {
    my ($case, $port, $stage) = @_;

    my $path = "/$stage" . ($case->{query} // '');

    $path = Wsgw::Signer::presigned($path, host => "127.0.0.1:$port",
        key => 'AKIDEXAMPLE', secret => 'secret', expires => 60)
        if $case->{signed};

    my $c = Wsgw::Client->open('127.0.0.1', $port, $path,
                               headers => $case->{headers} // []);

    is $c->status, 101, "/$stage lets in" or return;

    for my $step (@{ $case->{session} }) {
        my ($message, @wanted) = @$step;

        $c->send($message);

        my @got = sort map { $c->recv // '-' } @wanted;
        my @want = sort @wanted;

        for my $i (0 .. $#want) {
            ref $want[$i] ? like($got[$i], $want[$i], $message)
                          : is($got[$i], $want[$i], $message);
        }
    }

    $c->close(1000);
    $c->drop;
}


sub refusals {
    my ($case, $port, $stage) = @_;

    for my $refused (@{ $case->{refused} // [] }) {
        my ($query, $status, @headers) = @$refused;
        my $c = Wsgw::Client->open('127.0.0.1', $port, "/$stage$query",
                                   headers => \@headers);

        is $c->status, $status, "/$stage$query @headers is refused";
    }
}


# those that nginx.conf names; a function is called a moment after its event

sub functions {
    my ($prefix, $case, $conf, $port) = @_;

    my %name = $case->{per_function} ? (function => 1)
               : map { $_ => 1 } $conf =~ m{ /lambda/([\w-]+)}g;

    mkdir "$prefix/functions";

    for my $name (keys %name) {
        mkdir "$prefix/functions/$name";
        write_file("$prefix/functions/$name/index.js",
                   "exports.handler = require('$FindBin::Bin/convert/function')"
                   . "('$name');\n", 0644);
    }

    local $ENV{CALLED} = "$prefix/called";

    run('node', "$top/conf/chat/runtime.js", $port, "$prefix/functions");
}


sub called {
    my ($file, $calls) = @_;

    for my $call (@$calls) {
        wait_until(sub { -e $file && read_file($file) =~ /^\Q$call\E$/m },
                   undef, $call);
        pass $call;
    }
}


# what the backend of cloudformation-json was asked

sub orders {
    my ($ledger) = @_;

    my @event;

    wait_until(sub { (@event = $ledger->events) >= 3 }, undef, 'three calls');

    my ($connect, $create, $gone) = @event;
    my $id = $connect->{headers}{connectionid};

    like $id, qr/^[\w-]{15}=$/, 'a mapped id';
    is "$connect->{method} $connect->{uri}",
       'POST /clients?customer=J%C3%B6rg', 'the client comes';
    is $connect->{headers}{customer}, "J\xc3\xb6rg", 'a mapped argument';
    is $connect->{headers}{agent}, 'suite', 'and a header';
    is "$create->{method} $create->{uri}", 'POST /orders?source=ws&',
       'a query of the URI';
    is $create->{headers}{item}, 'pen', 'a member of the message';
    is $create->{headers}{channel}, 'web socket', 'a constant';
    is $create->{headers}{connectionid}, $id, 'the same id';
    is "$gone->{method} $gone->{uri}", "DELETE /clients?id=$id&",
       'another method';
}


# what the command line says

sub options {
    my $folder = tempdir(CLEANUP => 1);
    my @input = ("$inputs/cli/listings.json");
    my ($status, $said, $out) = command($folder, @input, '--stage', 'green',
                                        '--lambda', '10.0.0.7:9100',
                                        '--listen', '0.0.0.0:80');

    is $status, 0, 'an input elsewhere, printed';
    like $out, qr/listen 0\.0\.0\.0:80;.*listen 127\.0\.0\.1:81;/s, '--listen';
    like $out, qr/server 10\.0\.0\.7:9100;/, '--lambda';
    unlike $out, qr{location /blue}, '--stage';

    # RUN.md, line by line

    my $listen = Wsgw::Port::claim(2);
    my $made = "$folder/ru'n";

    ($status) = command($folder, "$inputs/serverless-v4/serverless.yml",
                        '--listen', $listen, '-o', $made);
    is $status, 0, 'a folder with a quote';
    chmod 0755, $folder, $made;

    my @typed = map { s/^ {4}//r } grep { /^ {4}/ }
                split /\n/, read_file("$made/RUN.md") =~ s/\n## Functions.*//sr;

    # "nginx" is the one that is tested

    my $bin = tempdir(CLEANUP => 1);
    symlink $nginx, "$bin/nginx" or die "$bin: $!\n";

    chdir $made;
    local $ENV{PATH} = "$bin:$ENV{PATH}";
    is system('sh', '-ec', join "\n", @typed), 0, "RUN.md: @typed";
    is(Wsgw::Client->open('127.0.0.1', $listen, '/desk')->status, 502,
       'it runs');
    system $typed[-1] . ' -s stop';
    wait_until(sub { !-e "$made/nginx.pid" }, undef, 'its end');
    chdir $top;

    my $refused = "$inputs/refused/template.yaml";

    ($status, $said, $out) = command($folder, $refused, '--strict', '-o',
                                     "$folder/strict");
    is $status, 2, '--strict';
    ok ! -e "$folder/strict", 'writes nothing';

    write_file("$folder/nginx.conf", "mine\n");
    ($status, $said) = command($folder, @input, '-o', $folder);
    is $status, 1, 'another one\'s nginx.conf';
    is read_file("$folder/nginx.conf"), "mine\n", 'is left alone';
    like $said, qr/nginx\.conf is not by wsgw-convert/, 'and that is said';

    # links in DIR lead nowhere

    mkdir "$folder/$_" for qw( dir outside );
    symlink '../outside', "$folder/dir/aws";
    symlink '../outside/RUN.md', "$folder/dir/RUN.md";
    ($status, $said) = command($folder, @input, '-o', 'dir');
    is $status, 1, 'a folder that is a link';
    is_deeply [ glob "$folder/outside/*" ], [], 'is not written to';

    my @wrong = (
        [ [ @input, '--api', 'site' ], qr/no WebSocket API "site" in it; there is "auction"/ ],
        [ [ @input, '--stage', 'red' ], qr/no stage "red".*"blue", "green"/ ],
        [ [ @input, '--listen', '65535' ], qr/--listen 65535 is no port/ ],
        [ [ @input, '--lambda', "x;\n" ], qr/--lambda x; is no HOST:PORT/ ],
        [ [ @input, '--parameter', 'x' ], qr/--parameter x is no NAME=VALUE/ ],
        [ [ "$FindBin::Bin/convert.t" ], qr/is neither JSON nor YAML/ ],
        [ [ "$top/conf/chat/package.json" ], qr/no kind of input.*"name"/ ],
        [ [ 'none' ], qr/none: No such file/ ],
        [ [ "$inputs/refused/template.yaml", "$inputs/refused" ],
          qr/Is a directory/ ],
    );

    for my $wrong (@wrong) {
        my ($arguments, $words) = @$wrong;

        ($status, $said) = command($folder, @$arguments);
        is $status, 1, "status 1: $said";
        like $said, $words;
    }
}


# a short run of "make fuzz-convert"

# of an API that is not whole in its input, the rest is told, and nobody connects
# whom that may keep out

sub parts {
    my $api = <<'_EOC_';
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: x, ProtocolType: WEBSOCKET,
                 RouteSelectionExpression: $request.body.action}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: dev}
_EOC_

    my $connect = <<'_EOC_';
  Connect:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $connect, Target: integrations/Call}
  Call:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: HTTP_PROXY,
                 IntegrationMethod: POST, IntegrationUri: http://127.0.0.1:9}
_EOC_

    my $nested = <<'_EOC_';
  Routes:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: routes.yaml, Parameters: {Api: !Ref Api}}
_EOC_

    my $each = <<'_EOC_';
  Fn::ForEach::Routes:
    - Key
    - [a, b]
    - Route${Key}: {Type: AWS::ApiGatewayV2::Route}
_EOC_

    my $apis = '{"Items":[{"ApiId":"a","ProtocolType":"WEBSOCKET","Name":"x"}]}';
    my @pages = ("$apis\n" . '{"Items":[{"RouteKey":"$default"}],',
                 '"NextToken":"n"}' . "\n", '{"Items":[{"RouteKey":"b"}]}',
                 '{"Items":[{"StageName":"dev"}]}');

    # name, text, what is told, whether nobody may connect

    my @part = (
        [ 'routes in a nested stack', "$api$nested",
          qr/line 9: "Routes": is a nested stack that gets the API/, 1 ],
        [ 'some in it, but $connect', "$api$connect$nested",
          qr/"Routes": is a nested stack that gets the API/, 0 ],
        [ 'routes that a macro makes', "$api$connect$each",
          qr/line \d+: "Fn::ForEach::Routes": makes resources that are not/, 1 ],
        [ 'a page of a list', "@pages[0, 1, 3]",
          qr/line 2: list of Routes: has a NextToken: there are more/, 1 ],
        [ 'routes in another template', $api,
          qr/line 2: Api "Api": has no route in this input/, 1 ],
        [ 'a route without a key', $api . $connect =~ s/RouteKey: \$connect, //r,
          qr/line 9: Route "Connect": it has no RouteKey/, 1 ],
        [ 'what get-template prints',
          JSON::PP->new->encode({ TemplateBody => $api }),
          qr/line 2 of TemplateBody: Api "Api": has no route/, 1 ],
        [ 'routes that were not listed', "$apis$pages[3]",
          qr/"a": has no route in this input/, 1 ],
    );

    my $serverless = <<'_EOC_';
service: x
provider: {name: aws, runtime: nodejs20.x}
functions:
  who: {handler: h.who}
  come:
    handler: h.come
    events:
      - websocket: {route: $connect, authorizer: %s}
_EOC_

    push @part,
        [ 'an authorizer that no function is', sprintf($serverless, 'aws_iam'),
          qr/line 8: authorizer "aws_iam": is no function of this file/, 1 ],
        [ 'an identity that no stage has',
          sprintf($serverless, '{name: who, identitySource: '
                               . 'stageVariables.token}'),
          qr/"stageVariables\.token" is no variable of the stage/, 1 ];

    # an API of several services, and what is in a file that another one names

    my $shared = $serverless =~ s/(runtime: \w+\.x)/$1,
           apiGateway: {websocketApiId: {Fn::ImportValue: api}}/r;

    push @part,
        [ 'an authorization that resources add', sprintf($serverless, 'who')
          . "resources: {Resources: {SconnectWebsocketsRoute: {Type: "
          . "'AWS::ApiGatewayV2::Route',\n"
          . "    Properties: {AuthorizationType: AWS_IAM}}}}\n",
          qr/line 10: AWS_IAM of \$connect: which access keys may connect/, 1 ],
        [ 'an event without a route',
          sprintf($serverless, 'who') =~ s/\{route: \$connect.*/\n        route: go/r
              =~ s/h\.who/$&, events: [{websocket: x}]/r,
          qr/line 8: events of "come": "websocket" has no route; write it on/, 1 ],
        [ 'resources, a part of which cannot be read',
          sprintf($serverless, 'who') . "resources:\n  - \${file(tables.js)}\n"
          . "  - Resources: {SconnectWebsocketsRoute: {Properties: "
          . "{AuthorizationType: AWS_IAM}}}\n",
          qr/line 10: resources: "tables\.js" is no YAML or JSON of this/, 1 ],
        [ 'routes in another service',
          sprintf($shared, 'who') =~ s/\$connect/go/r,
          qr/line 3: websocketApiId: is an API of another service/, 1 ],
        [ 'some in it, but $connect', sprintf($shared, 'who'),
          qr/line 3: websocketApiId: is an API of another service/, 0 ],
        [ 'a line of another file', sprintf($serverless, '"${file(who.yml)}"'),
          qr/line 2 of who\.yml: authorizer "SconnectWebsocketsRoute\/authorizer": .*-arn" /,
          1 ];

    my $plan = read_file("$inputs/terraform-modules/plan.json");

    $plan =~ s/(\$connect", )"authorization_type": "NONE", /$1/ or die;
    $plan =~ s/("resource_changes": )\[\]/$1\[{
        "address": "aws_apigatewayv2_route.come",
        "change": {"after_unknown": {"authorization_type": true}}}]/ or die;

    push @part,
        [ 'an authorization that is made with the rest', $plan,
          qr/authorization of \$connect: its AuthorizationType is known once/, 1 ];

    my $folder = tempdir(CLEANUP => 1);

    write_file("$folder/who.yml", "identitySource: route.request.header.A\n"
                                  . "arn: {Fn::ImportValue: who-arn}\n", 0644);

    for my $part (@part) {
        my ($name, $text, $words, $closed) = @$part;

        write_file("$folder/input", $text, 0644);

        my ($status, $said, $out) = command($folder, 'input');

        is $status, 2, $name;
        like $said, $words, 'is told';
        is $out =~ /deny +all;/ ? 1 : 0, $closed, 'and who may connect';
    }

    # an .env that leads out of the folder is not read

    mkdir "$folder/in";
    write_file("$folder/secret", "NOT_YOURS=secret\n", 0644);
    symlink '../secret', "$folder/in/.env";
    write_file("$folder/in/serverless.yml", sprintf($serverless, 'who')
               =~ s/service: x/service: x-\${env:NOT_YOURS, 'none'}/r, 0644);
    like +(command("$folder/in", 'serverless.yml'))[2], qr/x-none-dev-come/,
         'an .env elsewhere';

    # all pages, and what Windows writes

    write_file("$folder/input", "@pages", 0644);
    unlike +(command($folder, 'input'))[1], qr/NextToken/, 'all pages of a list';

    for my $windows ("\xef\xbb\xbf$api$connect",
                     "\xff\xfe" . join '', map { "$_\0" } split //, "$api$connect")
    {
        write_file("$folder/input", $windows =~ s/\n(\0?)/\r$1\n$1/gr, 0644);
        is +(command($folder, 'input'))[0], 0, 'a file of Windows';
    }

    # no API

    my @none = ([ 'input.yaml', "Resources:\n$nested",
                  qr/it has nested stacks.*: routes\.yaml/ ],
                [ 'serverless.ts', "const x: AWS = { service: 'a' };\n",
                  qr/of a program the template is read that it makes/ ],
                [ 'twice.yaml', "$api$connect$api", qr/:16: has "Resources" twice/ ],
                [ 'twice.json', '{"Resources":{"A":{},"A":{}}}',
                  qr/:1: has "A" twice/ ],
                [ 'outside.yml',
                  "service: x\nprovider: {name: aws}\n"
                  . "functions: \${file(../x.yml)}\n",
                  qr/no WebSocket API in it; .*line 3: functions: "\.\.\/x/ ],
                [ 'unknown.yml', "service: \${opt:name}\nprovider: {name: aws}\n",
                  qr/:1: "\$\{opt:name\}" is .*; say --parameter opt:name=VALUE/ ],
                [ 'openapi.json', '{"openapi":"3.0.1","paths":{}}',
                  qr/is OpenAPI, which cannot say what a WebSocket API is/ ],
                [ 'routes.yaml', "Resources:\n$connect",
                  qr/its routes are of an API that another template has/ ],
                [ 'two.yaml', "$api---\n$connect",
                  qr/several documents.*AWS CLI.*one with all of it/ ],
                [ 'main.tf', "resource \"x\" \"y\" {}\n",
                  qr/of Terraform it is "terraform show -json"/ ]);

    for my $none (@none) {
        my ($name, $text, $words) = @$none;

        write_file("$folder/$name", $text, 0644);

        my ($status, $said) = command($folder, $name);

        is $status, 1, "$name has none: $said";
        like $said, $words, 'and where it may be is told';
    }
}


sub mutants {
    my $said = `/usr/bin/python3 $FindBin::Bin/convert/mutate.py 300 1 2>&1`;

    is $?, 0, '300 mutated inputs' or diag $said;
}
