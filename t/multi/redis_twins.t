#!/usr/bin/perl

# A node and its copy, as of a virtual machine with its memory: both have drawn
# the same random numbers, so they have the same number, the same token, the same
# channel. Neither may answer for the other's connections: both notice it, say so
# and give the number up. A third node asks.

use strict;
use warnings;

use lib 't/lib';

use File::Temp qw( tempdir );
use Test::More;
use Time::HiRes qw( time );

use Wsgw::Datastore;
use Wsgw::Nodes;
use Wsgw::Wait;

# what all of them draw

my $dir = tempdir('wsgw-twins-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);

open my $file, '>', "$dir/same.c" or die "same.c: $!\n";
print $file <<'END';
#include <string.h>
#include <sys/types.h>

ssize_t
getrandom(void *buf, size_t size, unsigned flags)
{
    memset(buf, 0x5e, size);
    return size;
}
END
close $file;

system("cc -shared -fPIC -o $dir/same.so $dir/same.c") == 0
    or die "cc: no library\n";

my $redis = Wsgw::Datastore->new->start;
my $nodes = Wsgw::Nodes->new(urls => [($redis->url) x 3], workers => 1);
my ($one, $copy, $third) = $nodes->all;

sub start_same {
    my ($node) = @_;

    local $ENV{LD_PRELOAD} = join ':', $ENV{LD_PRELOAD} // (), "$dir/same.so";

    $node->start;
}

sub lines { return split /\n/, $redis->cli('hgetall', 'wsgw:{conns}:nodes') }

start_same($one);
$third->start;
$one->wait(sub { $nodes->told($one)->{node} eq 'registered' }, 'a node');
$third->wait(sub { $nodes->told($third)->{nodes} == 2 }, 'two nodes');

my $c = $one->connect;
my $id = $c->header('X-Id');
my $number = $nodes->told($one)->{number};

is($third->push($id, 'x')->status, 200, 'it is reached');
is($c->recv, 'x', 'by a message');

# the copy has a client as well, whose id begins with the same number

my $t0 = time;

start_same($copy);
is($nodes->told($copy)->{number}, $number, 'its copy has the same number');

my $other = $copy->connect;
my @ids = ($id, $other->header('X-Id'));

for my $node ($one, $copy) {
    ok(eval { $node->wait(sub {
        $node->log =~ /\[alert\].*another node has our number/;
    }, 'an alert') }, "$node->{name} has noticed it") or diag $node->log;

    is($nodes->told($node)->{node}, 'claimed', 'and gives the number up');
}

note sprintf 'both after %.1f s', time - $t0;
cmp_ok(time - $t0, '<', 6, 'within some beats');

# as soon as who asks has read the line anew, which is kept for five seconds: by
# then nobody listens, or the number does not beat any more

ok(eval { wait_until(sub {
    !grep { $third->push($_, 'x')->header('X-Result') !~ /^(?:nobody|suspect)$/ }
          @ids
}, 15) }, 'that number is nobody\'s any more');
is($third->push($_, 'x')->status, 503, 'which is 503') for @ids;

for my $pair ([$one, $c], [$copy, $other]) {
    my ($node, $client) = @$pair;

    1 while defined $client->recv(0.1);
    is($node->push($client->header('X-Id'), 'near')->status, 200,
       "$node->{name} reaches its own client");
    is($client->recv, 'near', 'which has the message');
}

# they leave nothing behind, and nobody is said to have ended

for my $node ($one, $copy) {
    my @all = ($node->{master}, $node->children($node->{master}));

    kill TERM => $all[0];
    $node->wait_end(@all);
}

ok(eval { wait_until(sub { !grep { $_ eq $number } lines() }, 8) },
   'the line goes with them');
is($third->push($_, 'x')->status, 503, 'their ids remain unknown') for @ids;

is($third->log =~ /^.*\[(?:alert|crit|emerg)\].*$/m ? $& : '', '',
   'the third one has nothing to say');

done_testing();
