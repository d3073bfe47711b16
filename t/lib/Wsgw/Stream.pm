package Wsgw::Stream;

# A TCP connection read under a deadline. Wsgw::Client and Wsgw::HTTP are
# built on it; the tests use those.

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use Socket qw( IPPROTO_TCP SOL_SOCKET SO_LINGER SOMAXCONN TCP_NODELAY );
use Time::HiRes qw( time );

our $Timeout = $ENV{TEST_NGINX_TIMEOUT} || 10;

sub connect {
    my ($class, $host, $port, %opt) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => $host,
        PeerPort => $port,
        Timeout  => $opt{timeout} // $Timeout,
    ) or die "connect to $host:$port: $@\n";

    $socket->setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
    $socket->blocking(0);

    return bless { socket => $socket, in => '', eof => 0 }, $class;
}

# Writes all, in pieces of $step bytes when given. A connection that the
# server has closed takes no more: that is 0 and not an error, for the tests
# read the reason afterwards.

sub write {
    my ($self, $bytes, $step) = @_;

    my $deadline = time + $Timeout;

    local $SIG{PIPE} = 'IGNORE';

    while (length $bytes) {
        my $n = syswrite $self->{socket}, $bytes, $step // length $bytes;

        if (defined $n) {
            substr($bytes, 0, $n) = '';
            next;
        }

        return 0 unless $!{EAGAIN};

        my $left = $deadline - time;

        die "the server reads nothing for $Timeout s\n"
            unless $left > 0
                   && IO::Select->new($self->{socket})->can_write($left);
    }

    return 1;
}

# Writes until the server has taken nothing for half a second; returns what is
# left.

sub pour {
    my ($self, $bytes) = @_;

    my $select = IO::Select->new($self->{socket});

    local $SIG{PIPE} = 'IGNORE';

    while (length $bytes && $select->can_write(0.5)) {
        my $n = syswrite $self->{socket}, $bytes;

        die "the server takes no more: $!\n" unless defined $n;
        substr $bytes, 0, $n, '';
    }

    return $bytes;
}

# Reads once into the buffer: 1, 0 at the end of the stream, undef when the
# deadline has passed.

sub fill {
    my ($self, $deadline) = @_;

    return 0 if $self->{eof};

    while (1) {
        my $n = sysread $self->{socket}, $self->{in}, 65536,
                        length $self->{in};

        return 1 if $n;

        if (defined $n || !$!{EAGAIN}) {
            $self->{reset} = !defined $n && $!{ECONNRESET};
            $self->{eof} = 1;
            return 0;
        }

        my $left = $deadline - time;

        return undef
            unless $left > 0
                   && IO::Select->new($self->{socket})->can_read($left);
    }
}

# The next $n bytes, or undef when they have not come by the deadline.

sub read {
    my ($self, $n, $deadline) = @_;

    while (length $self->{in} < $n) {
        $self->fill($deadline) or return undef;
    }

    return substr $self->{in}, 0, $n, '';
}

# All up to and with $mark.

sub read_until {
    my ($self, $mark, $deadline) = @_;

    my $at;

    while (($at = index $self->{in}, $mark) < 0) {
        $self->fill($deadline) or return undef;
    }

    return substr $self->{in}, 0, $at + length $mark, '';
}

# Does the server close within $timeout? What it still sends is dropped.

sub ends {
    my ($self, $timeout) = @_;

    my $deadline = time + ($timeout // $Timeout);

    while (!$self->{eof}) {
        defined $self->fill($deadline) or return 0;
    }

    $self->{in} = '';

    return 1;
}

sub eof { return $_[0]->{eof} && $_[0]->{in} eq '' }

sub socket { return $_[0]->{socket} }

sub shutdown {
    my ($self) = @_;
    CORE::shutdown $self->{socket}, 1;
}

# Ends the connection by a RST.

sub reset {
    my ($self) = @_;

    setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack 'II', 1, 0;
    close $self->{socket};
    $self->{eof} = 1;
}

sub drop {
    my ($self) = @_;

    close $self->{socket};
    $self->{eof} = 1;
}

1;
