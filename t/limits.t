# Limits of frames, messages and time: what is refused, when, with which code
# and reason, and that $disconnect is told the same.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Test::More import => [ 'note' ];
use Time::HiRes qw( time );
use Wsgw::Play;
use Wsgw::Usage;

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
_EOC_

our $Int = <<'_EOC_';
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Code $wsgw_disconnect_code;
        proxy_set_header Reason $wsgw_disconnect_reason;
    }
_EOC_

# a stage at /ws with these directives

sub stage {
    my ($limits) = @_;

    return <<"END" . $::Int;
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route \$disconnect /int/disconnect;
        wsgw_route \$default /int/echo response;
        $limits
    }
END
}

# the connection ends with this code and reason, both here and in $disconnect

my $ended = 0;

sub ends {
    my ($c, $code, $reason, $what) = @_;

    is $c->close_code, $code, "$what: $code";
    is $c->close_reason, $reason, "$what: $reason";
    $c->drop;

    my $d = (ledger_events(++$ended, qr{^/disconnect}))[-1];

    is $d->{headers}{code}, $code, "$what: \$disconnect";
    is $d->{headers}{reason}, $reason, "$what: its reason";
}

add_block_preprocessor(sub { $ended = 0 });
every_block(http_config => $Http);

run_tests();

__DATA__

=== TEST 1: in aws a frame has 32 KB, a message 128 KB, and all is text
--- config eval: main::stage('wsgw_profile aws;')
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my $full = 'x' x 32768;

    $c->send($full);
    is $c->recv, $full, '32768 bytes in a frame';

    $c->send_raw(more($full) . cont_more($full) x 2 . cont($full));
    is $c->recv, $full x 4, '131072 bytes in four';

    $c->send_raw(more($full) . cont_more($full) x 3 . cont('x'));
    ends($c, 1009, 'Message too long', '131073 bytes');

    $c = ws_connect('/ws');
    $c->send("${full}x");
    ends($c, 1009, 'Max frame length of 32768 has been exceeded.',
         '32769 bytes');

    $c = ws_connect('/ws');
    $c->send_binary('');
    ends($c, 1003, 'Binary messages are not supported', 'octets');
}


=== TEST 2: in extended a frame is as large as a message
--- config eval: main::stage('')
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my $full = 'x' x 131072;

    $c->send($full);
    is $c->recv, $full, '131072 bytes';
    $c->send("${full}x");
    ends($c, 1009, 'Max frame length of 131072 has been exceeded.',
         '131073 bytes');
}


=== TEST 3: limits that are set
--- config eval
main::stage('wsgw_max_message_size 1000; wsgw_max_frame_size 100;
             wsgw_max_fragments 20;')
--- ws eval
sub {
    my $frame = 'x' x 100;
    my $c = ws_connect('/ws');

    $c->send($frame);
    is $c->recv, $frame, 'a frame of the limit';

    $c->send_raw(more($frame) . cont_more($frame) x 8 . cont($frame));
    is $c->recv, 'x' x 1000, 'a message of the limit';

    $c->send_raw(more('') . cont_more('') x 18 . cont('x'));
    is $c->recv, 'x', 'as many fragments as the limit';

    # each is refused on a header, nothing of the payload is needed

    my $head = sub { substr text('', length => shift), 0, 8 };

    $c->send_raw($head->(101));
    ends($c, 1009, 'Max frame length of 100 has been exceeded.',
         'a frame over the limit');

    $c = ws_connect('/ws');
    $c->send_raw(more($frame) . cont_more($frame) x 9 . cont_more('x'));
    ends($c, 1009, 'Message too long', 'a message over the limit');

    $c = ws_connect('/ws');
    $c->send_raw(more('') . cont_more('') x 20);
    ends($c, 1009, 'Too many fragments', 'a fragment over the limit');
}


=== TEST 4: a length is refused on the header, and no memory is taken for it
--- config eval: main::stage('wsgw_max_message_size 1m;')
--- ws eval
sub {
    my $echo = sub {
        my $c = ws_connect('/ws');
        $c->send('hello');
        is $c->recv, 'hello', "an echo $_[0]";
    };

    $echo->('before');

    my $before = resident(worker_pids());

    # every power of two, in the shortest form and in the longer ones

    for my $bit (0 .. 63) {
        for my $wide (7, 16, 64) {
            my $length = 1 << $bit;

            next if $wide == 7 && $length > 125
                    || $wide == 16 && $length > 65535;

            my $short = $length <= 125 ? 7 : $length <= 65535 ? 16 : 64;
            my $code = $bit == 63 || $wide != $short ? 1002
                       : $length > 1 << 20           ? 1009 : next;

            my $c = ws_connect('/ws');

            $c->send_raw(text('', length => $length, wide => $wide));
            is $c->close_code, $code, "2^$bit in $wide bits";
            $c->drop;
        }
    }

    for my $length ((1 << 63) - 1, ~0, 1 << 32) {
        my $c = ws_connect('/ws');

        $c->send_raw(text('', length => $length, wide => 64));
        is $c->close_code, $length == ~0 ? 1002 : 1009, "length $length";
        $c->drop;
    }

    $echo->('behind');

    my $grown = resident(worker_pids()) - $before;

    note "resident: $grown kB more";
    cmp_ok $grown, '<', 256, 'resident kB' if memory_counts();
}


=== TEST 5: frames that break the protocol reach no integration
--- config eval: main::stage('')
--- ws eval
sub {
    my %broken = (
        'no mask'             => text('x', masked => 0),
        'no mask on a ping'   => ping('x', masked => 0),
        'no mask on a Close'  => bye(1000, '', masked => 0),
        'a reserved bit'      => text('x', rsv => 4),
        'a reserved opcode'   => Wsgw::Client::frame(opcode => 3),
        'a fragment of a ping' => ping('x', fin => 0),
        'a ping of 126 bytes' => ping('x' x 126),
        'a Close of 126 bytes' => bye(1000, 'x' x 124),
        'not the shortest length' => text('x', wide => 16),
        'nor in 64 bits'      => text('x' x 126, wide => 64),
    );

    for my $name (sort keys %broken) {
        my $c = ws_connect('/ws');

        $c->send_raw($broken{$name} . text('late'));
        is $c->close_code, 1002, $name;
        ok $c->eof(1), "$name: the end";
    }

    is scalar(ledger_events(scalar(keys %broken), qr{disconnect})),
       scalar(keys %broken), 'a $disconnect each';
    is scalar(ledger_events(0, qr{^/echo})), 0, 'no message';
}


=== TEST 6: a silent client is sent away, one that says anything is not
--- config eval: main::stage('wsgw_idle_timeout 2s;')
--- ws eval
sub {
    my $start = time;
    my ($silent, $pings, $texts) = map { ws_connect('/ws') } 1 .. 3;

    until ($silent->{closed}) {
        $pings->ping('');
        $texts->send('');
        $silent->recv_frame(0.25);      # less than the idle time
    }

    ends($silent, 1001, 'Going away', 'a silent one');
    took($start, 2);

    for my $c ($pings, $texts) {
        $c->send('hello');
        1 while ($c->recv // 'hello') ne 'hello';
        ok !$c->{closed}, 'one that is not silent stays';
    }
}


=== TEST 7: in aws only messages count against silence
--- config eval: main::stage('wsgw_profile aws; wsgw_idle_timeout 2s;')
--- ws eval
sub {
    my ($pings, $texts) = map { ws_connect('/ws') } 1, 2;
    my $sent = 0;

    until ($pings->{closed}) {
        $pings->ping('');
        $texts->send(++$sent);
        $pings->recv(0.25);             # less than the idle time
    }

    ends($pings, 1001, 'Going away', 'pings do not help');
    is join(' ', map { $texts->recv } 1 .. $sent), join(' ', 1 .. $sent),
       'messages do';
}


=== TEST 8: nobody stays for ever
--- config eval: main::stage('wsgw_max_lifetime 700ms;')
--- ws eval
sub {
    my $start = time;
    my $c = ws_connect('/ws');

    # not idle, until it is over age

    for my $n (1 .. 1000) {
        $c->send($n);
        last if ($c->recv // '') ne $n;
        Time::HiRes::sleep(0.01);
    }

    ends($c, 1001, 'Going away', 'over age');
    took($start, 0.7);
}


=== TEST 9: many idle connections end in time, each with one $disconnect
--- config eval
main::stage('wsgw_idle_timeout 1s;
             add_header X-Id $wsgw_connection_id always;')
--- ws eval
sub {
    my (%due, @c);

    # a time between these two is that from which on it was idle

    for (1 .. 200) {
        my $before = time;

        push @c, ws_connect('/ws');
        $due{ $c[-1]->header('X-Id') } = [ $before + 1, time + 1 ];
    }

    $_->close_code for @c;
    $_->drop for @c;

    my @d = ledger_events(200, qr{^/disconnect});
    my ($early, $late) = map {
        my $which = $_;
        [ sort { $a <=> $b }
          map { $_->{at} - $due{ $_->{headers}{'x-connection-id'} }[$which] }
              @d ];
    } 0, 1;

    note sprintf '$disconnect %.0f to %.0f ms behind its time, half by %.0f',
                 map { 1000 * $late->[$_] } 0, -1, 100;
    cmp_ok $early->[0], '>', -0.1, 'not early';
    cmp_ok $late->[-1], '<', 3, 'nor much later';

    is scalar(@d), 200;
    is scalar(keys %{{ map { $_->{headers}{'x-connection-id'} => 1 } @d }}),
       200, 'each connection once';
    is join(' ', keys %{{ map { $_->{headers}{code} => 1 }
                          @d }}), 1001;
}


=== TEST 10: pings go to a silent client, one that does not answer is dropped
--- config eval: main::stage('wsgw_ping_interval 800ms;')
--- ws eval
sub {
    my $c = ws_connect('/ws');

    is $c->recv(2), undef, 'a client that answers';
    $c->send('hello');
    is $c->recv, 'hello', 'stays';

    my $start = time;
    my $deaf = ws_connect('/ws');

    is $deaf->recv_frame->{opcode}, Wsgw::Client::PING, 'a ping';
    is $deaf->recv_frame, undef, 'nothing behind it';
    ok $deaf->eof(0), 'but the end';
    took($start, 1.6);

    my ($d) = ledger_events(1, qr{^/disconnect});

    is $d->{headers}{code}, 1006, '$disconnect';
}


=== TEST 11: a Close that is not answered ends the connection in time
--- config eval
main::stage('wsgw_close_timeout 500ms; wsgw_idle_timeout 300ms;')
--- ws eval
sub {
    my $start = time;
    my $c = ws_connect('/ws');

    is $c->recv_frame->{opcode}, Wsgw::Client::CLOSE, 'a Close';
    ok $c->eof, 'the end';
    took($start, 0.8);

    my ($d) = ledger_events(1, qr{^/disconnect});

    is $d->{headers}{code}, 1001, 'with the code of the cause';
}


=== TEST 12: times that are off do nothing
--- config eval
main::stage('wsgw_idle_timeout off; wsgw_max_lifetime 0;')
--- ws eval
sub {
    my $c = ws_connect('/ws');

    is $c->recv_frame(1), undef, 'nothing comes';
    $c->send('hello');
    is $c->recv, 'hello', 'and it serves';
}


=== TEST 13: bytes of one read are served in shares, between other connections
--- config eval: main::stage('wsgw_concurrency 64; wsgw_max_pending_size 1m;')
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my @all = map { "m$_" } 1 .. 1000;

    # many small ones, and the last an empty message: it has no payload that
    # would arrive

    $c->send_raw(join '', map({ text($_) } @all), text(''));

    my %seen = map { ($c->recv // 'none') => 1 } 0 .. @all;

    is scalar(grep { !$seen{$_} } @all, ''), 0, 'each has its reply';
}


=== TEST 14: a full zone refuses newcomers and leaves the others alone
--- http_config
    wsgw_zone zone=z:256k;
--- config eval: main::stage('')
--- ws eval
sub {
    my @c = map { ws_connect('/ws') } 1 .. 512;

    is scalar(grep { $_->status == 101 } @c), 512, 'it holds what it said';

    my $refused = ws_connect('/ws');

    is $refused->status, 503, 'one more';
    is $refused->header('Retry-After'), 1, 'may come back';
    is json($refused->body)->{message}, 'Service Unavailable', 'and is told';
    ws_connect('/ws')->drop for 1 .. 20;

    my @lines = error_log() =~ /\[crit\].*?: (?:\*\d+ )?(wsgw zone .*?),/g;

    is "@lines", 'wsgw zone "z" is full', 'the log says it, once';

    for my $c (@c[0, 255, 511]) {
        $c->send('hello');
        is $c->recv, 'hello', 'the others go on';
    }

    $c[0]->close(1000);
    $c[0]->drop;

    ok wait_until(sub { ws_connect('/ws')->status == 101 }),
       'a slot is free again';
}


=== TEST 15: one that floods is served eight frames before others' turn
--- http_config eval
$::Http . 'log_format body $wsgw_body;'
--- config
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /served response;
    }
    location = /served {
        internal;
        access_log logs/served.log body;
        return 200 $wsgw_body;
    }
--- ws eval
sub {
    my ($floods, $other) = map { ws_connect('/ws') } 1, 2;
    my ($worker) = worker_pids();

    # both have sent before the worker looks, the flood first

    kill STOP => $worker;
    $floods->send_raw(join '', map { text("flood $_") } 1 .. 500);
    $other->send('other');
    kill CONT => $worker;

    is $other->recv, 'other', 'the other one';
    is join(' ', map { $floods->recv } 1 .. 500),
       join(' ', map { "flood $_" } 1 .. 500), 'the flood';

    my @served = log_lines('served.log', 501);
    my ($at) = grep { $served[$_] =~ /^other/ } 0 .. $#served;

    cmp_ok $at, '<=', 8, 'has not waited for more';
}



=== TEST 16: where there is no memory for a message, nothing of it is taken
--- http_config eval: $::Http
--- config eval: main::stage('wsgw_max_message_size 1m;')
--- tolerate: Cannot allocate memory
--- ws eval
sub {
    if (!memory_counts()) {
        pass('skipped: a sanitizer needs more memory than a worker may have');
        return;
    }

    my ($worker) = worker_pids();

    # one goes first: it warms up what the others need

    my ($first, $spare, @c) = map { ws_connect('/ws') } 0 .. 40;

    $first->send('first');
    is $first->recv, 'first', 'an echo';

    # from now on there is what the worker has, and a little more, by which its
    # heap can grow once; what one of them takes is to be free later, for all
    # but another part

    open my $status, '<', "/proc/$worker/status" or die "status: $!\n";
    my ($size) = map { /^VmSize:\s+(\d+)/ } <$status>;

    system('prlimit', '--pid', $worker, '--as=' . 1024 * ($size + 256) . ':') == 0
        or die "prlimit failed\n";

    my $takes = sub {
        my ($c, $bytes) = @_;

        $c->send_raw(more('p' x $bytes) . ping('taken'));
        return $c->recv_frame->{opcode} == Wsgw::Client::PONG;
    };

    ok $takes->($spare, 20_000), 'a part of a message';

    my $taken = 0;
    $taken++ while $taken < $#c && $takes->($c[$taken], 50_000);

    $_->drop for $spare, $c[$taken];
    ledger_events(2, qr{^/disconnect});

    # the worker finds all of it at once

    kill STOP => $worker;
    $c[-1]->send_raw(more('p' x 50_000) . cont('the end'));
    kill CONT => $worker;

    is $c[-1]->close_code, 1011, 'a message that does not fit';

    # a $disconnect stands behind all that came of a connection

    $c[-1]->drop;
    ledger_events(3, qr{^/disconnect});

    is scalar(ledger_events(0, qr{^/echo})), 1,
       'no part of it reaches an integration';
}
