package Wsgw::Link;

# Links to other hosts. All hosts are network namespaces: this process moves
# into a new one, with all that it starts from then on, and has the others at
# hand. They end with the processes in them, however these end.
#
#     my $link = Wsgw::Link->new;
#     my $c = $link->there(sub { Wsgw::Client->open($link->here, ...) });
#
#     $link->down;
#
# Of several hosts, or of several links to each of them, which is meant is said
# by the last arguments:
#
#     my $link = Wsgw::Link->new(hosts => 2, links => 2);
#
#     $link->there(sub { ... }, 1);
#     $link->cut(1, 0);
#
# new() dies where namespaces cannot be made.

use strict;
use warnings;

# unshare() and setns(), for which Perl has no functions

require 'syscall.ph';

my $CLONE_NEWNET = 0x40000000;

sub new {
    my ($class, %opt) = @_;

    my $self = bless { links => $opt{links} // 1, there => [] }, $class;

    push @{ $self->{there} }, namespace() for 1 .. $opt{hosts} // 1;
    $self->{here} = namespace();

    ip('link set lo up');

    for my $host (0 .. $#{ $self->{there} }) {
        $self->there(sub { ip('link set lo up') }, $host);
        $self->join($host, $_) for 0 .. $self->{links} - 1;
    }

    return $self;
}

# Two addresses of a network of four.

sub join {
    my ($self, @which) = @_;

    my $device = device(@which);
    my $there = $self->{there}[ $which[0] ];

    ip("link add $device type veth peer name $device netns /proc/$$/fd/"
       . fileno $there);
    ip('address add ' . $self->here(@which) . "/30 dev $device");
    ip("link set $device up");

    $self->there(sub {
        ip('address add ' . $self->address(@which) . "/30 dev $device");
        ip("link set $device up");
    }, $which[0]);
}

sub device { return sprintf 'link%d-%d', $_[0] // 0, $_[1] // 0 }

# The address of this end, and of the other one.

sub here    { return $_[0]->nth(1, @_[1 .. $#_]) }
sub address { return $_[0]->nth(2, @_[1 .. $#_]) }

sub nth {
    my ($self, $n, $host, $link) = @_;

    return '192.0.2.' . (4 * (($host // 0) * $self->{links} + ($link // 0))
                         + $n);
}

# Does something at another host: a socket stays where it was made.

sub there {
    my ($self, $do, $host) = @_;

    enter($self->{there}[ $host // 0 ]);
    my @result = eval { $do->() };
    my $why = $@;
    enter($self->{here});

    die $why if $why;

    return wantarray ? @result : $result[-1];
}

# The other host takes its end down: to this one it is as if it had vanished.

sub down {
    my ($self, @which) = @_;

    $self->there(sub { ip('link set ' . device(@which) . ' down') },
                 $which[0]);
}

# This one does: that is what the other one finds, until the link is mended.

sub cut  { ip('link set ' . device(@_[1 .. $#_]) . ' down') }
sub mend { ip('link set ' . device(@_[1 .. $#_]) . ' up') }

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
