# Clients that mean harm: floods of fragments and of pings, handshakes that
# never end or are given up, one that sends as fast as it can, ones that never
# read, bombs, a storm of handshakes, an integration that takes its time,
# clients that do not wait for their $connect. Each ends in a bounded time and
# memory, and others are served meanwhile. "make hostile" does the same at a
# larger scale and prints figures.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Compress::Raw::Zlib;
use IO::Select ();
use POSIX ();
use Socket qw( SOL_SOCKET SO_RCVBUF );
use Test::More import => [ 'note' ];
use Time::HiRes qw( sleep time );
use Wsgw::Play;
use Wsgw::Usage;

our $Scale = $ENV{HOSTILE_SCALE} || 1;

# figures count at the larger scale; else a busy machine may take longer

our $Patience = $Scale > 1 ? 1 : 10;

# 512k have 1,024 slots

sub http_with {
    my ($size, $more) = @_;

    return <<"END";
    wsgw_zone zone=z:$size;
    client_header_timeout 1s;
    wsgw_max_fragments 100;
    @{[$more // 'wsgw_send_timeout 2s;']}
END
}

our $Http = http_with("${Scale}m");

our $Config = <<'_EOC_';
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /echo response;
    }
    location /id {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /own-id response;
    }
    location ^~ /id/@connections {
        wsgw_management z;
    }
    location /connect {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /slow;
    }
    location /deflate {
        wsgw_api z;
        wsgw_compression on;
        wsgw_max_message_size 1m;
        wsgw_integration_type http_proxy;
        wsgw_route $default /echo response;
    }
    location /storm {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /connect-in-20ms;
    }
    location /busy {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_integration_timeout 40s;
        wsgw_route $disconnect /ledger;
        wsgw_route $default /ledger response;
    }
    location ^~ /busy/@connections {
        wsgw_management z;
    }
    location /pending {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /ledger;
        wsgw_route $disconnect /ledger;
        wsgw_route $default /echo response;
    }
    location = /echo {
        internal;
        return 200 $wsgw_body;
    }
    location = /own-id {
        internal;
        return 200 $wsgw_connection_id;
    }
    location = /slow {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/delay=0.2/unwritten;
    }
    location = /connect-in-20ms {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/delay=0.02;
    }
    location = /ledger {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
        proxy_set_header Id $wsgw_connection_id;
        proxy_set_header Type $wsgw_event_type;
        proxy_set_header Code $wsgw_disconnect_code;
    }
_EOC_

# the times of echoes of these clients, one after the other, for a while, and
# the most memory that was resident meanwhile

our $Peak;

sub echo_times {
    my ($seconds, @clients) = @_;

    my @times;
    my @pids = worker_pids();
    my $end = time + $seconds;

    $Peak = 0;

    while (time < $end) {
        for my $c (@clients) {
            my $start = time;

            $c->send('hello');
            die "no echo\n" if ($c->recv // '') ne 'hello';
            push @times, time - $start;

            next if @times % 100;

            my $resident = resident(@pids);
            $Peak = $resident if $resident > $Peak;
        }
    }

    return sort { $a <=> $b } @times;
}

sub median { return $_[ $#_ / 2 ] }

sub p99 { return $_[ int($#_ * 0.99) ] }

# median and p99, of some times beside those of others

sub beside_each_other {
    my (%times) = @_;

    for my $which (sort keys %times) {
        note "$which: median ", ms(median(@{ $times{$which} })),
             ', p99 ', ms(p99(@{ $times{$which} }));
    }
}

sub ms { return sprintf '%.2f ms', 1000 * $_[0] }

# runs a program beside the test, ends it; what it takes of the processors
# should not be what the test's own clients wait for

sub beside {
    my ($program) = @_;

    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;

    POSIX::nice(19);

    $SIG{$_} = 'DEFAULT' for qw( INT TERM );
    $SIG{PIPE} = 'IGNORE';
    eval { $program->() };
    POSIX::_exit(0);
}

sub end_of {
    my ($pid) = @_;

    local $?;
    kill KILL => $pid;
    waitpid $pid, 0;
}

# nginx has a processor to itself, so that its turns are measured and not the
# system's; without arguments they share all of them again

sub apart {
    my (@pids) = @_;

    my $last = `nproc --all` - 1;

    return note 'one processor is shared by all' if $last < 1;

    my $others = @pids ? '0-' . ($last - 1) : "0-$last";

    for ([ $others, $$ ], map { [ $last, $_ ] } @pids) {
        system "taskset -cp @$_ >/dev/null" and note 'no taskset here';
    }
}

sub leave {
    for my $c (@_) {
        $c->close(1000);
        $c->drop;
    }
}

# all that a client gets, and whether it ends then

sub told {
    my ($c) = @_;

    my $told = 'nothing';

    if (eval { $c->answer }) {
        $told = $c->status;
        $told .= ' ' . ($c->recv // $c->{code} // 'nothing') if $told == 101;
        $c->close(1000) if $c->status == 101;
    }

    1 while $c->{stream}->fill(time + $Wsgw::Stream::Timeout);
    $told .= ' and more' unless $c->{stream}->eof;
    $c->drop;

    return $told;
}

# memory and descriptors are those of before, less what a first use takes

sub is_at_baseline {
    my ($before, $kilobytes) = @_;

    my @pids = worker_pids();

    ok wait_until(sub { descriptors(@pids) <= $before->{descriptors} }),
       'descriptors are back';

    # what large messages took is kept for two seconds

    my $growth;

    eval {
        wait_until(sub {
            $growth = resident(@pids) - $before->{resident};
            return $growth < $kilobytes;
        }, memory_counts() ? 5 : 0);
    };

    note "resident: $growth kB more";

    if (memory_counts()) {
        cmp_ok $growth, '<', $kilobytes, 'memory is back, in kB';

    } else {
        note 'memory is not judged under AddressSanitizer';
    }
}

sub baseline {
    my @pids = worker_pids();

    return { resident => resident(@pids), descriptors => descriptors(@pids) };
}

# every kind of request once, so that a baseline has the worker's buffers

sub warm_up {
    for my $path ('/ws', '/connect') {
        my $c = ws_connect($path);

        $c->send('x' x 100_000);
        $c->recv if $path eq '/ws';
        $c->close(1000);
        $c->drop;
    }
}

master_on();
worker_connections($Scale > 1 ? 12_000 : 1024);
every_block(http_config => $Http, config => $Config);

run_tests();

__DATA__

=== TEST 1: fragments without an end
--- ws eval
sub {
    warm_up();

    my $before = baseline();
    my @c = map { ws_connect('/ws') } 1 .. 100 * $::Scale;
    my $start = time;

    # as many fragments as may be stay open, of one byte each

    $_->send_raw(more('x') . cont_more('x') x 99) for @c;
    $_->ping('') for @c;
    is scalar(grep { ($_->recv_frame // {})->{opcode} == 10 } @c), scalar @c,
       'the limit is legal';

    my $held = resident(worker_pids()) - $before->{resident};

    note sprintf 'held: %.2f kB a connection', $held / @c;
    cmp_ok $held / @c, '<', 4, 'kB a connection at the limit'
        if memory_counts();

    $_->send_raw(cont_more('') x 1000) for @c;
    is scalar(grep { $_->close_code == 1009 } @c), scalar @c,
       'one more is refused';
    note 'closed behind ', ms(time - $start);

    $_->drop for @c;
    is_at_baseline($before, 2048 + 100 * $::Scale);
}


=== TEST 2: pings without an end, and a client that reads no pong
--- ws eval
sub {
    warm_up();

    my $before = baseline();
    my @good = map { ws_connect('/ws') } 1 .. 10;
    my @quiet = echo_times(0.5, @good);

    my $flood = beside(sub {
        my $c = ws_connect('/ws');
        my $pings = join '', map { ping("flood $_") } 1 .. 5000;

        $c->socket->blocking(1);
        1 while syswrite $c->socket, $pings;
    });

    my @busy = echo_times(1 * $::Scale, @good);
    my $growth = $::Peak - $before->{resident};

    end_of($flood);

    beside_each_other('with' => \@busy, without => \@quiet);
    note "resident: $growth kB more while it lasts";

    cmp_ok p99(@busy), '<', 0.1 * $::Patience, 'others are served';
    cmp_ok $growth, '<', 4096, 'memory is bounded, in kB'
        if memory_counts();

    leave(@good);
    is_at_baseline($before, 2048);
}


=== TEST 3: pongs of a client that reads come for each ping, else for the last
--- ws eval
sub {
    my $c = ws_connect('/ws');
    my $last = 50_000;
    my $pings = join '', map { ping("ping $_") } 1 .. $last;

    # nothing is read until all are sent

    $c->send_raw($pings);
    $c->send('behind them');

    my ($pongs, $before, $ordered) = (0, 0, 1);

    while (my $f = $c->recv_frame) {
        last if $f->{payload} eq 'behind them';

        my ($n) = $f->{payload} =~ /^ping (\d+)$/;

        $ordered &&= $n > $before;
        $before = $n;
        $pongs++;
    }

    ok $ordered, 'in order';
    is $before, $last, 'the last one is answered';
    note "$pongs pongs of $last pings";
}


=== TEST 4: handshakes that never end
--- ws eval
sub {
    my ($served, $worst) = (0, 0);

    my $attack = sub {
        my @slow = map { stream() } 1 .. 200 * $::Scale;
        my @header = split //,
            "GET /ws HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
        my $open = @slow;
        my $start = time;

        while ($open && time - $start < 5) {
            my $byte = shift @header // 'x';

            $_->write($byte) for grep { !$_->{eof} } @slow;

            for (1 .. 5) {
                my $at = time;
                my $c = ws_connect('/ws');

                $served++ if $c->status == 101;
                $worst = time - $at if time - $at > $worst;
                $c->drop;
            }

            $_->fill(0) for @slow;
            $open = grep { !$_->{eof} } @slow;
            sleep 0.1;          # the attack's pace
        }

        is $open, 0, 'all are ended by client_header_timeout';
        cmp_ok time - $start, '<', 4, 'in time';
    };

    # what is free behind the first is not given back to the system

    warm_up();

    my $first = baseline();

    $attack->();
    is_at_baseline($first, 4096 + 400 * $::Scale);

    my $second = baseline();

    # one that got further has had more; each kept would be several kB

    $attack->();
    is_at_baseline($second, 1024 + 200 * $::Scale);

    cmp_ok $served, '>', 20, 'others are served';
    cmp_ok $worst, '<', 0.5 * $::Patience, 'at once';
    note "$served handshakes beside, the slowest took ", ms($worst);
}


=== TEST 5: handshakes given up at every step, more than the zone has slots
--- http_config eval: main::http_with('512k')
--- ws eval
sub {
    my $attack = sub {
        my ($count) = @_;

        # the request, and how it ends

        my @kind = (
            sub { ws_connect('/ws', key => '')->drop },
            sub { ws_connect('/ws', version => 12)->drop },
            sub { ws_connect('/ws', request => "GET /ws HTTP/1.1\r\nHost: a\r\n"
                                    . "\r\n")->drop },
            sub { ws_connect('/ws', origin => 'http://evil.example')->drop },
            sub { ws_connect('/ws', defer => 1)->reset },
            sub { ws_connect('/ws', defer => 1)->drop },
            sub { ws_connect('/ws', request => "GET /ws HTT", defer => 1)
                      ->reset },
            sub { ws_connect('/connect', defer => 1)->reset },
            sub { ws_connect('/connect', defer => 1)->shutdown },
            sub { my $c = ws_connect('/ws'); $c->reset },
        );

        # those of /connect last 200 ms: no more of them pend than there are
        # in 250, so that each attack takes as much memory at its peak

        my @pids = worker_pids();
        my $before = descriptors(@pids);

        for my $n (1 .. $count) {
            eval { $kind[$n % @kind]->(); 1 } or die "handshake $n: $@";
            wait_until(sub { descriptors(@pids) <= $before }) if !($n % 250);
        }
    };

    # in the first attack the worker takes that memory

    warm_up();

    my $count = 1250 * $::Scale;
    my $first = baseline();
    my $start = time;

    $attack->($count);
    note sprintf '%d handshakes, %.0f a second', $count,
                 $count / (time - $start);
    is_at_baseline($first, 4096);

    my $second = baseline();

    $attack->($count);
    is_at_baseline($second, 2048);

    my $c = ws_connect('/ws');

    $c->send('hello');
    is $c->recv, 'hello', 'there is a slot';
}


=== TEST 6: one that sends as fast as it can leaves others their turns
--- ws eval
sub {
    my @good = map { ws_connect('/ws') } 1 .. 40 * $::Scale;

    apart(worker_pids());

    my @quiet = echo_times(0.5 * $::Scale, @good);

    my $flood = beside(sub {
        my $c = ws_connect('/ws');
        my $out = join '', map { text("flood $_") } 1 .. 2000;

        $c->socket->blocking(0);

        my $select = IO::Select->new($c->socket);

        while (1) {
            IO::Select::select($select, $select, undef, 1);
            sysread $c->socket, my $in, 1 << 20;

            my $n = syswrite $c->socket, $out;

            $out = substr($out, $n) . substr $out, 0, $n if $n;
        }
    });

    my @busy = echo_times(1.5 * $::Scale, @good);

    end_of($flood);
    apart();

    beside_each_other('with' => \@busy, without => \@quiet);
    cmp_ok p99(@busy), '<', 0.05 * $::Patience, 'p99 of others';
}


=== TEST 7: clients that never read, among ones that do
--- http_config eval
main::http_with($::Scale . "m", 'wsgw_send_timeout ' . 2 * $::Scale . 's;')
--- ws eval
sub {
    warm_up();

    my $before = baseline();
    my @good = map { ws_connect('/ws') } 1 .. 200 * $::Scale;
    my (@deaf, @ids);

    for (1 .. 20 * ($::Scale > 5 ? 5 : $::Scale)) {
        my $c = ws_connect('/id');

        $c->send('');
        push @ids, $c->recv;
        push @deaf, $c;
        $c->socket->setsockopt(SOL_SOCKET, SO_RCVBUF, 65536);
    }

    my @alone = echo_times(0.5 * $::Scale, @good);
    my $quiet = resident(worker_pids());
    my $full = 0;

    # each is pushed to until its queue is full, and in vain from then on

    my $push_to = sub {
        return http(POST => "/id/\@connections/$_[0]",
                    body => 'x' x 100_000)->status;
    };

    for my $id (@ids) {
        my $status;

        1 while ($status = $push_to->($id)) == 200;
        $full++ if $status == 429;
    }

    my $push = beside(sub {
        while (1) {
            $push_to->($_), sleep 0.01 for @ids;    # at that pace
        }
    });

    my @beside = echo_times(0.5 * $::Scale, @good);
    my $growth = $::Peak - $quiet;

    end_of($push);

    is $full, scalar @deaf, 'their pushes are refused with 429';
    note scalar(@deaf), ' of ', @deaf + @good, ' do not read';
    beside_each_other('with' => \@beside, without => \@alone);
    note "resident: $growth kB more while they are there";

    cmp_ok p99(@beside), '<', 0.1 * $::Patience, 'p99 of others';
    cmp_ok $growth, '<', 256 * @deaf + 4096, 'kB, the sum of their queues'
        if memory_counts();

    my $gone = sub { http(GET => "/id/\@connections/$_[0]")->status == 410 };

    ok wait_until(sub { !grep { !$gone->($_) } @ids }, 3 * $::Scale + 5),
       'they are ended';

    $_->drop for @deaf;
    leave(@good);

    # of what queues have taken malloc() keeps up to a half, between what others
    # have: done twice, it keeps little more

    is_at_baseline($before, 8192 + 160 * $::Scale);
}


=== TEST 8: more clients that never read than the worker has memory for
--- http_config eval
main::http_with($::Scale . "m",
                'wsgw_worker_memory 4m; wsgw_send_timeout 60s;')
--- ws eval
sub {
    warm_up();

    my $before = baseline();
    my @good = map { ws_connect('/ws') } 1 .. 20;
    my @deaf = map { ws_connect('/id') } 1 .. 80 * $::Scale;
    my $refused = 0;

    $_->send('') for @deaf;
    my @ids = map { $_->recv } @deaf;
    $_->socket->setsockopt(SOL_SOCKET, SO_RCVBUF, 4096) for @deaf;

    my $push_to = sub {
        return http(POST => "/id/\@connections/$_[0]",
                    body => 'x' x 100_000)->status;
    };

    my $peak = 0;

    for my $id (@ids) {
        1 while $push_to->($id) == 200;

        my $c = ws_connect('/ws');

        $refused++ if $c->status == 503;
        $c->drop;

        my $held = resident(worker_pids()) - $before->{resident};
        $peak = $held if $held > $peak;
    }

    my @times = echo_times(0.2, @good);
    my $closed = () = error_log() =~ /wsgw_worker_memory is used up/g;

    note "$closed of ", scalar(@deaf), ' were closed, ',
         "$refused of as many newcomers were refused";
    note "resident: $peak kB more at the peak, for 4096 kB";

    cmp_ok $closed, '>', @deaf / 4, 'clients that do not read are closed';
    ok !(grep { $_->{closed} } @good), 'who reads stays';
    cmp_ok p99(@times), '<', 0.1 * $::Patience, 'and is served';
    cmp_ok $peak, '<', 4096 * 9 / 8 + 2048 + @deaf,
           'kB, the limit and an eighth, and a kB each'
        if memory_counts();

    $_->drop for @deaf;
    leave(@good);
    is_at_baseline($before, 8192);
}


=== TEST 9: compression bombs, many at a time
--- ws eval
sub {
    # 16 MB in as many bytes as a message of 1 MB may have on the wire, or less

    my $z = Compress::Raw::Zlib::Deflate->new(-WindowBits => -15,
                                              -AppendOutput => 1);
    my $bomb = '';

    $z->deflate("\0" x (1 << 24), $bomb);
    $z->flush($bomb, Z_SYNC_FLUSH);
    $bomb = binary(substr($bomb, 0, -4), rsv => 4);

    my $bombed = sub {
        my @c = map { ws_connect('/deflate',
                                 extensions => 'permessage-deflate') }
                1 .. shift;
        my @closed;

        # all have sent all but a byte before the first is inflated

        $_->send_raw(substr $bomb, 0, -1) for @c;
        $_->send_raw(substr $bomb, -1) for @c;
        push @closed, $_->close_code for @c;
        $_->drop for @c;

        return grep { $_ == 1009 } @closed;
    };

    warm_up();
    $bombed->(1);

    my $before = baseline();
    my $count = 20 * $::Scale;
    my $start = time;

    is $bombed->($count), $count, 'each is refused';
    note sprintf '%d bombs of 16 MB in %d bytes, %.1f ms each', $count,
                 length $bomb, 1000 * (time - $start) / $count;
    is_at_baseline($before, 2048 + $count * length($bomb) / 1024);
}


=== TEST 10: a storm of handshakes, many times what $connect can serve at once
--- http_config eval
main::http_with($::Scale . "m", 'wsgw_worker_events 16;')
--- ws eval
sub {
    # an eighth is not for $connects: 14 are served at a time, 20 ms each

    my $calls = 0;

    # that many at once; handshakes a second, as the backend saw them

    my $rate = sub {
        my ($count) = @_;

        my @c = map { ws_connect('/storm', defer => 1) } 1 .. $count;

        is scalar(grep { $_->answer(30)->status == 101 } @c), $count,
           "$count at once: all are let in";

        leave(@c);

        my @at = map { $_->{at} } ledger_events($calls + $count);

        @at = @at[$calls .. $#at];
        $calls += $count;

        is scalar(grep { $at[$_ + 14] - $at[$_] < 0.018 } 0 .. $#at - 14), 0,
           "$count at once: 14 at a time";

        return $#at / ($at[-1] - $at[0]);
    };

    my $calm = $rate->(70);
    my $storm = $rate->(200 * $::Scale);

    note sprintf 'handshakes a second: %.0f, in the storm %.0f', $calm, $storm;
    cmp_ok $storm, '>', 0.5 * $calm / $::Patience,
           'they are served about as fast';
}


=== TEST 11: a client is heard while its integration takes its time
--- backend eval
sub {
    my ($r) = @_;
    my ($delay) = $r->{body} =~ /^takes (\S+)/;
    return { body => 'done', delay => $delay // 0 };
}
--- ws eval
sub {
    my $takes = $::Scale > 1 ? 29 : 3;
    my ($pings, $resets, $closes) = map { ws_connect('/busy') } 1 .. 3;
    my $start = time;

    # one message runs, one waits; of the others bytes are unread, too

    my $rest = text('x' x 100_000) x 3;

    $_->send("takes $takes") for $pings, $resets, $closes;

    my @running = ledger_events(3);

    $pings->send('waits');
    $resets->socket->blocking(0);
    syswrite $resets->socket, $rest;
    $closes->send_raw($rest . bye(4000, 'done'));

    # a reset

    my $id = $running[1]{headers}{id};
    my $there = sub { http(GET => "/busy/\@connections/$id")->status };

    is $there->(), 200, 'one that will reset is there';

    my $reset = time;

    $resets->reset;
    ok wait_until(sub { $there->() == 410 }, 2), 'a reset is noticed';
    note 'a reset is noticed in ', ms(time - $reset);

    # pings, as long as it takes

    my @pongs;

    while (time - $start < $takes - 0.5) {
        my $at = time;

        $pings->ping("ping $at");
        is $pings->recv_frame->{payload}, "ping $at", 'a pong';
        push @pongs, time - $at;
        sleep 0.1;              # samples, not a flood
    }

    my ($worst) = sort { $b <=> $a } @pongs;

    note scalar(@pongs), ' pongs, the slowest in ', ms($worst);
    cmp_ok $worst, '<', 0.1 * $::Patience, 'each in 100 ms';

    is $pings->recv, 'done', 'the reply of the one that took its time';
    is $pings->recv, 'done', 'and of the one that waited';
    is scalar(grep { $_->{at} < $running[0]{at} + $takes } ledger_events(4)),
       3, 'which was not asked for before';

    # the Close behind unread messages

    is $closes->close_code, 4000, 'the Close is answered';
    cmp_ok time - $start, '>=', $takes, 'when its turn has come';
    note sprintf '%.0f ms behind the integration',
                 1000 * (time - $start - $takes);

    my ($d) = ledger_events(1, sub { $_->{headers}{type} eq 'DISCONNECT'
                                     && $_->{headers}{code} eq '4000' });

    is scalar(grep { $_->{headers}{id} eq $d->{headers}{id}
                     && $_->{n} < $d->{n} } ledger_events(0)), 4,
       'behind all four messages';
}


=== TEST 12: clients that do not wait for their $connect, many at a time
--- http_config eval: main::http_with('256k', 'wsgw_worker_events 320;')
--- ws eval
sub {
    # what a client does meanwhile, and what it is told when it is accepted

    my @get = ('GET /ws HTTP/1.1', Host => 'localhost');
    my $get = Wsgw::HTTP::message(@get);
    my $upgrade = Wsgw::HTTP::message(
        @get, Upgrade => 'websocket', Connection => 'Upgrade',
        'Sec-WebSocket-Version' => 13,
        'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ==');

    my @deeds = (
        [ 'FIN',     sub { $_[0]->shutdown }, 'nothing' ],
        [ 'RST',     sub { $_[0]->reset }, 'nothing' ],
        [ 'data',    sub { $_[0]->send('late') }, '101 late' ],
        [ 'GET',     sub { $_[0]->send_raw($get) }, '101 1002' ],
        [ 'upgrade', sub { $_[0]->send_raw($upgrade) }, '101 1002' ],
    );

    # what $connect answers, and a refused client's status; without an answer
    # the backend may have accepted it

    my @answers = ([ 'status=200' ], [ 'status=403', 403 ], [ drop => 502 ]);

    my $rounds = 400 * $::Scale;
    my $delay = $::Scale > 1 ? 0.5 : 1;
    my $late = 0;
    my (@new, @pending, @wrong);

    my $judge = sub {
        for (@_) {
            my ($c, $deed, $answer, $done) = @$_;
            my ($name, undef, $wanted) = @$deed;
            my $told = told($c);

            # on a machine that is busy an answer may have come before a FIN

            if ($wanted eq 'nothing' && $done > $delay) {
                $late++;
                next;
            }

            $wanted = $answer->[1] // $wanted if $wanted ne 'nothing';
            push @wrong, "$name, $answer->[0]: $told" if $told ne $wanted;
        }
    };

    my $type = sub {
        my ($type) = @_;
        return sub { $_->{headers}{type} eq $type };
    };

    warm_up();

    my $before = baseline();
    my $start = time;

    for my $n (1 .. $rounds) {
        my ($deed, $answer) = ($deeds[$n % @deeds], $answers[$n % @answers]);
        my $c = ws_connect("/pending?$answer->[0]&delay=$delay", defer => 1);

        push @new, [ $c, $deed, $answer, time ];

        next if @new < 50;

        ledger_events($n, $type->('CONNECT'));

        for (@new) {
            $_->[1][1]->($_->[0]);
            $_->[3] = time - $_->[3];
        }

        push @pending, splice @new;
        $judge->(splice @pending, 0, 50) if @pending > 200;

        # by then the worker has the memory that it takes

        $before->{resident} = resident(worker_pids()) if $n == 400;
    }

    $judge->(@pending);
    note sprintf '%d rounds, %.0f a second, %d clients left too late', $rounds,
                 $rounds / (time - $start), $late;
    is_deeply \@wrong, [], 'what clients are told';
    cmp_ok $late, '<', 0.2 * $rounds, 'most left in time';

    # a $disconnect for each that was accepted, or may have been, by id

    my %answered = map { $_->{headers}{id} => $_ }
                   ledger_events($rounds, $type->('CONNECT'));
    my @owed = grep { $answered{$_}{uri} !~ /status=403/ } keys %answered;
    my @paid = ledger_events(scalar @owed, $type->('DISCONNECT'));

    is scalar(keys %answered), $rounds, 'each had an id';
    is_deeply [ sort map { $_->{headers}{id} } @paid ], [ sort @owed ],
              '$disconnect by id';
    is_deeply [ grep { $_->{at} < $answered{ $_->{headers}{id} }{at}
                                  + 0.9 * $delay } @paid ],
              [], 'each when $connect was answered';
    note scalar(@owed), ' owed, ', scalar(@paid), ' paid';

    # nothing is left of them

    my ($c, @all);

    push @all, $c while ($c = ws_connect('/ws'))->status == 101;
    is scalar(@all), 512, 'every slot is free';
    $_->drop for $c, @all;
    is_at_baseline($before, 2048);
}
