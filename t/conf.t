# What a configuration may say, and what it is told when it is wrong: each
# message, and that it points to the line that has to be changed.
#
#   points_to   the text of the line that the message of error_log names
#   and_first   of the line that it says was first

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use File::Temp ();
use Wsgw::Files;

our $Zone = "    wsgw_zone zone=conns:1m;\n";

every_block(http_config => $Zone, config => '');

add_block_preprocessor(sub {
    my ($block) = @_;

    # what a configuration says is in the log when nginx runs or has refused

    $block->set_value(ws => sub { })
        unless defined $block->ws || defined $block->must_die;

    master_process_enabled($block->name =~ /reload/ ? 'on' : 'off');

    # stages here lack what their tests are not about

    my $none = qr/\[warn\](?!.* has no (?:route|"wsgw_management"):)/;

    $block->set_value(no_error_log => [
        map { $_ eq '[warn]' ? $none : $_ } split /\n+/, $block->no_error_log
    ]) if defined $block->no_error_log && !ref $block->no_error_log;
});

add_test_cleanup_handler(sub {
    my ($block) = @_;

    return unless defined $block->points_to;

    # of the message itself: there may be warnings beside it

    my $message = (split /\n/, trim($block->error_log))[-1] =~ s/ in$//r;
    my ($file, $line) = error_log() =~ /\Q$message\E.* in (\S+):(\d+)$/m;

    is line_of($file, $line), trim($block->points_to),
       $block->name . ': the line';

    return unless defined $block->and_first;

    ($file, $line) = error_log() =~ /, first defined in (\S+):(\d+) in/;

    is line_of($file, $line), trim($block->and_first),
       $block->name . ': the first line';
});

sub line_of {
    my ($file, $line) = @_;

    return 'no line at all' unless defined $file;

    open my $conf, '<', $file or return "$file: $!";
    my @lines = <$conf>;

    return trim($lines[$line - 1] // 'no such line');
}

sub trim {
    my ($text) = @_;

    return $text =~ s/^\s+|\s+$//gr;
}

# what nginx -t says of the block's configuration, and how it exits

sub check {
    my $root = $ENV{TEST_NGINX_SERVROOT};

    my $conf = "$root/conf/nginx.conf";
    my $said = `$ENV{TEST_NGINX_BINARY} -t -e stderr -p $root -c $conf 2>&1`;

    return ($said, $? >> 8);
}

# every directive that a location may have, as docs/directives.md says, in each
# kind of location; and in a server that has no stage

our $Keys = File::Temp->new;

print $Keys "KEY:secret\n";
$Keys->flush;

our %Arguments = (
    api => 'conns stage=s', api_key => '$http_x_key', authorizer => '/int',
    authorizer_context => 'name value', body_variable => 'v $request.body.v',
    close_timeout => '1s', compression => 'on', concurrency => 2,
    disconnect_max_age => '1m', group => 'name', idle_timeout => '1m',
    integration_timeout => '1s', integration_type => 'http_proxy',
    limit_conn => '$remote_addr 9', management => 'conns stage=s',
    max_fragments => 9, max_frame_size => '1k', max_groups => 9,
    max_lifetime => '1h', max_message_size => '1k', max_pending_size => '1m',
    max_queue_size => '1m', message_rate => '9r/s', origin => 'any',
    ping_interval => '1m', profile => 'aws', route => '$default /int',
    route_selection_expression => '$request.body.a', send_timeout => '1m',
    sigv4 => $Keys, stage_variable => 'name value', status => '',
    trace => 'off',
);

our %Places = (
    stage      => 'location /%s { wsgw_api conns stage=s; %s }',
    above      => 'location /%s { %s location /%1$s/s { wsgw_api conns; } }',
    management => 'location /%s { wsgw_management conns stage=s; %s }',
    status     => 'location /%s { wsgw_status; %s }',
    neither    => 'location /%s { %s return 204; }',
);

sub directives {
    my ($level) = @_;

    return read_file('t/../docs/directives.md')
           =~ /^## wsgw_(\w+)\n(?:(?!^##).*\n)*?\| Context: \| `.*\b$level\b/mg;
}

sub everywhere {
    my $locations = '';

    for my $place (sort keys %Places) {
        for my $name (directives('location')) {
            next if $name =~ /^(?:api|management|status)$/;

            die "no arguments of wsgw_$name\n"
                unless defined $Arguments{$name};

            $locations .= sprintf "    $Places{$place}\n", "$place-$name",
                                  "wsgw_$name $Arguments{$name};";
        }
    }

    return "$locations    location = /int { internal; return 204; }\n";
}

sub in_a_server {
    return join '', $Zone, "    server {\n        listen 127.0.0.1:",
           free_port(), ";\n",
           map({ "        wsgw_$_ $Arguments{$_};\n" }
               grep { $_ ne 'route' } directives('server')), "    }\n";
}

run_tests();

__DATA__

=== TEST 1: a zone says zone=
--- http_config
    wsgw_zone conns:16m;
--- must_die
--- error_log
[emerg]
invalid parameter "conns:16m"
--- points_to
wsgw_zone conns:16m;


=== TEST 2: a zone says its size
--- http_config
    wsgw_zone zone=conns;
--- must_die
--- error_log
[emerg]
wsgw zone "conns" has no size; write it as "zone=conns:16m"
--- points_to
wsgw_zone zone=conns;


=== TEST 3: a zone's name is a name
--- http_config
    wsgw_zone zone=my.conns:1m;
--- must_die
--- error_log
[emerg]
invalid zone "my.conns", it has 1 to 128 letters, digits, "_" and "-"
--- points_to
wsgw_zone zone=my.conns:1m;


=== TEST 4: a zone's size is a size
--- http_config
    wsgw_zone zone=conns:big;
--- must_die
--- error_log
[emerg]
invalid size "big" of wsgw zone "conns"
--- points_to
wsgw_zone zone=conns:big;


=== TEST 5: a zone too small for a connection is refused
--- http_config
    wsgw_zone zone=conns:64k;
--- must_die
--- error_log
[emerg]
wsgw zone "conns" of 64k holds 0 connections, at least 256k is needed
--- points_to
wsgw_zone zone=conns:64k;


=== TEST 6: a byte below the least size is too small
--- http_config
    wsgw_zone zone=conns:262143;
--- must_die
--- error_log
[emerg]
wsgw zone "conns" of 262143 holds 0 connections
--- points_to
wsgw_zone zone=conns:262143;


=== TEST 7: the least zone holds connections
--- http_config
    wsgw_zone zone=conns:256k;
--- error_log
wsgw zone "conns" (256k) holds up to 512 connections


=== TEST 8: nginx says at start what a zone holds
--- http_config
    wsgw_zone zone=conns:16m;
--- error_log
wsgw zone "conns" (16m) holds up to 32768 connections


=== TEST 9: a zone is declared once
--- http_config
    wsgw_zone zone=conns:1m;
    wsgw_zone zone=conns:2m;
--- must_die
--- error_log
[emerg]
duplicate wsgw zone "conns", first defined in
--- points_to
wsgw_zone zone=conns:2m;
--- and_first
wsgw_zone zone=conns:1m;


=== TEST 10: a time is a time or off
--- http_config
    wsgw_drain_time soon;
--- must_die
--- error_log
[emerg]
invalid time "soon"
--- points_to
wsgw_drain_time soon;


=== TEST 11: the drain after a quit is a time, too
--- http_config
    wsgw_drain_time 1m quit=soon;
--- must_die
--- error_log
[emerg]
invalid time "soon"
--- points_to
wsgw_drain_time 1m quit=soon;


=== TEST 12: the drain has no other parameter
--- http_config
    wsgw_drain_time 1m hup=1m;
--- must_die
--- error_log
[emerg]
invalid parameter "hup=1m"
--- points_to
wsgw_drain_time 1m hup=1m;


=== TEST 13: a drain is told once
--- http_config
    wsgw_drain_time off;
    wsgw_drain_time 1m;
--- must_die
--- error_log
[emerg]
"wsgw_drain_time" directive is duplicate


=== TEST 14: a worker needs an event request
--- http_config
    wsgw_worker_events 0;
--- must_die
--- error_log
[emerg]
invalid number "0", write it as "wsgw_worker_events 16", from 1 to 2147483647
--- points_to
wsgw_worker_events 0;


=== TEST 15: a worker needs memory
--- http_config
    wsgw_worker_memory 0;
--- must_die
--- error_log
[emerg]
invalid size "0", write it as "128k" or "1m"
--- points_to
wsgw_worker_memory 0;


=== TEST 16: a misspelt zone is told which was meant
--- config
    location /dev {
        wsgw_api cons;
    }
--- must_die
--- error_log
[emerg]
"wsgw_api" refers to unknown zone "cons", did you mean "conns"? in
--- points_to
wsgw_api cons;


=== TEST 17: a misspelt zone of a management location is told, too
--- config
    location /dev/@connections {
        wsgw_management cons;
    }
--- must_die
--- error_log
[emerg]
"wsgw_management" refers to unknown zone "cons", did you mean "conns"? in
--- points_to
wsgw_management cons;


=== TEST 18: a zone may be declared behind its use
--- http_config
    server {
        location /dev { wsgw_api late; }
    }
    wsgw_zone zone=late:1m;
--- no_error_log
[error]
[warn]


=== TEST 19: a location is one stage
--- config
    location /dev {
        wsgw_api conns;
        wsgw_api conns stage=other;
    }
--- must_die
--- error_log
[emerg]
"wsgw_api" directive is duplicate
--- points_to
wsgw_api conns stage=other;


=== TEST 20: a stage's name is a name
--- config
    location /dev {
        wsgw_api conns stage=a/b;
    }
--- must_die
--- error_log
[emerg]
invalid stage "a/b", it has 1 to 128 letters
--- points_to
wsgw_api conns stage=a/b;


=== TEST 21: an API's id is a name
--- config
    location /dev {
        wsgw_api conns id=;
    }
--- must_die
--- error_log
[emerg]
invalid API id "", it has 1 to 128 letters
--- points_to
wsgw_api conns id=;


=== TEST 22: a domain is no URL
--- config
    location /dev {
        wsgw_api conns domain=https://example.com;
    }
--- must_die
--- error_log
[emerg]
invalid domain "https://example.com", it is a host with or without a port, as in "domain=example.com:8443"
--- points_to
wsgw_api conns domain=https://example.com;


=== TEST 23: a domain's port is one
--- config
    location /dev {
        wsgw_api conns domain=example.com:65536;
    }
--- must_die
--- error_log
[emerg]
invalid domain "example.com:65536"
--- points_to
wsgw_api conns domain=example.com:65536;


=== TEST 24: a domain has a host
--- config
    location /dev {
        wsgw_api conns domain=:8080;
    }
--- must_die
--- error_log
[emerg]
invalid domain ":8080"
--- points_to
wsgw_api conns domain=:8080;


=== TEST 25: a callback is a URL
--- config
    location /dev {
        wsgw_api conns callback=example.com/dev;
    }
--- must_die
--- error_log
[emerg]
invalid callback "example.com/dev", it is a URL as in "callback=https://example.com/dev"
--- points_to
wsgw_api conns callback=example.com/dev;


=== TEST 26: a callback's variables exist
--- config
    location /dev {
        wsgw_api conns callback=https://$nobody/dev;
    }
--- must_die
--- error_log
[emerg]
unknown "nobody" variable


=== TEST 27: a stage has no other parameter
--- config
    location /dev {
        wsgw_api conns zone=z;
    }
--- must_die
--- error_log
[emerg]
invalid parameter "zone=z"
--- points_to
wsgw_api conns zone=z;


=== TEST 28: the root location does not name a stage
--- config
    location / {
        wsgw_api conns;
    }
--- must_die
--- error_log
[emerg]
location "/" does not name a stage; write "wsgw_api conns stage=NAME"
--- points_to
wsgw_api conns;


=== TEST 29: a regex location does not name a stage
--- config
    location ~ ^/(dev|prod)$ {
        wsgw_api conns;
    }
--- must_die
--- error_log
[emerg]
location "^/(dev|prod)$" does not name a stage; write "wsgw_api conns stage=NAME"
--- points_to
wsgw_api conns;


=== TEST 30: a named location does not name a stage
--- config
    location @dev {
        wsgw_api conns;
    }
--- must_die
--- error_log
[emerg]
location "@dev" does not name a stage; write "wsgw_api conns stage=NAME"
--- points_to
wsgw_api conns;


=== TEST 31: a path that cannot be a stage says so
--- config
    location /v1.0/ {
        wsgw_api conns;
    }
--- must_die
--- error_log
[emerg]
invalid stage "v1.0", it has 1 to 128 letters
--- points_to
wsgw_api conns;


=== TEST 32: a name, an id, a domain and a callback in order are taken
--- config
    location /x/ {
        wsgw_api conns stage=a-B_1 id=nn27aaaaaa domain=example.com:8443
                 callback=https://$host/x/;
    }
    location /v6 { wsgw_api conns domain=[::1]:8080 callback=http://a; }
    location ~ ^/r/ { wsgw_api conns stage=r; }
    location @n { wsgw_api conns stage=n; }
    location /a/b/c/ { wsgw_api conns; }
--- no_error_log
[warn]
[error]


=== TEST 33: a stage needs a location of its own
--- config
    location /dev {
        wsgw_management conns stage=dev;
        wsgw_api conns;
    }
--- must_die
--- error_log
[emerg]
"wsgw_api" needs a location of its own, this one has another content handler
--- points_to
wsgw_api conns;


=== TEST 34: another content handler before it is seen
--- config
    location /dev {
        proxy_pass http://127.0.0.1:1;
        wsgw_api conns;
    }
--- must_die
--- error_log
[emerg]
"wsgw_api" needs a location of its own
--- points_to
wsgw_api conns;


=== TEST 35: another content handler behind it is seen
--- config
    location /dev {
        wsgw_api conns;
        proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log
[emerg]
"wsgw_api" needs a location of its own
--- points_to
wsgw_api conns;


=== TEST 36: also one behind wsgw_management
--- config
    location /dev/@connections {
        wsgw_management conns;
        proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log
[emerg]
"wsgw_management" needs a location of its own
--- points_to
wsgw_management conns;


=== TEST 37: "if" is no stage
--- config
    location /dev {
        if ($arg_x) {
            wsgw_api conns;
        }
    }
--- must_die
--- error_log
[emerg]
"wsgw_api" directive is not allowed here
--- points_to
wsgw_api conns;


=== TEST 38: "limit_except" is no stage
--- config
    location /dev {
        limit_except GET {
            wsgw_api conns;
        }
    }
--- must_die
--- error_log
[emerg]
"wsgw_api" directive is not allowed here
--- points_to
wsgw_api conns;


=== TEST 39: a management location names its stage
--- config
    location /push {
        wsgw_management conns;
    }
--- must_die
--- error_log
[emerg]
location "/push" does not end with "/@connections"; write "location ^~ /STAGE/@connections", or "wsgw_management conns stage=NAME"
--- points_to
wsgw_management conns;


=== TEST 40: the root of the connections names none
--- config
    location /@connections {
        wsgw_management conns;
    }
--- must_die
--- error_log
[emerg]
location "/@connections" does not name a stage
--- points_to
wsgw_management conns;


=== TEST 41: a regex management location names none
--- config
    location ~ ^/dev/@connections {
        wsgw_management conns;
    }
--- must_die
--- error_log
[emerg]
does not name a stage
--- points_to
wsgw_management conns;


=== TEST 42: a management location's stage is a name
--- config
    location /dev/@connections {
        wsgw_management conns stage=a.b;
    }
--- must_die
--- error_log
[emerg]
invalid stage "a.b"
--- points_to
wsgw_management conns stage=a.b;


=== TEST 43: a management location has no other parameter
--- config
    location /dev/@connections {
        wsgw_management conns private;
    }
--- must_die
--- error_log
[emerg]
invalid parameter "private"
--- points_to
wsgw_management conns private;


=== TEST 44: a push larger than the zone can pass on is told
--- http_config
    wsgw_zone zone=conns:256k;
--- config
    location /dev { wsgw_api conns; }
    location ^~ /dev/@connections {
        wsgw_management conns public;
    }
--- error_log
[warn]
a push of wsgw_max_message_size 131072 cannot reach another worker: it is more than 7/32 of wsgw zone "conns" of 262144 in
--- points_to
wsgw_management conns public;


=== TEST 45: a push that the zone can pass on is not told of
--- http_config
    wsgw_zone zone=conns:586k;
--- config
    location /dev { wsgw_api conns; }
    location ^~ /dev/@connections { wsgw_management conns; }
--- no_error_log
[warn]


=== TEST 46: an expression must be one
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression "${request.body.action";
    }
--- must_die
--- error_log
[emerg]
route selection expression "${request.body.action":
--- points_to
wsgw_route_selection_expression "${request.body.action";


=== TEST 47: an expression without its dollar is taken, and told
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression request.body.action;
    }
--- error_log
[warn]
route selection expression "request.body.action":
--- points_to
wsgw_route_selection_expression request.body.action;


=== TEST 48: an expression is told once
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression $request.body.a;
        wsgw_route_selection_expression $request.body.b;
    }
--- must_die
--- error_log
[emerg]
"wsgw_route_selection_expression" directive is duplicate


=== TEST 49: a route key is told once, and where it was first
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route sendMessage /int;
        wsgw_route other /int;
        wsgw_route sendMessage /other;
    }
--- must_die
--- error_log
[emerg]
duplicate route key "sendMessage", first defined in
--- points_to
wsgw_route sendMessage /other;
--- and_first
wsgw_route sendMessage /int;


=== TEST 50: a mis-spelt special key is told what was meant
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $conect /int;
    }
--- must_die
--- error_log
[emerg]
unknown route key "$conect", did you mean "$connect"?
--- points_to
wsgw_route $conect /int;


=== TEST 51: special keys are in lower case
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $Default /int;
    }
--- must_die
--- error_log
[emerg]
unknown route key "$Default", did you mean "$default"?
--- points_to
wsgw_route $Default /int;


=== TEST 52: a letter too many is told as one too few
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $dissconnect /int;
    }
--- must_die
--- error_log
[emerg]
unknown route key "$dissconnect", did you mean "$disconnect"?
--- points_to
wsgw_route $dissconnect /int;


=== TEST 53: another key with a dollar is told the three
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $request.body.action /int;
    }
--- must_die
--- error_log
[emerg]
unknown route key "$request.body.action", the only ones that begin with "$" are $connect, $disconnect and $default
--- points_to
wsgw_route $request.body.action /int;


=== TEST 54: keys that begin with a tilde are reserved
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route ~^a /int;
    }
--- must_die
--- error_log
[emerg]
route key "~^a": keys that begin with "~" are reserved
--- points_to
wsgw_route ~^a /int;


=== TEST 55: a route key is not empty
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route "" /int;
    }
--- must_die
--- error_log
[emerg]
invalid route key "", it has 1 to 256 bytes
--- points_to
wsgw_route "" /int;


=== TEST 56: a route key has an end
--- config eval
qq{
    location /dev {
        wsgw_api conns;
        wsgw_route ${\("k" x 257)} /int;
    }
}
--- must_die
--- error_log
[emerg]
", it has 1 to 256 bytes


=== TEST 57: the longest key is one
--- config eval
qq{
    location /dev {
        wsgw_api conns;
        wsgw_route ${\("k" x 256)} /int;
    }
    location /int { internal; return 204; }
}
--- no_error_log
[warn]


=== TEST 58: an integration is a location, not a URL
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default http://127.0.0.1:9000/;
    }
--- must_die
--- error_log
[emerg]
invalid integration "http://127.0.0.1:9000/" of route "$default", it is the URI of a location, "/...", or "@name"
--- points_to
wsgw_route $default http://127.0.0.1:9000/;


=== TEST 59: an integration is not a name without its sign
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default fallback;
    }
--- must_die
--- error_log
[emerg]
invalid integration "fallback" of route "$default"
--- points_to
wsgw_route $default fallback;


=== TEST 60: an integration is not a sign without a name
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default @;
    }
--- must_die
--- error_log
[emerg]
invalid integration "@" of route "$default"
--- points_to
wsgw_route $default @;


=== TEST 61: an integration's URI has no variables
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int/$wsgw_route_key;
    }
--- must_die
--- error_log
[emerg]
integration "/int/$wsgw_route_key" of route "$default" cannot have variables; use them in its location
--- points_to
wsgw_route $default /int/$wsgw_route_key;


=== TEST 62: a route is one of three
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int oneway response;
    }
--- must_die
--- error_log
[emerg]
invalid parameter "response": a route is one of "response", "oneway" and "async"
--- points_to
wsgw_route $default /int oneway response;


=== TEST 63: a route has a type that exists
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int type=lambda;
    }
--- must_die
--- error_log
[emerg]
invalid parameter "type=lambda"
--- points_to
wsgw_route $default /int type=lambda;


=== TEST 64: a route's timeout is a time
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int timeout=long;
    }
--- must_die
--- error_log
[emerg]
invalid time "long"
--- points_to
wsgw_route $default /int timeout=long;


=== TEST 65: "response" has no effect on $connect
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $connect /int response;
    }
    location /int { internal; return 204; }
--- error_log
[warn]
"response" is for messages and has no effect on route "$connect"
--- points_to
wsgw_route $connect /int response;


=== TEST 66: "async" has no effect on $connect
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $connect /int async;
    }
    location /int { internal; return 204; }
--- error_log
[warn]
"async" is for messages and has no effect on route "$connect"
--- points_to
wsgw_route $connect /int async;


=== TEST 67: "oneway" has no effect on $disconnect
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $disconnect /int oneway;
    }
    location /int { internal; return 204; }
--- error_log
[warn]
"oneway" is for messages and has no effect on route "$disconnect"
--- points_to
wsgw_route $disconnect /int oneway;


=== TEST 68: routes in order are taken
--- config
    wsgw_route $connect @connect timeout=3s;
    wsgw_route $disconnect /int/a?b=c type=http_proxy timeout=off;
    location /dev {
        wsgw_api conns;
    }
    location /other {
        wsgw_api conns;
        wsgw_route $default /int response;
        wsgw_route a /int oneway type=http_proxy;
        wsgw_route A /int async type=aws_proxy;
        wsgw_route "a b" /int;
    }
    location @connect { return 204; }
    location /int { internal; return 204; }
--- no_error_log
[warn]


=== TEST 69: a named location must be there
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default @nobody;
    }
    location @somebody { return 204; }
--- must_die
--- error_log
[emerg]
route "$default" points to "@nobody", but its server has no such location in
--- points_to
wsgw_route $default @nobody;


=== TEST 70: a named location of another server is not there
--- http_config eval
$::Zone . '    server { location @other { return 204; } }'
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default @other;
    }
--- must_die
--- error_log
[emerg]
route "$default" points to "@other", but its server has no such location in
--- points_to
wsgw_route $default @other;


=== TEST 71: an integration that clients can reach is told
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int/a;
    }
    location /int { return 204; }
--- error_log
[warn]
route "$default" points to "/int/a", which clients can reach; add "internal;" to location "/int" in
--- points_to
wsgw_route $default /int/a;


=== TEST 72: an integration that no location serves is told
--- http_config
    wsgw_zone zone=conns:1m;
    server {
        location /dev {
            wsgw_api conns;
            wsgw_route $default /int/a;
        }
        location /other { internal; return 204; }
    }
--- error_log
[warn]
route "$default" points to "/int/a", which no location of its server serves; add "location /int/a { internal; ... }" in
--- points_to
wsgw_route $default /int/a;


=== TEST 73: the query string is no part of the location
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int?a=b;
    }
    location = /int { internal; return 204; }
--- no_error_log
[warn]


=== TEST 74: "internal" is inherited
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int/a;
    }
    location /int {
        internal;
        location /int/a { return 204; }
    }
--- no_error_log
[warn]


=== TEST 75: the longest prefix is asked
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int/abc;
    }
    location /int { return 204; }
    location /int/ab { internal; return 204; }
--- no_error_log
[warn]


=== TEST 76: an exact location comes first
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int;
    }
    location = /int { internal; return 204; }
    location /int { return 204; }
--- no_error_log
[warn]


=== TEST 77: a regex comes before a prefix
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int/a;
    }
    location /int { internal; return 204; }
    location ~ ^/int/ { return 204; }
--- error_log
[warn]
which clients can reach; add "internal;" to location "^/int/" in
--- points_to
wsgw_route $default /int/a;


=== TEST 78: a prefix may come before regexes
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int/a;
    }
    location ^~ /int { internal; return 204; }
    location ~ ^/int/ { return 204; }
--- no_error_log
[warn]


=== TEST 79: the first regex that matches is asked
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int/a;
    }
    location ~ ^/x { return 204; }
    location ~ ^/i { internal; return 204; }
    location ~ ^/int { return 204; }
--- no_error_log
[warn]


=== TEST 80: a regex comes before a nested prefix, too
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int/a;
    }
    location /int {
        internal;
        location /int/a { return 204; }
    }
    location ~ a$ { return 204; }
--- error_log
[warn]
add "internal;" to location "a$" in
--- points_to
wsgw_route $default /int/a;


=== TEST 81: a nested regex comes before one outside
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int/a;
    }
    location /int {
        location ~ a$ { internal; return 204; }
    }
    location ~ ^/int { return 204; }
--- no_error_log
[warn]


=== TEST 82: a route that stages inherit is told of once
--- config
    wsgw_route $default /int;
    location /a { wsgw_api conns; }
    location /b { wsgw_api conns; }
    location /int { return 204; }
--- ws eval
sub {
    my @told = error_log() =~ /which clients can reach/g;

    is scalar @told, 1;
}


=== TEST 83: stages of one API have one $disconnect
--- http_config
    wsgw_zone zone=conns:1m;
    server {
        location /dev {
            wsgw_api conns;
            wsgw_route $disconnect /one;
        }
        location /one { internal; return 204; }
    }
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $disconnect /two;
    }
    location /two { internal; return 204; }
--- must_die
--- error_log
[emerg]
route "$disconnect" of stage "dev" differs from that of the same API and stage in
--- points_to
wsgw_api conns;


=== TEST 84: stages of one API have all a $disconnect, or none
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $disconnect /int;
    }
    location /also/dev {
        wsgw_api conns stage=dev;
    }
    location /int { internal; return 204; }
--- must_die
--- error_log
[emerg]
route "$disconnect" of stage "dev" differs
--- points_to
wsgw_api conns stage=dev;


=== TEST 85: another type is another route
--- config
    wsgw_route $disconnect /int;
    location /dev {
        wsgw_api conns;
    }
    location /also/dev {
        wsgw_api conns stage=dev;
        wsgw_integration_type http_proxy;
    }
    location /int { internal; return 204; }
--- must_die
--- error_log
[emerg]
route "$disconnect" of stage "dev" differs
--- points_to
wsgw_api conns stage=dev;


=== TEST 86: the same in two servers is one, and stages or APIs may differ
--- http_config
    wsgw_zone zone=conns:1m;
    server {
        location /dev {
            wsgw_api conns;
            wsgw_route $disconnect /int?a;
        }
        location /int { internal; return 204; }
    }
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $disconnect /int?a;
    }
    location /prod { wsgw_api conns; }
    location /a/dev { wsgw_api conns id=another; }
    location /int { internal; return 204; }
--- no_error_log
[warn]
[error]


=== TEST 87: "wsgw_max_message_size" is not zero
--- config
    location /dev {
        wsgw_api conns;
        wsgw_max_message_size 0;
    }
--- must_die
--- error_log
[emerg]
invalid size "0", write it as "128k" or "1m"
--- points_to
wsgw_max_message_size 0;


=== TEST 88: "wsgw_max_frame_size" is not zero
--- config
    location /dev {
        wsgw_api conns;
        wsgw_max_frame_size 0;
    }
--- must_die
--- error_log
[emerg]
invalid size "0", write it as "128k" or "1m"
--- points_to
wsgw_max_frame_size 0;


=== TEST 89: "wsgw_concurrency" is not zero
--- config
    location /dev {
        wsgw_api conns;
        wsgw_concurrency 0;
    }
--- must_die
--- error_log
[emerg]
invalid number "0", write it as "wsgw_concurrency 16", from 1 to 2147483647
--- points_to
wsgw_concurrency 0;


=== TEST 90: "wsgw_max_fragments" is not zero
--- config
    location /dev {
        wsgw_api conns;
        wsgw_max_fragments 0;
    }
--- must_die
--- error_log
[emerg]
invalid number "0", write it as "wsgw_max_fragments 16", from 1 to 2147483647
--- points_to
wsgw_max_fragments 0;


=== TEST 91: a queue holds a message
--- config
    wsgw_max_message_size 64k;
    location /dev {
        wsgw_api conns;
        wsgw_max_queue_size 65535;
    }
--- must_die
--- error_log
[emerg]
stage "dev": wsgw_max_queue_size 65535 is less than wsgw_max_message_size 65536, so that no client could get the largest message; write at least that in
--- points_to
wsgw_api conns;


=== TEST 92: defaults follow a size that another level sets
--- config
    location /dev {
        wsgw_api conns;
        wsgw_max_message_size 1m;
    }
--- no_error_log
[warn]


=== TEST 93: times are times or off
--- config
    wsgw_integration_timeout 5s;
    wsgw_idle_timeout 0;
    wsgw_max_lifetime off;
    wsgw_ping_interval 30s;
    wsgw_close_timeout 500ms;
    wsgw_send_timeout 1h30m;
    wsgw_disconnect_max_age 1d;
    location /dev { wsgw_api conns; }
--- no_error_log
[warn]


=== TEST 94: a time is nothing else
--- config
    location /dev {
        wsgw_api conns;
        wsgw_idle_timeout never;
    }
--- must_die
--- error_log
[emerg]
invalid time "never"
--- points_to
wsgw_idle_timeout never;


=== TEST 95: a time is told once
--- config
    location /dev {
        wsgw_api conns;
        wsgw_idle_timeout 1s;
        wsgw_idle_timeout 2s;
    }
--- must_die
--- error_log
[emerg]
"wsgw_idle_timeout" directive is duplicate


=== TEST 96: "10" is no rate
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate 10;
    }
--- must_die
--- error_log
[emerg]
invalid rate "10", write it as "10r/s" or "100r/m"
--- points_to
wsgw_message_rate 10;


=== TEST 97: "0r/s" is no rate
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate 0r/s;
    }
--- must_die
--- error_log
[emerg]
invalid rate "0r/s", write it as "10r/s" or "100r/m"
--- points_to
wsgw_message_rate 0r/s;


=== TEST 98: "r/s" is no rate
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate r/s;
    }
--- must_die
--- error_log
[emerg]
invalid rate "r/s", write it as "10r/s" or "100r/m"
--- points_to
wsgw_message_rate r/s;


=== TEST 99: "10r/h" is no rate
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate 10r/h;
    }
--- must_die
--- error_log
[emerg]
invalid rate "10r/h", write it as "10r/s" or "100r/m"
--- points_to
wsgw_message_rate 10r/h;


=== TEST 100: "-1r/s" is no rate
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate -1r/s;
    }
--- must_die
--- error_log
[emerg]
invalid rate "-1r/s", write it as "10r/s" or "100r/m"
--- points_to
wsgw_message_rate -1r/s;


=== TEST 101: a burst is a number
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate 10r/s burst=many;
    }
--- must_die
--- error_log
[emerg]
invalid burst "burst=many", write it as "burst=20"
--- points_to
wsgw_message_rate 10r/s burst=many;


=== TEST 102: a rate has no other parameter
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate 10r/s nodelay;
    }
--- must_die
--- error_log
[emerg]
invalid parameter "nodelay"
--- points_to
wsgw_message_rate 10r/s nodelay;


=== TEST 103: "off" is no rate with a burst
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate off burst=1;
    }
--- must_die
--- error_log
[emerg]
invalid rate "off"
--- points_to
wsgw_message_rate off burst=1;


=== TEST 104: rates in order are taken
--- config
    wsgw_message_rate 100r/m burst=20;
    location /a { wsgw_api conns; }
    location /b { wsgw_api conns; wsgw_message_rate off; }
    location /c { wsgw_api conns; wsgw_message_rate 10r/s; }
--- no_error_log
[warn]


=== TEST 105: a host is no origin
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin example.com;
    }
--- must_die
--- error_log
[emerg]
invalid origin "example.com", write "any" or "same" alone, or origins as a browser sends them
--- points_to
wsgw_origin example.com;


=== TEST 106: an origin with a path is no browser's
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://example.com/;
    }
--- error_log
[warn]
origin "https://example.com/" has a path, which no browser sends
--- points_to
wsgw_origin https://example.com/;


=== TEST 107: an origin has no wildcard
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://*.example.com;
    }
--- must_die
--- error_log
[emerg]
invalid origin "https://*.example.com", write "any" or "same" alone, or origins as a browser sends them
--- points_to
wsgw_origin https://*.example.com;


=== TEST 108: an origin has a scheme
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin ://example.com;
    }
--- must_die
--- error_log
[emerg]
invalid origin "://example.com", write "any" or "same" alone, or origins as a browser sends them
--- points_to
wsgw_origin ://example.com;


=== TEST 109: an origin has a host
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://;
    }
--- must_die
--- error_log
[emerg]
invalid origin "https://", write "any" or "same" alone, or origins as a browser sends them
--- points_to
wsgw_origin https://;


=== TEST 110: "any" is not one of several
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin any https://example.com;
    }
--- must_die
--- error_log
[emerg]
invalid origin "any", write "any" or "same" alone, or
--- points_to
wsgw_origin any https://example.com;


=== TEST 111: a profile exists
--- config
    location /dev {
        wsgw_api conns;
        wsgw_profile azure;
    }
--- must_die
--- error_log
[emerg]
invalid value "azure"
--- points_to
wsgw_profile azure;


=== TEST 112: an integration type exists
--- config
    location /dev {
        wsgw_api conns;
        wsgw_integration_type mock;
    }
--- must_die
--- error_log
[emerg]
invalid value "mock"
--- points_to
wsgw_integration_type mock;


=== TEST 113: a stage variable's name is a name
--- config
    location /dev {
        wsgw_api conns;
        wsgw_stage_variable a.b c;
    }
--- must_die
--- error_log
[emerg]
invalid name "a.b", it has 1 to 128 letters
--- points_to
wsgw_stage_variable a.b c;


=== TEST 114: a stage variable is told once
--- config
    location /dev {
        wsgw_api conns;
        wsgw_stage_variable a b;
        wsgw_stage_variable a c;
    }
--- must_die
--- error_log
[emerg]
duplicate "wsgw_stage_variable" "a"


=== TEST 115: an authorizer context is told once
--- config
    location /dev {
        wsgw_api conns;
        wsgw_authorizer_context a b;
        wsgw_authorizer_context a c;
    }
--- must_die
--- error_log
[emerg]
duplicate "wsgw_authorizer_context" "a"


=== TEST 116: by default another origin is refused
--- http_config
    wsgw_zone zone=conns:1m;
--- config
    location /dev { wsgw_api conns; }
--- ws eval
sub {
    is ws_connect('/dev', origin => 'http://elsewhere.example')->status, 403;
}


=== TEST 117: the profile aws takes any
--- http_config
    wsgw_zone zone=conns:1m;
    wsgw_profile aws;
--- config
    location /dev { wsgw_api conns; }
--- ws eval
sub {
    is ws_connect('/dev', origin => 'http://elsewhere.example')->status, 101;
}


=== TEST 118: the profile aws may stand in the location
--- http_config
    wsgw_zone zone=conns:1m;
--- config
    location /dev { wsgw_api conns; wsgw_profile aws; }
--- ws eval
sub {
    is ws_connect('/dev', origin => 'http://elsewhere.example')->status, 101;
}


=== TEST 119: an explicit directive wins over the profile
--- http_config
    wsgw_zone zone=conns:1m;
    wsgw_profile aws;
--- config
    location /dev { wsgw_api conns; wsgw_origin same; }
--- ws eval
sub {
    is ws_connect('/dev', origin => 'http://elsewhere.example')->status, 403;
}


=== TEST 120: an explicit directive of a level above wins, too
--- http_config
    wsgw_zone zone=conns:1m;
    wsgw_origin same;
--- config
    location /dev { wsgw_api conns; wsgw_profile aws; }
--- ws eval
sub {
    is ws_connect('/dev', origin => 'http://elsewhere.example')->status, 403;
}


=== TEST 121: a location may have a profile of its own
--- http_config
    wsgw_zone zone=conns:1m;
    wsgw_profile aws;
--- config
    location /dev { wsgw_api conns; wsgw_profile extended; }
    location /other { wsgw_api conns; }
--- ws eval
sub {
    is ws_connect('/dev', origin => 'http://elsewhere.example')->status, 403;
}


=== TEST 122: an "if" that is entered stays a stage
--- http_config
    wsgw_zone zone=conns:1m;
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin any;
        if ($http_origin) { set $seen 1; }
    }
--- ws eval
sub {
    is ws_connect('/dev', origin => 'http://elsewhere.example')->status, 101;
}


=== TEST 123: what a stage inherits may stand behind it
--- http_config
    wsgw_zone zone=conns:1m;
--- config
    location /dev { wsgw_api conns; }
    wsgw_origin http://other.example HTTP://Elsewhere.example;
--- ws eval
sub {
    is ws_connect('/dev', origin => 'http://elsewhere.example')->status, 101;
}


=== TEST 124: a check that only warns succeeds
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int;
    }
    location /int { return 204; }
--- ws eval
sub {
    my ($said, $code) = check();

    like $said, qr/\[warn\] .*clients can reach/;
    unlike $said, qr/holds up to/;
    is $code, 0;
}


=== TEST 125: route keys are compared in every byte
--- config
    location /dev {
        wsgw_api conns;
        wsgw_integration_type http_proxy;
        wsgw_route say /int/1;
        wsgw_route Say /int/2;
        wsgw_route SAY /int/3;
        wsgw_route $default /int/none;
    }
    location /int {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    my $c = ws_connect('/dev');
    my @keys = qw( say Say SAY sAY Say );

    $c->send(qq({"action":"$_"})) for @keys;

    is_deeply [ map { $_->{uri} } ledger_events(scalar @keys) ],
              [ map { "/int/$_" } qw( 1 2 3 none 2 ) ];
}


=== TEST 126: a parameter of a zone that is none is told what there is
--- http_config
    wsgw_zone zone=conns:1m dir=/tmp;
--- must_die
--- error_log
[emerg]
invalid parameter "dir=/tmp", write "wsgw_zone zone=NAME:SIZE [state=DIRECTORY]"
--- points_to
wsgw_zone zone=conns:1m dir=/tmp;


=== TEST 127: a state has a directory
--- http_config
    wsgw_zone zone=conns:1m state=;
--- must_die
--- error_log
[emerg]
invalid parameter "state=", write "wsgw_zone zone=NAME:SIZE [state=DIRECTORY]"
--- points_to
wsgw_zone zone=conns:1m state=;


=== TEST 128: a state's directory has no variables
--- http_config
    wsgw_zone zone=conns:1m state=/run/$hostname;
--- must_die
--- error_log
[emerg]
state directory "/run/$hostname" of wsgw zone "conns" cannot have variables
--- points_to
wsgw_zone zone=conns:1m state=/run/$hostname;


=== TEST 129: a state's directory leaves room for a socket's name
--- http_config eval
qq{wsgw_zone zone=conns:1m state=/${\("d" x 89)};}
--- must_die
--- error_log
[emerg]
of wsgw zone "conns" is too long for the name of a socket in it, write a shorter one in


=== TEST 130: the longest directory does
--- http_config eval
qq{wsgw_zone zone=conns:1m state=/tmp/${\("d" x 84)};}
--- ws eval
sub {
    my (undef, $code) = check();

    is $code, 0;
}


=== TEST 131: a zone is named without "zone="
--- config
    location /dev {
        wsgw_api zone=conns;
    }
--- must_die
--- error_log
[emerg]
invalid zone "zone=conns", it has 1 to 128 letters, digits, "_" and "-"
--- points_to
wsgw_api zone=conns;


=== TEST 132: a directive that has no end is told how it is written
--- config
    location /dev {
        wsgw_api conns dev;
    }
--- must_die
--- error_log
[emerg]
invalid parameter "dev", write "wsgw_api ZONE [stage=NAME] [id=ID] [domain=HOST[:PORT]] [callback=URL] [scheme=VALUE]"
--- points_to
wsgw_api conns dev;


=== TEST 133: a callback ends before @connections
--- config
    location /dev {
        wsgw_api conns callback=https://example.com/dev/@connections;
    }
--- must_die
--- error_log
[emerg]
callback "https://example.com/dev/@connections" is followed by "/@connections/ID", leave it out
--- points_to
wsgw_api conns callback=https://example.com/dev/@connections;


=== TEST 134: "default" is taken, and told that it is not "$default"
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route default /int;
    }
    location /int { internal; return 204; }
--- error_log
[warn]
route "default" is for messages that say so, and there is no "$default"; did you mean that? in
--- points_to
wsgw_route default /int;


=== TEST 135: beside "$connect", "connect" is a key as others
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $connect /int;
        wsgw_route connect /int;
    }
    location /int { internal; return 204; }
--- no_error_log
[warn]


=== TEST 136: a dollar sign needs no backslash
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route \$connect /int;
    }
--- must_die
--- error_log
[emerg]
unknown route key "\$connect", did you mean "$connect"?
--- points_to
wsgw_route \$connect /int;


=== TEST 137: a route's parameter that is none is told what there is
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int http_proxy;
    }
--- must_die
--- error_log
[emerg]
invalid parameter "http_proxy", write "wsgw_route KEY URI|@NAME [type=aws_proxy|http_proxy] [response|oneway|async] [timeout=TIME]"
--- points_to
wsgw_route $default /int http_proxy;


=== TEST 138: a stage is no integration
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /dev;
    }
--- must_die
--- error_log
[emerg]
route "$default" points to "/dev" in location "/dev" of "wsgw_api"; an integration is a location of its own in
--- points_to
wsgw_route $default /dev;


=== TEST 139: nor is @connections
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /dev/@connections/a;
    }
    location ^~ /dev/@connections { wsgw_management conns; }
--- must_die
--- error_log
[emerg]
route "$default" points to "/dev/@connections/a" in location "/dev/@connections" of "wsgw_management"; an integration is a location of its own in
--- points_to
wsgw_route $default /dev/@connections/a;


=== TEST 140: the root location is not to be internal
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int;
    }
--- error_log
[warn]
route "$default" points to "/int", which clients can reach; give it a location with "internal;" instead of location "/" in
--- points_to
wsgw_route $default /int;


=== TEST 141: a route belongs to a stage
--- config
    location /dev {
        wsgw_route $default /int;
    }
    location /int { internal; return 204; }
--- error_log
[warn]
route "$default" is of no stage: no location here has "wsgw_api" without routes of its own in
--- points_to
wsgw_route $default /int;


=== TEST 142: routes that every stage hides are told
--- config
    wsgw_route $connect /int;
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int;
    }
    location /int { internal; return 204; }
--- error_log
[warn]
route "$connect" is of no stage: no location here has "wsgw_api" without routes of its own in
--- points_to
wsgw_route $connect /int;


=== TEST 143: a stage without its @connections is one, not the reverse
--- config
    location /dev {
        wsgw_management conns stage=prod;
    }
    location /other {
        wsgw_api conns;
    }
--- error_log
[warn]
"wsgw_management" is of stage "prod", but no "wsgw_api conns" has that stage in
--- points_to
wsgw_management conns stage=prod;


=== TEST 144: an expression that is the same for all messages is told
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression action;
    }
--- error_log
[warn]
route selection expression "action" is a constant, the route key of every message; write $request.body.action in
--- points_to
wsgw_route_selection_expression action;


=== TEST 145: but $default for all of them is not
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression \$default;
    }
--- no_error_log
[warn]


=== TEST 146: a size is told how it is written
--- config
    location /dev {
        wsgw_api conns;
        wsgw_max_message_size 128kb;
    }
--- must_die
--- error_log
[emerg]
invalid size "128kb", write it as "128k" or "1m"
--- points_to
wsgw_max_message_size 128kb;


=== TEST 147: a size is told once
--- config
    location /dev {
        wsgw_api conns;
        wsgw_max_message_size 1m; wsgw_max_message_size 1m;
    }
--- must_die
--- error_log
[emerg]
"wsgw_max_message_size" directive is duplicate
--- points_to
wsgw_max_message_size 1m; wsgw_max_message_size 1m;


=== TEST 148: a time is told how it is written
--- config
    location /dev {
        wsgw_api conns;
        wsgw_idle_timeout 10min;
    }
--- must_die
--- error_log
[emerg]
invalid time "10min", write it as "30s", "10m" or "off"
--- points_to
wsgw_idle_timeout 10min;


=== TEST 149: an integration type is told the two
--- config
    location /dev {
        wsgw_api conns;
        wsgw_integration_type lambda;
    }
--- must_die
--- error_log
[emerg]
invalid value "lambda", write "wsgw_integration_type aws_proxy" or "wsgw_integration_type http_proxy"
--- points_to
wsgw_integration_type lambda;


=== TEST 150: a profile is told once
--- config
    location /dev {
        wsgw_api conns;
        wsgw_profile aws; wsgw_profile aws;
    }
--- must_die
--- error_log
[emerg]
"wsgw_profile" directive is duplicate
--- points_to
wsgw_profile aws; wsgw_profile aws;


=== TEST 151: "https://example.com:443" is no origin that a browser sends
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://example.com:443;
    }
--- must_die
--- error_log
[emerg]
invalid origin "https://example.com:443"
--- points_to
wsgw_origin https://example.com:443;


=== TEST 152: "http://example.com:80" is no origin that a browser sends
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin http://example.com:80;
    }
--- must_die
--- error_log
[emerg]
invalid origin "http://example.com:80"
--- points_to
wsgw_origin http://example.com:80;


=== TEST 153: "https://$host" is no origin that a browser sends
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://$host;
    }
--- must_die
--- error_log
[emerg]
invalid origin "https://$host"
--- points_to
wsgw_origin https://$host;


=== TEST 154: "https://a.example,https://b.example" is no origin that a browser sends
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://a.example,https://b.example;
    }
--- must_die
--- error_log
[emerg]
invalid origin "https://a.example,https://b.example"
--- points_to
wsgw_origin https://a.example,https://b.example;


=== TEST 155: another scheme's port is one
--- config
    location /dev { wsgw_api conns; }
    wsgw_origin https://example.com:80 http://example.com:443;
--- ws eval
sub {
    is ws_connect('/dev', origin => 'https://example.com:80')->status, 101;
}


=== TEST 156: the longest times do
--- http_config
    wsgw_zone zone=conns:1m;
    wsgw_drain_time 24d quit=24d;
--- config
    location /dev {
        wsgw_api conns;
        wsgw_idle_timeout 24d;
        wsgw_route $default /int timeout=24d;
    }
    location /int { internal; }
--- no_error_log
[warn]


=== TEST 157: a timer has no longer time
--- config
    location /dev {
        wsgw_api conns;
        wsgw_max_lifetime 2073600001ms;
    }
--- must_die
--- error_log
[emerg]
time "2073600001ms" is too long, it is at most "24d"
--- points_to
wsgw_max_lifetime 2073600001ms;


=== TEST 158: nor have the drains
--- http_config
    wsgw_drain_time 15m quit=5w;
--- must_die
--- error_log
[emerg]
time "5w" is too long, it is at most "24d"
--- points_to
wsgw_drain_time 15m quit=5w;


=== TEST 159: nor has a route
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $default /int timeout=25d;
    }
--- must_die
--- error_log
[emerg]
time "25d" is too long, it is at most "24d"
--- points_to
wsgw_route $default /int timeout=25d;


=== TEST 160: there may be thousands of routes with the longest keys
--- config eval
my $key = 'k' x 252;

"    location /dev {
        wsgw_api conns;
        wsgw_integration_type http_proxy;
" . join('', map { "        wsgw_route $key$_ /int/$_;\n" } 1000 .. 3999) . "
    }
    location /int {
        internal;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT;
    }
"
--- no_error_log
[warn]
--- ws eval
sub {
    my $c = ws_connect('/dev');
    my @numbers = (1000, 3999, 2718);

    $c->send(json({ action => 'k' x 252 . $_ })) for @numbers;

    is_deeply [ map { $_->{uri} } ledger_events(scalar @numbers) ],
              [ map { "/int/$_" } @numbers ];
}


=== TEST 161: more events than a worker has connections are told
--- http_config
    wsgw_worker_events 1025;
--- error_log
[warn]
wsgw_worker_events 1025 is more than worker_connections 1024: an event uses one of them, or two, and fails where there is none; write less, or more worker_connections
--- points_to
wsgw_worker_events 1025;


=== TEST 162: as many are not
--- http_config
    wsgw_worker_events 1024;
--- no_error_log
[warn]


=== TEST 163: an expression has no wildcards
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression $request.body.*;
    }
--- must_die
--- error_log
[emerg]
route selection expression "$request.body.*": wildcards and ".." are not supported, write the path in full in
--- points_to
wsgw_route_selection_expression $request.body.*;


=== TEST 164: an expression has no name left out
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression $request.body..a;
    }
--- must_die
--- error_log
[emerg]
route selection expression "$request.body..a": wildcards and ".." are not supported
--- points_to
wsgw_route_selection_expression $request.body..a;


=== TEST 165: an expression does not end with a dot
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression $request.body.action.;
    }
--- must_die
--- error_log
[emerg]
route selection expression "$request.body.action.": a name follows the dot
--- points_to
wsgw_route_selection_expression $request.body.action.;


=== TEST 166: an expression is in lower case
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression $Request.Body.x;
    }
--- must_die
--- error_log
[emerg]
route selection expression "$Request.Body.x": a variable is $request.body.NAME or ${request.body.NAME}
--- points_to
wsgw_route_selection_expression $Request.Body.x;


=== TEST 167: where a name without braces ends is told
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression $request.body.message-type;
    }
--- error_log
[warn]
route selection expression "$request.body.message-type": braces tell where a name ends, write ${request.body.my-name} or ${request.body.my}-name in
--- points_to
wsgw_route_selection_expression $request.body.message-type;


=== TEST 168: braces that are not a variable's are told
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression "{$request.body.action}";
    }
--- error_log
[warn]
route selection expression "{$request.body.action}": wildcards, brackets, braces, quotes
--- points_to
wsgw_route_selection_expression "{$request.body.action}";


=== TEST 169: the whole message is hardly a key
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression $request.body;
    }
--- error_log
[warn]
route selection expression "$request.body": $request.body is the whole message, write $request.body.action in
--- points_to
wsgw_route_selection_expression $request.body;


=== TEST 170: a constant of several parts is told as one
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route_selection_expression a\$b;
    }
--- error_log
[warn]
route selection expression "a\$b" is a constant
--- points_to
wsgw_route_selection_expression a\$b;


=== TEST 171: an expression in order is not told of
--- config
    location /a {
        wsgw_api conns;
        wsgw_route_selection_expression ${request.body.my-key}/$request.body.a;
    }

    location /b {
        wsgw_api conns;
        wsgw_route_selection_expression $request.body.a.$request.body.b;
    }

    location /c {
        wsgw_api conns;
        wsgw_route_selection_expression "v1-${request.body['a b'][0]}-x";
    }
--- no_error_log
[warn]


=== TEST 172: origins of clients that are no browsers are literals
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin file:// capacitor://localhost ws://esp.local/ app:///x
                    wss://a.example:443;
    }
--- no_error_log
[warn]


=== TEST 173: a stage without a route is told
--- config
    location /dev {
        wsgw_api conns;
    }
--- error_log
[warn]
stage "dev" has no route: nothing is called, and messages are answered "Forbidden"; add "wsgw_route $default URI;" in
--- points_to
wsgw_api conns;


=== TEST 174: a stage without its @connections is told, and what to add
--- http_config
    wsgw_zone zone=conns:1m;
    wsgw_zone zone=others:1m;
--- config
    location /a/dev {
        wsgw_api conns stage=prod;
        wsgw_route $default /int;
    }
    location ^~ /dev/@connections { wsgw_management conns; }
    location ^~ /prod/@connections { wsgw_management others; }
    location /int { internal; }
--- error_log
[warn]
stage "prod" has no "wsgw_management": nobody can push to its connections; add "location ^~ /a/dev/@connections { wsgw_management conns stage=prod; }" in
--- points_to
wsgw_api conns stage=prod;


=== TEST 175: of a stage in two servers one is told of
--- http_config
    wsgw_zone zone=conns:1m;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /dev { wsgw_api conns; }
    }
--- config
    location /dev { wsgw_api conns; }
--- ws eval
sub {
    my $told = () = error_log() =~ /has no "wsgw_management"/g;

    is $told, 1;
}


=== TEST 176: routes of the server and a management of another one will do
--- http_config
    wsgw_zone zone=conns:1m;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /push { wsgw_management conns stage=dev; }
    }
--- config
    wsgw_route $connect /int;
    location /dev { wsgw_api conns id=a; }
    location ~ ^/b { wsgw_api conns stage=dev id=b; }
    location /int { internal; return 200; }
--- no_error_log eval
qr/\[warn\]/


=== TEST 177: "return" beside wsgw_api is told
--- config
    location /dev {
        return 200;
        wsgw_api conns;
    }
--- error_log
[warn]
"return" comes before "wsgw_api" of its location, which no client reaches; write it into another location in
--- points_to
wsgw_api conns;


=== TEST 178: "try_files" beside wsgw_api is told, in a nested location too
--- config
    location /x/ {
        location /x/dev {
            wsgw_api conns;
            try_files $uri /int;
        }
    }
    location /int { internal; }
--- error_log
[warn]
"try_files" comes before "wsgw_api" of its location, which no client reaches; write it into another location in
--- points_to
wsgw_api conns;


=== TEST 179: "return" of the whole server is told
--- config
    location /dev {
        wsgw_api conns;
    }
    return 301 https://$host$request_uri;
--- error_log
[warn]
"return" comes before "wsgw_api" of its server, which no client reaches; write it into a location in
--- points_to
wsgw_api conns;


=== TEST 180: "return" in an if, beside it and in integrations is not told
--- config
    try_files $uri =404;
    if ($arg_no) { return 403; }
    location /dev {
        if ($arg_none) { return 403; }
        set $x y;
        wsgw_api conns;
        wsgw_route $default /int;
        location /dev/hello { return 200; }
        limit_except GET { deny all; }
    }
    location ^~ /dev/@connections { wsgw_management conns; }
    location /int { internal; return 200; }
    location /files { try_files $uri =404; }
--- no_error_log eval
qr/\[warn\]/
--- ws eval
sub {
    is ws_connect('/dev')->status, 101;
    is ws_connect('/dev?none=1')->status, 403;
}


=== TEST 181: an upstream whose connections are not kept is told, once
--- http_config
    wsgw_zone zone=conns:1m;
    upstream app { server 127.0.0.1:9; keepalive 4; }
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route a /int/a;
        wsgw_route $default /int/b;
    }
    location /int {
        internal;
        proxy_http_version 1.0;
        proxy_pass http://App/$wsgw_route_key;
    }
--- error_log
[warn]
"keepalive" of upstream "App" has no effect on route "a", whose location proxies over HTTP/1.0; add "proxy_http_version 1.1; proxy_set_header Connection "";" to location "/int" in
--- points_to
wsgw_route a /int/a;
--- ws eval
sub {
    my $told = () = error_log() =~ /\[warn\] .*"keepalive" of/g;

    is $told, 1;
}


=== TEST 182: one whose connections are kept is not, nor one that keeps none
--- http_config
    wsgw_zone zone=conns:1m;
    proxy_http_version 1.1;
    upstream app { server 127.0.0.1:9; keepalive 4; }
    upstream none { server 127.0.0.1:9; }
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route a /a;
        wsgw_route b @b;
        wsgw_route c /c;
        wsgw_route d /d;
    }
    location ^~ /dev/@connections { wsgw_management conns; }
    location /a { internal; proxy_pass http://app/a?b; }
    location @b { proxy_http_version 1.0; proxy_pass http://none; }
    location /c { internal; proxy_http_version 1.0; proxy_pass http://$host/; }
    location /d {
        internal;
        proxy_http_version 1.0;
        proxy_pass http://127.0.0.1:9/app;
    }
--- no_error_log eval
qr/\[warn\]/


=== TEST 183: a named location's is told as well
--- http_config
    wsgw_zone zone=conns:1m;
    proxy_http_version 1.0;
    upstream app { server 127.0.0.1:9; keepalive 4; }
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route $connect @app;
    }
    location @app { proxy_pass http://app; }
--- error_log
[warn]
"keepalive" of upstream "app" has no effect on route "$connect", whose location proxies over HTTP/1.0
--- points_to
wsgw_route $connect @app;


=== TEST 184: each reload sees what is beside, also behind one that failed
--- http_config
    wsgw_zone zone=conns:1m;
--- config
    location /dev { wsgw_api conns; }
    location /plain { return 403; }
--- tolerate: unknown directive
--- ws eval
sub {
    my $file = $Test::Nginx::Util::ConfFile;

    open my $in, '<', $file or die "$file: $!\n";
    my $plain = do { local $/; <$in> };
    close $in;

    my $reload = sub {
        my ($text) = @_;

        open my $out, '>', $file or die "$file: $!\n";
        print $out $text;
        close $out or die "$file: $!\n";

        kill HUP => master_pid();
    };

    my $beside = $plain =~ s/wsgw_api conns;/$& return 403;/r;
    my $told = qr/"return" comes before "wsgw_api" of its location/;

    for my $count (1 .. 3) {
        $reload->($beside);
        wait_until(sub { $count == (() = error_log() =~ /$told/g) }, undef,
                   'it is told');

        # the rest is not read, and what was noted is nothing's

        $reload->($beside =~ s/location \/plain/nonsense; $&/r);
        wait_until(sub { $count == (() = error_log() =~ /"nonsense"/g) },
                   undef, 'a configuration fails');
    }

    is http(GET => '/plain')->status, 403, 'all is well';
}


=== TEST 185: an origin of the web has a host, even before a path
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin wss:///x;
    }
--- must_die
--- error_log
[emerg]
invalid origin "wss:///x"
--- points_to
wsgw_origin wss:///x;


=== TEST 186: a callback leads to the host that it begins with
--- config
    location /dev {
        wsgw_api conns callback=https://example.com:1@evil.example/dev;
    }
--- must_die
--- error_log
[emerg]
invalid callback "https://example.com:1@evil.example/dev"
--- points_to
wsgw_api conns callback=https://example.com:1@evil.example/dev;


=== TEST 187: a stage is said once
--- config
    location /dev {
        wsgw_api conns stage=a stage=b;
    }
--- must_die
--- error_log
[emerg]
parameter "stage=b" is duplicate, "stage=a" comes before it in
--- points_to
wsgw_api conns stage=a stage=b;


=== TEST 188: an id is said once, whatever stands between
--- config
    location /dev {
        wsgw_api conns id=a stage=x domain=h id=a;
    }
--- must_die
--- error_log
[emerg]
parameter "id=a" is duplicate, "id=a" comes before it in
--- points_to
wsgw_api conns id=a stage=x domain=h id=a;


=== TEST 189: a domain is said once
--- config
    location /dev {
        wsgw_api conns domain=a domain=b;
    }
--- must_die
--- error_log
[emerg]
parameter "domain=b" is duplicate, "domain=a" comes before it in
--- points_to
wsgw_api conns domain=a domain=b;


=== TEST 190: a callback is said once
--- config
    location /dev {
        wsgw_api conns callback=http://a callback=$arg_x;
    }
--- must_die
--- error_log
[emerg]
parameter "callback=$arg_x" is duplicate, "callback=http://a" comes before it in
--- points_to
wsgw_api conns callback=http://a callback=$arg_x;


=== TEST 191: a management location has one stage
--- config
    location ^~ /dev/@connections {
        wsgw_management conns stage=a stage=b;
    }
--- must_die
--- error_log
[emerg]
parameter "stage=b" is duplicate, "stage=a" comes before it in
--- points_to
wsgw_management conns stage=a stage=b;


=== TEST 192: it is public once
--- config
    location ^~ /dev/@connections {
        wsgw_management conns public public;
    }
--- must_die
--- error_log
[emerg]
parameter "public" is duplicate, "public" comes before it in
--- points_to
wsgw_management conns public public;


=== TEST 193: a route has one type
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route a /int type=aws_proxy type=http_proxy;
    }
--- must_die
--- error_log
[emerg]
parameter "type=http_proxy" is duplicate, "type=aws_proxy" comes before it in
--- points_to
wsgw_route a /int type=aws_proxy type=http_proxy;


=== TEST 194: a route has one timeout
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route a /int timeout=1s oneway timeout=2s;
    }
--- must_die
--- error_log
[emerg]
parameter "timeout=2s" is duplicate, "timeout=1s" comes before it in
--- points_to
wsgw_route a /int timeout=1s oneway timeout=2s;


=== TEST 195: a word is a parameter, too
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route a /int response response;
    }
--- must_die
--- error_log
[emerg]
parameter "response" is duplicate, "response" comes before it in
--- points_to
wsgw_route a /int response response;


=== TEST 196: a stage that is internal is told of
--- config
    location /dev {
        internal;
        wsgw_api conns;
    }
--- error_log
[warn]
"wsgw_api" is in a location that is "internal": it is 404 to all but what nginx itself redirects there; remove "internal;" in
--- points_to
wsgw_api conns;


=== TEST 197: so is a management location
--- config
    location /dev { wsgw_api conns; }
    location ^~ /dev/@connections {
        wsgw_management conns;
        internal;
    }
--- error_log
[warn]
"wsgw_management" is in a location that is "internal": it is 404 to all but what nginx itself redirects there; remove "internal;" in
--- points_to
wsgw_management conns;


=== TEST 198: and one inside another that is
--- config
    location /in {
        internal;
        location /in/dev {
            wsgw_api conns;
        }
    }
--- error_log
[warn]
"wsgw_api" is in a location that is "internal": it is 404 to all
--- points_to
wsgw_api conns;


=== TEST 199: oneway on an aws_proxy route is told of
--- config
    location /dev {
        wsgw_api conns;
        wsgw_route a /int oneway;
    }
    location /int { internal; return 204; }
--- error_log
[warn]
"oneway" has no effect on route "a": aws_proxy integrations, and with "wsgw_profile aws" all, reply on "response" routes alone; remove it in
--- points_to
wsgw_route a /int oneway;


=== TEST 200: also where the type is written
--- config
    location /dev {
        wsgw_api conns;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int oneway type=aws_proxy;
    }
    location /int { internal; return 204; }
--- error_log
[warn]
"oneway" has no effect on route "$default": aws_proxy
--- points_to
wsgw_route $default /int oneway type=aws_proxy;


=== TEST 201: nor is one of http_proxy, nor one that a stage of it inherits
--- config
    wsgw_route a /int oneway;
    wsgw_route b /int oneway type=http_proxy;
    wsgw_route c /int response;
    location /aws { wsgw_api conns; }
    location /http { wsgw_api conns; wsgw_integration_type http_proxy; }
    location /own {
        wsgw_api conns;
        wsgw_integration_type http_proxy;
        wsgw_route a /int type=http_proxy oneway;
    }
    location /int { internal; return 204; }
--- no_error_log
[warn]


=== TEST 202: a context that differs from another in case alone is told of
--- config
    location /dev {
        wsgw_api conns;
        wsgw_authorizer_context user x;
        wsgw_authorizer_context User y;
    }
--- error_log
[warn]
"wsgw_authorizer_context" "User" differs from "user" in case alone, which variables ignore: theirs has the value of either; write another name in
--- points_to
wsgw_authorizer_context User y;


=== TEST 203: a stage variable that differs from another in case alone is told of
--- config
    location /dev {
        wsgw_api conns;
        wsgw_stage_variable user x;
        wsgw_stage_variable User y;
    }
--- error_log
[warn]
"wsgw_stage_variable" "User" differs from "user" in case alone, which variables ignore: theirs has the value of either; write another name in
--- points_to
wsgw_stage_variable User y;


=== TEST 204: one of another kind, level or length is not
--- config
    wsgw_authorizer_context User x;
    location /dev {
        wsgw_api conns;
        wsgw_authorizer_context user x;
        wsgw_authorizer_context user2 x;
        wsgw_stage_variable User y;
    }
--- no_error_log
[warn]


=== TEST 205: a message that no worker may keep is told of
--- http_config
    wsgw_zone zone=conns:16m;
    wsgw_worker_memory 1m;
--- config
    location /dev {
        wsgw_api conns;
        wsgw_max_message_size 2m;
    }
--- error_log
[warn]
stage "dev": wsgw_max_message_size 2097152 is more than the wsgw_worker_memory 1048576 that all clients of a worker share; write a smaller one, or give workers more in
--- points_to
wsgw_api conns;


=== TEST 206: also one by default, wherever the memory is said
--- http_config
    wsgw_zone zone=conns:1m;
    wsgw_worker_memory 131071;
--- config
    location /dev {
        wsgw_api conns;
    }
--- error_log
[warn]
stage "dev": wsgw_max_message_size 131072 is more than the wsgw_worker_memory 131071 that
--- points_to
wsgw_api conns;


=== TEST 207: one that fits is not
--- http_config
    wsgw_zone zone=conns:1m;
    wsgw_worker_memory 128k;
--- config
    location /dev { wsgw_api conns; }
--- no_error_log
[warn]


=== TEST 208: a context that fits
--- config eval
qq{    location /dev {
        wsgw_api conns;
        wsgw_authorizer_context a "${\("x" x 4000)}";
        wsgw_authorizer_context b "${\("x" x 4000)}";
        wsgw_authorizer_context c "${\("x" x 172)}";
    }
}
--- ws eval
sub { is ws_connect('/dev')->status, 101 }


=== TEST 209: a context that does not
--- config eval
qq{    location /dev {
        wsgw_api conns;
        wsgw_authorizer_context a "${\("x" x 4000)}";
        wsgw_authorizer_context b "${\("x" x 4000)}";
        wsgw_authorizer_context c "${\("x" x 173)}";
    }
}
--- must_die
--- error_log
[emerg]
stage "dev": wsgw_authorizer_context and wsgw_stage_variable have 8193 bytes without the values of variables, a connection keeps 8192: every handshake would be refused; write less in
--- points_to
wsgw_api conns;


=== TEST 210: context and stage variables are counted together
--- config eval
qq{    location /dev {
        wsgw_api conns;
        wsgw_authorizer_context a "${\("x" x 4000)}";
        wsgw_stage_variable a "${\("x" x 4000)}";
        wsgw_stage_variable b "${\("x" x 174)}";
    }
}
--- must_die
--- error_log
[emerg]
stage "dev": wsgw_authorizer_context and wsgw_stage_variable have 8193 bytes without the values of variables, a connection keeps 8192: every handshake would be refused; write less in
--- points_to
wsgw_api conns;


=== TEST 211: as JSON
--- config eval
qq{    location /dev {
        wsgw_api conns;
        wsgw_authorizer_context a "${\("\\t" x 2045)}";
        wsgw_authorizer_context b "${\("\\t" x 2045)}";
    }
}
--- must_die
--- error_log
[emerg]
stage "dev": wsgw_authorizer_context and wsgw_stage_variable have 8193 bytes without the values of variables, a connection keeps 8192: every handshake would be refused; write less in
--- points_to
wsgw_api conns;


=== TEST 212: of a variable that has a value in a handshake alone the name counts
--- config eval
qq{    location /dev {
        wsgw_api conns;
        wsgw_authorizer_context a "${\("x" x 4000)}";
        wsgw_authorizer_context b "${\("x" x 4000)}";
        wsgw_stage_variable c \$arg_x;
        wsgw_stage_variable d "${\("x" x 167)}";
    }
}
--- must_die
--- error_log
[emerg]
stage "dev": wsgw_authorizer_context and wsgw_stage_variable have 8193 bytes without the values of variables, a connection keeps 8192: every handshake would be refused; write less in
--- points_to
wsgw_api conns;


=== TEST 213: and no more
--- config eval
qq{    location /dev {
        wsgw_api conns;
        wsgw_authorizer_context a "${\("x" x 4000)}";
        wsgw_authorizer_context b "${\("x" x 4000)}";
        wsgw_stage_variable c \$arg_x;
        wsgw_stage_variable d "${\("x" x 166)}";
    }
}
--- ws eval
sub { is ws_connect('/dev')->status, 101 }


=== TEST 214: too few files for a zone are told of
--- main_config
    worker_rlimit_nofile 40;
--- http_config
    wsgw_zone zone=conns:1m;
--- config
    location /dev { wsgw_api conns; }
--- error_log
[warn]
a worker may open 40 files and needs 83 before its first client, 66 of them for wsgw zones; write "worker_rlimit_nofile 83;", and more for clients in
--- points_to
wsgw_zone zone=conns:1m;
--- tolerate: Too many open files|cannot be respawned


=== TEST 215: one too few is
--- main_config
    worker_rlimit_nofile 82;
--- http_config
    wsgw_zone zone=conns:1m;
--- config
    location /dev { wsgw_api conns; }
--- error_log
[warn]
a worker may open 82 files and needs 83 before its first client, 66 of them for wsgw zones; write "worker_rlimit_nofile 83;", and more for clients in
--- points_to
wsgw_zone zone=conns:1m;


=== TEST 216: and of all zones together
--- main_config
    worker_rlimit_nofile 148;
--- http_config
    wsgw_zone zone=conns:1m;
    wsgw_zone zone=other:1m;
--- config
    location /dev { wsgw_api conns; }
--- error_log
[warn]
a worker may open 148 files and needs 149 before its first client, 132 of them for wsgw zones; write "worker_rlimit_nofile 149;", and more for clients in
--- points_to
wsgw_zone zone=conns:1m;


=== TEST 217: as many as are needed are not
--- main_config
    worker_rlimit_nofile 83;
--- config
    location /dev { wsgw_api conns; }
--- no_error_log
[warn]


=== TEST 218: and with the profile aws
--- config
    wsgw_profile aws;
    location /dev {
        wsgw_api conns;
        wsgw_integration_type http_proxy;
        wsgw_route a /int oneway;
    }
    location /int { internal; return 204; }
--- error_log
[warn]
"oneway" has no effect on route "a": aws_proxy integrations, and with "wsgw_profile aws" all,
--- points_to
wsgw_route a /int oneway;


=== TEST 219: what comes before wsgw_management is told as well
--- http_config
    wsgw_zone zone=conns:1m;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location ^~ /b/@connections { wsgw_management conns; }
        return 301 https://$host$request_uri;
    }
--- config
    location ^~ /a/@connections {
        try_files $uri =404;
        return 200;
        wsgw_management conns;
    }
--- ws eval
sub {
    my ($said) = check();

    like $said, qr/"$_->[0]" comes before "wsgw_management" of its $_->[1], /,
         "$_->[0], $_->[1]"
        for [ return => 'location' ], [ try_files => 'location' ],
            [ return => 'server' ];

    is scalar(() = $said =~ /comes before/g), 3;
}


=== TEST 220: a location that does not get what its name says is told
--- http_config
    wsgw_zone zone=conns:1m;
--- config
    location /plain/@connections   { wsgw_management conns; }
    location = /exact/@connections { wsgw_management conns; }
    location = /slash/@connections/ { wsgw_management conns; }
    location = /named              { wsgw_management conns stage=x; }
    location /outer/ {
        location /outer/@connections { wsgw_management conns; }
        location ~ @connections/[\w=-]+$ { return 404; }
    }
    location /longer/@connections  { wsgw_management conns; }
    location ^~ /longer/@connections/ { return 404; }
    location /api.v1               { wsgw_api conns stage=v1; }
    location ~ ^/plain/.*=$        { return 404; }
    location ~ \.v\d$              { return 404; }
--- ws eval
sub {
    my ($said, $status) = check();

    is $status, 0;

    for (['wsgw_management', '/plain/@connections', '/', '^/plain/.*=$'],
         ['wsgw_management', '/exact/@connections', '/', '/'],
         ['wsgw_management', '/slash/@connections/', '', '/'],
         ['wsgw_management', '/named', '/@connections/', '/'],
         ['wsgw_management', '/outer/@connections', '/',
          '@connections/[\w=-]+$'],
         ['wsgw_management', '/longer/@connections', '/',
          '/longer/@connections/'],
         ['wsgw_api', '/api.v1', '', '\.v\d$'])
    {
        my ($directive, $name, $more, $other) = @$_;

        my $id = $directive eq 'wsgw_api' ? '' : '[\w-]{15}=';

        like $said, qr{\[warn\].*"$directive"\ does\ not\ get
                       \ "\Q$name$more\E$id",\ the\ location\ that\ does\ is
                       \ "\Q$other\E";\ write\ "location\ \^~\ \Q$name\E"
                       \ in\ }x, $name;
    }

    is scalar(() = $said =~ /does not get/g), 7;
}


=== TEST 221: a location that gets it is not
--- http_config
    wsgw_zone zone=conns:1m;
--- config
    location ^~ /a/@connections { wsgw_management conns; }
    location /b/@connections/   { wsgw_management conns; }
    location ~ ^/(c)            { wsgw_management conns stage=c; }
    location @d                 { wsgw_management conns stage=d; }
    location /e/ {
        location /e/@connections { wsgw_management conns; }
    }
    location ~ ^/f/ {
        location ~ @conn { wsgw_management conns stage=f; }
    }
    location /g { wsgw_management conns stage=g; }
    location = /h { wsgw_api conns; }
    location ~ ^/a/|\.php$ { return 404; }
--- ws eval
sub {
    my ($said, $status) = check();

    is $status, 0;
    unlike $said, qr/does not get/;
}


=== TEST 222: more events than connections are told at nginx -t, too
--- http_config
    wsgw_worker_events 1025;
--- ws eval
sub {
    my $root = $ENV{TEST_NGINX_SERVROOT};

    local @ARGV = "$root/conf/nginx.conf";
    my $conf = join '', <>;

    # whatever the level of the error log, and wherever events{} stands

    my ($events) = $conf =~ /^(events \{.*?^\})/ms;

    for my $told (1025, 0) {
        my $text = $conf =~ s/error_log \S+\K \w+;/ error;/gr;
        $text =~ s/\Q$events\E//;
        $text .= "\n$events\n";
        $text =~ s/wsgw_worker_events \K1025/1024/ unless $told;

        open my $out, '>', "$root/conf/events.conf" or die $!;
        print $out $text;
        close $out;

        my $said = `$ENV{TEST_NGINX_BINARY} -t -e stderr -p $root \\
                    -c $root/conf/events.conf 2>&1`;

        is $?, 0, $said;
        is scalar(() = $said =~ /wsgw_worker_events 1025 is more/g),
           $told ? 1 : 0;
    }
}


=== TEST 223: an origin that no browser sends, a colon without a port
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://a:;
    }
--- error_log
[warn]
origin "https://a:" is none that a browser sends
--- points_to
wsgw_origin https://a:;


=== TEST 224: an origin that no browser sends, a port that is none
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://a:99999;
    }
--- error_log
[warn]
origin "https://a:99999" is none that a browser sends
--- points_to
wsgw_origin https://a:99999;


=== TEST 225: an origin that no browser sends, a query
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://a?x;
    }
--- error_log
[warn]
origin "https://a?x" is none that a browser sends
--- points_to
wsgw_origin https://a?x;


=== TEST 226: an origin that no browser sends, a fragment
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin "https://a#x";
    }
--- error_log
[warn]
origin "https://a#x" is none that a browser sends
--- points_to
wsgw_origin "https://a#x";


=== TEST 227: an origin that no browser sends, a user
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://u@a;
    }
--- error_log
[warn]
origin "https://u@a" is none that a browser sends
--- points_to
wsgw_origin https://u@a;


=== TEST 228: an origin that no browser sends, not ASCII
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://münchen.de;
    }
--- error_log
[warn]
origin "https://münchen.de" is none that a browser sends
--- points_to
wsgw_origin https://münchen.de;


=== TEST 229: an origin that no browser sends, a port with a zero
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://a:0443;
    }
--- error_log
[warn]
origin "https://a:0443" is none that a browser sends
--- points_to
wsgw_origin https://a:0443;


=== TEST 230: a callback is followed by a path
--- config
    location /dev {
        wsgw_api conns callback=http://a/dev?x;
    }
--- must_die
--- error_log
[emerg]
invalid callback "http://a/dev?x"
--- points_to
wsgw_api conns callback=http://a/dev?x;


=== TEST 231: an origin that no browser sends, the WebSocket's own, wss://app.example.com
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://b wss://app.example.com;
    }
--- error_log
[warn]
origin "wss://app.example.com" is none that a browser sends, which is that of a page; write "https://app.example.com"
--- points_to
wsgw_origin https://b wss://app.example.com;


=== TEST 232: an origin that no browser sends, the WebSocket's own, ws://localhost:8080
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://b ws://localhost:8080;
    }
--- error_log
[warn]
origin "ws://localhost:8080" is none that a browser sends, which is that of a page; write "http://localhost:8080"
--- points_to
wsgw_origin https://b ws://localhost:8080;


=== TEST 233: an origin that no browser sends, the WebSocket's own, wss://a
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://b WSS://A;
    }
--- error_log
[warn]
origin "wss://a" is none that a browser sends, which is that of a page; write "https://a"
--- points_to
wsgw_origin https://b WSS://A;


=== TEST 234: an origin that no browser sends, the WebSocket's own, ws://[::1]
--- config
    location /dev {
        wsgw_api conns;
        wsgw_origin https://b ws://[::1];
    }
--- error_log
[warn]
origin "ws://[::1]" is none that a browser sends, which is that of a page; write "http://[::1]"
--- points_to
wsgw_origin https://b ws://[::1];


=== TEST 235: a callback has no broken escape, http://x/%zz
--- config
    location /dev {
        wsgw_api conns callback=http://x/%zz;
    }
--- must_die
--- error_log
[emerg]
invalid callback "http://x/%zz", it is a URL
--- points_to
wsgw_api conns callback=http://x/%zz;


=== TEST 236: a callback has no broken escape, https://x/dev%
--- config
    location /dev {
        wsgw_api conns callback=https://x/dev%;
    }
--- must_die
--- error_log
[emerg]
invalid callback "https://x/dev%", it is a URL
--- points_to
wsgw_api conns callback=https://x/dev%;


=== TEST 237: a callback has no broken escape, http://x/%4
--- config
    location /dev {
        wsgw_api conns callback=http://x/%4;
    }
--- must_die
--- error_log
[emerg]
invalid callback "http://x/%4", it is a URL
--- points_to
wsgw_api conns callback=http://x/%4;


=== TEST 238: a callback has no broken escape, http://x:8080/a%2/b
--- config
    location /dev {
        wsgw_api conns callback=http://x:8080/a%2/b;
    }
--- must_die
--- error_log
[emerg]
invalid callback "http://x:8080/a%2/b", it is a URL
--- points_to
wsgw_api conns callback=http://x:8080/a%2/b;


=== TEST 239: a callback has no broken escape, http://x/%g0
--- config
    location /dev {
        wsgw_api conns callback=http://x/%g0;
    }
--- must_die
--- error_log
[emerg]
invalid callback "http://x/%g0", it is a URL
--- points_to
wsgw_api conns callback=http://x/%g0;


=== TEST 240: a callback may have escapes
--- config
    location /dev {
        wsgw_api conns callback=http://x/%7Bid%7d%20;
    }
--- error_log
[notice]
--- no_error_log
[emerg]
invalid callback


=== TEST 241: "wsgw_concurrency" is a number, not abc
--- config
    location /dev {
        wsgw_api conns;
        wsgw_concurrency abc;
    }
--- must_die
--- error_log
[emerg]
invalid number "abc", write it as "wsgw_concurrency 16", from 1 to 2147483647
--- points_to
wsgw_concurrency abc;


=== TEST 242: "wsgw_concurrency" is a number, not -1
--- config
    location /dev {
        wsgw_api conns;
        wsgw_concurrency -1;
    }
--- must_die
--- error_log
[emerg]
invalid number "-1", write it as "wsgw_concurrency 16", from 1 to 2147483647
--- points_to
wsgw_concurrency -1;


=== TEST 243: "wsgw_concurrency" is a number, not 16k
--- config
    location /dev {
        wsgw_api conns;
        wsgw_concurrency 16k;
    }
--- must_die
--- error_log
[emerg]
invalid number "16k", write it as "wsgw_concurrency 16", from 1 to 2147483647
--- points_to
wsgw_concurrency 16k;


=== TEST 244: "wsgw_max_fragments" is a number, not 1.5
--- config
    location /dev {
        wsgw_api conns;
        wsgw_max_fragments 1.5;
    }
--- must_die
--- error_log
[emerg]
invalid number "1.5", write it as "wsgw_max_fragments 16", from 1 to 2147483647
--- points_to
wsgw_max_fragments 1.5;


=== TEST 245: "wsgw_max_fragments" is a number, not 99999999999999999999
--- config
    location /dev {
        wsgw_api conns;
        wsgw_max_fragments 99999999999999999999;
    }
--- must_die
--- error_log
[emerg]
invalid number "99999999999999999999", write it as "wsgw_max_fragments 16", from 1 to 2147483647
--- points_to
wsgw_max_fragments 99999999999999999999;


=== TEST 246: "wsgw_worker_events" is a number, not many
--- http_config
    wsgw_worker_events many;
--- must_die
--- error_log
[emerg]
invalid number "many", write it as "wsgw_worker_events 16", from 1 to 2147483647
--- points_to
wsgw_worker_events many;


=== TEST 247: "wsgw_worker_events" is a number, not -1
--- http_config
    wsgw_worker_events -1;
--- must_die
--- error_log
[emerg]
invalid number "-1", write it as "wsgw_worker_events 16", from 1 to 2147483647
--- points_to
wsgw_worker_events -1;


=== TEST 248: "wsgw_concurrency" once
--- config
    wsgw_concurrency 1;
    wsgw_concurrency 2;
--- must_die
--- error_log
[emerg]
"wsgw_concurrency" directive is duplicate
--- points_to
wsgw_concurrency 2;


=== TEST 249: "wsgw_max_fragments" once
--- config
    wsgw_max_fragments 1;
    wsgw_max_fragments 2;
--- must_die
--- error_log
[emerg]
"wsgw_max_fragments" directive is duplicate
--- points_to
wsgw_max_fragments 2;


=== TEST 250: a burst is written as one, not "abc"
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate 1r/s burst=abc;
    }
--- must_die
--- error_log
[emerg]
invalid burst "burst=abc", write it as "burst=20"
--- points_to
wsgw_message_rate 1r/s burst=abc;


=== TEST 251: a burst is written as one, not "-1"
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate 1r/s burst=-1;
    }
--- must_die
--- error_log
[emerg]
invalid burst "burst=-1", write it as "burst=20"
--- points_to
wsgw_message_rate 1r/s burst=-1;


=== TEST 252: a burst is written as one, not ""
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate 1r/s burst=;
    }
--- must_die
--- error_log
[emerg]
invalid burst "burst=", write it as "burst=20"
--- points_to
wsgw_message_rate 1r/s burst=;


=== TEST 253: a burst is written as one, not "1r/s"
--- config
    location /dev {
        wsgw_api conns;
        wsgw_message_rate 1r/s burst=1r/s;
    }
--- must_die
--- error_log
[emerg]
invalid burst "burst=1r/s", write it as "burst=20"
--- points_to
wsgw_message_rate 1r/s burst=1r/s;


=== TEST 254: a variable that nobody defines, of wsgw_stage_variable a $nosuch
--- config
    location /dev {
        wsgw_api conns;
        wsgw_stage_variable a $nosuch;
    }
--- must_die
--- error_log
[emerg]
unknown "nosuch" variable
"wsgw_stage_variable" has "$nosuch", a variable that nobody defines
--- points_to
wsgw_stage_variable a $nosuch;


=== TEST 255: a variable that nobody defines, of wsgw_authorizer_context a x${Nosuch}y
--- config
    location /dev {
        wsgw_api conns;
        wsgw_authorizer_context a x${Nosuch}y;
    }
--- must_die
--- error_log
[emerg]
unknown "nosuch" variable
"wsgw_authorizer_context" has "$nosuch", a variable that nobody defines
--- points_to
wsgw_authorizer_context a x${Nosuch}y;


=== TEST 256: a variable that nobody defines, of wsgw_api conns callback=https://$nosuch/dev
--- config
    location /dev {
        wsgw_api conns callback=https://$nosuch/dev;
    }
--- must_die
--- error_log
[emerg]
unknown "nosuch" variable
"wsgw_api" has "$nosuch", a variable that nobody defines
--- points_to
wsgw_api conns callback=https://$nosuch/dev;


=== TEST 257: a variable that nobody defines, of wsgw_api conns scheme=$nosuch
--- config
    location /dev {
        wsgw_api conns scheme=$nosuch;
    }
--- must_die
--- error_log
[emerg]
unknown "nosuch" variable
"wsgw_api" has "$nosuch", a variable that nobody defines
--- points_to
wsgw_api conns scheme=$nosuch;


=== TEST 258: a variable that nobody defines, of wsgw_stage_variable a $host$wsgw_queri_a$wsgw_query_a
--- config
    location /dev {
        wsgw_api conns;
        wsgw_stage_variable a $host$wsgw_queri_a$wsgw_query_a;
    }
--- must_die
--- error_log
[emerg]
unknown "wsgw_queri_a" variable
"wsgw_stage_variable" has "$wsgw_queri_a", a variable that nobody defines
--- points_to
wsgw_stage_variable a $host$wsgw_queri_a$wsgw_query_a;


=== TEST 259: a variable may be defined below
--- http_config eval
$::Zone . 'map $host $mapped { default x; }'
--- config
    location /dev {
        wsgw_api conns;
        wsgw_stage_variable a $later;
        wsgw_stage_variable b $mapped$http_x$arg_x$cookie_x$1;
        set $later 1;
    }
--- error_log
[notice]
--- no_error_log
nobody defines
[emerg]


=== TEST 260: a directive without effect is told, whichever it is and wherever
--- http_config eval: main::in_a_server()
--- config eval: main::everywhere()
--- ws eval
sub {
    my ($said, $code) = check();
    my (%told, %wanted);

    is $code, 0, 'which is no error';

    my @lines = split /\n/, read_file("$ENV{TEST_NGINX_SERVROOT}/conf/nginx.conf");

    while ($said =~ /\[warn\].* (?:"wsgw_(\w+)"\ has\ no\ effect\ in
                     |(route)\ "\S+"\ is\ of\ no\ stage).*:(\d+)$/mgx)
    {
        my ($directive, $line) = ($1 // $2, $lines[$3 - 1]);
        my ($place, $name) = $line =~ m{location /(\w+)-(\w+) };

        is $name, $directive, "$place: the line of $directive";
        push @{$told{$name}}, $place;
    }

    for my $name (directives('location')) {
        next if $name =~ /^(?:api|management|status)$/;

        $wanted{$name} = [ 'neither', 'status' ];
        unshift @{$wanted{$name}}, 'management'
            unless $name =~ /^(?:max_message_size|profile|sigv4)$/;
    }

    is join(' ', map { "$_: @{[sort @{$told{$_}}]};" } sort keys %told),
       join(' ', map { "$_: @{[sort @{$wanted{$_}}]};" } sort keys %wanted),
       'what is told';
    unlike $said, qr/"wsgw_\w+" has no effect in .* without $/m;
}


=== TEST 261: what signs and who asks is for stages and management locations
--- config
    location /app {
        wsgw_sigv4 off;
    }
--- error_log
[warn]
"wsgw_sigv4" has no effect in a location without "wsgw_api" or "wsgw_management"; move it to one that has that, or to its server in
--- points_to
wsgw_sigv4 off;


=== TEST 262: an authorizer is for stages alone
--- config
    location ^~ /dev/@connections {
        wsgw_management conns;
        wsgw_authorizer /int;
    }
--- error_log
[warn]
"wsgw_authorizer" has no effect in a location without "wsgw_api"; move it to one that has that, or to its server in
--- points_to
wsgw_authorizer /int;


=== TEST 263: what is without effect is told of after a reload, too
--- config
    location /app {
        wsgw_group name;
    }
--- ws eval
sub {
    for my $n (1 .. 3) {
        wait_until(sub {
            my $told = () = error_log() =~ /"wsgw_group" has no effect in/g;
            $told == $n;
        }, undef, "told $n times");

        reload_nginx();
    }
}


=== TEST 264: of several zones the one that is meant is named
--- http_config
    wsgw_zone zone=chat:1m;
    wsgw_zone zone=chart:1m;
    wsgw_zone zone=games:1m;
--- config
    location /dev {
        wsgw_api caht;
    }
--- must_die
--- error_log
[emerg]
"wsgw_api" refers to unknown zone "caht", did you mean "chat"? in
--- points_to
wsgw_api caht;


=== TEST 265: the only zone is named, whatever it is called
--- config
    location ^~ /dev/@connections {
        wsgw_management ws;
    }
--- must_die
--- error_log
[emerg]
"wsgw_management" refers to unknown zone "ws", the only one is "conns"; write that, or add "wsgw_zone zone=ws:16m;" to http{} in
--- points_to
wsgw_management ws;


=== TEST 266: of several zones none may be meant
--- http_config
    wsgw_zone zone=a:1m;
    wsgw_zone zone=games:1m;
--- config
    location /dev {
        wsgw_api b;
    }
--- must_die
--- error_log
[emerg]
"wsgw_api" refers to unknown zone "b"; add "wsgw_zone zone=b:16m;" to http{} in
--- points_to
wsgw_api b;


=== TEST 267: without a zone the one that is wanted is
--- http_config
--- config
    location /dev {
        wsgw_api conns;
    }
--- must_die
--- error_log
[emerg]
"wsgw_api" refers to unknown zone "conns"; add "wsgw_zone zone=conns:16m;" to http{} in
--- points_to
wsgw_api conns;


=== TEST 268: a route key is UTF-8, as messages are
--- config eval
qq{
    location /dev {
        wsgw_api conns;
        wsgw_route "caf\xe9" /int;
    }
    location /int { internal; return 204; }
}
--- must_die
--- error_log
[emerg]
is not UTF-8, which all messages are in


=== TEST 269: a location whose name is no path gets no request
--- config
    location dev { wsgw_api conns; wsgw_route $default /int; }
    location ^~ dev/@connections { wsgw_management conns; }
    location = status { wsgw_status; }
    location = /int { internal; return 200; }
--- error_log
"wsgw_api" is in location "dev", which gets no request, as all paths begin with "/"; write "location /dev" in
"wsgw_management" is in location "dev/@connections", which gets no request
"wsgw_status" is in location "status", which gets no request, as all paths begin with "/"; write "location /status" in
--- points_to
location = status { wsgw_status; }


=== TEST 270: what comes before wsgw_status is told, or takes its place
--- config
    location = /return { return 204; wsgw_status; }
    location = /files { try_files /x =404; wsgw_status; }
    location ~ /regex { return 204; }
    location /a/regex { wsgw_status; }
--- error_log
"return" comes before "wsgw_status" of its location, which no client reaches
"try_files" comes before "wsgw_status" of its location, which no client reaches
"wsgw_status" does not get "/a/regex", the location that does is "/regex"; write "location ^~ /a/regex" in
--- points_to
location /a/regex { wsgw_status; }


=== TEST 271: a page that is redirected to, a named one and the root are not told of
--- config
    location = /health { rewrite ^ /status?health; }
    location = /status { internal; wsgw_status; }
    location @status { wsgw_status; }
    location ~ ^/(?:a|b)$ { wsgw_status; }
    location "" { wsgw_status; if ($arg_x) { return 204; } }
--- no_error_log
[warn]
--- ws eval
sub {
    is http(GET => '/health')->body, "ok\n";
    is http(GET => '/b?health')->body, "ok\n";
}


=== TEST 272: "wsgw_status" is public once
--- config
    location = /status { wsgw_status public conns public; }
--- must_die
--- error_log
[emerg]
parameter "public" is duplicate, "public" comes before it
--- points_to
location = /status { wsgw_status public conns public; }


=== TEST 273: a number that the parser would cut is refused
--- config
    location /ws {
        wsgw_api           conns;
        wsgw_max_fragments 4294967297;
    }
--- must_die
--- error_log
[emerg]
invalid number "4294967297", write it as "wsgw_max_fragments 16", from 1 to 2147483647 in
--- points_to
wsgw_max_fragments 4294967297;


=== TEST 274: the largest number is one
--- config
    location /ws {
        wsgw_api           conns;
        wsgw_max_fragments 2147483647;
        wsgw_concurrency   2147483647;
        wsgw_message_rate  2147483r/s burst=2147483;
    }
--- no_error_log
[warn]
--- ws eval
sub {
    my $c = ws_connect('/ws');

    $c->send_frame(fin => 0, opcode => 1, payload => 'a');
    $c->send_frame(fin => 0, opcode => 0, payload => 'b') for 1 .. 2000;
    $c->send_frame(fin => 1, opcode => 0, payload => 'c');
    like $c->recv, qr/Forbidden/, 'a message of 2,002 frames';
}


=== TEST 275: a rate has an end
--- config
    location /ws { wsgw_api conns; wsgw_message_rate 2147484r/s; }
--- must_die
--- error_log
[emerg]
invalid rate "2147484r/s", write it as "10r/s" or "100r/m", up to 2147483 in
--- points_to
location /ws { wsgw_api conns; wsgw_message_rate 2147484r/s; }


=== TEST 276: so has a burst
--- config
    location /ws { wsgw_api conns; wsgw_message_rate 1r/s burst=2147484; }
--- must_die
--- error_log
[emerg]
invalid burst "burst=2147484", write it as "burst=20", up to 2147483 in
--- points_to
location /ws { wsgw_api conns; wsgw_message_rate 1r/s burst=2147484; }
