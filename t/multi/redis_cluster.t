#!/usr/bin/perl

# 7: a Redis Cluster of three primaries, one of which has a replica. The slot of
# our zone moves from one to another, with its connections kept; then the one that
# has it is killed and its replica takes its place.

use strict;
use warnings;

use lib 't/lib';

use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Across;
use Wsgw::Datastore;
use Wsgw::Nodes;
use Wsgw::Port;
use Wsgw::Wait;

my @redis = map {
    my $bus = Wsgw::Port::claim();

    Wsgw::Datastore->new(bus => $bus)->start(
        'cluster-enabled' => 'yes', 'cluster-port' => $bus,
        'cluster-node-timeout' => 1000, 'repl-diskless-sync-delay' => 0)
} 1 .. 4;

sub id { my $id = $_[0]->cli(qw( cluster myid )); chomp $id; return $id }

# who has the slot of our keys, as somebody knows

my ($slot) = $redis[0]->cli(qw( cluster keyslot wsgw:{conns}:nodes )) =~ /(\d+)/;

sub owner {
    my ($asked) = @_;

    for my $line (split /\n/, $asked->cli(qw( cluster nodes ))) {
        my ($id, $where, $flags, @words) = split ' ', $line;

        next if $flags !~ /master/ || $flags =~ /fail/;

        for (grep { /^(\d+)(?:-(\d+))?$/ } @words[5 .. $#words]) {
            my ($first, $last) = split /-/;

            next if $slot < $first || $slot > ($last // $first);

            my ($redis) = grep { $where =~ /:@{[ $_->port ]}@/ } @redis;

            return $redis;
        }
    }

    return;
}

$redis[0]->cli('cluster', 'meet', '127.0.0.1', $_->port, $_->{bus})
    for @redis[1 .. 3];
$redis[0]->cli(qw( cluster addslotsrange 0 5460 ));
$redis[1]->cli(qw( cluster addslotsrange 5461 10922 ));
$redis[2]->cli(qw( cluster addslotsrange 10923 16383 ));

for my $redis (@redis) {
    wait_until(sub {
        (() = $redis->cli(qw( cluster nodes )) =~ /connected/g) == 4
            && owner($redis)
    }, 30, 'a cluster');
}

my $old = owner($redis[0]);
my ($new) = grep { $_ != $old } @redis[0 .. 2];

wait_until(sub {
    $redis[3]->cli('cluster', 'replicate', id($new)) =~ /OK/
}, 10, 'a replica');

# one that has not caught up yet would not take its primary's place

wait_until(sub {
    $redis[3]->cli(qw( info replication )) =~ /master_link_status:up/
}, 30, 'the replica');

for my $redis (@redis) {
    wait_until(sub {
        $redis->cli(qw( cluster info )) =~ /cluster_state:ok/
            && $redis->cli(qw( cluster nodes )) =~ /slave @{[ id($new) ]}/
    }, 30, 'a cluster with a replica');
}

my $nodes = Wsgw::Nodes->new(
    urls => [([map { $_->url } @redis]) x 2])->start->joined;
my ($one, $two) = $nodes->all;

sub at {
    my ($redis) = @_;

    my $port = $redis->port;

    return !grep { $_->{server} !~ /:$port$/ || $_->{state} ne 'ready' }
                 map { $nodes->told_by_all($_) } $nodes->all;
}

ok(at($old), 'all workers are where the slot is');

my $descriptors = $nodes->descriptors;
my $load = Wsgw::Across->new(listen => [$one], push => [$two], rate => 200);

subtest 'the slot moves' => sub {
    my ($from, $to) = (id($old), id($new));

    $new->cli('cluster', 'setslot', $slot, 'importing', $from);
    $old->cli('cluster', 'setslot', $slot, 'migrating', $to);

    my @keys = split ' ', $old->cli('cluster', 'getkeysinslot', $slot, 100);

    cmp_ok(scalar @keys, '>', 0, 'with its keys');
    $old->cli('migrate', '127.0.0.1', $new->port, '', 0, 2000, 'keys', @keys);
    $_->cli('cluster', 'setslot', $slot, 'node', $to) for $new, $old;

    my $t0 = time;

    ok($load->resumes, 'all works within six seconds');
    ok(eval { wait_until(sub { at($new) }, 6) }, 'where the slot is now');
    note sprintf 'after %.1f s', time - $t0;
};

subtest 'who has it is killed' => sub {
    $load->mark;
    $new->stop;

    ok(eval { wait_until(sub { $load->mark->{503} }, 6) }, 'it is missed');
    ok(eval { wait_until(sub {
        (owner($redis[3]) // 0) == $redis[3]
            && $redis[3]->cli(qw( cluster info )) =~ /cluster_state:ok/
    }, 30) }, 'its replica takes its place');

    my $t0 = time;

    ok($load->resumes, 'all works within six seconds of that');
    ok(eval { wait_until(sub { at($redis[3]) }, 6) }, 'with the replica');
    note sprintf 'after %.1f s', time - $t0;
};

$load->stop;
$load->whole([200, 503]);
ok($nodes->keeps($descriptors), 'no descriptor is left over');
is($nodes->complaints, '', 'nobody complains');

done_testing();
