package Wsgw::Wait;

# Waits for what other processes do: nothing tells when they have done it.

use strict;
use warnings;

use Exporter qw( import );
use Time::HiRes qw( sleep time );
use Wsgw::Stream;

our @EXPORT = qw( wait_until );

# Returns what $condition does, once it is true; dies when it stays false, also
# after this process itself did not run for a while.

sub wait_until {
    my ($condition, $timeout, $what) = @_;

    $timeout //= $Wsgw::Stream::Timeout;

    my $deadline = time + $timeout;

    for (my $over = 0; !$over; sleep 0.01) {
        $over = time > $deadline;

        my $is = $condition->();
        return $is if $is;
    }

    $what = $what->() if ref $what eq 'CODE';
    die "waited $timeout s for " . ($what // 'a condition') . "\n";
}

1;
