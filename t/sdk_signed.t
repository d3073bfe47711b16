# wsgw_sigv4 and the clients that applications use, which sign as they do for
# AWS: boto3, the AWS CLI, the SDKs for JavaScript, v3 and v2, and for Go, v2;
# over TCP and over TLS with a certificate that they are told to trust. What
# they are not asked to sign is in t/sdk.t. Their programs are in t/compat.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use File::Temp qw( tempdir );
use Wsgw::Compat;

our $Dir;

BEGIN { $Dir = tempdir(CLEANUP => 1) }

system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
       . " -days 1 -subj /CN=here -addext subjectAltName=IP:127.0.0.1"
       . " -keyout $Dir/key -out $Dir/crt 2>/dev/null") == 0
    or die "openssl has made no certificate\n";

open my $keys, '>', "$Dir/keys" or die "$Dir/keys: $!\n";
print $keys "AKIDEXAMPLE:secret\nSECOND:more\n";
close $keys;
chmod 0600, "$Dir/keys";

our $TlsPort = free_port();

our $Config = <<"END";
    wsgw_sigv4 $Dir/keys;

    location /prod {
        wsgw_api z;
        wsgw_sigv4 off;
        wsgw_integration_type http_proxy;
        wsgw_route \$default /id response;
    }
    location ^~ /prod/\@connections {
        wsgw_management z;
    }
    location ^~ /other/\@connections {
        wsgw_management z;
    }
    location = /id {
        internal;
        return 200 \$wsgw_connection_id;
    }
END

# a client learns its id

every_block(config => $Config, http_config => <<"END");
    wsgw_zone zone=z:4m;

    server {
        listen 127.0.0.1:$TlsPort ssl;
        ssl_certificate $Dir/crt;
        ssl_certificate_key $Dir/key;
        $Config
    }
END

sub plain { return '127.0.0.1:' . Test::Nginx::Wsgw::port() }
sub tls   { return "127.0.0.1:$TlsPort" }

$ENV{COMPAT_CA} = "$Dir/crt";
$ENV{AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE} = 1;

# Go's client has none that it could push to: that one is here.

sub go {
    my ($authority, $scheme) = @_;

    my $c = ws_connect('/prod');
    $c->send('who');

    compat('sdk_go.go', $authority, $scheme, $c->recv);

    is $c->recv, 'hello', 'received';
    is $c->recv, 'x' x 131072, 'all of it';
    is $c->close_code, 1000, 'closed';
}

master_on();
workers(2);

run_tests();

__DATA__

=== TEST 1: boto3
--- ws eval
sub { compat('sdk_boto3.py', plain(), 'http', 'signed') }


=== TEST 2: boto3 over TLS
--- ws eval
sub { compat('sdk_boto3.py', tls(), 'https', 'signed') }


=== TEST 3: the SDK for JavaScript, v3
--- ws eval
sub { compat('sdk_js.mjs', plain(), 'http', 'signed') }


=== TEST 4: the SDK for JavaScript, v3, over TLS
--- ws eval
sub { compat('sdk_js.mjs', tls(), 'https', 'signed') }


=== TEST 5: the SDK for JavaScript, v2
--- ws eval
sub { compat('sdk_js2.mjs', plain(), 'http', 'signed') }


=== TEST 6: the SDK for JavaScript, v2, over TLS
--- ws eval
sub { compat('sdk_js2.mjs', tls(), 'https', 'signed') }


=== TEST 7: the AWS CLI
--- ws eval
sub { compat('sdk_cli.py', plain()) }


=== TEST 8: the AWS CLI over TLS
--- ws eval
sub { compat('sdk_cli.py', tls(), 'https') }


=== TEST 9: and who is not asked to sign, v2
--- config eval: $::Config =~ s/wsgw_sigv4 [^o;]*;//r
--- ws eval
sub { compat('sdk_js2.mjs', plain()) }


=== TEST 10: the SDK for Go, v2
--- ws eval
sub { go(plain(), 'http') }


=== TEST 11: the SDK for Go, v2, over TLS
--- ws eval
sub { go(tls(), 'https') }
