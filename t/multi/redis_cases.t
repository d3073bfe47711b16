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

use Wsgw::Across;
use Wsgw::Datastore;
use Wsgw::Nodes;
use Wsgw::Proxy;
use Wsgw::Wait;

my $redis = Wsgw::Datastore->new->start(
    'client-output-buffer-limit' => 'pubsub 1mb 256kb 5');

my @proxies = map { Wsgw::Proxy->new(to => $redis->port) } 1, 2;
my $nodes = Wsgw::Nodes->new(urls => [map { $_->url } @proxies]);

$nodes->start->joined;

my ($one, $two) = $nodes->all;

my $client = $one->connect;
my $id = $client->header('X-Id');
my $n = 0;

# A push to it through the other node, and its status.

sub pushed { return $two->push($id, 'push ' . ++$n)->status }

# Within so many seconds, or six, it works as if nothing had been.

sub works {
    my ($name, $seconds) = @_;

    my $t0 = time;
    my %others;

    my $ok = eval {
        wait_until(sub {
            my $status = pushed();
            return 1 if $status == 200;
            $others{$status}++;
            return 0;
        }, $seconds // 6);
    };

    ok($ok, "$name: it works again");
    is(join(' ', grep { $_ != 503 } keys %others), '',
       "$name: and was 503 until then");
    note sprintf '%s: after %.1f s', $name, time - $t0;
}

sub lines { return { split /\n/, $redis->cli('hgetall', 'wsgw:{conns}:nodes') } }

sub line_of {
    my ($node) = @_;

    my ($line) = grep { / $node->{name} / } values %{ lines() };

    return split ' ', $line // '';
}

subtest '1: the first dial after a failover is refused' => sub {
    for (1 .. 2) {
        my $next = Wsgw::Datastore->new->start;

        $_->refuse for @proxies;
        $redis->stop;
        is(pushed(), 503, 'the master is dead');
        sleep 0.5;
        $redis = $next;
        $_->to($redis->port), $_->accept for @proxies;
        works('elsewhere');
    }
};

subtest '2: reconnected, but not subscribed' => sub {
    $redis->cli(qw( client kill type pubsub ));
    works('killed');
    $_->cut('sub') for @proxies;
    works('cut');
};

subtest '6: the subscriber is over its output buffer' => sub {
    $nodes->joined;

    my ($worker) = $one->workers;
    my %lines = %{ lines() };
    my ($number) = grep { $lines{$_} =~ / one / } keys %lines;

    $one->freeze($one->workers);

    my @channels = grep { /\Q$number\E/ }
                   split /\n/, $redis->cli('pubsub', 'channels', 'wsgw:*');

    is(scalar @channels, 2, 'both workers listen');

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $redis->port) or die;
    my $flood = 'x' x 500_000;

    for my $channel (@channels) {
        print $socket sprintf "*3\r\n\$7\r\nPUBLISH\r\n\$%d\r\n%s\r\n"
                              . "\$%d\r\n%s\r\n", length $channel, $channel,
                              length $flood, $flood for 1 .. 120;
    }

    ok(eval { wait_until(sub {
        $redis->cli('pubsub', 'channels', "wsgw:*$number*") !~ /\S/
    }, 10) }, 'Redis has closed it');

    kill CONT => $_ for $one->workers;
    works('it goes on');
};

subtest '11: versions that do not know each other' => sub {
    $nodes->joined;

    my %lines = %{ lines() };
    my ($number) = grep { $lines{$_} =~ / one / } keys %lines;
    my $nodes_key = 'wsgw:{conns}:nodes';

    # other verbs, tags, versions, and nonsense, to each of its workers

    my $known = 'WG' . pack 'CCvvVV', 2, 1, 0, 0, 16, 0;
    my ($before) = map { $_->{dropped} } $nodes->told($one);

    for my $message ($known =~ s/^(..)./$1\3/r, $known =~ s/^(...)./$1\x63/r,
                     'nonsense', '', 'WG' . pack('CCvvVV', 2, 1, 0, 0, 1e9, 9),
                     'WG' . pack('CCvvVVvV', 2, 99, 0, 0, 22, 1, 999, 0))
    {
        $redis->cli('publish', "wsgw:{conns}:$number:$_", $message)
            for 0, 1;
    }

    is(pushed(), 200, 'what it does not know does it no harm');
    ok(eval { wait_until(sub {
        ($nodes->told($one))->{dropped} > $before
    }) }, 'and is counted');

    # a node of a version that is to come: "K83v" is 2bcdef

    $redis->cli('hset', $nodes_key, '2bcdef', '2 whatever this is');
    is($two->push($id =~ s/^..../K83v/r, 'x')->status, 503,
       'another version is 503');
    $redis->cli('hdel', $nodes_key, '2bcdef');
};

subtest '13: cut again and again' => sub {
    my $load = Wsgw::Across->new(listen => [$one], push => [$two],
                                 rate => 300);
    my $end = time + 3;

    while (time < $end) {
        sleep 0.2 + rand 0.4;
        $proxies[rand 2]->cut((qw( all sub cmd ))[rand 3]);
    }

    my $told = $load->stop;

    is(join(' ', grep { !/^(?:200|503)$/ } keys %{ $told->{statuses} }), '',
       'nothing but 200 and 503');
    is($told->{lost}, 0, '200 is a frame');
    is($told->{doubled}, 0, 'one frame');
    is($told->{unordered}, 0, 'in order');
    is_deeply($told->{ended}, {}, 'all clients are there');
    note explain $told->{statuses};
};

subtest '15: all reconnect at once' => sub {
    $nodes->joined;

    my $descriptors = $nodes->descriptors;

    for (1 .. 3) {
        $redis->stop;
        sleep 0.1;
        $redis->start;
        works('restarted');
    }

    $nodes->joined;
    ok($nodes->keeps($descriptors), 'no descriptor is left over');
};

subtest 'FLUSHALL, and an eviction' => sub {
    for my $command ([qw( flushall )], ['del', 'wsgw:{conns}:nodes']) {
        my $found = (line_of($one))[1];

        $redis->cli(@$command);

        my %statuses = map { pushed() => 1 } 1 .. 20;

        delete @statuses{200, 503};
        is(join(' ', %statuses), '', 'nothing is gone');
        ok(eval { wait_until(sub { ((line_of($one))[1] // '') eq $found }, 4) },
           'the line is back within a beat');
        works("@$command");
    }
};

is($nodes->complaints, '', 'nobody complains');

done_testing();
