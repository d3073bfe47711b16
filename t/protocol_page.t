# docs/protocol.md says row by row what is as AWS: no row is missing, and each
# test that it names is there. The blocks behind the first one show rows for
# which no other suite has one.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Cwd qw( getcwd );
use File::Temp qw( tempdir );

use Wsgw::Compat;
use Wsgw::Play;

our $Top = getcwd();

sub read_file {
    my ($name) = @_;

    open my $in, '<', "$Top/$name" or return undef;
    local $/;
    return <$in>;
}

# what is wrong with a reference such as `sdk.t` 1, 2

sub wrong_tests {
    my ($text) = @_;

    my @wrong;

    while ($text =~ /\G`([\w\/-]+\.[tc])`((?:,? \w+)*)(?:, |$)/gc) {
        my ($suite, $blocks) = ($1, $2);
        my $file = read_file("t/$suite");

        if (!defined $file) {
            push @wrong, "no t/$suite";
            next;
        }

        for my $block ($blocks =~ /\w+/g) {
            my $there = $suite =~ /\.c$/ ? qr/unit_test\($block\)/
                                         : qr/^=== TEST $block:/m;

            push @wrong, "no $block in t/$suite" unless $file =~ $there;
        }

        # what has blocks is named with one

        push @wrong, "no block of t/$suite"
            if $blocks eq '' && $file =~ /^=== TEST/m;
    }

    push @wrong, "not understood: \"$text\"" if (pos($text) // 0) < length $text;

    return @wrong;
}

# what is wrong with the page

sub wrong_rows {
    my ($page) = @_;

    my ($next, @wrong) = 1;

    while ($page =~ /^\| (\d+) \| (.*) \| (.*) \| (.*) \|$/mg) {
        my ($row, $subject, $verdict, $tests) = ($1, $2, $3, $4);

        push @wrong, "row $next is missing, $row is there" if $row != $next;
        push @wrong, "row $row: verdict \"$verdict\""
            unless $verdict =~ /^(?:as AWS|(?:differs|absent): .+)$/;
        push @wrong, map { "row $row: $_" }
                     $tests eq '' ? 'no test' : wrong_tests($tests);

        $next = $row + 1;
    }

    push @wrong, 'rows end with ' . ($next - 1) if $next != 79;

    return @wrong;
}

# a key and a certificate of a host and of AWS's endpoints, for a day

our $Pem = tempdir(CLEANUP => 1) . '/localhost.pem';
our $TlsPort = free_port();

system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
       . ' -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost,'
       . 'DNS:api1234567.execute-api.us-east-1.amazonaws.com'
       . " -keyout $Pem -out $Pem.crt 2>/dev/null"
       . " && cat $Pem.crt >> $Pem") == 0
    or die "openssl has made no certificate\n";

# what handlers know: the clients learn it from a message's reply

our $Tls = <<"_EOC_";
    listen 127.0.0.1:$TlsPort ssl;
    server_name localhost api1234567.execute-api.us-east-1.amazonaws.com;
    ssl_certificate $Pem;
    ssl_certificate_key $Pem;

    location /prod {
        wsgw_api z id=api1234567;
        wsgw_profile aws;
        wsgw_integration_type http_proxy;
        wsgw_route \$default /who response;
    }
    location ^~ /prod/\@connections {
        wsgw_profile aws;
        wsgw_management z;
    }
    location = /who {
        internal;
        default_type application/json;
        return 200 '{"domainName":"\$wsgw_domain_name","stage":"\$wsgw_stage",
                     "apiId":"\$wsgw_api_id",
                     "connectionId":"\$wsgw_connection_id"}';
    }
_EOC_

every_block(http_config => 'wsgw_zone zone=z:1m;');

run_tests();

__DATA__

=== TEST 1: each row is there, and each test that one names
--- config
--- ws eval
sub {
    my $page = main::read_file('docs/protocol.md');

    is_deeply [ main::wrong_rows($page) ], [], 'nothing is wrong';

    # what it would see

    my %case = (
        'row 7 is missing, 8 is there'      => sub { s/^\| 7 \|.*\n//m },
        'row 4 is missing, 3 is there'      => sub { s/^(\| 3 \|.*\n)/$1$1/m },
        'rows end with 77'                  => sub { s/^\| 78 \|.*\n//m },
        'row 5: verdict "maybe"'            => sub { s/^(\| 5 .*) as AWS/$1 maybe/m },
        'row 5: verdict "differs:"'         => sub { s/^(\| 5 .*) as AWS/$1 differs:/m },
        'row 9: no 999 in t/handshake.t'    => sub { s/^(\| 9 .*t` )\d+/${1}999/m },
        'row 16: no test_x in t/unit/selector.c'
                                            => sub { s/^(\| 16 .*c` )\w+/$1test_x/m },
        'row 1: no t/nope.t'                => sub { s/^(\| 1 .*)`handshake/$1`nope/m },
        'row 1: no block of t/handshake.t'  => sub { s/^(\| 1 .*t`) 2/$1/m },
        'row 1: no test'                    => sub { s/^(\| 1 .*\| )`handshake.*?\|/$1 |/m },
        'row 1: not understood: "by hand"'  => sub { s/^(\| 1 .*\| )`handshake.*?\|/$1by hand |/m },
    );

    for my $wrong (sort keys %case) {
        local $_ = $page;
        $case{$wrong}->();
        is +(main::wrong_rows($_))[0], $wrong, $wrong;
    }
}


=== TEST 2: without a route for $connect nobody is asked
--- config
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int;
    }
    location = /int {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    for my $path (qw( /ws /ws/ /ws?a=b )) {
        my $c = ws_connect($path);
        is $c->status, 101, $path;
    }

    my $c = ws_connect('/ws');
    $c->send('first');

    my @all = ledger_events(1);
    is scalar @all, 1, 'the message is all that is heard';
    is $all[0]{body}, 'first';
}


=== TEST 3: a message does not reach $connect or $disconnect
--- config
    location /ws {
        wsgw_api z;
        wsgw_profile aws;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route $default /int/default response;
    }
    location /strict {
        wsgw_api z;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route other /int/other;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub { return { body => $_[0]{uri} =~ /default/ ? 'default' : '{"statusCode":200}' } }
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my $strict = ws_connect('/strict');

    ledger_events(2);

    for my $key (qw( $connect $disconnect $default connect )) {
        $c->send(json({ action => $key }));
        is $c->recv, 'default', $key;
        next if $key eq '$default';

        $strict->send(json({ action => $key }));
        like $strict->recv, qr/^\{"message": "Forbidden"/, "$key, no default";
    }

    my @asked = map { $_->{uri} } ledger_events(6);
    is scalar(grep { m{/connect|/disconnect} } @asked), 2,
       'the two handshakes alone';
}


=== TEST 4: MOCK: a location answers without a backend
--- config
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route ping /pong response;
        wsgw_route lambda /lambda response type=aws_proxy;
        wsgw_route nothing /nothing response;
    }
    location = /pong {
        internal;
        default_type application/json;
        return 200 '{"message":"pong","id":"$wsgw_message_id"}';
    }
    location = /lambda  { internal; return 200 '{"statusCode":200,"body":"x"}'; }
    location = /nothing { internal; return 204; }
--- ws eval
sub {
    my $c = ws_connect('/ws');

    $c->send('{"action":"ping"}');
    like $c->recv, qr/^\{"message":"pong","id":"[\w-]{15}="\}$/;
    ok !$c->is_binary, 'as text';
    $c->send('{"action":"lambda"}');
    is $c->recv, 'x';
    $c->send('{"action":"nothing"}');
    is $c->recv, '';
}


=== TEST 5: in aws the messages of a connection run concurrently
--- config
    location /aws {
        wsgw_api z;
        wsgw_profile aws;
        wsgw_integration_type http_proxy;
        wsgw_route slow /int/delay=1/x response;
        wsgw_route $default /int/echo response;
    }
    location /extended {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route slow /int/delay=1/x response;
        wsgw_route $default /int/echo response;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
    }
--- ws eval
sub {
    my ($aws, $extended) = map { ws_connect($_) } '/aws', '/extended';

    for my $c ($aws, $extended) {
        $c->send('{"action":"slow"}');
        $c->send($_) for 'a', 'b', 'c';
    }

    is join('', sort map { $aws->recv } 1 .. 3), 'abc',
       'they overtake the slow one';
    $extended->recv;
    is join('', map { $extended->recv } 1 .. 3), 'abc', 'here they wait';
}


=== TEST 6: a handler's endpoints, by domainName and by AWS's host name, in JS
--- config eval
$::Tls
--- ws eval
sub {
    local $ENV{NODE_EXTRA_CA_CERTS} = "$::Pem.crt";
    compat('endpoint_js.mjs', "localhost:$::TlsPort");
}


=== TEST 7: a handler's endpoint by domainName, with boto3
--- config eval
$::Tls
--- ws eval
sub { compat('endpoint_boto3.py', "localhost:$::TlsPort", "$::Pem.crt") }
