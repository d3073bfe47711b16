#!/usr/bin/perl

# Two nodes of four workers on hosts of their own, network namespaces, and a
# Redis on a third one. Each node has a link for its clients and one to Redis,
# which is cut: nothing says so, as with a switch that has lost its power.

use strict;
use warnings;

use lib 't/lib';

use JSON::PP qw( decode_json );
use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Across;
use Wsgw::Datastore;
use Wsgw::Link;
use Wsgw::Nodes;
use Wsgw::Wait;

my $link = eval { Wsgw::Link->new(hosts => 2, links => 2) }
    or plan skip_all => "no links to other hosts: $@";

my $redis = Wsgw::Datastore->new->start(bind => '*', 'protected-mode' => 'no');

my $nodes = Wsgw::Nodes->new(
    link => $link, workers => 4, zone => 'zone=conns:4m',
    urls => [map { 'redis://' . $link->here($_, 1) . ':' . $redis->port }
             0, 1])->start->joined;

my ($one, $two) = $nodes->all;

sub load {
    return Wsgw::Across->new(listen => [$one], push => [$two], @_);
}

subtest 'POST, GET and DELETE' => sub {
    my $c = $one->connect;
    my $id = $c->header('X-Id');
    my $post = $two->push($id, 'across');

    is($post->status, 200, 'POST crosses');
    is($post->header('X-Via'), 'node', 'by way of Redis');
    is($c->recv, 'across', 'and arrives');

    my $get = $two->manage(GET => $id);

    is($get->status, 200, 'GET crosses');
    is(decode_json($get->body)->{identity}{sourceIp}, $link->here(0, 0),
       'and says where the client is');
    is($two->manage(DELETE => $id)->status, 204, 'DELETE crosses');
    is($c->recv, undef, 'and closes');
    is($two->push($id, 'x')->status, 410, 'what is gone then');
};

subtest 'in order' => sub {
    my $load = load(connections => 64, lanes => 32, count => 5000, rate => 0);

    $load->whole([200]);
    is($load->told->{statuses}{200}, 5000, 'all of them');
};

subtest 'a node is cut off from Redis' => sub {
    my $c = $one->connect;
    my $load = load(rate => 200);

    $link->cut(0, 1);
    ok(eval { wait_until(sub { $load->mark->{503} }, 6) }, 'it is missed');

    my $t0 = time;

    is($one->push($c->header('X-Id'), 'near')->status, 200,
       "its own client is reached");
    is($c->recv, 'near', 'by the message');
    cmp_ok(time - $t0, '<', 1.5, 'at once');
    is($one->connect->status, 101, 'and others are let in');

    $link->mend(0, 1);
    $t0 = time;
    ok($load->resumes, 'it is back');
    note sprintf 'after %.1f s', time - $t0;

    $load->stop;
    $load->whole([200, 503]);
};

subtest '10: it is killed behind a link that is cut' => sub {
    $nodes->joined;

    my $c = $one->connect;
    my $id = $c->header('X-Id');

    is($two->push($id, 'x')->status, 200, 'it is there');

    $link->cut(0, 1);
    kill KILL => $one->{master}, $one->children($one->{master});

    my $t0 = time;

    is($two->push($id, 'x')->status, 503, 'not reached');
    cmp_ok(time - $t0, '<', 8, 'which takes one timeout at most');

    # each of the workers finds that out for itself

    my $row = 0;

    ok(eval { wait_until(sub {
        my $result = $two->push($id, 'x')->header('X-Result');

        $row = $result eq 'suspect' ? $row + 1 : 0;
        return $row == 20;
    }, 40) }, 'suspected');

    my @took = sort { $a <=> $b } map {
        $t0 = time;
        $two->push($id, 'x');
        time - $t0;
    } 1 .. 20;

    cmp_ok($took[10], '<', 0.1, '503 at once from then on');
    note sprintf '503 within %.1f ms', $took[10] * 1000;
};

is($nodes->complaints, '', 'nobody complains');

done_testing();
