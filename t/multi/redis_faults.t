#!/usr/bin/perl

# What happens to Redis, one thing after the other, while one node pushes to
# the other's clients without a pause. Whatever it is: clients stay, a push to
# one's own client works, one to the other node's is 503 or 200, never 410; who
# was told 200 has one frame, and all works again within six seconds.

use strict;
use warnings;

use lib 't/lib';

use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Two;
use Wsgw::Wait;

my $two = Wsgw::Two->new;
my $nodes = $two->nodes;
my $descriptors = $nodes->descriptors;
my $load = $two->load(rate => 300, connections => 16);

for my $fault ($two->faults) {
    my ($name, $more) = @$fault{qw( name more )};

    $load->mark;
    $fault->{begin}->();

    my $shows = eval {
        wait_until(sub { $load->mark->{503} }, $more->{within} // 6);
    };

    ok($shows || $more->{unseen}, "$name: 503");

    my $t0 = time;
    my $status = $two->one->push($two->id, 'near')->status;

    is($status, 200, "$name: one's own client is reached");
    is($two->client->recv, 'near', "$name: by the message");
    cmp_ok(time - $t0, '<', 1.5, "$name: at once");

    $fault->{end}->();

    $t0 = time;
    ok($load->resumes, "$name: works again");
    note sprintf '%s: back after %.1f s', $name, time - $t0;
}

my $told = $load->stop;

$load->whole([200, 503]);
cmp_ok($told->{refused_slowest}, '<', 8000, 'no 503 takes more than 5 s');

$nodes->joined;
ok($nodes->keeps($descriptors), 'no descriptor is left over');
note 'loop gap ' . $nodes->gap . ' ms';
is($nodes->complaints, '', 'nobody complains');

done_testing();
