# The clients that applications use for @connections: the AWS SDK for
# JavaScript of npm and Debian's python3-boto3, each as it signs, encodes and
# reads errors. Their programs are in t/compat.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Wsgw::Compat;

# a client learns its id

every_block(http_config => 'wsgw_zone zone=z:4m;', config => <<'_EOC_');
    location /prod {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /id response;
    }
    location ^~ /prod/@connections {
        wsgw_management z;
    }
    location ^~ /other/@connections {
        wsgw_management z;
    }
    location = /id {
        internal;
        return 200 $wsgw_connection_id;
    }
_EOC_

sub authority { return '127.0.0.1:' . Test::Nginx::Wsgw::port() }

master_on();
workers(2);

run_tests();

__DATA__

=== TEST 1: the SDK for JavaScript
--- ws eval
sub { compat('sdk_js.mjs', authority()) }


=== TEST 2: boto3
--- ws eval
sub { compat('sdk_boto3.py', authority()) }
