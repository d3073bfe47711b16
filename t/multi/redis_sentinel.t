#!/usr/bin/perl

# A primary, two replicas and three Sentinels that watch them; wsgw knows the
# three servers only. The primary stands still, is replaced, and comes back as
# one that takes it for the primary still: for seconds there are two. Its
# connections stay all the while.

use strict;
use warnings;

use lib 't/lib';

use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Across;
use Wsgw::Datastore;
use Wsgw::Nodes;
use Wsgw::Wait;

my @redis = map { Wsgw::Datastore->new } 1 .. 3;
my @safe = ('min-replicas-to-write' => 1, 'min-replicas-max-lag' => 10);

$redis[0]->start(@safe);
$_->start(@safe, replicaof => '127.0.0.1 ' . $redis[0]->port) for @redis[1, 2];

my @sentinels = map { Wsgw::Datastore->new(sentinel => 1) } 1 .. 3;

$_->start(sentinel => [
    'monitor it 127.0.0.1 ' . $redis[0]->port . ' 2',
    'down-after-milliseconds it 1000',
    'failover-timeout it 5000',
]) for @sentinels;

sub primary {
    my ($said) = $sentinels[0]->cli(qw( sentinel get-master-addr-by-name it ))
                 =~ /^(\d+)$/m;
    my ($redis) = grep { $_->port == ($said // 0) } @redis;

    return $redis;
}

# what a failover needs: all of them know of each other

for my $sentinel (@sentinels) {
    wait_until(sub {
        my $said = $sentinel->cli(qw( sentinel master it ));

        return $said =~ /num-slaves\n2\n/
               && $said =~ /num-other-sentinels\n2\n/;
    }, 30, 'Sentinels that know of all');
}

my $nodes = Wsgw::Nodes->new(
    urls => [([map { $_->url } @redis]) x 2])->start->joined;
my ($one, $two) = $nodes->all;
my $own = $one->connect;

my $descriptors = $nodes->descriptors;
my $load = Wsgw::Across->new(listen => [$one], push => [$two], rate => 200);

for my $turn (1 .. 2) {
    my $old = primary();

    $load->mark;
    $old->signal('STOP');

    my $t0 = time;

    ok(eval { wait_until(sub { $load->mark->{503} }, 6) }, 'it stands still');
    is($one->push($own->header('X-Id'), 'near')->status, 200,
       "one's own client is reached");
    is($own->recv, 'near', 'by the message');

    ok(eval { wait_until(sub { primary() != $old }, 30) }, 'it is replaced');

    my $replaced = time;

    ok($load->resumes, 'all works within six seconds of that');
    note sprintf 'replaced after %.1f s, works %.1f s later',
                 $replaced - $t0, time - $replaced;

    # who happens to try it first takes it for the primary, and leaves it when
    # Sentinel has told it what it is

    $old->signal('CONT');
    ok(eval { wait_until(sub {
        $old->cli(qw( info replication )) =~ /role:slave/;
    }, 40) }, 'it comes back, and is a replica');

    $t0 = time;
    ok($load->resumes, 'all works within six seconds of that');
    note sprintf 'works after %.1f s', time - $t0;
}

$load->stop;
$load->whole([200, 503]);
$nodes->joined;

my $port = primary()->port;

is(join(' ', grep { $_ !~ /:$port$/ }
             map { $_->{server} } map { $nodes->told_by_all($_) } $nodes->all),
   '', 'all are at the primary');
ok($nodes->keeps($descriptors), 'no descriptor is left over');
is($nodes->complaints, '', 'nobody complains');

done_testing();
