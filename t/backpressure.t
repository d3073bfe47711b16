# A client that sends faster than its integration takes, and one that does not
# read: what is held for either is bounded, nothing is lost or out of order,
# control frames pass, and others do not notice.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Socket qw( SOL_SOCKET SO_RCVBUF SO_SNDBUF );
use List::Util qw( min );
use Time::HiRes qw( sleep time );
use Wsgw::Play;
use Wsgw::Pulse;

# small socket buffers on both sides, lest they hide what the module holds

our $Port = free_port();

# a server on that port, with a stage of these directives

sub server {
    my ($directives) = @_;

    return <<"END";
    wsgw_zone zone=z:1m;
    server {
        listen 127.0.0.1:$::Port rcvbuf=64k sndbuf=64k;

        location /ws {
            wsgw_api z;
            wsgw_integration_type http_proxy;
            wsgw_route \$disconnect /int/disconnect;
            wsgw_route \$default /int/echo response;
            $directives
        }
        location ^~ /ws/\@connections {
            wsgw_management z;
        }
        location /int/ {
            internal;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Code \$wsgw_disconnect_code;
            proxy_set_header Reason \$wsgw_disconnect_reason;
            proxy_set_header Id \$wsgw_connection_id;
        }
        location = /int/back {
            internal;
            return 200 \$wsgw_body;
        }
    }
END
}

sub connected {
    my $c = ws_connect('/ws', port => $::Port);

    $c->socket->setsockopt(SOL_SOCKET, $_, 65536) for SO_RCVBUF, SO_SNDBUF;

    return $c;
}

# messages "N xxx..." of a length

sub numbered {
    my ($n, $length) = @_;
    return "$n " . 'x' x ($length - 1 - length $n);
}

sub numbers { return join ' ', map { $_->{body} =~ /^(\d+) / } @_ }

# writes what the server takes right now

sub pour_some {
    my ($c, $bytes) = @_;

    my $n = length $bytes ? syswrite $c->socket, $bytes : 0;

    return substr $bytes, $n // 0;
}

# the connection's id, of its first event

sub id { return (ledger_events(1, qr{^/echo}))[0]{headers}{id} }

sub status_of {
    my ($id) = @_;
    return http(GET => "/ws/\@connections/$id", port => $::Port)->status;
}

sub pong_time {
    my ($c, $payload) = @_;

    my $start = time;

    $c->ping($payload);

    my $f = $c->recv_frame;

    is $f->{payload}, $payload, "a pong, $payload";

    return time - $start;
}

every_block(config => '');

run_tests();

__DATA__

=== TEST 1: pings are answered at once while an integration is at work
--- http_config eval: main::server('')
--- backend eval
sub { return { body => $_[0]{body}, delay => 1 } }
--- ws eval
sub {
    my $c = connected();

    $c->send('first');
    $c->send('waits');
    ledger_events(1);

    cmp_ok min(map { pong_time($c, "ping $_") } 1 .. 3), '<', 0.1,
           'in 100 ms';

    # a message in parts stops at its header only if it does not fit

    $c->send_raw(more('third, in'));
    cmp_ok min(map { pong_time($c, "inside $_") } 1 .. 3), '<', 0.1,
           'between fragments';
    $c->send_raw(cont(' parts'));

    is $c->recv, $_ for 'first', 'waits', 'third, in parts';
}


=== TEST 2: what is too much stays in the client, and order is kept
--- http_config eval: main::server('wsgw_max_pending_size 128k;')
--- backend eval
sub {
    my ($n) = $_[0]{body} =~ /^(\d+)/;
    return { body => $n, delay => $n && $n == 1 ? 4 : 0 };
}
--- ws eval
sub {
    my $c = connected();
    my $all = join '', map { text(numbered($_, 60_000)) } 1 .. 30;
    my $left = $c->pour($all);

    is scalar(ledger_events(1, qr{^/echo})), 1, 'while the first runs';
    cmp_ok length($all) - length $left, '<', 800_000, 'the client waits';

    $left = $c->pour($left) while length $left;

    is numbers(ledger_events(30, qr{^/echo})), join(' ', 1 .. 30),
       'all, in order';
    is join(' ', map { $c->recv } 1 .. 30), join(' ', 1 .. 30),
       'and so the replies';
}


=== TEST 3: with concurrency N there are N at a time, and no more
--- http_config eval: main::server('wsgw_concurrency 3;')
--- backend eval
sub { return { body => $_[0]{body}, delay => 0.6 } }
--- ws eval
sub {
    my $c = connected();

    $c->send($_) for 1 .. 9;

    my @seen = sort map { $c->recv } 1 .. 9;

    is "@seen", '1 2 3 4 5 6 7 8 9', 'all';

    my @at = map { $_->{at} } ledger_events(9, qr{^/echo});

    for my $i (3 .. 8) {
        cmp_ok $at[$i] - $at[$i - 3], '>=', 0.59, "three before call $i";
    }

    cmp_ok $at[2] - $at[0], '<', 0.59, 'three at once';
}


=== TEST 4: a reset is noticed at once, also while nothing is read
--- http_config eval: main::server('')
--- backend eval
sub { return { body => '', delay => $_[0]{uri} =~ /echo/ ? 3 : 0 } }
--- ws eval
sub {
    for my $size (10, 100_000) {
        my $c = connected();

        $c->pour(join '', map { text(numbered($_, $size)) } 1 .. 5);

        my $id = (ledger_events(1, qr{^/echo}))[-1]{headers}{id};

        is status_of($id), 200, 'it is there';
        $c->reset;
        ok wait_until(sub { status_of($id) == 410 }, 2),
           'gone before its reply';
    }
}


=== TEST 5: a Close behind unread messages has its turn
--- http_config eval: main::server('')
--- backend eval
sub { return { body => '', delay => $_[0]{uri} =~ /echo/ ? 0.1 : 0 } }
--- ws eval
sub {
    my $c = connected();

    my $left = join('', map { text(numbered($_, 60_000)) } 1 .. 10)
               . bye(4000, 'done');

    $left = $c->pour($left) while length $left;

    is $c->close_code, 4000, 'the Close is answered';

    my ($d) = ledger_events(1, qr{^/disconnect});

    is $d->{headers}{code}, 4000, '$disconnect has its code';
    is $d->{headers}{reason}, 'done', 'and reason';
    is numbers(ledger_events(10, qr{^/echo})), join(' ', 1 .. 10),
       'each message was served';
    is $d->{n}, 11, 'before it';
}


=== TEST 6: a half-close does not end a connection while bytes are unread
--- http_config eval: main::server('')
--- backend eval
sub { return { body => '', delay => $_[0]{uri} =~ /echo/ ? 0.1 : 0 } }
--- ws eval
sub {
    my $c = connected();
    my $left = join '', map { text(numbered($_, 60_000)) } 1 .. 10;

    $left = $c->pour($left) while length $left;
    $c->shutdown;

    my ($d) = ledger_events(1, qr{^/disconnect});

    is $d->{headers}{code}, 1006, 'no Close came';
    is numbers(ledger_events(10, qr{^/echo})), join(' ', 1 .. 10),
       'each message was served';
    is $d->{n}, 11, 'before $disconnect';
}


=== TEST 7: idleness and pongs are not judged while bytes are unread
--- http_config eval
main::server('wsgw_idle_timeout 300ms; wsgw_ping_interval 200ms;
              wsgw_max_pending_size 1000;')
--- backend eval
sub { return { body => 'done', delay => 1.2 } }
--- ws eval
sub {
    my $c = connected();

    # one runs, one waits, the third and the pong behind it stay unread

    $c->send(numbered($_, 900)) for 1 .. 3;
    $c->send_raw(pong(''));

    is $c->recv, 'done', 'the first';
    is $c->recv, 'done', 'the second';

    # read from now on

    is numbers(ledger_events(3, qr{^/echo})), '1 2 3';
    ok !$c->{closed}, 'it stays';
}


=== TEST 8: a client that does not read is ended in time, others go on
--- http_config eval: main::server('wsgw_send_timeout 700ms;')
--- ws eval
sub {
    my $slow = connected();
    my @good = map { connected() } 1 .. 20;

    $slow->send('who');

    my $id = id();
    my ($full, $pushes) = (undef, 0);
    my $start = time;

    # its queue fills, then pushes are refused

    until ($full) {
        my $status = http(POST => "/ws/\@connections/$id", port => $::Port,
                          body => 'x' x 60_000)->status;

        $full = $status if $status != 200;
        last if ++$pushes > 100;
    }

    is $full, 429, 'a push is refused';
    cmp_ok $pushes, '<', 12, 'its queue holds 256 KB';

    my $pulse = Wsgw::Pulse->new;
    my $worst = 0;

    while (time - $start < 1.2) {
        for my $c (@good) {
            my $before = time;

            $c->send('hello');
            $c->recv eq 'hello' or fail 'an echo';
            $worst = time - $before if time - $before > $worst;
        }
    }

    cmp_ok $worst, '<', 0.6 + $pulse->worst / 1000, 'the others do not notice';

    my ($d) = ledger_events(1, qr{^/disconnect});

    is $d->{headers}{code}, 1006, 'it is dropped';
    is $d->{headers}{reason}, 'send timed out', 'and why';
    is status_of($id), 410, 'it is gone';
}


=== TEST 9: an echo that is not read stops being asked for
--- http_config eval: main::server('wsgw_send_timeout 20s;')
--- ws eval
sub {
    my $c = connected();
    my $all = join '', map { text(numbered($_, 20_000)) } 1 .. 100;
    my $left = $c->pour($all);

    cmp_ok length $left, '>', 0, 'the client has to wait';

    my $called = ledger_events(0, qr{^/echo});

    cmp_ok $called, '<', 60, 'messages start no more';

    # nothing tells that none will start

    sleep 0.3;
    is scalar(ledger_events(0, qr{^/echo})), $called, 'none does';

    # it reads again: everything comes, in order

    my @seen;

    for (my $at = time; @seen < 100 && time - $at < 30; ) {
        $left = pour_some($c, $left);

        my $message = $c->recv(0.01) // next;
        push @seen, $message =~ /^(\d+) /;
    }

    is "@seen", join(' ', 1 .. 100), 'all in order';
    is $c->close(1000), 1000;
}


=== TEST 10: replies that do not fit end the connection with 1013
--- http_config eval: main::server('wsgw_concurrency 20;')
--- backend eval
sub { return { body => 'x' x 100_000, delay => 0.2 } }
--- ws eval
sub {
    my $c = connected();

    # all are asked for before the first is there

    $c->send($_) for 1 .. 20;
    ledger_events(20, qr{^/echo});
    wait_until(sub { status_of(id()) == 410 }, undef, 'a full queue');

    my $replies = 0;
    $replies++ while defined $c->recv;

    is $c->close_code, 1013, 'a Close';
    is $c->close_reason, 'Client reads too slowly', 'and why';
    cmp_ok $replies, '<', 8, 'behind what the queue holds';

    my ($d) = ledger_events(1, qr{^/disconnect});

    is $d->{headers}{code}, 1013, '$disconnect';
}


=== TEST 11: an empty message that has to wait is served without another byte
--- http_config eval: main::server('wsgw_max_pending_size 100;')
--- backend eval
sub { return { body => 'done', delay => 0.3 } }
--- ws eval
sub {
    my $c = connected();

    # one runs, one waits, the third is a header alone

    $c->send_raw(text('1') . text('2') . text(''));

    is $c->recv, 'done', "reply $_" for 1 .. 3;
}


=== TEST 12: a burst whose replies hold back the rest of it goes on
--- http_config eval
main::server('wsgw_route back /int/back; wsgw_max_message_size 4k;')
--- ws eval
sub {
    my $c = connected();
    my $message = json({ action => 'back', data => 'x' x 1000 });

    # answered at once: the replies are collected until all are read

    $c->send_raw(join '', map { text($message) } 1 .. 100);

    my $replies = 0;
    $replies++ while $replies < 100 && defined $c->recv;

    is $replies, 100, 'a reply to each';
}


=== TEST 13: a Close behind a message that had to wait is understood
--- http_config eval: main::server('wsgw_max_pending_size 100;')
--- backend eval
sub { return { body => 'done', delay => $_[0]{body} eq 'runs' ? 1 : 0 } }
--- ws eval
sub {
    my $c = connected();

    $c->send_raw(text('runs') . text('waits')
                 . Wsgw::Client::frame(opcode  => Wsgw::Client::BINARY,
                                       payload => 'x' x 1000));

    is http(DELETE => '/ws/@connections/' . id(), port => $::Port)->status,
       204, 'it is closed while it is not read';

    is $c->close_code, 1000, 'a Close, which the client answers';

    my $at = time;

    ok $c->eof, 'and the end';
    cmp_ok time - $at, '<', 3, 'and does not wait for it';
}


=== TEST 14: who reads slowly is not taken for one who answers no ping
--- http_config eval
main::server('wsgw_ping_interval 200ms; wsgw_max_message_size 600k;')
--- backend eval
sub { return { body => 'x' x 600_000 } }
--- ws eval
sub {
    my $c = connected();

    $c->send('all of it');

    # the ping would be behind it; twelve slices at a slow reader's pace

    for my $slice (1 .. 12) {
        sleep 0.1;
        sysread $c->socket, $c->{stream}{in}, 20_000,
                length $c->{stream}{in};
    }

    is length($c->recv // ''), 600_000, 'a reply that took many intervals';

    my $f = $c->recv_frame(1);

    is $f && $f->{opcode}, Wsgw::Client::PING, 'then a ping';
}


=== TEST 15: what comes in uneven pieces is whole, and so is what waited
--- http_config eval: main::server('wsgw_max_message_size 400k;')
--- backend eval
sub { return { body => $_[0]{body}, delay => 0.05 } }
--- ws eval
sub {
    my $c = connected();
    my @sent = map { my $n = $_; join ' ', map { $_ * $n } 1 .. 40_000 } 1 .. 4;
    my $bytes = join '', map { text($_) } @sent[0 .. 2];

    # the fourth has a control frame inside

    $bytes .= more(substr $sent[3], 0, 100_000) . ping('x')
              . cont(substr $sent[3], 100_000);

    my @sizes = (1, 70_000, 3, 511, 512, 66_000, 20_000, 1000);

    while (length $bytes) {
        my $piece = substr $bytes, 0, $sizes[0], '';

        $piece = $c->pour($piece) while length $piece;
        push @sizes, shift @sizes;
    }

    my @got = grep { $_->{opcode} != Wsgw::Client::PONG }
              map { $c->recv_frame } 1 .. 5;

    ok $got[$_]{payload} eq $sent[$_], "message $_ is as it was" for 0 .. 3;
}
