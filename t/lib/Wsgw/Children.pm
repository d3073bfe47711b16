package Wsgw::Children;

# Programs that a suite runs beside itself; none of them survives it.

use strict;
use warnings;

use Exporter qw( import );

our @EXPORT = qw( run end_children );

my $owner = $$;
my @children;

# Its output is the suite's complaints, not its results.

sub run {
    my (@command) = @_;

    defined(my $pid = fork) or die "fork: $!\n";

    if ($pid == 0) {
        open STDOUT, '>&', \*STDERR or die "stdout: $!\n";
        exec @command or die "$command[0]: $!\n";
    }

    push @children, $pid;
}

# The youngest first.

sub end_children {
    kill TERM => $_ for reverse @children;
    waitpid $_, 0 for @children;
    @children = ();
}

END {
    if ($$ == $owner) {
        local $?;
        end_children();
    }
}

1;
