#!/usr/bin/perl

# What a Redis can be, and become: one that answers each command with each
# error; a primary that is a replica, with its connections kept; one whose user
# may use no channels. WSGW_ALL=1 tries each answer to each command.

use strict;
use warnings;

use lib 't/lib';

use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Across;
use Wsgw::Datastore;
use Wsgw::Nodes;
use Wsgw::Port;
use Wsgw::Pretender;
use Wsgw::Wait;

# else one in so many of them

my $every = $ENV{WSGW_ALL} ? 1 : 13;

subtest '5: LOADING and other answers, to each command' => sub {
    my $pretender = Wsgw::Pretender->new;
    my $nodes = Wsgw::Nodes->new(urls => [$pretender->url], workers => 1);

    $nodes->start->joined;

    my ($node) = $nodes->all;
    my $c = $node->connect;
    my $id = $c->header('X-Id');
    my $descriptors = $nodes->descriptors;

    my @commands = qw( HELLO SUBSCRIBE PUBLISH MULTI HGET HSET ZSCORE EXEC
                       HGETALL );
    my @answers = (
        "-LOADING Redis is loading the dataset in memory\r\n",
        "-READONLY You can't write against a read only replica.\r\n",
        "-MASTERDOWN Link with MASTER is down\r\n",
        "-CLUSTERDOWN The cluster is down\r\n",
        "-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
        "-ASK 14028 127.0.0.1:1\r\n", "-MOVED 14028 127.0.0.1:1\r\n",
        "-MOVED nowhere\r\n", "-MOVED 99999999999 :::::\r\n", "-MOVED\r\n",
        "-NOREPLICAS Not enough good replicas to write.\r\n",
        "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
        "-NOAUTH Authentication required.\r\n",
        "-NOPERM this user has no permissions to run this\r\n",
        "-WRONGPASS invalid username-password pair\r\n",
        "-EXECABORT Transaction discarded because of previous errors.\r\n",
        "-ERR unknown command\r\n", "-\r\n", "-ERR \0\x1b[31m\xff\r\n",
        'HANGUP', 'SILENCE', "nonsense\r\n", ":1\r\n", ":-1\r\n", "+OK\r\n",
        "\$-1\r\n", "*-1\r\n", "*0\r\n", "*1\r\n*1\r\n*1\r\n:1\r\n",
        "\$3\r\nabc\r\n", "*2\r\n\$1\r\na\r\n:7\r\n", "_\r\n", "%1\r\n+a\r\n+b\r\n",
        "*1\r\n" x 10_000, "*2147483647\r\n", "\$2147483647\r\n",
        "*-2\r\n", "\$-2\r\n", ":99999999999999999999999\r\n",
    );

    my $foreign = $id =~ s/^..../K83v/r;
    my ($n, $bad, $gone) = (0, 0, 0);

    for my $i (0 .. $#answers) {
        for my $j (0 .. $#commands) {
            next if ($i + $j) % $every;

            my $asked = sub {
                $pretender->asked =~ /\b$commands[$j]:(\d+)/ ? $1 : 0;
            };
            my $before = $asked->();

            $n++;
            $pretender->says($commands[$j], $answers[$i]);
            $pretender->drop;

            eval { wait_until(sub { $asked->() > $before }, 7) }
                or diag "$commands[$j] was not asked";

            # the node is there, and so is its client; of what others have
            # nobody knows

            $bad++ unless $node->push($id, "n$n")->status == 200
                          && $c->recv eq "n$n";
            $gone++ if $node->push($foreign, 'x')->status != 503;

            $pretender->says($commands[$j]);
            $nodes->ready or diag "$commands[$j], $answers[$i]: not ready";
        }
    }

    is($bad, 0, "its own client was reached at each of $n answers");
    is($gone, 0, "and another node's was not known");
    ok($nodes->ready(12), 'and it is ready again');
    ok($nodes->keeps($descriptors), 'no descriptor is left over');
    is($nodes->complaints, '', 'nobody complains');
};

# One that is back is not found later for the others that are named beside it.

subtest 'between two rounds it waits, and not between two addresses' => sub {
    my $redis = Wsgw::Datastore->new->start;
    my @others = map { '127.0.0.1:' . Wsgw::Port::claim() } 1, 2;
    my $nodes = Wsgw::Nodes->new(
        urls => [[(map { "redis://$_" } @others), $redis->url]], workers => 1,
        more => '')->start->joined;
    my ($node) = $nodes->all;
    my $waits = sub {
        return map { $node->log =~ /"\Q$_\E" .* next try in (\d+) ms/mg } @_;
    };

    $redis->stop;
    ok(eval { wait_until(sub {
        grep { $_ > 800 } $waits->('127.0.0.1:' . $redis->port)
    }, 30) }, 'after some rounds it waits for long');

    my ($longest) = sort { $b <=> $a } $waits->(@others);

    cmp_ok($longest, '<=', 150, 'but not for that before the last address');
    $redis->start;
    ok($nodes->ready(6), 'and it is found');
    is($nodes->complaints, '', 'nobody complains');
};

# The others of a Redis Cluster send us to the dead until they agree on who takes its
# place, which may not be in our list.

subtest '7: sent to a server that is dead, and then to another one' => sub {
    my $pretender = Wsgw::Pretender->new;
    my $redis = Wsgw::Datastore->new;
    my $nodes = Wsgw::Nodes->new(urls => [$pretender->url], workers => 1);
    my $moved = sub {
        $pretender->says(SUBSCRIBE => "-MOVED 14028 127.0.0.1:$_[0]\r\n");
    };

    $moved->(Wsgw::Port::claim());
    $nodes->start;
    ok(eval { wait_until(sub {
        $pretender->asked =~ /\bSUBSCRIBE:(\d+)/ && $1 > 6;
    }, 15) }, 'it is tried again and again');

    $redis->start;
    $moved->($redis->port);
    ok($nodes->ready(8), 'the other one is found');
    is($nodes->complaints, '', 'nobody complains');
};

subtest '4, 8, 9: the primary is a replica, its connections stay' => sub {
    my @redis = map { Wsgw::Datastore->new->start } 1, 2;

    $redis[1]->cli('replicaof', '127.0.0.1', $redis[0]->port);

    my $nodes = Wsgw::Nodes->new(
        urls => [map { [map { $_->url } @redis] } 1, 2]);

    $nodes->start->joined;

    my ($one, $two) = $nodes->all;
    my $load = Wsgw::Across->new(listen => [$one], push => [$two],
                                 rate => 200);

    for my $turn (1 .. 2) {
        my ($old, $new) = $turn % 2 ? @redis : reverse @redis;

        $new->cli('replicaof', 'no', 'one');
        $old->cli('replicaof', '127.0.0.1', $new->port);

        my $t0 = time;

        ok(eval { wait_until(sub {
            my @told = map { $nodes->told_by_all($_) } $nodes->all;
            return !grep { $_->{state} ne 'ready'
                           || $_->{server} !~ /:@{[ $new->port ]}$/ } @told;
        }, 8) }, 'they are at the new primary');
        note sprintf 'after %.1f s', time - $t0;

        ok($load->resumes(2), 'and all works');
    }

    $load->stop;
    $load->whole([200, 503]);
    is($nodes->complaints, '', 'nobody complains');
};

subtest '14: a user without channels' => sub {
    my $redis = Wsgw::Datastore->new->start;

    $redis->cli(qw( acl setuser u on >p ~wsgw:* +@all resetchannels ));

    my $nodes = Wsgw::Nodes->new(
        urls => [$redis->url =~ s{//}{//u@}r], workers => 1,
        more => 'takeover=10s password_file=PASSWORD');
    my ($node) = $nodes->all;

    $node->write('password', "p\n");
    $node->{http} =~ s/PASSWORD/$node->{root}\/password/;
    chmod 0644, "$node->{root}/password";
    $nodes->start;

    ok(eval { wait_until(sub { $node->log =~ /may not use channel/ }, 6) },
       'the log says what is missing') or diag $node->log;

    my @told = $nodes->told_by_all($node);

    isnt($told[0]{state}, 'ready', 'and it is not ready');

    $redis->cli(qw( acl setuser u &wsgw:* ));
    ok($nodes->ready(8), 'which it is when the user may');

    # the rights that the docs list are enough

    $redis->cli(qw( acl setuser u resetkeys ~wsgw:* resetchannels &wsgw:* -@all
                    +hello +auth +ping +client|setname +multi +exec +hget +hset
                    +hmget +hsetnx +hdel +hgetall +hlen +hscan +zadd +zscore
                    +zremrangebyscore +get +set +publish +subscribe
                    +unsubscribe +spublish +ssubscribe +sunsubscribe +info ));
    $redis->cli(qw( client kill user u ));
    sleep 0.2;
    ok($nodes->ready(8), 'with the rights of the docs, too');

    # what is refused is said, and each of it once

    my $foreign = $node->connect->header('X-Id') =~ s/^..../K83v/r;

    for my $rights ([qw( -multi )], [qw( -exec )], [qw( -hget -zscore )],
                    [qw( -hgetall -hset )])
    {
        my $old = length $node->log;
        my $refused = sub {
            return substr($node->log, $old)
                   =~ /refuses a command: (.*?)(?:, |$)/mg;
        };

        $redis->cli(qw( acl setuser u +hget +hset +hgetall +zscore +multi +exec ),
                    @$rights);
        $redis->cli(qw( client kill user u ));
        ok(eval { wait_until($refused, 10) }, "@$rights: the log says it");
        $node->push($foreign, 'x') for 1 .. 10;
        sleep 2.5;      # a node asks again at each beat, a pair every 2 s

        my %times;

        $times{$_}++ for $refused->();
        is(join("\n", grep { $times{$_} > 1 } sort keys %times), '',
           "@$rights: and once");
    }

    $redis->cli(qw( acl setuser u +@all ));
    $redis->cli(qw( set wsgw:{conns}:dead x ));
    ok(eval { wait_until(sub {
        $node->log =~ /refuses a command: WRONGTYPE/;
    }, 6) }, 'a key of another kind');
    is($nodes->complaints, '', 'nobody complains');
};

done_testing();
