#!/usr/bin/perl

# wsgw-dev: a project as it is on AWS runs here, with its functions in Node.js,
# TypeScript and Python or in another program; code and template may change
# meanwhile; the console sees each event; the end leaves nothing behind.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cwd qw( abs_path );
use File::Basename qw( dirname );
use File::Path qw( make_path );
use File::Temp qw( tempdir );
use IO::Socket::INET;
use JSON::PP ();
use Socket qw( SOL_SOCKET SO_LINGER );
use Test::More;
use Time::HiRes qw( sleep );

use Wsgw::Client;
use Wsgw::HTTP;
use Wsgw::Ledger;
use Wsgw::Port;
use Wsgw::Wait;

my $top = abs_path("$FindBin::Bin/..");
my $dev = "$top/conf/tools/wsgw-dev";
my $owner = $$;
my ($pid, $said, $temporary);

$ENV{NGINX_BINARY} = abs_path($ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx');
$ENV{MODULE} = abs_path($ENV{MODULE}
                        || "$top/build/ngx_http_wsgw_module.so");
delete $ENV{$_} for grep { /^AWS_/ } keys %ENV;

$SIG{$_} = sub { exit 1 } for qw( INT TERM );

own_functions();
elsewhere();
inline();
layers();
typescript();
terraform();
compat();
refusals();
done_testing;


# a serverless.yml with handlers of two languages

sub own_functions {
    my $project = project();
    my $port = start($project);

    for my $query ('', '?token=') {
        is client($port, "/dev$query")->status, 401, "nobody by \"$query\"";
    }

    is client($port, '/dev?token=x')->status, 401, 'nor by a wrong token';

    my $c = client($port, '/dev?token=sesame');

    is $c->status, 101, 'with the right one';
    says($c, '{"action":"write","text":"hi"}', 'by TLS', 'without', 'by name',
         'hello ann, hi, first 1');
    says($c, '{"action":"write","text":"you"}', 'by TLS', 'without', 'by name',
         'hello ann, you, first 2');
    says($c, '{"action":"count"}', 'from Python', 'by TLS', 'by name',
         '1 members');

    $c->send('{"action":"fail"}');
    like $c->recv, qr/"message": ?"Internal server error"/, 'a function throws';
    $c->send('{"action":"fail","how":"late"}');
    like $c->recv, qr/"message": ?"Internal server error"/, 'one is late';
    told(qr/error +notes-dev-fail: \S+ Task timed out after 1 seconds/,
         'that its time is over');

    $c->send('{"action":"fail","how":"package"}');
    like $c->recv, qr/"message": ?"Internal server error"/, 'one lacks a package';
    told(qr{ function +the package "\@aws-sdk/client-none" is not there; npm }
         . qr{install --no-save \@aws-sdk/client-none,}, 'what to do then');

    told(qr/ MESSAGE +write +\S{15}= +200 .*"text":"hi"/, 'a message');
    told(qr/ MESSAGE +fail .*function error/, 'one that failed');
    told(qr/ function +TypeError: no such note/, 'what the function says');
    told(qr/ push +POST +\S{15}= +200 .*sent/, 'a push');
    told(qr/ handshake +\/dev +401 .*client has no identity/, 'a refusal');
    is client($port, '/prod?token=sesame')->status, 403, 'nobody elsewhere';
    told(qr/ handshake +\/prod +403 .*there is no such stage/, 'why');

    # code: what runs meanwhile is answered all the same

    $c->send(qq({"action":"hold","until":"$project/go"}));
    told(qr/ function +hold: begun/, 'one that takes its time');
    change("$project/src/notes.js", sub { s/'first'/'second'/ });
    told(qr/code has changed in/, 'code changes');
    write_file("$project/go", '');
    is $c->recv, 'held by the first', 'what has begun ends as it began';
    says($c, '{"action":"write","text":"hi"}', 'by TLS', 'without', 'by name',
         'hello ann, hi, second 1');

    # who does not wait for a function's end, as nginx when its time is over

    my $tell = JSON::PP->new->encode({
        body => JSON::PP->new->encode({ until => "$project/on" }) });
    my $caller = IO::Socket::INET->new('127.0.0.1:' . ($port + 2))
        or die "connect: $!\n";

    print $caller "POST /2015-03-31/functions/notes-dev-hold/invocations "
                  . "HTTP/1.1\r\nContent-Length: " . length($tell)
                  . "\r\n\r\n$tell";
    told(qr/ function +hold: begun.* function +hold: begun/s, 'another call');
    setsockopt $caller, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    close $caller;
    write_file("$project/on", '');
    told(qr/ function +hold: ended.* function +hold: ended/s, 'its end');

    # the template: a new route, a wrong one, and that mended

    change("$project/serverless.yml", sub {
        s/( +- websocket: \{route: )write(.*\n)/$1write$2$1add$2/;
        s/GREETING: hello/GREETING: hey/;
    });
    told(qr/template has changed, and counts/, 'the template changes');
    is $c->close_code, 1001, 'clients are to come again';
    $c->drop;

    # the worker that has sent it no longer listens

    my $d = client($port, '/dev?token=sesame');
    says($d, '{"action":"add","text":"x"}', 'by TLS', 'without', 'by name',
         'hey ann, x, second 1');

    change("$project/serverless.yml", sub { s/^functions:/functions: [/m });
    told(qr/not taken over: \S*serverless\.yml:\d+: is neither JSON nor YAML/,
         'a wrong one');
    says($d, '{"action":"count"}', 'from Python', 'by TLS', 'by name',
         '1 members');

    console($port);

    is $d->close(1000), 1000, 'a client leaves';
    told(qr/ DISCONNECT .* code 1000/, 'and is told');
    ends('INT');
}


# the browser's part: the page, what it is told, and who else is not

sub console {
    my ($port) = @_;

    my $at = $port + 2;
    my $get = sub {
        my ($path, %opt) = @_;
        return Wsgw::HTTP->request('127.0.0.1', $at, 'GET', $path, %opt);
    };

    my $page = $get->('/');

    is $page->status, 200, 'the console';
    like $page->body, qr{<title>wsgw-dev</title>}, 'is a page';

    my $about = JSON::PP->new->decode($get->('/about')->body);
    my ($stage) = @{ $about->{stages} };

    is $stage->{url}, "ws://127.0.0.1:$port/dev", 'it knows the socket';
    is_deeply [ sort map { $_->{key} } @{ $stage->{routes} } ],
        [ qw( $connect $disconnect add count fail hold write ) ], 'and the routes';

    for my $path ('/', '/about', '/feed') {
        is $get->($path, host => "evil.example:$at")->status, 403,
           "$path is for this host alone";
    }

    my $invoke = '/2015-03-31/functions/notes-dev-life/invocations';

    my $answer = Wsgw::HTTP->request('127.0.0.1', $at, 'POST', $invoke,
        body => '{}', headers => [ Origin => 'https://evil.example' ]);

    is $answer->status, 404, 'no page invokes a function';

    # what has been is told to who comes later

    my $feed = IO::Socket::INET->new("127.0.0.1:$at") or die "feed: $@\n";

    print $feed "GET /feed HTTP/1.1\r\nHost: 127.0.0.1:$at\r\n\r\n";

    my ($function, $log) = (0, 0);

    while (my $line = <$feed>) {
        next unless $line =~ /^data: (.*)/;

        my $told = JSON::PP->new->decode($1);

        $function ||= $told->{kind} eq 'event'
                      && $told->{function} eq 'notes-dev-count'
                      && $told->{result}{body} eq '1 members'
                      && $told->{event}{requestContext}{routeKey} eq 'count';
        $log ||= $told->{kind} eq 'log' && $told->{push} eq 'sent';
        last if $function && $log;
    }

    ok $function, 'an event with its result';
    ok $log, 'and a line of the log';
}


# functions of another program, as serverless offline has them, and of an
# emulator in a container, whose only function is "function"

sub elsewhere {
    my $runs = Wsgw::Port::claim();
    my $ledger = Wsgw::Ledger->new(
        port => $runs, file => tempdir(CLEANUP => 1) . '/ledger',
        handler => sub {
            my ($r) = @_;

            return { status => 404, body => '{"Type":"User"}',
                     headers => [ 'x-amzn-errortype',
                                  'ResourceNotFoundException' ] }
                if $r->{uri} =~ /wsgw-dev-looks/;
            return { body => '{"errorMessage":"x","errorType":"Y"}' }
                if $r->{body} =~ /please fail/;
            return { body => $r->{body} =~ /"type":\s*"REQUEST"/
                ? '{"policyDocument":{"Statement":{"Effect":"Allow",'
                  . '"Action":"*","Resource":"*"}},"principalId":"p"}'
                : '{"statusCode":200,"body":"elsewhere"}' };
        });

    my $project = project();

    change("$project/serverless.yml", sub {
        s/^provider:/custom:\n  serverless-offline: {lambdaPort: $runs}\n$&/m;
    });

    for my $case ([ 'serverless offline, found' ],
                  [ 'another, named', '--lambda', "127.0.0.1:$runs" ],
                  [ 'an emulator', '--rie', "127.0.0.1:$runs" ])
    {
        my ($name, @arguments) = @$case;
        my $port = start($project, @arguments);
        my $c = client($port, '/dev?token=x');

        is $c->status, 101, $name;
        says($c, '{"action":"write"}', 'elsewhere');
        $c->send('{"action":"write","x":"please fail"}');
        like $c->recv, qr/Internal server error/, 'which may fail';

        my @called = map { $_->{uri} =~ m{/functions/([^/]+)/} }
                         $ledger->events;

        ok +(grep { $_ eq (@arguments && $arguments[0] eq '--rie'
                           ? 'function' : 'notes-dev-write') } @called),
           'by its name';
        $c->close(1000);
        ends('TERM');
    }

    my $port = start($project, '--own');
    is client($port, '/dev?token=x')->status, 401, '--own does not ask it';
    ends('HUP');
}


# code that stands in a template of CloudFormation, and what is not known

sub inline {
    my $folder = tempdir(CLEANUP => 1);

    write_file("$folder/template.yaml", <<'_EOC_');
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes:
        $default:
          FunctionArn: !GetAtt Echo.Arn
          RouteResponseSelectionExpression: $default
        go:
          FunctionArn: !GetAtt Go.Arn
        old:
          FunctionArn: !GetAtt Old.Arn
        far:
          FunctionArn: arn:aws:lambda:eu-west-1:123456789012:function:far
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Environment: {Variables: {TABLE: !GetAtt Table.Arn, MARK: !Sub "! ${AWS::Region}",
                                NONE: !Ref "AWS::NoValue"}}
      InlineCode: !Sub |
        import os
        def handler(event, context):
            return {'statusCode': 200,
                    'body': event['body'] + os.environ['MARK']
                            if event['body'] != 'more' else __import__('more')}
  Table: {Type: AWS::DynamoDB::Table}
  Old:
    Type: AWS::Serverless::Function
    Properties: {Runtime: nodejs20.x, Handler: index.handler, InlineCode: "x"}
  Go:
    Type: AWS::Serverless::Function
    Properties: {Runtime: go1.x, Handler: main}
_EOC_

    # neither sam nor node

    my $bin = tempdir(CLEANUP => 1);

    symlink "/usr/bin/$_", "$bin/$_" for qw( env python3 openssl );
    local $ENV{PATH} = $bin;
    my $port = start($folder);

    told(qr/Go: it runs on "go1\.x", which is not run here/, 'what is not run');
    told(qr/Old: it needs node, which is not installed/, 'what lacks a program');
    told(qr/far: its code is not known; .*--lambda/, 'what is not here');
    told(qr/^  runs +1 of 3 functions here$/m, 'how many are');
    told(qr/"sam local start-lambda" would run .* sam is not installed/,
         'what would run it');
    told(qr/line \d+: TABLE of Echo: "Table\.Arn" is known to AWS alone; say --/,
         'what is not known');

    unlike read_file($said), qr/NONE/, 'what is not to be there is';

    my $c = client($port, '/default');

    says($c, 'hello', 'hello! eu-west-1');
    $c->send('more');
    like $c->recv, qr/Internal server error/, 'a module is missing';
    told(qr/the module "more" is not there; pip install it/, 'what to do then');
    $c->send('{"action":"go"}');
    like $c->recv, qr/Internal server error/, 'the other one fails';
    told(qr/error +Go: it runs.*error +Go: it runs/s, 'once more, why');
    $c->close(1000);
    ends('QUIT');
}


# a function's layers, as Lambda has them, and its alias

sub layers {
    my $folder = tempdir(CLEANUP => 1);

    write_files($folder,
        'template.yaml' => <<'_EOC_',
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Layers: [!Ref Common]}
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes:
        say:
          FunctionArn: !Sub "${Say.Alias}"
          RouteResponseSelectionExpression: $default
        count:
          FunctionArn: !GetAtt Live.AliasArn
          RouteResponseSelectionExpression: $default
        typed: {FunctionArn: !GetAtt Typed.Arn}
  Common:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layers/common}
  Own:
    Type: AWS::Lambda::LayerVersion
    Properties: {Content: layers/own}
  Say:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: say.handler
      Runtime: nodejs20.x
      AutoPublishAlias: live
      Environment: {Variables: {ENDPOINT: !GetAtt Api.ApiEndpoint}}
      Layers: [!Ref Own, "arn:aws:lambda:eu-west-1:580247275435:layer:x:1"]
  Count:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: count.handler
      Runtime: python3.12
      Environment: {Variables: {REGION: eu-central-1}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Count, FunctionVersion: "1", Name: live}
  Typed:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src, Handler: typed.handler, Runtime: nodejs20.x}
_EOC_
        'layers/common/nodejs/node_modules/loud/index.js' =>
            "module.exports = (text) => text.toUpperCase();\n",
        'layers/common/python/loud.py' =>
            "def loud(text):\n    return text.upper()\n",
        'cdk.out/layers/own/nodejs/mark.js' => "exports.mark = '!';\n",
        'src/say.js' => <<'_EOC_',
const loud = require('loud');
const { mark } = require('/opt/nodejs/mark');
exports.handler = async () => ({
    statusCode: 200, body: loud(process.env.ENDPOINT) + mark });
_EOC_
        'src/count.py' => <<'_EOC_',
import os, urllib.request
from loud import loud
def handler(event, context):
    of = event['requestContext']
    urllib.request.urlopen(
        f"https://{of['apiId']}.execute-api.{os.environ['REGION']}.amazonaws.com"
        f"/{of['stage']}/@connections/{of['connectionId']}", b'pushed').close()
    return {'statusCode': 200, 'body': loud('counted')}
_EOC_
        'src/typed.ts' => "enum Kind { A }\n"
            . "export const handler = async () => Kind.A;\n");

    my $port = start($folder, '--own');
    my $c = client($port, '/default');

    my $endpoint = 'WSS://API.EXECUTE-API.US-EAST-1.AMAZONAWS.COM';

    # a change is seen, however soon it comes

    says($c, '{"action":"say"}', "$endpoint!");
    change("$folder/cdk.out/layers/own/nodejs/mark.js", sub { s/!/?!/ });
    told(qr/code has changed in/, 'a layer changes');
    says($c, '{"action":"say"}', "$endpoint?!");
    says($c, '{"action":"count"}', 'pushed', 'COUNTED');
    $c->send('{"action":"typed"}');
    like $c->recv, qr/Internal server error/, 'TypeScript';
    told(qr/ typed\.ts is TypeScript that .* does not run: npm install .* esbuild,/,
         'what would build it');
    $c->close(1000);
    ends('INT');
}


# TypeScript, built by the project's esbuild as SAM and Serverless do: its paths,
# its packages, those that are not bundled, a layer's; files beside the source

sub typescript {
    my $folder = tempdir(CLEANUP => 1);
    my $packages = "$top/t/compat/node_modules";

    system("$top/t/setup/npm", "$top/t/compat") == 0 or die "npm ci failed\n";

    write_files($folder,
        'template.yaml' => <<'_EOC_',
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    CodeUri: src
    Runtime: nodejs20.x
    Layers: [!Ref Common]
    Environment: {Variables: {GREETING: hello}}
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes:
        say:
          FunctionArn: !GetAtt Say.Arn
          RouteResponseSelectionExpression: $default
        more:
          FunctionArn: !GetAtt More.Arn
          RouteResponseSelectionExpression: $default
  Common:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer}
  Say:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: esbuild
      BuildProperties: {EntryPoints: [say.ts], External: [addon]}
    Properties: {Handler: say.handler}
  More:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: esbuild}
    Properties: {Handler: more.handler}
_EOC_
        'serverless.yml' => <<'_EOC_',
service: typed
provider: {name: aws, runtime: nodejs20.x, environment: {GREETING: hi}}
custom: {esbuild: {bundle: true, external: [addon]}}
layers: {common: {path: layer}}
functions:
  say:
    handler: src/say.handler
    layers: [!Ref CommonLambdaLayer]
    events:
      - websocket: {route: say, routeResponseSelectionExpression: $default}
_EOC_
        'tsconfig.json' => '{"compilerOptions":{"paths":{"@lib/*":["./lib/*"]}}}',
        'layer/nodejs/node_modules/loud/index.mjs' =>
            "export default (text) => text.toUpperCase();\n",
        'layer/nodejs/node_modules/loud/package.json' =>
            '{"main":"index.mjs"}',
        'layer/nodejs/opt.js' => "exports.mark = '!';\n",
        'node_modules/addon/index.js' =>
            "exports.text = require('fs').readFileSync(`\${__dirname}/own`, 'utf8')",
        'node_modules/addon/own' => 'addon',
        'src/beside' => 'beside',
        'lib/fail.ts' => <<'_EOC_',
interface Reason { text: string }

export function fail({ text }: Reason): never { throw new RangeError(text); }
_EOC_
        'src/more.mts' => <<'_EOC_',
import { fail } from '@lib/fail';
export const handler = async () => ({ statusCode: 200, body: more - });
_EOC_
        'src/say.ts' => <<'_EOC_');
import { readFileSync } from 'node:fs';
import { ApiGatewayManagementApiClient, PostToConnectionCommand }
    from '@aws-sdk/client-apigatewaymanagementapi';
import { text } from 'addon';
import loud from 'loud';
import { mark } from '/opt/nodejs/opt';
import { fail } from '@lib/fail';
import type { Context } from 'aws-lambda';

enum Kind { Push = 'pushed' }

const beside = [`${__dirname}/beside`, new URL('./beside', import.meta.url)]
    .map((file) => readFileSync(file, 'utf8'));

export const handler = async (event: any, context: Context): Promise<any> => {
    if (/fail/.test(event.body)) {
        fail({ text: 'as it should' });
    }

    await new ApiGatewayManagementApiClient({}).send(
        new PostToConnectionCommand({
            ConnectionId: event.requestContext.connectionId, Data: Kind.Push }));

    return { statusCode: 200,
             body: loud([process.env.GREETING, text, ...beside].join()) + mark };
};
_EOC_

    make_path("$folder/node_modules/.bin");
    symlink "$packages/$_", "$folder/node_modules/$_" for qw( .bin/esbuild @aws-sdk );

    my $port = start("$folder/template.yaml", '--own');
    my $c = client($port, '/default');

    $c->send('{"action":"more"}');
    like $c->recv, qr/Internal server error/, 'one that is not built';
    told(qr/ function +more\.mts:2:68:/, 'where it is wrong');
    says($c, '{"action":"say"}', 'pushed', 'HELLO,ADDON,BESIDE,BESIDE!');
    $c->send('{"action":"say","how":"fail"}');
    like $c->recv, qr/Internal server error/, 'one throws';
    told(qr/RangeError: as it should.* at \S* ?\(?\S+fail\.ts:3:\d+\)/s,
         'the line of its source');
    change("$folder/src/more.mts", sub { s/more -/'built'/ });
    told(qr/code has changed in/, 'its change');
    says($c, '{"action":"more"}', 'built');
    says($c, '{"action":"say"}', 'pushed', 'HELLO,ADDON,BESIDE,BESIDE!');
    change("$folder/lib/fail.ts", sub { s/text\);/`\${text} again`);/ });
    told(qr/(?:code has changed in.*){2}/s, 'that of what is elsewhere');
    $c->send('{"action":"say","how":"fail"}');
    like $c->recv, qr/Internal server error/, 'which throws';
    told(qr/RangeError: as it should again/, 'what it says now');
    $c->close(1000);
    ends('INT');

    $port = start("$folder/serverless.yml", '--own');
    $c = client($port, '/dev');
    says($c, '{"action":"say"}', 'pushed', 'HI,ADDON,BESIDE,BESIDE!');
    $c->close(1000);
    ends('INT');
}


# a state of Terraform: code is what its archive is made of

sub terraform {
    my $folder = tempdir(CLEANUP => 1);
    my $id = 'a1b2c3d4e5';
    my $arn = 'arn:aws:lambda:eu-west-1:123456789012:function:region';
    my @resource = (
        archive_file => { source_dir => './code', output_path => 'out/x.zip' },
        aws_lambda_function => {
            function_name => 'region', handler => 'index.handler', arn => $arn,
            runtime => 'nodejs20.x', filename => './out/x.zip',
            environment => [ { variables => { UNIT => 'km', NONE => undef } } ],
        },
        aws_apigatewayv2_api => { id => $id, name => 'x',
                                  protocol_type => 'WEBSOCKET' },
        aws_apigatewayv2_stage => { id => 's', api_id => $id, name => 'dev' },
        aws_apigatewayv2_integration => {
            id => 'i', api_id => $id, integration_type => 'AWS_PROXY',
            integration_uri => $arn },
        aws_apigatewayv2_route => {
            id => 'r', api_id => $id, route_key => '$default',
            target => 'integrations/i',
            route_response_selection_expression => '$default' });

    my @resources;

    while (my ($type, $values) = splice @resource, 0, 2) {
        push @resources, { address => "$type.x", type => $type, name => 'x',
                           mode => $type =~ /^aws/ ? 'managed' : 'data',
                           values => $values };
    }

    write_files($folder,
        'main.tf' => '', 'code/index.js' => <<'_EOC_',
const { UNIT, NONE, AWS_REGION } = process.env;
exports.handler = async ({ body }) =>
    ({ statusCode: 200, body: [body, UNIT, NONE, AWS_REGION].join() });
_EOC_
        'terraform.json' => JSON::PP->new->encode({
            format_version => '1.0', values => {
                root_module => { resources => \@resources } } }));

    my $port = start($folder);
    my $c = client($port, '/dev');

    says($c, 'at 7', 'at 7,km,,eu-west-1');
    $c->close(1000);
    unlike read_file($said), qr/NONE/, 'what is null is nothing that lacks';
    ends('TERM');
}


# the application of t/compat/serverless, as it is

sub compat {
    my $compat = "$top/t/compat";

    system("$top/t/setup/npm", $compat) == 0 or die "npm ci failed\n";

    my $port = start("$compat/serverless", '--own');

    is client($port, '/dev')->status, 401, 'who has no token';
    is client($port, '/dev?token=unknown')->status, 401, 'or an unknown one';
    is client($port, '/dev?token=denied')->status, 403, 'or may not';
    is client($port, '/dev?token=ann&then=refuse')->status, 418,
       'whom $connect refuses';

    my ($ann, $bob) = map { client($port, "/dev?token=$_&room=attic") }
                          qw( ann bob );

    is $_->status, 101, 'two come' for $ann, $bob;
    $ann->send('{"type":"say","text":"hello"}');
    is $_->recv, 'ann: hello', 'both hear it, by AWS\'s SDK' for $ann, $bob;

    $bob->send('{"type":"what"}');
    my $event = JSON::PP->new->decode($bob->recv);

    is $event->{requestContext}{routeKey}, '$default', 'the rest';
    is $event->{requestContext}{authorizer}{plan}, 'free',
       'knows who it comes from';
    $_->close(1000) for $ann, $bob;
    ends('INT');
}


# what cannot be begun is told, and nothing is left

sub refusals {
    my ($folder, $typed, $broken, $cdk) = map { tempdir(CLEANUP => 1) } 1 .. 4;

    write_file("$typed/serverless.ts", "export default {};\n");
    write_file("$broken/template.yaml", "Resources:\n  A: [\n");

    # of two stacks the one with the API, which is broken here

    mkdir "$cdk/cdk.out";
    write_file("$cdk/cdk.out/A.template.json", '{}');
    write_file("$cdk/cdk.out/B.template.json", '{"ProtocolType":"WEBSOCKET"');

    my $used = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        or die "listen: $!\n";

    for my $wrong ([ qr/there is no template in/, $folder ],
                   [ qr/is not there/, "$folder/none" ],
                   [ qr/of serverless\.ts what "serverless package" makes/,
                     $typed ],
                   [ qr{/template\.yaml:\d: is neither JSON nor YAML}, $broken,
                     '--port', Wsgw::Port::claim(3) ],
                   [ qr{/B\.template\.json:1: is }, $cdk,
                     '--port', Wsgw::Port::claim(3) ],
                   [ qr/port \d+: Address already in use; try --port/, project(), '--port',
                     $used->sockport ],
                   [ qr/--lambda x is no HOST:PORT/, project(), '--port',
                     Wsgw::Port::claim(3), '--lambda', 'x' ])
    {
        my ($words, @arguments) = @$wrong;
        my $home = tempdir(CLEANUP => 1);
        my $out = `TMPDIR=$home $dev @arguments 2>&1`;

        is $? >> 8, 1, "status 1: $out";
        like $out, $words;
        is_deeply [ glob "$home/*" ], [], 'and nothing is left';
    }
}


sub project {
    my $folder = tempdir(CLEANUP => 1);

    system('cp', '-R', "$FindBin::Bin/dev/project/.", $folder) == 0
        or die "cp: $!\n";

    return $folder;
}


# until it says that it runs; its port, which two more follow

sub start {
    my ($project, @arguments) = @_;

    my $port = Wsgw::Port::claim(3);

    $temporary = tempdir(CLEANUP => 1);
    $said = "$temporary/../said.$$." . $port;
    chmod 0711, $temporary;

    defined($pid = fork) or die "fork: $!\n";

    if ($pid == 0) {
        $ENV{TMPDIR} = $temporary;
        setpgrp;
        open STDOUT, '>', $said or die "$said: $!\n";
        open STDERR, '>&', \*STDOUT or die "stderr: $!\n";
        exec $dev, $project, '--port', $port, @arguments
            or die "$dev: $!\n";
    }

    wait_until(sub { read_file($said) =~ /Ctrl-C ends it/
                     || waitpid($pid, 1) != 0 }, 20, 'it runs');
    like read_file($said), qr{socket +ws://127\.0\.0\.1:$port/\w+\n},
         "$project runs" or diag read_file($said);

    return $port;
}


# by a signal to its group, as of a terminal; all that it has begun is gone

sub ends {
    my ($signal) = @_;

    my @children = descendants($pid);

    cmp_ok scalar(@children), '>', 1, 'it has children';
    kill $signal => -$pid;
    wait_until(sub { waitpid($pid, 1) == $pid }, 15, 'its end');

    is $? >> 8, 0, "SIG$signal ends it";
    undef $pid;

    wait_until(sub { !grep { alive($_) } @children }, 10, 'theirs');
    is_deeply [ glob "$temporary/*" ], [], 'nothing is left behind';
    unlike read_file($said), qr/Traceback/, 'without a traceback';
    unlink $said;
}


sub descendants {
    my ($of) = @_;

    my %parent;

    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $stat or next;
        my ($id, $parent) = (<$in> // '') =~ /^(\d+) \(.*\) \S (\d+) /s
            or next;
        push @{ $parent{$parent} }, $id;
    }

    my @found = @{ $parent{$of} // [] };

    return map { ($_, descendants_of(\%parent, $_)) } @found;
}


sub descendants_of {
    my ($parent, $of) = @_;

    return map { ($_, descendants_of($parent, $_)) } @{ $parent->{$of} // [] };
}


sub alive {
    my ($id) = @_;

    open my $in, '<', "/proc/$id/stat" or return 0;
    return (<$in> // '') =~ /^\d+ \(.*\) [^ZX] /s;
}


sub client {
    my ($port, $path) = @_;
    return Wsgw::Client->open('127.0.0.1', $port, $path);
}


sub says {
    my ($c, $message, @wanted) = @_;

    $c->send($message);
    is_deeply [ sort map { $c->recv // '-' } @wanted ], [ sort @wanted ],
              $message;
}


sub told {
    my ($words, $name) = @_;

    wait_until(sub { read_file($said) =~ $words }, 10, $words);
    pass "$name is told";
}


# with another time than the last one

sub change {
    my ($name, $change) = @_;

    local $_ = read_file($name);
    $change->();
    write_file($name, $_);
}


sub read_file {
    my ($name) = @_;

    open my $in, '<', $name or return '';
    local $/;

    return scalar(<$in>) // '';
}


sub write_files {
    my ($folder, %text) = @_;

    for my $name (keys %text) {
        make_path(dirname("$folder/$name"));
        write_file("$folder/$name", $text{$name});
    }
}


sub write_file {
    my ($name, $text) = @_;

    open my $out, '>', $name or die "$name: $!\n";
    print $out $text;
    close $out or die "$name: $!\n";
}


END {
    if ($$ == $owner && $pid) {
        my $status = $?;
        kill TERM => -$pid;
        waitpid $pid, 0;
        diag read_file($said);
        $? = $status;
    }
}
