#!/usr/bin/perl

# Workers of two nodes stand still, are replaced or die while pushes go from one
# node to the other; numbers are those of redis_cases.t.

use strict;
use warnings;

use lib 't/lib';

use Fcntl qw( F_SETLK F_UNLCK F_WRLCK );
use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Datastore;
use Wsgw::HTTP;
use Wsgw::Nodes;
use Wsgw::Stream;
use Wsgw::Two;
use Wsgw::Wait;

my $two = Wsgw::Two->new;
my $nodes = $two->nodes;
my ($one, $other) = $nodes->all;

# Until so many more pushes were answered.

sub answered {
    my ($n) = @_;

    my $then = $nodes->told($other)->{answered};

    wait_until(sub { $nodes->told($other)->{answered} >= $then + $n }, 10,
               'answers');
}

subtest '3: a worker stands still, its node does not' => sub {
    for my $worker ($one->workers) {
        my $beat = ($two->line_of($one))[2];

        $one->freeze($worker);
        ok(eval { wait_until(sub {
            my @line = $two->line_of($one);
            return $line[2] > $beat + 1000 && $line[3] =~ /^[12]$/;
        }, 8) }, 'it beats, and names the other worker alone');
        kill CONT => $worker;
    }

    $two->works('both go on');
};

subtest 'reloads meanwhile' => sub {
    $nodes->joined;

    my $load = $two->load(rate => 200);

    for my $node ($one, $other) {
        my @old = $node->workers;

        answered(100);
        kill HUP => $node->{master};
        $node->wait_shutting(@old);
    }

    answered(200);
    $load->stop;

    # a request and the end of a kept connection may meet: that is no answer

    $load->whole([0, 200]);
};

# For five seconds others may ask a worker that listened when they read its node's
# line; it goes after two, and what is on its way by then takes 0.1 s.

subtest 'a worker that leaves answers what is on its way' => sub {
    $nodes->joined;

    my $load = $two->load(rate => 400);
    my $listening = sub {
        my $n = () = $two->redis->cli(qw( pubsub channels wsgw:* )) =~ /^./mg;
        return $n == $_[0];
    };

    $two->{proxies}[0]->delay(100);
    kill HUP => $one->{master};
    wait_until(sub { $listening->(6) }, 10, 'new workers');
    wait_until(sub { $listening->(4) }, 10, 'old ones that have left');

    answered(100);
    $load->stop;
    $load->whole([0, 200]);
    $two->{proxies}[0]->pass;
};

# Old workers may not have come to Redis when they are to leave, and may come to one
# where nobody looks for them; their node's line has none of them.

subtest 'a reload to another Redis, while the old one is away' => sub {
    my @redis = map { Wsgw::Datastore->new->start } 1, 2;
    my $nodes = Wsgw::Nodes->new(urls => [($redis[0]->url) x 2])
                ->start->joined;
    my @clients = map { my $node = $_; map { $node->connect } 1 .. 8 }
                  $nodes->all;

    $redis[0]->stop;
    ok($nodes->apart, 'it is away');

    for my $node ($nodes->all) {
        my ($old, $new) = map { $_->url } @redis;

        $node->{http} =~ s/\Q$old\E/$new/;
        $node->configure;
        kill HUP => $node->{master};
    }

    ok(eval { wait_until(sub {
        my %lines = split /\n/, $redis[1]->cli(qw( hgetall wsgw:{conns}:nodes ));

        return 2 == grep { (split)[3] eq 'c' } values %lines;
    }, 10) }, 'new workers are at the other one');

    $redis[0]->start;

    my ($one, $two) = $nodes->all;
    my %statuses;

    for (1 .. 40) {
        $statuses{ $two->push($_->header('X-Id'), 'x')->status }++
            for @clients[0 .. 7];
        sleep 0.1;
    }

    is_deeply(\%statuses, { 200 => 320 }, 'who is asked is there');
    unlike($redis[0]->cli(qw( client list )), qr/name=wsgw-/,
           'nobody comes back to the old one');
    is($nodes->complaints, '', 'nobody complains');
    $nodes->end;
};

# The old zone is a node beside the new one, of which nobody else says anything.

for my $how ('a zone of another size', 'another binary') {
    subtest "$how, and pushes across" => sub {
        my $redis = Wsgw::Datastore->new->start;
        my $nodes = Wsgw::Nodes->new(urls => [($redis->url) x 2])
                    ->start->joined;
        my ($one, $two) = $nodes->all;
        my ($near, $far) = map { $_->connect } $one, $two;
        my @old = $one->workers;

        if ($how =~ /size/) {
            $one->configure(zone => 'zone=conns:2m');
            kill HUP => $one->{master};
        } else {
            my $old = $one->{master};

            kill USR2 => $old;
            wait_until(sub {
                -s "$one->{root}/nginx.pid.oldbin" && -s "$one->{root}/nginx.pid"
            }, 10, 'two masters');
            $one->{master} = $one->pid;
            kill QUIT => $old;
        }

        $one->wait_shutting(@old);
        wait_until(sub {
            (() = $redis->cli(qw( hgetall wsgw:{conns}:nodes )) =~ / 3 one /g) > 0
                && $redis->cli(qw( hlen wsgw:{conns}:nodes )) == 3;
        }, 10, 'a third node');

        # longer than it takes to be a suspect

        my $end = time + 5;
        my %statuses;

        while (time < $end) {
            for (['to the old one', $two, $near], ['from the new one', $one, $far],
                 ['beside', $one, $near])
            {
                my ($what, $node, $client) = @$_;
                my $answer = $node->push($client->header('X-Id'), 'x');

                $statuses{"$what " . $answer->status}++;
            }

            sleep 0.05;
        }

        is(join(', ', sort keys %statuses),
           'beside 200, from the new one 200, to the old one 200', 'go on');

        $near->drop;
        ok(eval { wait_until(sub {
            $two->push($near->header('X-Id'), 'x')->status == 410
        }, 10) }, 'what has ended is gone');
        ok(eval { wait_until(sub {
            $redis->cli(qw( hlen wsgw:{conns}:nodes )) == 2;
        }, 10) }, 'as the old node is');
        is($nodes->complaints, '', 'nobody complains');
        $nodes->end;
    };
}

# Old workers, which have left, may be the last.

for my $signal (qw( TERM QUIT )) {
    subtest "a reload, and then the end by $signal" => sub {
        my $redis = Wsgw::Datastore->new->start;
        my $nodes = Wsgw::Nodes->new(urls => [($redis->url) x 2])
                    ->start->joined;
        my ($one, $two) = $nodes->all;
        my $client = $one->connect;
        my @old = $one->workers;
        my @all = ($one->{master}, @old);

        kill HUP => $one->{master};
        $one->wait_shutting(@old);

        my $listen = sub {
            return () = $redis->cli(qw( client list type pubsub ))
                        =~ /name=wsgw-one/g;
        };

        wait_until(sub { 3 <= $listen->() }, 10, 'new workers');
        wait_until(sub { 2 == $listen->() }, 10, 'old ones that have left');

        my $pushed = sub { $two->push($client->header('X-Id'), 'x')->status };

        is($pushed->(), 200, 'new workers answer for the old ones');

        push @all, $one->workers;
        kill $signal => $one->{master};

        if ($signal eq 'QUIT') {
            ok(eval { wait_until(sub { $pushed->() == 200 }, 10) },
               'the old one is back');
            $client->drop;
        }

        $one->wait_end(@all);
        ok(eval { wait_until(sub { $pushed->() == 410 }, 3) }, 'then it is gone');
        is(0 + $redis->cli(qw( hlen wsgw:{conns}:nodes )), 1, 'and so is its line');
        $nodes->{nodes} = [$two];
        is($nodes->complaints, '', 'nobody complains');
        $nodes->end;
    };
}

# Its master starts another one, so the node has not ended.

for my $signal (qw( TERM QUIT KILL )) {
    subtest "the only worker of a node is ended by $signal" => sub {
        my $redis = Wsgw::Datastore->new->start;
        my $nodes = Wsgw::Nodes->new(urls => [($redis->url) x 2], workers => 1,
                                     drain => '1s')->start->joined;
        my ($one, $two) = $nodes->all;
        my $old = $one->connect->header('X-Id');
        my ($worker) = $one->workers;

        kill $signal => $worker;
        $one->wait_end($worker);
        $one->wait_workers($one->{master});

        my $client = $one->connect;
        my ($n, %statuses) = (0);

        ok(eval { wait_until(sub {
            my $status = $two->push($client->header('X-Id'), 'x')->status;

            $statuses{$status}++;
            $n = $status == 200 ? $n + 1 : 0;
            return $n == 30;
        }, 10) }, 'a client of the next one is reached');
        is($statuses{410}, undef, 'and never gone');
        ok(eval { wait_until(sub { $two->push($old, 'x')->status == 410 }, 5) },
           'who has ended is');
        is($nodes->told($one)->{node}, 'registered', 'it is who it was');
        is(join("\n", grep { !/signal 9/ } split /\n/, $nodes->complaints), '',
           'nobody complains');
        $nodes->end;
    };
}

# systemd ends each process of a unit, and so has told the master as well.

for my $first ('the master', 'the worker', 'the master, by QUIT') {
    subtest "all processes of a node are ended, first $first" => sub {
        my $redis = Wsgw::Datastore->new->start;
        my $nodes = Wsgw::Nodes->new(urls => [($redis->url) x 2], workers => 1)
                    ->start->joined;
        my ($one, $two) = $nodes->all;
        my $client = $one->connect;
        my @all = ($one->{master}, $one->workers);

        is($two->push($client->header('X-Id'), 'x')->status, 200,
           'it is reached');

        if ($first =~ /QUIT/) {
            kill QUIT => $one->{master};
            $one->wait_shutting($one->workers);
        }

        kill TERM => $first eq 'the worker' ? reverse @all : @all;
        $one->wait_end(@all);

        ok(eval { wait_until(sub {
            $two->push($client->header('X-Id'), 'x')->status == 410
        }, 3) }, 'it has ended');
        is(0 + $redis->cli(qw( hlen wsgw:{conns}:nodes )), 1,
           'and its line is gone');
        $nodes->{nodes} = [$two];
        is($nodes->complaints, '', 'nobody complains');
        $nodes->end;
    };
}

# Others have all worker slots when it starts: here a lock on the byte of each in
# the zone's file. Its node has not ended when the old ones have.

subtest 'a worker that comes into its zone late' => sub {
    my $redis = Wsgw::Datastore->new->start;
    my $nodes = Wsgw::Nodes->new(
        urls => [($redis->url) x 2], workers => 1,
        zone => 'zone=conns:1m state=DIR')->start->joined;
    my ($one, $two) = $nodes->all;
    my ($near, $far) = map { $_->connect } $one, $two;
    my @old = $one->workers;
    my ($path) = glob $one->state_dir . '/conns.??????';
    my ($number) = $path =~ /(......)$/;

    open my $file, '+<', $path or die "$path: $!\n";

    my $lock = sub {
        fcntl $file, F_SETLK, pack 's s x4 q q l x4', $_[0], 0,
                              (hex($number) << 20) + 1, 63, 0
            or die "fcntl: $!\n";
    };

    $lock->(F_WRLCK);
    kill HUP => $one->{master};
    $one->wait_shutting(@old);
    wait_until(sub { $one->log =~ /worker slots of zone "conns" are taken/ });
    is($nodes->told($one)->{state}, 'off', 'it has no slot in its zone');

    $lock->(F_UNLCK);
    $near->drop;
    $one->wait_end(@old);

    my $client = $one->connect;
    my %statuses;

    ok(eval { wait_until(sub {
        my $status = $two->push($client->header('X-Id'), 'x')->status;

        $statuses{$status}++;
        return $status == 200;
    }, 8) }, 'others reach its clients');
    is($statuses{410}, undef, 'which never are gone');
    is($one->push($far->header('X-Id'), 'x')->status, 200,
       'and it those of others');
    $nodes->end;
};

# An answer has the time of the turn in which it is written.

subtest 'many questions end at once, but not in one turn' => sub {
    my $two = Wsgw::Two->new(workers => 1,
        management => 'public; add_header X-At $msec always');
    my $id = $two->id =~ s/=/%3D/r;

    is($two->pushed, 200, 'it works');

    my @asked = map { Wsgw::Stream->connect('127.0.0.1', $two->other->{port}) }
                1 .. 400;

    $two->proxies(hold => 'down');

    $_->write("POST /ws/\@connections/$id HTTP/1.1\r\nHost: x\r\n"
              . "Content-Length: 1\r\n\r\nx") for @asked;

    ok(eval { wait_until(sub {
        $two->nodes->told($two->other)->{in_flight} == @asked;
    }) }, 'all are out');

    # some of those who ask leave, before it ends

    splice @asked, 0, 20;

    my (%statuses, %turns);
    my $deadline = time + 15;

    for my $stream (@asked) {
        my $answer = Wsgw::HTTP->response($stream, $deadline, 'POST') or last;

        $statuses{ $answer->status }++;
        $turns{ $answer->header('X-At') }++;
    }

    my ($most) = sort { $b <=> $a } values %turns;

    is_deeply(\%statuses, { 503 => 380 }, 'each of the others is answered');
    cmp_ok($most, '<', 300, 'others have their turn in between');
    note "$most in one turn";

    $two->proxies('pass');
    $two->works('afterwards');
    is($two->nodes->told($two->other)->{in_flight}, 0, 'nothing is out');
    is($two->nodes->complaints, '', 'nobody complains');
    $two->nodes->end;
};

# Those who wait for a node's line go on when it has been read. The debug log tells
# of each turn.

subtest 'many questions are asked, but not in one turn' => sub {
    my $two = Wsgw::Two->new(workers => 1);
    my $other = $two->other;
    my $log = "$other->{root}/debug.log";
    my $id = $two->id =~ s/=/%3D/r;

    my @old = $other->workers;

    $other->configure(more => "error_log $log debug;");
    kill HUP => $other->{master};
    $other->wait_shutting(@old);
    $two->nodes->joined;

    my @asked = map { Wsgw::Stream->connect('127.0.0.1', $other->{port}) }
                1 .. 300;

    $two->{proxies}[1]->delay(300);
    $_->write("POST /ws/\@connections/$id HTTP/1.1\r\nHost: x\r\n"
              . "Content-Length: 1\r\n\r\nx") for @asked;

    my $deadline = time + 8;
    my %statuses;

    $statuses{ (Wsgw::HTTP->response($_, $deadline, 'POST') or last)->status }++
        for @asked;
    is_deeply(\%statuses, { 200 => 300 }, 'each is answered');

    open my $file, '<', $log or die "$log: $!\n";

    my ($all, $most, $n) = (0, 0, 0);

    while (<$file>) {
        $n = 0 if /worker cycle$/;
        $all++, $n++ if /wsgw push node:/;
        $most = $n if $n > $most;
    }

    is($all, 300, 'all were asked');
    cmp_ok($most, '<', 150, 'others have their turn in between');
    note "$most in one turn";
    is($two->nodes->complaints, '', 'nobody complains');
    $two->nodes->end;
};

subtest '10: the node is gone, and its link with it' => sub {
    my $left = $two->id;

    $two->{proxies}[0]->hold('both');
    kill KILL => $one->{master}, $one->children($one->{master});

    my $t0 = time;

    is($other->push($left, 'x')->status, 503, 'not reached');
    cmp_ok(time - $t0, '<', 8, 'which takes one timeout at most');

    ok(eval { wait_until(sub {
        $t0 = time;
        return $other->push($left, 'x')->header('X-Result') eq 'suspect';
    }, 16) }, 'suspected');

    my @took = sort { $a <=> $b } map {
        $t0 = time;
        $other->push($left, 'x');
        time - $t0;
    } 1 .. 20;

    cmp_ok($took[10], '<', 0.1, '503 at once from then on');
    note sprintf '503 within %.1f ms', $took[10] * 1000;
};

is($nodes->complaints, '', 'nobody complains');

done_testing();
