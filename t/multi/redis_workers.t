#!/usr/bin/perl

# Workers of two nodes stand still, are replaced or die while pushes go from one
# node to the other; numbers are those of redis_cases.t.

use strict;
use warnings;

use lib 't/lib';

use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Two;
use Wsgw::Wait;

# a question that nobody answers takes five seconds

$Wsgw::Stream::Timeout = 10;

my $two = Wsgw::Two->new;
my $nodes = $two->nodes;
my ($one, $other) = $nodes->all;

subtest '3: a worker stands still, its node does not' => sub {
    for my $worker ($one->workers) {
        my $beat = ($two->line_of($one))[2];

        $one->freeze($worker);
        ok(eval { wait_until(sub {
            my @line = $two->line_of($one);
            return $line[2] > $beat + 1000 && $line[3] =~ /^[12]$/;
        }, 8) }, 'it beats, and names the other worker alone');
        kill CONT => $worker;
    }

    $two->works('both go on');
};

subtest 'reloads meanwhile' => sub {
    $nodes->joined;

    my $load = $two->load(rate => 200);

    for my $node ($one, $other) {
        my @old = $node->workers;

        sleep 0.5;
        kill HUP => $node->{master};
        $node->wait_shutting(@old);
    }

    sleep 1;

    $load->stop;

    # a request and the end of a kept connection may meet: that is no answer

    $load->whole([0, 200]);
};

subtest '10: the node is gone, and its link with it' => sub {
    my $left = $two->id;

    $two->{proxies}[0]->hold('both');
    kill KILL => $one->{master}, $one->children($one->{master});

    my $t0 = time;

    is($other->push($left, 'x')->status, 503, 'not reached');
    cmp_ok(time - $t0, '<', 5.5, 'which takes one timeout at most');

    ok(eval { wait_until(sub {
        $t0 = time;
        return $other->push($left, 'x')->header('X-Result') eq 'suspect';
    }, 16) }, 'suspected');

    my @took = sort { $a <=> $b } map {
        $t0 = time;
        $other->push($left, 'x');
        time - $t0;
    } 1 .. 20;

    cmp_ok($took[10], '<', 0.02, '503 at once from then on');
    note sprintf '503 within %.1f ms', $took[10] * 1000;
};

is($nodes->complaints, '', 'nobody complains');

done_testing();
