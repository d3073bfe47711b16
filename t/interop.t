# Independent clients: ws of npm, and Debian's python3-websockets, compressed
# and not, over TCP and TLS. Their programs are in t/compat.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use File::Temp qw( tempdir );
use Wsgw::Compat;

# a key and a certificate, for a day

our $Pem = tempdir(CLEANUP => 1) . '/localhost.pem';

system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
       . " -days 1 -subj /CN=localhost -keyout $Pem -out $Pem.crt 2>/dev/null"
       . " && cat $Pem.crt >> $Pem") == 0
    or die "openssl has made no certificate\n";

our $TlsPort = free_port();

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
_EOC_

our $Config = <<'_EOC_';
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_compression on;
        wsgw_route $default /echo response;
    }
    location = /echo {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/echo/unwritten;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
_EOC_

our $Tls = $Http . <<"END";
    server {
        listen 127.0.0.1:$TlsPort ssl;
        ssl_certificate $Pem;
        ssl_certificate_key $Pem;
        $Config
    }
END

sub url { return 'ws://127.0.0.1:' . Test::Nginx::Wsgw::port() . '/ws' }

every_block(http_config => $Http, config => $Config);

run_tests();

__DATA__

=== TEST 1: ws
--- ws eval
sub { compat('client_ws.mjs', url()) }


=== TEST 2: ws, compressed
--- ws eval
sub { compat('client_ws.mjs', url(), 'deflate') }


=== TEST 3: python3-websockets
--- ws eval
sub { compat('client_websockets.py', url()) }


=== TEST 4: python3-websockets, compressed
--- ws eval
sub { compat('client_websockets.py', url(), 'deflate') }


=== TEST 5: ws over TLS
--- http_config eval: $::Tls
--- config
--- ws eval
sub { compat('client_ws.mjs', "wss://127.0.0.1:$::TlsPort/ws", 'deflate') }


=== TEST 6: python3-websockets over TLS
--- http_config eval: $::Tls
--- config
--- ws eval
sub { compat('client_websockets.py', "wss://127.0.0.1:$::TlsPort/ws") }
