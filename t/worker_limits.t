# wsgw_worker_events and wsgw_worker_memory: what a worker has at integrations
# and in its buffers is bounded, in turn, and those who do no harm do not
# notice.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Socket qw( SOL_SOCKET SO_SNDBUF );
use Time::HiRes qw( time );
use Wsgw::Play;

worker_connections(100);

# small socket buffers, lest they hide what the module holds

our $Port = free_port();

# these directives of http, and a stage of those

sub server {
    my ($http, $stage) = @_;

    return <<"END";
    wsgw_zone zone=z:2m;
    $http
    server {
        listen 127.0.0.1:$::Port rcvbuf=8k sndbuf=8k;

        location /ws {
            wsgw_api z;
            wsgw_integration_type http_proxy;
            wsgw_route \$connect /int/connect timeout=3s;
            wsgw_route \$disconnect /int/disconnect;
            wsgw_route \$default /int/echo response;
            @{[ $stage // '' ]}
        }
        location /plain {
            wsgw_api z;
            wsgw_integration_type http_proxy;
            wsgw_route \$default /int/echo response;
        }
        location ^~ /ws/\@connections {
            wsgw_management z;
        }
        location /int/ {
            internal;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/;
            proxy_set_header Code \$wsgw_disconnect_code;
            proxy_set_header Reason \$wsgw_disconnect_reason;
            proxy_set_header Id \$wsgw_connection_id;
        }
    }
END
}

sub connected {
    my ($path, %options) = @_;

    my $c = ws_connect($path // '/ws', port => $::Port, %options);

    $c->socket->setsockopt(SOL_SOCKET, SO_SNDBUF, 8192);

    return $c;
}

# messages wait for as long as they say: "wait=0.3 text"

our $Waits = sub {
    my ($r) = @_;
    my ($delay) = $r->{body} =~ /^wait=(\S+)/;
    return { body => $r->{body}, delay => $delay // 0 };
};

sub echoes { return ledger_events(shift, qr{^/echo}) }

sub bodies { return join ' ', map { $_->{body} } @_ }

# the id of a connection, as its first message tells it

sub id {
    my ($c, $name) = @_;

    $c->send($name);
    $c->recv;

    return (ledger_events(1, sub { $_->{body} eq $name }))[0]{headers}{id};
}

sub push_to {
    my ($id, $size) = @_;

    return http(POST => "/ws/\@connections/$id", port => $::Port,
                body => 'x' x $size)->status;
}

# the status of a new client, which leaves again

sub newcomer {
    my $c = ws_connect('/plain', port => $::Port);
    my $status = $c->status;

    $c->drop;

    return $status;
}

# of N events this many may be messages

sub share {
    my ($n) = @_;

    return $n == 1 ? 1 : $n - (int($n / 8) || 1);
}

# ten clients with two messages each, at most "share" of them at a time

sub crowd {
    my ($n) = @_;

    my @c = map { connected('/plain') } 0 .. 9;

    # so long that even on a busy machine all that may begin at once do

    my $share = share($n);
    my $wait = $share > 1 ? 0.8 : 0.1;

    for my $m (1, 2) {
        $c[$_]->send("wait=$wait $_.$m") for 0 .. 9;
    }

    for my $c (@c) {
        is $c->recv =~ s/.*\.//r, $_, 'a reply, in order' for 1, 2;
    }

    my @e = echoes(20);

    for my $i ($share .. 19) {
        cmp_ok $e[$i]{at} - $e[$i - $share]{at}, '>=', $wait - 0.01,
               "$n: not more than $share at a time, event $i";
    }

    cmp_ok $e[$share - 1]{at} - $e[0]{at}, '<', $wait - 0.01,
           "$n: but $share";

    # each had its turn before any had its second

    is scalar(grep { $_->{body} =~ /\.1$/ } @e[0 .. 9]), 10, 'in turn';
}

every_block(config => '');

run_tests();

__DATA__

=== TEST 1: of one event, one
--- http_config eval: main::server('wsgw_worker_events 1;')
--- backend eval: $::Waits
--- ws eval
sub { crowd(1) }


=== TEST 2: of two events, one is for $disconnects
--- http_config eval: main::server('wsgw_worker_events 2;')
--- backend eval: $::Waits
--- ws eval
sub { crowd(2) }


=== TEST 3: of eight events, likewise
--- http_config eval: main::server('wsgw_worker_events 8;')
--- backend eval: $::Waits
--- ws eval
sub { crowd(8) }


=== TEST 4: a client with much to say does not keep others waiting
--- http_config eval: main::server('wsgw_worker_events 1;')
--- backend eval: $::Waits
--- ws eval
sub {
    my ($loud, $quiet) = map { connected('/plain') } 1, 2;
    my @says = ('wait=0.6 1', map { "wait=0.05 $_" } 2 .. 15);

    $loud->send($_) for @says;
    echoes(1);
    $quiet->send('quiet');

    is $quiet->recv, 'quiet';

    my ($e) = ledger_events(1, sub { $_->{body} eq 'quiet' });

    cmp_ok $e->{n}, '<=', 4, 'after the one that ran, and those before it';
    is $loud->recv, $_, 'all are served' for @says;
}


=== TEST 5: $disconnect goes while messages hang, $connect has its turn
--- http_config eval
main::server('wsgw_worker_events 2;', 'wsgw_integration_timeout 5s;')
--- backend eval: $::Waits
--- ws eval
sub {
    my ($hangs, $waits, $leaves) = map { connected() } 1 .. 3;

    $hangs->send('wait=0.9 hangs');
    my ($hung) = echoes(1);
    $waits->send('waits');

    my $comes = connected('/ws', defer => 1);

    $leaves->drop;

    my ($left) = ledger_events(1, qr{^/disconnect});

    is $left->{n}, $hung->{n} + 1, '$disconnect goes';
    is $comes->status, 101, '$connect is asked';

    my ($connect) = (ledger_events(4, qr{^/connect}))[-1];
    my ($waited) = ledger_events(1, sub { $_->{body} eq 'waits' });

    cmp_ok $waited->{at} - $hung->{at}, '>', 0.89, 'after the one that hung';
    is $connect->{n}, $waited->{n} + 1, 'and the one that waited before it';
    is $waits->recv, 'waits';
    is $hangs->recv, 'wait=0.9 hangs';
}


=== TEST 6: where there is one turn, it is a waiting $disconnect's
--- http_config eval: main::server('wsgw_worker_events 1;')
--- backend eval: $::Waits
--- ws eval
sub {
    my ($talks, $leaves) = map { connected() } 1, 2;

    my @says = ('wait=0.8 1', map { "wait=0.2 $_" } 2 .. 4);

    $talks->send($_) for @says;
    echoes(1);
    $leaves->drop;

    my ($d) = ledger_events(1, qr{^/disconnect});
    my ($second) = ledger_events(1, sub { $_->{body} eq 'wait=0.2 2' });

    is $d->{n}, $second->{n} - 1, 'behind the message that ran';
    is $talks->recv, $_, 'and the others go on' for @says;
}


=== TEST 7: a $connect that waits is not sent when its client leaves
--- http_config eval: main::server('wsgw_worker_events 1;')
--- backend eval: $::Waits
--- ws eval
sub {
    my $c = connected();

    $c->send('wait=1.2 holds');
    echoes(1);

    my @leave = map { connected('/ws', defer => 1) } 1 .. 5;
    my $stays = connected('/ws', defer => 1);

    # bytes behind the request do not hide the end

    $leave[0]->send('early');
    $leave[$_]->drop for 0, 1;
    $leave[$_]->reset for 2, 3;
    $leave[4]->shutdown;

    is $stays->status, 101;
    is scalar(ledger_events(2, qr{^/connect})), 2, 'two were asked for';
    is $stays->close(1000), 1000;
    ledger_events(1, qr{^/disconnect});
    is scalar(ledger_events(0, qr{^/disconnect})), 1, 'one has ended';
    ok error_log() !~ /\[error\]/, 'who left is no error';
}


=== TEST 8: waiting counts against an event's time
--- http_config eval
main::server('wsgw_worker_events 1;', 'wsgw_integration_timeout 700ms;')
--- backend eval: $::Waits
--- ws eval
sub {
    my $late = 'Endpoint request timed out';
    my @c = map { connected() } 1 .. 3;

    # the first hangs for its time, so the others' time is over as well

    my $start = time;

    $_->send('wait=3 hangs') for @c;

    for my $c (@c) {
        like $c->recv, qr/"$late"/, 'too late';
        took($start, 0.7);
    }

    # one that has waited is given what is left

    $start = time;
    $c[0]->send('wait=0.3 first');
    $c[1]->send('wait=3 second');

    is $c[0]->recv, 'wait=0.3 first';
    like $c[1]->recv, qr/"$late"/, 'the second';
    took($start, 0.7, 'in the same time');
    ledger_events(1, sub { $_->{body} eq 'wait=3 second' });

    # a $connect too

    $c[0]->send('wait=3 hangs');
    $start = time;

    my $new = connected('/ws', defer => 1);

    $c[1]->send('wait=0.65 waits');

    is $new->status, 101, 'a $connect';
    $c[0]->recv;
}


=== TEST 9: what is called asynchronously does not pile up
--- http_config eval
main::server('wsgw_worker_events 1;',
             'wsgw_route async /int/echo async;
              wsgw_route_selection_expression $request.body.action;')
--- backend eval
sub {
    my ($r) = @_;
    return { body => 'done', delay => $r->{body} eq 'holds' ? 2 : 0 };
}
--- ws eval
sub {
    my ($holds, $floods) = map { connected() } 1, 2;

    $holds->send('holds');
    echoes(1);

    my $all = join '', map {
        text(qq({"action":"async","n":"$_","x":") . 'x' x 60_000 . '"}')
    } 1 .. 60;

    my $left = $floods->pour($all);

    cmp_ok length($all) - length $left, '<', 800_000, 'the client waits';
    is scalar(echoes(1)), 1, 'while the first runs';
    $left = $floods->pour($left) while length $left;

    my @n = map { $_->{body} =~ /"n":"(\d+)"/ } echoes(61);

    is "@n", join(' ', 1 .. 60), 'all, in order';
    is $holds->recv, 'done';
    is $floods->close(1000), 1000;
}


=== TEST 10: few connections: no event asks for more than there are
--- http_config eval: main::server('')
--- backend eval: $::Waits
--- ws eval
sub {
    # idle HTTP connections go first

    my @idle = map { stream(port => $::Port) } 1 .. 20;

    for my $http (@idle) {
        $http->write("GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n");
        $http->read_until("</html>", time + 5);
    }

    # an alert would fail the block; 12 events of 100 connections by default

    my @c = map { connected('/plain') } 1 .. 60;

    $_->send('wait=0.02 x') for @c;
    is $_->recv, 'wait=0.02 x', 'each is served' for @c;

    # until none is left, an event has an answer: the reply or its lack

    for my $n (61 .. 96) {
        push @c, connected('/plain');

        $c[0]->send('y');
        like $c[0]->recv, qr/^y$|"Internal server error"/, "$n clients";
    }

    is scalar(grep { $_->ends(1) } @idle), 20, 'no idle HTTP connection is left';
    is scalar(grep { $_->{stream}->fill(0); $_->eof(0) } @c), 0,
       'and no WebSocket is lost';

    $_->drop for splice @c, 1, 50;
    ok wait_until(sub { $c[0]->send('z'); $c[0]->recv eq 'z' }),
       'and again when there are';
}


=== TEST 11: memory: newcomers are refused, then the slowest must go
--- http_config eval
main::server('wsgw_worker_memory 1m;', 'wsgw_send_timeout 30s;'
             . ' wsgw_close_timeout 30s;')
--- ws eval
sub {
    my $moves = connected();
    my @slow = map { connected() } 0 .. 7;
    my @id = map { id($slow[$_], "slow $_") } 0 .. 7;
    my $moving = id($moves, 'moves');
    my $good = connected('/plain');

    # its queue is the oldest, yet it reads: more than the sockets hold, and
    # less than all

    my $pushed = grep { push_to($moving, 100_000) == 200 } 1 .. 4;

    my @pushes = map { ($_) x 4 } @id;
    my $newcomer;

    do {
        push_to(shift @pushes, 100_000);
        $newcomer = ws_connect('/plain', port => $::Port);
        $newcomer->drop;
    } while ($newcomer->status == 101 && @pushes);

    is $newcomer->status, 503, 'a newcomer is refused';
    is $newcomer->header('Retry-After'), 1, 'for now';
    $good->send('good');
    is $good->recv, 'good', 'those who are in are served';
    is length $moves->recv, 100_000, 'one that reads' for 1, 2;

    # one has to go after the answer to the push that is too much, and before
    # the next request: a further push would take the time to read from it

    while (@pushes && error_log() !~ /wsgw_worker_memory is used up/) {
        push_to(shift @pushes, 100_000);
        newcomer();
    }

    my ($n) = grep { push_to($id[$_], 1) == 410 } 0 .. $#id;

    1 while defined $slow[$n]->recv;
    is $slow[$n]->close_code, 1013, 'one that does not read has to go';
    is $slow[$n]->close_reason, 'Client reads too slowly', 'and is told why';

    my ($d) = ledger_events(1, qr{^/disconnect});

    is $d->{headers}{code}, 1013, 'as its backend is';
    is $d->{headers}{id}, $id[$n], 'of nobody else';

    is length $moves->recv, 100_000, 'not the one that reads' for 3 .. $pushed;
    $moves->send('still');
    is $moves->recv, 'still', 'which stays';
    $good->send('good');
    is $good->recv, 'good', 'and others';

    $_->drop for @slow;
    ok wait_until(sub { newcomer() == 101 }), 'later newcomers are taken';
    ok !(grep { $_->{headers}{id} eq $moving }
         ledger_events(8, qr{^/disconnect})), 'one $disconnect each';
}


=== TEST 12: what is counted is counted to the last byte
--- http_config eval
main::server('wsgw_worker_memory 1;',
             'wsgw_max_pending_size 64k; wsgw_close_timeout 1s;')
--- backend eval: $::Waits
--- ws eval
sub {
    my $long = 'x' x 30_000;

    # while there is one byte too many, nobody comes in

    my @cases = (
        [ 'a message' => sub { $_->send($long); $_->recv } ],
        [ 'fragments' => sub { $_->send_raw(more($long) . cont_more($long)
                                            . cont('')); $_->recv } ],
        [ 'half a message' => sub { $_->send_raw(more($long) . ping(''));
                                    $_->recv_frame } ],
        [ 'half a frame' => sub { $_->send_raw(ping('') . substr text($long),
                                               0, 9000);
                                  $_->recv_frame } ],
        [ 'messages that wait' => sub {
            my $c = $_;
            $c->send('wait=0.05 x') for 1 .. 4;
            $c->recv for 1 .. 4 } ],
        [ 'messages that wait for a client that left' => sub {
            my $c = $_;
            $c->send('wait=0.05 x') for 1 .. 4 } ],
        [ 'bytes that are not read' => sub {
            $_->pour(join '', map { text("wait=0.05 $long") } 1 .. 8) } ],
        [ 'a client that does not read' => sub {
            my $c = $_;
            push_to(id($c, 'deaf'), 100_000) for 1 .. 3;
        } ],
        [ 'a frame that is none' => sub {
            $_->send_raw(more($long) . text('x')); $_->close_code } ],
    );

    for my $case (@cases) {
        my ($name, $does) = @$case;

        local $_ = connected();

        is $_->status, 101, $name;
        $does->();
        $_->drop;
        ok wait_until(sub { newcomer() == 101 }), "$name: nothing stays";
    }
}


=== TEST 13: events that wait for the worker count as memory
--- http_config eval
main::server('wsgw_worker_events 1; wsgw_worker_memory 300k;')
--- backend eval
sub { return { body => 'done', delay => $_[0]{body} eq 'holds' ? 1.5 : 0 } }
--- ws eval
sub {
    my @c = map { connected('/plain') } 0 .. 5;
    my $late = pop @c;

    $c[0]->send('holds');
    echoes(1);
    is newcomer(), 101, 'none waits';

    # the pong tells that the message has been read

    for (@c[1 .. 4]) {
        $_->send('x' x 100_000);
        $_->ping('');
        is $_->recv_frame->{opcode}, 10, 'one waits';
    }

    is newcomer(), 503, 'four fill the memory';

    for my $size (1, 100_000) {
        $late->send('x' x $size);
        like $late->recv, qr/"Too Many Requests"/,
             'a further one is refused';
    }

    is $_->recv, 'done', 'served' for @c;
    is newcomer(), 101, 'none waits';

    $late->send('x');
    is $late->recv, 'done', 'who was refused may come again';
}


=== TEST 14: parts of messages: who has kept memory longest makes room
--- http_config eval
main::server('wsgw_worker_memory 1m;')
--- ws eval
sub {
    my $long = 'x' x 120_000;
    my @slow = map { connected() } 1 .. 2;
    my @id = map { id($slow[$_], "slow $_") } 0 .. 1;
    my $small = connected('/plain');

    # more than the sockets hold

    push_to($_, 100_000) for (@id) x 2;

    $small->send_raw(ping('') . more('a few bytes'));
    $small->recv_frame;

    # a frame but for its end, fragments without a last one, and both

    my @parts = (
        substr(text($long), 0, -1),
        join('', more('x'), map { cont_more('x' x 1200) } 1 .. 100),
        more($long) . substr(cont('xx'), 0, -1),
    );
    my @hoards = map { connected() } 1 .. 40;
    my $refused = 0;

    for my $n (0 .. $#hoards) {
        $hoards[$n]->send_raw($parts[$n % @parts]);
        $refused++ if newcomer() != 101;
    }

    is $refused, 0, 'newcomers are taken';

    is push_to($_, 1), 200, 'who reads slowly stays' for @id;

    my @gone = grep { $hoards[$_]->recv_frame(0.1) } 0 .. $#hoards;

    cmp_ok scalar(@gone), '>=', 40 - 9, 'others are closed';
    is "@gone", join(' ', 0 .. $#gone), 'the eldest first';
    is $hoards[0]{code}, 1013, 'with the code to try later';
    is $hoards[0]{reason}, 'Server is short of memory', 'and why';

    my $good = connected();

    $good->send($long);
    is $good->recv, $long, 'one who sends the rest is served';
    $small->send_raw(cont(' and more'));
    is $small->recv, 'a few bytes and more', 'as is one who has little';

    $_->drop for @hoards;
}


=== TEST 15: messages that would have to wait are not read beyond the limit
--- http_config eval
main::server('wsgw_worker_memory 400k;')
--- backend eval: $::Waits
--- ws eval
sub {
    my @c = map { ws_connect('/ws', port => $::Port) } 0 .. 9;
    my @long = map { $_ . 'x' x 60_000 } 0 .. $#c;

    # in the clients' sockets is room for all

    my @first = map { sprintf 'wait=%.1f', 1.6 + $_ / 10 } 0 .. $#c;

    $c[$_]->send_raw(text($first[$_]) . ping('') . text($long[$_])
                     . ping('behind') . text('last')) for 0 .. $#c;

    ok wait_until(sub { newcomer() == 503 }, 1.4), 'the memory is full';

    my @most = sort { $a <=> $b } error_log() =~ /keeps (\d+) bytes/g;

    cmp_ok $most[-1], '<', 460 * 1024, 'it is not exceeded';

    for my $n (0 .. $#c) {
        is $c[$n]->recv, $first[$n], "client $n";
        is $c[$n]->recv, $long[$n], 'what waited';
        is $c[$n]->recv, 'last', 'and what stood behind it';
    }

    is newcomer(), 101, 'nothing waits';
}


=== TEST 16: messages that wait make room too, the large ones
--- http_config eval
main::server('wsgw_worker_memory 512k;')
--- backend eval: $::Waits
--- ws eval
sub {
    my @few = map { connected() } 1 .. 3;
    my @many = map { ws_connect('/ws', port => $::Port) } 1 .. 7;
    my ($good, $half) = map { connected('/plain') } 1, 2;

    $_->send_raw(text('wait=1.5') . text('wait=0 few') . ping('')) for @few;
    $_->recv_frame for @few;

    $_->send_raw(text('wait=1.5') . text('y' x 120_000)) for @many;

    ok wait_until(sub { newcomer() == 503 }), 'the memory is full';

    # more is needed: a message that is whole does not wait

    $half->send_raw(more('x' x 100_000) . ping(''));
    is $half->recv_frame->{opcode}, 10, 'a part is taken';
    $good->send('x' x 100_000);
    is length $good->recv, 100_000, 'a message is served';
    $half->send_raw(cont('x'));
    is length $half->recv, 100_001, 'the rest of the part too';

    for my $c (@few) {
        is $c->recv, 'wait=1.5', 'who has little waiting is answered';
        is $c->recv, 'wait=0 few', 'and keeps it';
    }

    my @kept = error_log() =~ /closing a client that (\d+) bytes are kept of/g;

    cmp_ok scalar(@kept), '>', 0, 'one of those who have much has to go';
    is scalar(grep { $_ < 1000 } @kept), 0, 'and none who has little';
}


=== TEST 17: what hangs behind an answer keeps nobody waiting
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_worker_events 4;
--- config eval
our %Behind = (
    mirrored => 'mirror /hang;',
    posted   => 'post_action /hang;',
    named    => 'post_action @hang;',
);

our $Behind = <<'_EOC_';
    location = /status { stub_status; }
    location /hang {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/hang/;
    }
    location @hang {
        rewrite ^ /hang/ break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location /int/late {
        internal;
        post_action /hang;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

for my $name (sort keys %Behind) {
    $Behind .= <<"END";
    location /$name {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route \$connect /int/$name;
        wsgw_route \$disconnect /int/$name;
        wsgw_route async /int/$name async;
        wsgw_route late /int/late timeout=100ms;
        wsgw_route \$default /int/$name response;
    }
    location /int/$name {
        internal;
        $Behind{$name}
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/echo/;
    }
END
}

$Behind;
--- backend eval
sub { return $_[0]{uri} =~ /late/ ? { hang => 1 } : { body => 'ok' } }
--- ws eval
sub {
    # besides the client's and this one

    my $active = sub {
        http(GET => '/status')->body =~ /Active connections: (\d+)/;
        return $1 - 2;
    };

    for my $name (sort keys %main::Behind) {
        my $c = ws_connect("/$name");

        is $c->status, 101, "$name: \$connect";

        my $ok = 0;

        for (1 .. 30) {
            $c->send('{"action":"async"}');
            $c->send('{"action":"say"}');
            $ok += ($c->recv eq 'ok');
        }

        is $ok, 30, "$name: all are answered";

        for (1 .. 6) {
            $c->send('{"action":"late"}');
            like $c->recv, qr/Endpoint request timed out/, "$name: too late";
        }

        $c->send('{"action":"say"}');
        is $c->recv, 'ok', "$name: and on it goes";

        wait_until(sub { $active->() <= 4 }, undef, 'no more than events');
        is $c->close(1000), 1000;
    }

    like error_log(), qr/\[error\] .* requests go on behind their answers, /;
}


=== TEST 18: what goes on behind an answer and ends by itself is let be
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_worker_events 4;
    log_format behind '$request_uri $upstream_status';
--- config
    location = /status { stub_status; }
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int response;
    }
    location /int {
        internal;
        mirror /later;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/echo/;
    }
    location /later {
        internal;
        log_subrequest on;
        access_log $TEST_NGINX_SERVER_ROOT/logs/behind.log behind;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/delay=0.5/status=201/;
    }
--- ws eval
sub {
    my $c = ws_connect('/ws');

    for my $round (1, 2) {
        for (1 .. 4) {
            $c->send("$round.$_");
            is $c->recv, "$round.$_";
        }

        is scalar(log_lines('behind.log', 4 * $round, qr/ 201$/)), 4 * $round,
           'each has its answer';
    }

    unlike error_log(), qr/go on behind/;
}


=== TEST 19: an event that is too late does no post_action, and is gone
--- http_config
    wsgw_zone zone=z:1m;
--- config eval
our $Late = <<'_EOC_';
    location = /status { stub_status; }
    location = /post/short { internal; return 204; }
    location = /post/long {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
    location @named { return 204; }
_EOC_

our %Posts = (short => '/post/short', long => '/post/long', named => '@named');

for my $name (sort keys %Posts) {
    $Late .= <<"END";
    location /$name {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_integration_timeout 100ms;
        wsgw_route \$default /int/$name;
    }
    location /int/$name {
        internal;
        post_action $Posts{$name};
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT;
    }
END
}

$Late;
--- backend eval
sub { return { hang => 1 } }
--- ws eval
sub {
    for my $name (sort keys %main::Posts) {
        my $c = ws_connect("/$name");

        for (1 .. 5) {
            $c->send('x');
            like $c->recv, qr/Endpoint request timed out/, "$name: too late";
        }

        is $c->close(1000), 1000;

        # this one is left

        wait_until(sub { http(GET => '/status')->body =~ /connections: 1 / },
                   undef, "$name: nothing goes on");
    }

    is scalar(ledger_events(15, qr{^/})), 15, 'nor has it begun';
}
