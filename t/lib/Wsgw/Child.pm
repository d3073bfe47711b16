package Wsgw::Child;

# What has a process of its own, {pid}, which ends with it. A kind of it inherits
# from here.

use strict;
use warnings;

sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return;

    kill KILL => $pid;
    waitpid $pid, 0;
}

# not by the stop() of its kind, which may do more

sub DESTROY {
    my ($self) = @_;

    local $?;
    stop($self);
}

1;
