# The module's version: the header has it, and everywhere else it is the same.
# A module that is loaded and not used says nothing and does nothing.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

master_on();

sub version {
    open my $in, '<', 'src/ngx_http_wsgw.h' or die $!;
    my @is = map { /NGX_HTTP_WSGW_VERSION\s+"(.*)"/ } <$in>;

    return "@is";
}

run_tests();

__DATA__

=== TEST 1: the log, a variable and the metrics have the header's version
--- http_config
    wsgw_zone zone=z:1m;
    add_header X-Version $wsgw_version;
--- config
    location = /plain {
        return 200 "<$wsgw_version>";
    }
    location = /status {
        wsgw_status public;
    }
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int response;
    }
    location = /int {
        internal;
        return 200 "<$wsgw_version>";
    }
--- ws eval
sub {
    my $version = version();

    like $version, qr/^\d+\.\d+\.\d+$/;

    my $answer = http(GET => '/plain');

    is $answer->body, "<$version>";
    is $answer->header('X-Version'), $version;

    my $c = ws_connect('/ws');

    $c->send('which?');
    is $c->recv, "<$version>", 'in an event';

    like http(GET => '/status?format=prometheus')->body,
         qr/^wsgw_build_info\{version="\Q$version\E",nginx=/m;
    like http(GET => '/status?format=html')->body, qr/wsgw \$\{info\.version\}/,
         'the page reads the same';
}


=== TEST 2: said when nginx starts, not by a reload nor by nginx -t
--- http_config
    wsgw_zone zone=z:1m;
--- config
    location = /plain { return 204; }
--- ws eval
sub {
    my $version = version();
    my $said = qr/\[notice\] \d+#\d+: wsgw\/\Q$version\E$/m;

    is scalar(() = error_log() =~ /$said/g), 1, 'at the start';

    reload_nginx();
    is scalar(() = error_log() =~ /$said/g), 1, 'no more at a reload';

    my $root = $ENV{TEST_NGINX_SERVROOT};
    my $said_by_t = `$ENV{TEST_NGINX_BINARY} -t -p $root -c conf/nginx.conf 2>&1`;

    like $said_by_t, qr/test is successful/;
    unlike $said_by_t, qr/wsgw\//;
}


=== TEST 3: loaded and not used it is silent, and a page is nginx's own
--- config
    location = /plain { return 200 "<$scheme>"; }
--- ws eval
sub {
    reload_nginx();

    is http(GET => '/plain')->body, '<http>';
    like http(GET => '/none')->body, qr/<h1>404 Not Found/;
    unlike error_log(), qr/\bwsgw(?!-)/, 'not a word';

    my ($worker) = worker_pids();

    open my $maps, '<', "/proc/$worker/maps" or die $!;
    is scalar(grep { /wsgw/ && !/ngx_http_wsgw_module\.so/ } <$maps>), 0,
       'no memory of its own';
}
