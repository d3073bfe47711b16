#!/usr/bin/perl

# Workers of two nodes stand still, are replaced or die while pushes go from one
# node to the other; numbers are those of redis_cases.t.

use strict;
use warnings;

use lib 't/lib';

use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Across;
use Wsgw::Datastore;
use Wsgw::Nodes;
use Wsgw::Proxy;
use Wsgw::Wait;

# a question that nobody answers takes five seconds

$Wsgw::Stream::Timeout = 10;

my $redis = Wsgw::Datastore->new->start;

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

subtest '3: a worker stands still, its node does not' => sub {
    for my $worker ($one->workers) {
        my $beat = (line_of($one))[2];

        $one->freeze($worker);
        ok(eval { wait_until(sub {
            my @line = line_of($one);
            return $line[2] > $beat + 1000 && $line[3] =~ /^[12]$/;
        }, 8) }, 'it beats, and names the other worker alone');
        kill CONT => $worker;
    }

    works('both go on');
};

subtest 'reloads meanwhile' => sub {
    $nodes->joined;

    my $load = Wsgw::Across->new(listen => [$one], push => [$two],
                                 rate => 200);

    for my $node ($one, $two) {
        my @old = $node->workers;

        sleep 0.5;
        kill HUP => $node->{master};
        $node->wait_shutting(@old);
    }

    sleep 1;

    my $told = $load->stop;

    # a request and the end of a kept connection may meet: that is no answer

    is(join(' ', grep { !/^(?:0|200)$/ } keys %{ $told->{statuses} }), '',
       'all are sent') or diag explain $told->{statuses};
    is($told->{lost} + $told->{doubled} + $told->{unordered}, 0,
       'once, and in order');
};

subtest '10: the node is gone, and its link with it' => sub {
    my $left = $id;

    $proxies[0]->hold('both');
    kill KILL => $one->{master}, $one->children($one->{master});

    my $t0 = time;

    is($two->push($left, 'x')->status, 503, 'not reached');
    cmp_ok(time - $t0, '<', 5.5, 'which takes one timeout at most');

    ok(eval { wait_until(sub {
        $t0 = time;
        return $two->push($left, 'x')->header('X-Result') eq 'suspect';
    }, 16) }, 'suspected');

    my @took = sort { $a <=> $b } map {
        $t0 = time;
        $two->push($left, 'x');
        time - $t0;
    } 1 .. 20;

    cmp_ok($took[10], '<', 0.02, '503 at once from then on');
    note sprintf '503 within %.1f ms', $took[10] * 1000;
};

is($nodes->complaints, '', 'nobody complains');

done_testing();
