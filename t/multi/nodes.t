#!/usr/bin/perl

# Two nodes and a Redis: a push gets to a connection of the other node, once and
# in order; what becomes of it when Redis is away, slow or empty, and when the
# other node's workers, or all of it, end.

use strict;
use warnings;

use lib 't/lib';

use JSON::PP qw( decode_json );
use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Datastore;
use Wsgw::HTTP;
use Wsgw::Nginx;

my $redis = Wsgw::Datastore->new->start;

my @nodes = map {
    Wsgw::Nginx->new(
        name => $_, drain => '24h quit=1s',
        http => "wsgw_redis conns @{[ $redis->url ]} name=$_ takeover=10s;",
        server => 'location = /cluster { return 200 $wsgw_cluster; }'
                  . ' location = /status { wsgw_status; }')
} qw( one two );

sub cluster {
    my ($node) = @_;

    return decode_json(Wsgw::HTTP->request('127.0.0.1', $node->{port}, 'GET',
                                           '/cluster')->body);
}

# Until both workers of each node are told of by its line.

sub lines { return {split /\n/, $redis->cli('hgetall', 'wsgw:{conns}:nodes')} }

sub workers_of {
    my ($node) = @_;

    my ($line) = grep { / $node->{name} / } values %{ lines() };

    return '' unless defined $line;

    return sprintf '%b', hex((split ' ', $line)[3]);
}

sub wait_joined {
    my (@all) = @_;

    for my $node (@all) {
        $node->wait(sub { workers_of($node) =~ tr/1// >= 2 },
                    "node $node->{name}");
    }
}

$_->start for @nodes;
wait_joined(@nodes);

my ($one, $two) = @nodes;

my %lines = %{ lines() };

is(scalar keys %lines, 2, 'two nodes');
like($_, qr/^1 [0-9a-f]{16} \d+ 3 (?:one|two) \d+\.\d+\.\d+$/, "a line $_")
    for values %lines;

$one->wait(sub { cluster($one)->{nodes} == 2 }, 'two nodes');

my $cluster = cluster($one);

is($cluster->{node}, 'registered', 'the node is registered');
is($cluster->{state}, 'ready', 'the pair is ready');
ok(exists $lines{ $cluster->{number} }, 'its number is in Redis');

# a node that has ended long ago had the same number: one was drawn again

$redis->cli('zadd', 'wsgw:{conns}:dead', 1, $cluster->{number});

# what was issued before is of the node's own cover, and works as well

my $c = $one->connect;
my ($id) = $one->wait_ids(CONNECT => 1);

sub pushed {
    my ($method, $body) = @_;

    my $answer = $two->manage($method, $id, $body);

    return join ' ', $answer->status, $answer->header('X-Via') // '-',
                     $answer->header('X-Result') // '-';
}

is(pushed(POST => 'across'), '200 node sent', 'POST crosses');
is($c->recv, 'across', 'and arrives');

my $described = $two->manage(GET => $id);
is($described->status, 200, 'GET crosses');
is(decode_json($described->body)->{identity}{sourceIp}, '127.0.0.1',
   'with what was asked for');

# every size, those of a fragmented message among them

for my $size (0, 1, 125, 126, 65_535, 65_536, 100_000) {
    my $body = join '', map { chr 97 + $_ % 26 } 1 .. $size;

    is(pushed(POST => $body), '200 node sent', "$size bytes cross");
    is($c->recv, $body, "$size bytes arrive");
}

is(pushed(POST => 'x' x 200_000), '413 - too_large', 'too large is 413');
is(pushed(POST => "\xff\x00"), '200 node sent', 'binary crosses');
$c->recv;
ok($c->is_binary, 'as binary');

# in order, none lost or doubled

my $n = 500;

is(join(' ', grep { $_ ne '200 node sent' }
             map { pushed(POST => $_) } 1 .. $n), '', "$n pushes are sent");
is(join(' ', map { $c->recv } 1 .. $n), join(' ', 1 .. $n),
   'and arrive in order');

is(cluster($one)->{node}, 'registered', 'its number is its own');

# Ends a node and leaves the other one alone.

sub end_of {
    my ($node, $signal) = @_;

    my @all = ($node->{master}, $node->children($node->{master}));

    kill $signal => $_ for $signal eq 'KILL' ? @all : $all[0];
    $node->wait_end(@all);
    unlink "$node->{root}/nginx.pid";
}

# who is where

my $unknown = $id =~ s/^..../AAAA/r;

is($two->manage(POST => $unknown, 'x')->status, 503,
   'a number that nobody knows is 503');
like($one->push($id, 'near')->header('X-Via'), qr/^(?:here|worker)$/,
     "the owner's own is no node's");
$c->recv;

my $secret = substr($id, 0, 8) . ('A' x 6) . 'E=';
is($two->manage(POST => $secret, 'x')->status, 410,
   'a secret that is wrong is 410');

# Redis is away: at once 503, and the local traffic goes on

sub until_pushed {
    my ($what, $limit) = @_;

    my $since = time;
    my $got = '';

    $two->wait(sub { ($got = pushed(POST => 'back')) =~ /^200/ }, $what,
               $limit);

    # what Redis had before may still come

    my $message = 'x';
    $message = $c->recv // last while $message eq 'x';
    is($message, 'back', "$what: a push arrives");

    note(sprintf '%s: %.1f s', $what, time - $since);
}

$redis->stop;
$two->wait(sub { pushed(POST => 'x') =~ /^503/ }, '503');

my $since = time;
is(pushed(POST => 'x'), '503 node unavailable', 'without Redis: 503');
cmp_ok(time - $since, '<', 1.5, 'at once');
is($one->push($id, 'local')->status, 200, 'a local push works');
is($c->recv, 'local', 'and arrives');

my $own = $one->connect;
is($own->status, 101, 'clients are let in');

$one->wait(sub { cluster($one)->{node} eq 'cut' }, 'it knows that it is cut');

$redis->start;
until_pushed('restarted empty', 12);
wait_joined(@nodes);

# Redis stalls

$redis->signal('STOP');
$since = time;
like(pushed(POST => 'x'), qr/^503 /, 'a Redis that stands still: 503');
cmp_ok(time - $since, '<', 4.5, 'within two seconds');

$redis->signal('CONT');
until_pushed('after a stall', 12);

# FLUSHALL

$redis->cli('flushall');
wait_joined(@nodes);
until_pushed('after FLUSHALL', 12);

# connections are cut one by one

for my $type (qw( pubsub normal )) {
    $redis->cli('client', 'kill', 'type', $type);
    until_pushed("after CLIENT KILL TYPE $type", 12);
}

# it becomes a replica, with its sockets kept

my $other = Wsgw::Datastore->new->start;

$redis->cli('replicaof', '127.0.0.1', $other->port);
$two->wait(sub { pushed(POST => 'back') =~ /^503/ }, 'a replica: 503', 6);
1 while defined $c->recv(0.3);
$redis->cli('replicaof', 'no', 'one');
until_pushed('a primary again', 12);
$other->stop;

# a worker of the owner is killed, which does not hold the connection

my ($holder) = map { $_->header('X-Worker') }
    grep { $_->header('X-Via') eq 'here' }
    map { $one->push($id, 'who') } 1 .. 50;
$c->recv for 1 .. 50;

my ($victim) = grep { $_ != $holder } $one->workers;

kill KILL => $victim;
$since = time;
until_pushed('a worker was killed', 12);
cmp_ok(time - $since, '<', 8, 'others are asked');
wait_joined($one);

# a reload: what is asked for meanwhile is answered; what was answered by 503
# before may have been delivered

1 while defined $c->recv(0.3);

kill HUP => $one->{master};

my @bad;

for (1 .. 300) {
    my $got = pushed(POST => "r$_");
    push @bad, "$_ $got" if $got !~ /^200/;
    sleep 0.01;
}

is("@bad", '', 'a reload: no push is refused');
@bad = grep { ($c->recv // '') ne "r$_" } 1 .. 300;
is("@bad", '', 'all of them arrive, once, in order');

# DELETE, and what comes after it

is(pushed('DELETE'), '204 node closed', 'DELETE crosses');
is(pushed(POST => 'x'), '410 node gone', 'then it is gone');

# what is counted

sub series {
    my ($node, $name) = @_;

    my $page = Wsgw::HTTP->request('127.0.0.1', $node->{port}, 'GET',
                                   '/status?format=prometheus')->body;
    my ($value) = $page =~ /^wsgw_\Q$name\E (\S+)$/m;

    return $value // 'none';
}

is(series($two, 'redis_up{zone="conns"}'), 1, 'Redis is up');
is(series($two, 'nodes{zone="conns",state="beating"}'), 2, 'two nodes beat');
cmp_ok(series($two, 'redis_questions_total{zone="conns",result="answered"}'),
       '>', 500, 'pushes to other nodes are counted');
cmp_ok(series($one, 'redis_questions_total{zone="conns",result="served"}'),
       '>', 500, 'and those of others');
cmp_ok(series($two, 'redis_reconnects_total{zone="conns"}'), '>=', 4,
       'and what was lost');

# the node ends, and says so

$_->drop for $c, $own;
$one->wait(sub { $one->workers == 2 }, 'the end of old workers');
wait_joined($one);

$c = $one->connect;
my @all = $one->wait_ids(CONNECT => 3);

end_of($one, 'TERM');
$two->wait(sub { keys %{ lines() } == 1 }, 'a line that is gone', 20);

ok(!grep(!/^410/, map { $id = $_; pushed(POST => 'x') } @all),
   'ids of a node that has ended are gone');

# A client of a new node.

my %before = map { $_ => 1 } @all;

sub come {
    $c = $one->connect;
    $one->wait(sub { ($id) = grep { !$before{$_} } $one->ids('CONNECT') },
               'an id');
    $before{$id} = 1;
    is(pushed(POST => 'new'), '200 node sent', 'a new node');
}

# it ends while clients are there, which nginx waits for no longer than that

$one->start(more => 'worker_shutdown_timeout 1s;', drain => '24h quit=24h');
wait_joined($one);
come();
end_of($one, 'QUIT');
is(pushed(POST => 'x'), '410 node gone', 'a client that was there is gone');
is(scalar keys %{ lines() }, 1, 'and so is the line');

# it is killed: nobody can know, and soon nobody asks

$one->start(more => '', drain => '24h quit=1s');
wait_joined($one);
come();

end_of($one, 'KILL');
like(pushed(POST => 'x'), qr/^503 node (?:nobody|timeout)/,
     'a node that was killed: 503');

# each of its workers finds that out for itself, in its own time; 16 requests in
# a row may be of one of them

my $row = 0;

$two->wait(sub {
    my $from = time;
    my $got = pushed(POST => 'x');

    $row = $got eq '503 node suspect' && time - $from < 0.5 ? $row + 1 : 0;

    return $row == 20;
}, 'a suspect', 30);

pass('then nobody is asked, and it is said at once');

$two->wait(sub { cluster($two)->{suspects} == 1 }, 'a suspect is counted');
is(cluster($two)->{in_flight}, 0, 'nothing is in flight');

$two->stop('QUIT');

# the alerts are the master's, of those that were killed

is(join('', grep { !/exited on signal 9/ }
            $_->log =~ /^.*(?:\[alert\]|\[emerg\]|Sanitizer|runtime error:).*$/mg),
   '', 'a clean log') for @nodes;

done_testing();
