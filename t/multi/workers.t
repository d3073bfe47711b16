#!/usr/bin/perl

# A zone has slots for so many workers, those of a reload's generations: one
# that has too few is warned of, with a size that helps.

use strict;
use warnings;

use lib 't/lib';

use Test::More;

use Wsgw::Nginx;

my $WARNING = qr/\[warn\] .* [ ]for[ ](\d+)[ ]processes,[ ]a[ ]reload[ ]with
                 [ ]worker_processes[ ](\d+)[ ]needs[ ](\d+): .*/x;

for (
    #   workers, zone, its slots, a size that helps

    [ 32, '1m' ],
    [ 33, '1m', 64, '2m' ],
    [ 64, '1m', 64, '2m' ],
    [ 64, '2m' ],
    [ 65, '1m', 64, '5m' ],
    [ 100, '4m', 128, '5m' ],
    [ 100, '5m' ],
    [ 300, '256k', 64, '65m' ],
) {
    my ($workers, $size, $slots, $more) = @$_;
    my $nginx = Wsgw::Nginx->new(workers => $workers,
                                 zone => "zone=conns:$size");

    $nginx->configure;
    ok($nginx->run('-t'), "$workers workers, a zone of $size");
    is_deeply([ $nginx->{said}
                =~ /$WARNING at[ ]least[ ](\S+)[ ]in[ ]\S+nginx.conf:\d+/x ],
              [ $slots ? ($slots, $workers, 2 * $workers, $more) : () ],
              $slots ? "nginx -t warns, $more would do" : 'is all right');
}

# a zone keeps the slots that it was made with

my $nginx = Wsgw::Nginx->new(zone => 'zone=conns:16m');

$nginx->start;
$nginx->configure(workers => 33);
kill HUP => $nginx->{master};
$nginx->wait(sub { $nginx->log =~ $WARNING }, 'a warning');
like($nginx->log, qr/$WARNING restart[ ]nginx/x,
     'a reload that brings more workers warns, too');
$nginx->wait_workers;
$nginx->stop;

done_testing();
