# A message to the members of groups, or to all: who gets it, in four workers,
# and what its sender learns.

use strict;
use warnings;

use Compress::Raw::Zlib;
use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

master_on();
workers(4);

our $Config = <<'_EOC_';
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_group $arg_rooms;
        wsgw_compression on;
        add_header X-Id $wsgw_connection_id always;
        add_header X-Worker $pid always;
    }

    location ^~ /dev/@connections {
        wsgw_management z groups broadcast list;
        add_header X-Worker $pid always;
    }

    location /other {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_group $arg_rooms;
        wsgw_profile aws;
        add_header X-Id $wsgw_connection_id always;
        add_header X-Worker $pid always;
    }

    location ^~ /other/@connections {
        wsgw_management z groups broadcast;
    }

    location ^~ /grouped/@connections { wsgw_management z stage=dev groups; }
    location ^~ /broad/@connections { wsgw_management z stage=dev broadcast; }
    location ^~ /plain/@connections { wsgw_management z stage=dev; }

    location /int/ {
        internal;
        add_header X-Worker $pid;
        proxy_set_header X-Worker $pid;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

every_block(http_config => 'wsgw_zone zone=z:4m;', config => $Config);

# a client in these rooms, with its id and its worker

sub client {
    my ($rooms, $path, %opt) = @_;

    return ws_held(($path // '/dev') . '?rooms=' . ($rooms // ''), %opt);
}

sub send_to {
    my ($query, $body, %opt) = @_;

    my $stage = delete $opt{stage} // 'dev';

    return http(POST => "/$stage/\@connections?$query", body => $body, %opt);
}

sub sent {
    my ($query, $body, $sent, %opt) = @_;

    my $r = send_to($query, $body, %opt);

    is $r->status, 200, $query;
    is $r->header('Content-Type'), 'application/json';
    is_deeply json($r->body), { sent => $sent, full => 0, unknown => 0 },
              "$query: $sent";
}

# each of these gets just that, before what follows

sub got {
    my ($clients, @texts) = @_;

    for my $client (@$clients) {
        is $client->{c}->recv, $_, 'got' for @texts;
    }
}

sub inflated {
    my ($bytes, $bits) = @_;

    my $z = Compress::Raw::Zlib::Inflate->new(-WindowBits => -$bits,
                                              -AppendOutput => 1);
    my $out = '';

    for my $in (unpack '(a8)*', "$bytes\x00\x00\xff\xff") {
        my $rc = $z->inflate($in, $out);
        return undef if $rc != Z_OK && $rc != Z_BUF_ERROR || length $in;
    }

    return $out;
}

sub is_error {
    my ($r, $status, $type, $what) = @_;

    is $r->status, $status, "$what: status";
    is $r->header('x-amzn-ErrorType'), $type, "$what: type";
}

run_tests();

__DATA__

=== TEST 1: members get it, in all workers, and nobody else does
--- ws eval
sub {
    my @red = map { client('red') } 1 .. 8;
    my @green = map { client('green') } 1 .. 5;
    my $both = client('red,green');
    my $none = client();
    my $other = client('red', '/other');

    push @red, client('red')
        while @red < 200 && !grep { $_->{worker} != $red[0]{worker} } @red;

    sent('group=red', 'to red', @red + 1);
    sent('group=green', 'to green', 6);
    sent('group=blue', 'to nobody', 0);
    sent('group=red&group=green', 'union', @red + 6);
    sent('group=green&group=red&group=green', 'again', @red + 6);
    sent('all', 'everybody', @red + 7);
    sent('group=red', 'other', 1, stage => 'other');

    got(\@red, 'to red', 'union', 'again', 'everybody');
    got(\@green, 'to green', 'union', 'again', 'everybody');
    got([ $both ], 'to red', 'to green', 'union', 'again', 'everybody');
    got([ $none ], 'everybody');
    got([ $other ], 'other');
}



=== TEST 2: but for some
--- ws eval
sub {
    my @all = map { client('r') } 1 .. 6;
    my $not = 'except=' . $all[0]{id};
    my $nor = "$not&except=$all[3]{id}";

    sent("group=r&$not", 'one', 5);
    sent("group=r&$nor", 'two', 4);
    sent("all&$not", 'three', 5);
    sent("group=r&$not&$not&except=AAAAAAAAAAAAAAA=", 'four', 5);
    sent('group=r', 'end', 6);

    got([ $all[0] ], 'end');
    got([ $all[3] ], 'one', 'three', 'four', 'end');
    got([ @all[1, 2, 4, 5] ], 'one', 'two', 'three', 'four', 'end');
}



=== TEST 3: text, binary, nothing, and as large as a push may be
--- ws eval
sub {
    my @all = map { client('r') } 1 .. 4;
    my $large = join '', map { chr 97 + rand 26 } 1 .. 131072;
    my $bytes = "\xff\x00\xfe";

    sent('group=r', '', 4);
    sent('group=r', $large, 4);
    sent('group=r', $bytes, 4);
    sent('group=r&type=binary', 'text', 4);
    sent('group=r&type=text', "caf\xc3\xa9", 4);

    for my $client (@all) {
        is $client->{c}->recv, '';
        ok $client->{c}->recv eq $large, 'the large one';
        is $client->{c}->recv, $bytes;
        is $client->{c}->recv, 'text';
        is $client->{c}->recv, "caf\xc3\xa9";
    }

    is_error(send_to('group=r&type=text', $bytes), 400,
             'BadRequestException', 'bytes as text');
    is_error(send_to('group=r', "$large." ), 413, 'PayloadTooLargeException',
             'too large');
    is_error(send_to('group=r', $bytes, stage => 'other'), 400,
             'BadRequestException', 'bytes to a stage of AWS');
    is_error(send_to('all&type=binary', 'x', stage => 'other'), 400,
             'BadRequestException', 'binary to a stage of AWS');
}



=== TEST 4: compressed once for each window, and not where it is of no use
--- ws eval
sub {
    my @plain = map { client('r') } 1 .. 3;
    my @deflate = map {
        client('r', '/dev', extensions => "permessage-deflate$_")
    } '', '', '; server_max_window_bits=9', '; server_max_window_bits=12';

    my $text = 'abcdefgh' x 500;
    my @bits = (15, 15, 9, 12);
    my $noise = join '', map { chr rand 256 } 1 .. 300;

    for my $message ($text, $noise, 'short', '') {
        sent('group=r', $message, 7);
        ok $_->{c}->recv eq $message, 'arrived' for @plain;

        for my $i (0 .. $#deflate) {
            my $f = $deflate[$i]{c}->recv_frame;

            is $f->{rsv}, $message eq $text ? 4 : 0, 'compressed, if of use';
            $f->{payload} = inflated($f->{payload}, $bits[$i]) if $f->{rsv};
            ok $f->{payload} eq $message, 'arrived';
        }
    }
}



=== TEST 5: who does not wait for the answer
--- ws eval
sub {
    my @all = map { client('r') } 1 .. 5;

    for my $query ('group=r&receipt=none', 'all&receipt=none',
                   "receipt=none&group=r&except=AAAAAAAAAAAAAAA=")
    {
        my $r = send_to($query, $query);

        is $r->status, 202, $query;
        is $r->body, '';
        is $r->header('Content-Length'), 0;

        got(\@all, $query);
    }
}



=== TEST 6: what is refused
--- ws eval
sub {
    my $c = client('r');

    for my $query ('group=', 'group=a%20b', 'group', 'all=1', 'all&all',
                   'all&group=r', 'group=r&excep=x', 'group=r&except=',
                   'group=r&except=x', 'group=r&type=json', 'group=r&type=',
                   'group=r&type=text&type=text', 'group=r&receipt=all',
                   'group=r&count', 'group=r&code=1000', 'grouped=r', 'leave',
                   join('&', ('group=r') x 33),
                   join('&', 'all', ("except=$c->{id}") x 17))
    {
        is_error(send_to($query, 'x'), 400, 'BadRequestException',
                 substr $query, 0, 40);
    }

    sent(join('&', ('group=r') x 32), '32 groups', 1);
    sent(join('&', 'all', ("except=AAAAAAAAAAAAAAA=") x 16), '16 but', 1);

    is_error(send_to('', 'x'), 404, 'NotFoundException', 'to whom?');

    is_error(send_to('group=r', 'x', stage => 'plain'), 403,
             'ForbiddenException', 'group without a flag');
    is_error(send_to('all', 'x', stage => 'plain'), 403,
             'ForbiddenException', 'all without a flag');
    is_error(send_to('all', 'x', stage => 'grouped'), 403,
             'ForbiddenException', 'all needs broadcast');
    is_error(send_to('group=r', 'x', stage => 'broad'), 403,
             'ForbiddenException', 'group needs groups');

    sent('all', 'last', 1, stage => 'broad');
    got([ $c ], '32 groups', '16 but', 'last');
}



=== TEST 7: more members than one turn serves, in order with pushes
--- http_config
    wsgw_zone zone=z:4m;
--- ws eval
sub {
    my @all = map {
        my $c = ws_connect('/dev?rooms=r');
        { c => $c }
    } 1 .. 400;

    my $large = 'x' x 20000;        # 52 of them are a megabyte

    for my $n (1 .. 3) {
        sent('group=r', "$n$large", 400);
    }

    for my $client (@all) {
        is join('', map { substr $client->{c}->recv, 0, 1 } 1 .. 3), '123';
    }
}



=== TEST 8: who does not read is full, and nobody waits for it
--- http_config
    wsgw_zone zone=z:4m;
    wsgw_max_queue_size 300k;
    proxy_buffering on;
--- ws eval
sub {
    my @all = map { client('r') } 1 .. 3;
    my $slow = client('r', '/dev', rcvbuf => 4096);
    my $text = join '', map { chr 33 + rand 90 } 1 .. 100_000;

    my ($full, $sent) = (0, 0);

    for (1 .. 200) {
        my $json = json(send_to('group=r', $text)->body);

        $sent += $json->{sent};
        $full += $json->{full};

        ok $_->{c}->recv eq $text, 'the others get it' for @all;
        last if $full > 2;
    }

    cmp_ok $full, '>', 2, 'the slow one is full';

    # what was said to be sent does arrive

    my $expected = $sent - 3 * ($sent + $full) / 4;
    my $got = 0;

    for (1 .. $expected) {
        $got++ if $slow->{c}->recv eq $text;
    }

    is $got, $expected, 'no less than it was said';
}



=== TEST 9: a worker that is silent is unknown, one that was killed is not
--- tolerate: exited on signal 9
--- ws eval
sub {
    my @all = map { client('r') } 1 .. 16;
    my $stopped = $all[0]{worker};

    push @all, client('r')
        while @all < 200 && !grep { $_->{worker} != $stopped } @all;

    my $held = grep { $_->{worker} == $stopped } @all;
    my $rest = @all - $held;

    sent('group=r', 'known', scalar @all);

    my ($r, $all);

    # it may have accepted the connection

    kill STOP => $stopped;
    for (1 .. 20) {
        $r = eval { send_to('group=r', 'x', timeout => 7) } and last;
    }
    kill CONT => $stopped;

    is $r->status, 200;
    is $r->header('Retry-After'), 1;

    my $json = json($r->body);

    is $json->{sent}, $rest, 'the others have it';
    cmp_ok $json->{unknown}, '>=', 1, 'unknown';
    cmp_ok $json->{unknown}, '<=', $held, 'no more than there are';

    kill KILL => $stopped;
    wait_until(sub { !grep { $_ == $stopped } worker_pids() }, undef, 'dead');

    sent('group=r', 'after', $rest);
    sent('all', 'all', $rest);
}



=== TEST 10: a caller that leaves, and a reload
--- ws eval
sub {
    my @all = map { client('r') } 1 .. 6;

    eval { send_to('group=r', "left $_", timeout => 0.001) } for 1 .. 3;

    reload_nginx();

    sent('group=r', 'after', 6);

    for my $client (@all) {
        my $text;
        do { $text = $client->{c}->recv } until $text !~ /^left/;
        is $text, 'after';
    }
}



=== TEST 11: no room is told also who does not wait
--- ws eval
sub {
    my @all = map { client('r') } 1 .. 16;
    my $stopped = $all[0]{worker};

    push @all, client('r')
        while @all < 200 && !grep { $_->{worker} != $stopped } @all;

    my ($running) = grep { $_->{worker} != $stopped } @all;
    my ($taken, $r) = (0);

    # what is for the stopped one keeps its room; it may have accepted the
    # connection

    kill STOP => $stopped;
    for (1 .. 60) {
        $r = eval { send_to('group=r&receipt=none', 'x' x 120_000,
                            timeout => 1) } or next;
        last if $r->status != 202;
        $taken++;
    }
    kill CONT => $stopped;

    is $r->status, 503, "after $taken of them";
    is $r->header('Retry-After'), 1;
    cmp_ok $taken, '>', 0, 'those before it were taken';

    is length $running->{c}->recv, 120_000, "$_ arrives" for 1 .. $taken;
}



=== TEST 12: who stands still keeps no room for longer than it is waited for
--- ws eval
sub {
    my @all = map { client('r') } 1 .. 16;
    my $stopped = $all[0]{worker};
    my $stream = stream_past($stopped, '/dev/@connections');

    my $sent = sub {
        ask($stream, POST => '/dev/@connections?group=r&receipt=none',
            'x' x 120_000);
        return answer($stream)->status;
    };

    my ($taken, $status, $tries) = (0, 0, 0);

    kill STOP => $stopped;

    $taken++ while $taken < 60 && ($status = $sent->()) == 202;
    my $full = $status;

    select undef, undef, undef, 0.5
        while $tries++ < 20 && ($status = $sent->()) != 202;

    kill CONT => $stopped;

    is $full, 503, "no room after $taken of them";
    is $status, 202, 'there is some while it still stands still';
}



=== TEST 13: how many a worker had is known also if it took longer to serve them
--- ws eval
sub {
    my (@all, %held);

    do { push @all, client('r') }
        until ++$held{ $all[-1]{worker} } == 12 || @all == 200;

    my $stopped = $all[-1]{worker};
    my $rest = @all - 12;
    my $large = 'x' x 120_000;
    my $stream = stream_past($stopped, '/dev/@connections');

    # of these there are more than a megabyte

    ask($stream, POST => '/dev/@connections?group=r', $large);
    is_deeply json(answer($stream)->body),
              { sent => scalar @all, full => 0, unknown => 0 }, 'all of them';
    is length $_->{c}->recv, length $large for @all;

    kill STOP => $stopped;
    ask($stream, POST => '/dev/@connections?group=r', 'y');
    my $r = answer($stream);
    kill CONT => $stopped;

    is_deeply json($r->body), { sent => $rest, full => 0, unknown => 12 },
              'as many are unknown';
}
