# Messages and replies of kilobytes to a megabyte: each comes back as it was,
# whatever its size and in whatever parts it comes. The memory of one is the
# next one's, without a page fault, and is given back when none comes.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Test::More import => [ 'note' ];
use Wsgw::Play;
use Wsgw::Usage;

master_on();

# about where memory is of another kind, or where a read ends: the sizes
# between which it comes in four steps, and what is received at once

our @Sizes = map { my $n = $_; map { $n + $_ } -15, -1, 0, 1, 15 }
             8192, 10_240, 14_336, 16_384, 32_768, 65_522, 65_536, 98_304,
             131_072, 163_840, 262_144;

our $Letters = join '', map { chr(97 + $_ % 26) } 1 .. 300_000;

# no two of a run begin alike, nor does a part of one look like another

sub sized {
    my ($n, $size) = @_;
    return substr "$n " . substr($Letters, $n % 26), 0, $size;
}

# what a function would answer

our $Function = sub {
    my ($r) = @_;
    my $event = json($r->{body});

    return { body => json({ statusCode => 200, body => $event->{body} }) };
};

# How often the worker has had a page given by the system.

sub faults {
    my ($pid) = worker_pids();

    open my $file, '<', "/proc/$pid/stat" or die "$pid: $!\n";
    return (split ' ', <$file>)[9];
}

# Sends messages of these sizes, so many at a time, and compares what comes.

sub echoes {
    my ($c, $at_a_time, @sizes) = @_;

    my $n = 0;

    while (my @some = splice @sizes, 0, $at_a_time) {
        my @sent = map { sized($n++, $_) } @some;

        $c->send_raw(join '', map { text($_) } @sent);

        my @got = map { $c->recv // '' } @sent;
        my @wrong = grep { $got[$_] ne $sent[$_] } 0 .. $#sent;

        is "@some[@wrong]", '', "@some bytes";
    }
}

every_block(http_config => 'wsgw_zone zone=z:1m; wsgw_max_message_size 1m;'
                           . ' client_max_body_size 2m;',
            config => <<'_EOC_');
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int/echo;
    }
    location /return {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /back;
    }
    location /lambda {
        wsgw_api z;
        wsgw_concurrency 4;
        wsgw_route $default /int/function response;
    }
    location = /back {
        internal;
        return 200 $wsgw_body;
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

=== TEST 1: each size, growing and shrinking, beside others
--- ws eval
sub {
    my ($c, $other) = map { ws_connect('/ws') } 1, 2;

    echoes($c, 1, @::Sizes);
    echoes($other, 3, reverse @::Sizes);
    echoes($c, 1, map { ($_, 300_000, 9000) } 8193, 65_521, 131_073);
}


=== TEST 2: what a location has of its own, in its variable
--- ws eval
sub { echoes(ws_connect('/return'), 2, @::Sizes) }


=== TEST 3: in a function's JSON
--- backend eval: $::Function
--- ws eval
sub {
    my $c = ws_connect('/lambda');

    echoes($c, 1, @::Sizes);

    # every byte of it has to be escaped

    my $quotes = '"' x 100_000;

    $c->send($quotes);
    ok $c->recv eq $quotes, 'quotes';
}


=== TEST 4: in writes and frames of any size
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my $long = sized(5, 262_144);

    for my $step (511, 513, 4097, 30_000, 65_535, 65_536, 131_072) {
        $c->send_raw(text($long) . ping('behind'), $step);
        is $c->recv_frame->{payload}, 'behind', "writes of $step bytes";
        ok $c->recv eq $long, 'whole';
    }

    for my $size (1000, 8192, 32_768, 65_522, 100_000) {
        my @parts = unpack "(a$size)*", $long;
        my $last = pop @parts;

        $c->send_raw(join '', more(shift @parts), ping('between'),
                     map({ cont_more($_) } @parts), cont($last));

        is $c->recv_frame->{payload}, 'between', "frames of $size bytes";
        ok $c->recv eq $long, 'whole';
    }
}


=== TEST 5: no page is given back between two messages
--- ws eval
sub {
    my @c = map { ws_connect('/ws') } 1 .. 4;

    my $round = sub {
        my @sent = map { sized($_, 131_072) } 0 .. $#c;

        $c[$_]->send($sent[$_]) for 0 .. $#c;

        return grep { $c[$_]->recv ne $sent[$_] } 0 .. $#c;
    };

    is scalar(map { $round->() } 1 .. 10), 0, 'all are right';

    my $before = faults();

    is scalar(map { $round->() } 1 .. 40), 0, 'all are right';

    my $each = (faults() - $before) / 160;

    note "$each page faults a message";

    # of its own memory, twice the message's, it has 64 pages

    cmp_ok $each, '<', 10, 'page faults a message' if memory_counts();
}


=== TEST 6: memory that nobody needs is given back
--- log_level: debug
--- ws eval
sub {
    my $c = ws_connect('/ws');

    # the reply's length is known before it comes, the message's memory grows

    SKIP: {
        Test::More::skip('nginx was built without --with-debug', 3)
            if error_log() !~ / \[debug\] /;

        echoes($c, 1, 200_000);

        for my $bytes (229_376, 262_144) {
            ok wait_until(sub { error_log() =~
                                /wsgw blocks given back:1 of $bytes bytes/ },
                          5), "$bytes bytes";
        }
    }

    echoes($c, 1, 200_000, 200_000);
}
