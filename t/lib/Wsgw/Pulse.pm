package Wsgw::Pulse;

# A process that does nothing but sleep, and notes how late it awoke at the
# worst: what is later than that is not the machine's fault.
#
#     my $pulse = Wsgw::Pulse->new;
#     ...
#     cmp_ok($gap, '<=', 10 + $pulse->worst);         in ms

use strict;
use warnings;

use POSIX ();
use Time::HiRes qw( sleep time );

use Wsgw::Child;

our @ISA = 'Wsgw::Child';

my $SLEEP = 0.02;

sub new {
    my ($class) = @_;

    pipe my $out, my $in or die "pipe: $!\n";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        my ($over, $worst) = (0, 0);

        $SIG{TERM} = sub { $over = 1 };

        while (!$over) {
            my $start = time;

            sleep $SLEEP;

            my $late = time - $start - $SLEEP;

            $worst = $late if $late > $worst;
        }

        syswrite $in, 1000 * $worst;
        POSIX::_exit(0);
    }

    return bless { pid => $pid, out => $out }, $class;
}

# Its end.

sub worst {
    my ($self) = @_;

    return $self->{worst} //= do {
        my $pid = delete $self->{pid};

        kill TERM => $pid;
        waitpid $pid, 0;
        sysread $self->{out}, my $ms, 64;
        $ms;
    };
}

1;
