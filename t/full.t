#!/usr/bin/perl

# A zone without room: for connections, and for workers.

use strict;
use warnings;

use lib 't/lib';

use Fcntl qw( F_SETLK F_UNLCK F_WRLCK );

use Test::Nginx::Wsgw 'no_plan';

# of another worker, as the zone's file has it: a byte for each worker slot
# behind the zone's number, which is in the file's name

sub lock_slots {
    my ($file, $type, $first, $number) = @_;

    $first += hex($number) << 20;

    fcntl $file, F_SETLK, pack 's s x4 q q l x4', $type, 0, $first, 64, 0
        or die "fcntl: $!\n";
}

sub crits {
    return grep { /\[crit\]/ } split /^/, error_log();
}

master_on();
run_tests();

__DATA__

=== TEST 1: a full zone refuses handshakes and says so once
--- http_config
    wsgw_zone zone=conns:256k;
--- config
    location /ws {
        wsgw_api conns;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int response;
    }
    location ^~ /ws/@connections { wsgw_management conns; }
    location = /int {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/echo;
    }
--- ws eval
sub {
    my ($c, @all);

    push @all, $c while ($c = ws_connect('/ws'))->status == 101;

    is $c->status, 503;
    cmp_ok scalar(@all), '==', 512, 'as many as nginx has told';
    is ws_connect('/ws')->status, 503 for 1 .. 3;

    my @lines = crits();

    is scalar(@lines), 1;
    like $lines[0], qr/wsgw zone "conns" is full, .* in wsgw_zone, \S+:\d+/;

    $all[0]->send('still here');
    is $all[0]->recv, 'still here';

    $all[1]->close;
    wait_until(sub { ws_connect('/ws')->status == 101 }, undef, 'room again');
}



=== TEST 2: a worker without a slot in the zone runs and refuses handshakes
--- http_config
    wsgw_zone zone=conns:256k state=state;
--- config
    location /ws { wsgw_api conns; }
    location /plain { return 200 "plain"; }
--- ws eval
sub {
    my $dir = $ENV{TEST_NGINX_SERVROOT} . '/state';

    # it keeps the old worker in its slot

    my $open = ws_connect('/ws');
    is $open->status, 101;

    my ($number) = map { /conns\.([0-9a-f]{6})$/ } glob "$dir/*";

    open my $file, '+<', "$dir/conns.$number" or die "$dir: $!\n";
    lock_slots($file, F_WRLCK, 1, $number);
    reload_nginx();

    is ws_connect('/ws')->status, 503;
    is http(GET => '/plain')->body, 'plain';
    is ws_connect('/ws')->status, 503;

    my @lines = crits();

    is scalar(@lines), 1;
    like $lines[0], qr/all 64 worker slots of zone "conns" are taken/;

    lock_slots($file, F_UNLCK, 1, $number);
    is ws_connect('/ws')->status, 101;
}
