# A route with "async" is fired and forgotten, and bounded all the same: what
# waits for one of the worker's events holds its connection's turn.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
    wsgw_worker_events 3;
_EOC_

every_block(http_config => $Http, config => <<'_EOC_');
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route $default /int/message async;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
_EOC_

run_tests();

__DATA__

=== TEST 1: more than the worker may call at a time is not read
--- backend eval
sub { return { body => '', delay => $_[0]{uri} =~ /message/ ? 1 : 0 } }
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my $message = Wsgw::Client::frame(payload => 'x' x 65536);

    # the buffers of both sockets are some MB

    my $left = $c->pour($message x 512);

    cmp_ok length $left, '>', length($message) * 256, 'most is not taken';
}


=== TEST 2: all are called in their order, and $disconnect behind the last
--- backend eval
sub { return { body => '', delay => 0.05 } }
--- ws eval
sub {
    my $c = ws_connect('/ws');

    $c->send($_) for 1 .. 10;
    $c->close(1000);

    my @e = ledger_events(11);

    is join(' ', map { $_->{body} } @e[0 .. 9]), join(' ', 1 .. 10),
       'ten messages';
    like $e[10]{uri}, qr{^/disconnect}, '$disconnect';
}


=== TEST 3: what waits counts for wsgw_worker_memory
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_worker_events 3;
    wsgw_worker_memory 100k;
--- backend eval
sub { return { body => '', delay => $_[0]{body} ? 1 : 0 } }
--- ws eval
sub {
    my @c = map { ws_connect('/ws') } 1 .. 4;

    # two are at the integration, two wait; the pong tells that one is read

    for (@c) {
        $_->send('x' x 65536);
        $_->ping('');
        $_->recv_frame;
    }

    ledger_events(2);

    ok wait_until(sub { ws_connect('/ws')->status == 503 }), 'no more';

    ledger_events(4);

    is ws_connect('/ws')->status, 101, 'nothing waits';
}
