package Wsgw::Port;

# TCP ports that no other test run takes while this process lives. Each is bound
# here, exclusively at first; SO_REUSEADDR then lets a server of ours bind and
# listen on it as well. The range lies below the ephemeral ports.

use strict;
use warnings;

use Socket qw( AF_INET INADDR_ANY SOCK_STREAM SOL_SOCKET SO_REUSEADDR
               pack_sockaddr_in );

my ($FIRST, $COUNT) = (20000, 12000);

my @held;

# A port, or the first of so many that follow one another, as a program may take
# them.

sub claim {
    my ($n) = @_;

    $n //= 1;

    for (1 .. 1000) {
        my $port = $FIRST + int rand $COUNT - $n;
        my @row = map { hold($_) } $port .. $port + $n - 1;

        next if @row < $n;

        push @held, @row;

        return $port;
    }

    die "no free port\n";
}

# What holds it, or nothing if somebody else has it.

sub hold {
    my ($port) = @_;

    socket my $socket, AF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
    bind $socket, pack_sockaddr_in $port, INADDR_ANY or return;
    setsockopt $socket, SOL_SOCKET, SO_REUSEADDR, 1
        or die "setsockopt: $!\n";

    return $socket;
}

1;
