#!/usr/bin/perl

# 9: Redis is a name, whose addresses change: what was the primary is a replica and
# keeps its connections, or is gone; or a name has several addresses, of which one
# is the primary's.

use strict;
use warnings;

use lib 't/lib';

use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Across;
use Wsgw::Datastore;
use Wsgw::Names;
use Wsgw::Nodes;
use Wsgw::Wait;

# one port, as a name's addresses have it

my @redis = Wsgw::Datastore->new->start;

push @redis, Wsgw::Datastore->new(host => '127.0.0.2', port => $redis[0]->port)
                            ->start;

$redis[1]->cli('replicaof', '127.0.0.1', $redis[0]->port);

my $names = Wsgw::Names->new;

$names->say('127.0.0.1');

my $nodes = Wsgw::Nodes->new(
    urls => [('redis://redis.test:' . $redis[0]->port) x 2],
    http => 'resolver 127.0.0.1:' . $names->port . ' ipv6=off;',
)->start->joined;

my ($one, $two) = $nodes->all;
my $descriptors = $nodes->descriptors;
my $load = Wsgw::Across->new(listen => [$one], push => [$two], rate => 200);

# All works, and is at that one.

sub works_at {
    my ($redis) = @_;

    my $t0 = time;

    ok(eval { wait_until(sub {
        my $clients = () = $redis->cli(qw( client list type pubsub ))
                           =~ /name=wsgw-/g;
        return $clients == 4;
    }, 8) }, 'all workers are there');
    ok($load->resumes, 'and all works');
    note sprintf 'after %.1f s', time - $t0;
}

subtest 'demoted, with its connections kept' => sub {
    for my $turn (1, 2) {
        my ($old, $new) = $turn == 1 ? @redis : reverse @redis;

        $new->cli(qw( replicaof no one ));
        $old->cli('replicaof', $new->host, $new->port);
        $names->say($new->host);
        works_at($new);
    }
};

subtest 'gone, and the name has another address' => sub {
    $redis[1]->cli(qw( replicaof no one ));
    $redis[0]->stop;
    sleep 1;
    $names->say($redis[1]->host);
    works_at($redis[1]);
};

subtest 'all addresses are tried' => sub {
    $redis[0]->start(replicaof => $redis[1]->host . ' ' . $redis[1]->port);
    $names->say(map { $_->host } @redis);
    $redis[1]->cli(qw( client kill type pubsub ));
    works_at($redis[1]);
};

subtest 'no answer for a while' => sub {
    $names->say;
    $redis[1]->cli(qw( client kill type pubsub ));
    ok(eval { wait_until(sub { $load->mark->{503} }, 6) }, 'it is missed');
    sleep 2;
    $names->say($redis[1]->host);
    works_at($redis[1]);
};

# What a name stood for when we came is not what it stands for when we have to go:
# by then the other address may be anybody's.

my ($others, $new) = map {
    Wsgw::Datastore->new(host => $_, port => $redis[0]->port)
} '127.0.0.3', '127.0.0.4';

subtest 'addresses that were not tried are forgotten' => sub {
    # what nginx has read is good for a second, and for what is left of the next

    $names->say($redis[1]->host, $others->host);
    sleep 2;
    $redis[1]->cli(qw( client kill type pubsub ));
    works_at($redis[1]);

    $_->start for $others, $new;
    $names->say($new->host);
    sleep 2;
    $redis[1]->stop;
    works_at($new);
    unlike($others->cli(qw( client list )), qr/name=wsgw-/, 'and not elsewhere');
};

$load->stop;
$load->whole([200, 503]);
ok($nodes->keeps($descriptors), 'no descriptor is left over');
is($nodes->complaints, '', 'nobody complains');

done_testing();
