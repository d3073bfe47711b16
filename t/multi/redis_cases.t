#!/usr/bin/perl

# What users of other gateways over Redis have suffered, each by its name: two
# nodes, a Redis, and a proxy before each node. Those that workers have a part in
# are in redis_workers.t, those of another Redis in redis_kinds.t.

use strict;
use warnings;

use lib 't/lib';

use IO::Socket::INET ();
use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Datastore;
use Wsgw::Two;
use Wsgw::Wait;

my $two = Wsgw::Two->new(redis => {
    'client-output-buffer-limit' => 'pubsub 1mb 256kb 5' });

my $nodes = $two->nodes;
my $one = $two->one;

subtest '1: the first dial after a failover is refused' => sub {
    for (1 .. 2) {
        my $next = Wsgw::Datastore->new->start;
        my %old = map { $_ => length $_->log } $nodes->all;

        $two->proxies('refuse');
        $two->redis->stop;
        is($two->pushed, 503, 'the master is dead');
        wait_until(sub {
            !grep { substr($_->log, $old{$_}) !~ /lost: cannot connect/ }
                  $nodes->all;
        }, 10, 'a dial that is refused');
        $two->move($next);
        $two->proxies('accept');
        $two->works('elsewhere');
    }
};

subtest '2: reconnected, but not subscribed' => sub {
    $two->redis->cli(qw( client kill type pubsub ));
    $two->works('killed');
    $two->proxies(cut => 'sub');
    $two->works('cut');
};

subtest '6: the subscriber is over its output buffer' => sub {
    $nodes->joined;

    my $number = $two->number_of($one);

    $one->freeze($one->workers);

    my @channels = grep { /\Q$number\E/ }
                   split /\n/, $two->redis->cli(qw( pubsub channels wsgw:* ));

    is(scalar @channels, 2, 'both workers listen');

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $two->redis->port) or die;
    my $flood = 'x' x 500_000;

    for my $channel (@channels) {
        print $socket sprintf "*3\r\n\$7\r\nPUBLISH\r\n\$%d\r\n%s\r\n"
                              . "\$%d\r\n%s\r\n", length $channel, $channel,
                              length $flood, $flood for 1 .. 120;
    }

    ok(eval { wait_until(sub {
        $two->redis->cli('pubsub', 'channels', "wsgw:*$number*") !~ /\S/
    }, 10) }, 'Redis has closed it');

    kill CONT => $_ for $one->workers;
    $two->works('it goes on');
};

subtest 'a message that is larger than a zone' => sub {
    my $two = Wsgw::Two->new(workers => 1,
        http => 'client_max_body_size 20m; wsgw_max_message_size 18m;');
    my ($one, $other) = $two->nodes->all;

    for my $size (400_000, 1_200_000, 15_000_000) {
        my $body = 'x' x $size;

        is($other->push($two->id, $body)->status, 200, "$size bytes are sent");
        ok($two->client->recv eq $body, "$size bytes arrive");
    }

    is($other->push($two->id, 'x' x 17_000_000)->status, 413, 'more are too many');

    $two->works('after that');
    is($two->nodes->told($_)->{reconnects}, 0, "$_->{name} keeps its Redis")
        for $one, $other;
    is($two->nodes->complaints, '', 'nobody complains');
    $two->nodes->end;
};

subtest '11: versions that do not know each other' => sub {
    $nodes->joined;

    my $number = $two->number_of($one);
    my $nodes_key = 'wsgw:{conns}:nodes';

    # other verbs, tags, versions, and nonsense, to each of its workers

    my $known = 'WG' . pack 'CCvvVV', 2, 1, 0, 0, 16, 0;
    my ($before) = map { $_->{dropped} } $nodes->told($one);

    for my $message ($known =~ s/^(..)./$1\x03/r, $known =~ s/^(...)./$1\x63/r,
                     'nonsense', '', 'WG' . pack('CCvvVV', 2, 1, 0, 0, 1e9, 9),
                     'WG' . pack('CCvvVVvV', 2, 99, 0, 0, 22, 1, 999, 0))
    {
        $two->redis->cli('publish', "wsgw:{conns}:$number:$_", $message)
            for 0, 1;
    }

    is($two->pushed, 200, 'what it does not know does it no harm');
    ok(eval { wait_until(sub {
        ($nodes->told($one))->{dropped} > $before
    }) }, 'and is counted');

    # a node of a version that is to come: "K83v" is 2bcdef

    $two->redis->cli('hset', $nodes_key, '2bcdef', '2 whatever this is');
    is($two->other->push($two->id =~ s/^..../K83v/r, 'x')->status, 503,
       'another version is 503');
    $two->redis->cli('hdel', $nodes_key, '2bcdef');
};

subtest '13: cut again and again' => sub {
    my $load = $two->load(rate => 300);
    my $end = time + 3;

    while (time < $end) {
        sleep 0.2 + rand 0.4;
        $two->{proxies}[rand 2]->cut((qw( all sub cmd ))[rand 3]);
    }

    $load->stop;
    $load->whole([200, 503]);
};

subtest 'Redis takes no writes, but messages' => sub {
    $nodes->joined;

    # neither beats, so nobody seems dead to the other

    my @old = map { -s "$_->{root}/error.log" } $nodes->all;
    my $load = $two->load(rate => 100);

    for my $setting (['min-replicas-to-write', 1, 0], ['maxmemory', 1, 0]) {
        my ($name, @values) = @$setting;

        $two->redis->cli(qw( config set ), $name, $values[0]);
        sleep 5;
        $two->redis->cli(qw( config set ), $name, $values[1]);
        $nodes->joined;
    }

    $load->stop;
    $load->whole([200]);

    for my $node ($nodes->all) {
        my $log = substr $node->log, shift @old;
        my @lines = $log =~ /refuses a command: (\w+)/g;

        cmp_ok(scalar @lines, '<=', 4, "it is said by each worker once: @lines");
    }
};

subtest '15: all reconnect at once' => sub {
    $nodes->joined;

    my $descriptors = $nodes->descriptors;

    for (1 .. 3) {
        $two->redis->stop;
        sleep 0.1;
        $two->redis->start;
        $two->works('restarted');
    }

    $nodes->joined;
    ok($nodes->keeps($descriptors), 'no descriptor is left over');
};

subtest 'FLUSHALL, and an eviction' => sub {
    for my $command ([qw( flushall )], ['del', 'wsgw:{conns}:nodes']) {
        my $found = ($two->line_of($one))[1];

        $two->redis->cli(@$command);

        my %statuses = map { $two->pushed => 1 } 1 .. 20;

        delete @statuses{200, 503};
        is(join(' ', %statuses), '', 'nothing is gone');
        ok(eval { wait_until(sub { (($two->line_of($one))[1] // '') eq $found }, 4) },
           'the line is back within a beat');
        $two->works("@$command");
    }

    # who has looked for it in vain looks again

    $nodes->joined;
    $one->freeze($one->workers);
    $two->redis->cli('flushall');
    $two->{proxies}[1]->cut;
    wait_until(sub {
        !grep { $_->{state} ne 'ready' } $nodes->told_by_all($two->other);
    });
    is($two->pushed, 503, 'no line') for 1 .. 20;
    kill CONT => $_ for $one->workers;
    $two->works('a line again', 2.5);
};

is($nodes->complaints, '', 'nobody complains');

done_testing();
