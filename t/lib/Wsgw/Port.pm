package Wsgw::Port;

# A TCP port that no other test run takes while this process lives. It is
# bound here, exclusively at first; SO_REUSEADDR then lets a server of ours
# bind and listen on it as well. The range lies below the ephemeral ports.

use strict;
use warnings;

use Socket qw( AF_INET INADDR_ANY SOCK_STREAM SOL_SOCKET SO_REUSEADDR
               pack_sockaddr_in );

my ($FIRST, $COUNT) = (20000, 12000);

my @held;

sub claim {
    for (1 .. 1000) {
        my $port = $FIRST + int rand $COUNT;

        return $port if hold($port);
    }

    die "no free port\n";
}

# Whether nobody else has it.

sub hold {
    my ($port) = @_;

    socket my $socket, AF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
    bind $socket, pack_sockaddr_in $port, INADDR_ANY or return undef;
    setsockopt $socket, SOL_SOCKET, SO_REUSEADDR, 1
        or die "setsockopt: $!\n";

    push @held, $socket;

    return 1;
}

1;
