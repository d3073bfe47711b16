package Wsgw::Link;

# A link to another host. Both hosts are network namespaces: this process
# moves into a new one, with all that it starts from then on, and has the
# other one at hand. They end with the processes in them, however these end.
#
#     my $link = Wsgw::Link->new;
#     my $c = $link->there(sub { Wsgw::Client->open($link->here, ...) });
#
#     $link->down;
#
# new() dies where namespaces cannot be made.

use strict;
use warnings;

# unshare() and setns(), for which Perl has no functions

require 'syscall.ph';

my $CLONE_NEWNET = 0x40000000;

sub new {
    my ($class) = @_;

    my $there = namespace();
    my $self = bless { there => $there, here => namespace() }, $class;

    ip('link set lo up');
    ip("link add here type veth peer name there netns /proc/$$/fd/"
       . fileno $there);
    ip('address add 192.0.2.1/24 dev here');
    ip('link set here up');

    $self->there(sub {
        ip('address add 192.0.2.2/24 dev there');
        ip('link set there up');
    });

    return $self;
}

# The address of this end.

sub here { return '192.0.2.1' }

# Does something at the other end: a socket stays where it was made.

sub there {
    my ($self, $do) = @_;

    enter($self->{there});
    my @result = eval { $do->() };
    my $why = $@;
    enter($self->{here});

    die $why if $why;

    return @result;
}

# The other host takes its end down: to this one it is as if it had vanished.

sub down { $_[0]->there(sub { ip('link set there down') }) }

sub namespace {
    syscall(SYS_unshare(), $CLONE_NEWNET) == 0
        or die "a network namespace: $!\n";
    open my $namespace, '<', '/proc/self/ns/net' or die "/proc: $!\n";

    return $namespace;
}

sub enter {
    my ($namespace) = @_;

    syscall(SYS_setns(), fileno $namespace, $CLONE_NEWNET) == 0
        or die "setns: $!\n";
}

sub ip {
    my ($command) = @_;

    my $said = qx(ip $command 2>&1);

    die "ip $command: $said\n" if $?;
}

1;
