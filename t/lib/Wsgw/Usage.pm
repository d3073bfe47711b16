package Wsgw::Usage;

# What nginx's processes take: resident memory in kB, open descriptors.

use strict;
use warnings;

use Exporter qw( import );

our @EXPORT = qw( resident descriptors memory_counts );

sub resident {
    my (@pids) = @_;

    die "resident memory of no process\n" unless @pids;

    my $sum = 0;

    for my $pid (@pids) {
        open my $file, '<', "/proc/$pid/status" or die "$pid: $!\n";
        /^VmRSS:\s+(\d+)/ and $sum += $1 while <$file>;
    }

    return $sum;
}

sub descriptors {
    my (@pids) = @_;
    return scalar map { glob "/proc/$_/fd/*" } @pids;
}

# Under AddressSanitizer and valgrind freed memory stays resident: no figure of
# it counts.

sub memory_counts { return !$ENV{ASAN_NGINX} && !$ENV{MEMCHECK_DIR} }

1;
