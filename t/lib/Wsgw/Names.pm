package Wsgw::Names;

# A name server of a suite's own: it says that each name has the addresses that it
# was told last, for a second.
#
#     my $names = Wsgw::Names->new;
#
#     $names->say('127.0.0.1', '127.0.0.2');
#     ... resolver 127.0.0.1:PORT ipv6=off; ...       $names->port

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use POSIX ();
use Socket qw( AF_UNIX PF_UNSPEC SOCK_STREAM inet_aton );

use Wsgw::Child;

our @ISA = 'Wsgw::Child';

sub new {
    my ($class) = @_;

    my $udp = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'udp')
        or die "udp: $@\n";

    socketpair my $here, my $there, AF_UNIX, SOCK_STREAM, PF_UNSPEC
        or die "socketpair: $!\n";

    defined(my $pid = fork) or die "fork: $!\n";

    if ($pid == 0) {
        close $here;
        serve($udp, $there);
        POSIX::_exit(0);
    }

    close $there;

    return bless { pid => $pid, port => $udp->sockport, control => $here },
                 $class;
}

sub port { return $_[0]{port} }

sub say {
    my ($self, @addresses) = @_;

    syswrite $self->{control}, "@addresses\n" or die "names: $!\n";
    sysread $self->{control}, my $done, 1 or die "names: it has ended\n";
}

sub serve {
    my ($udp, $control) = @_;

    my @addresses;
    my $select = IO::Select->new($udp, $control);

    while (1) {
        for my $socket ($select->can_read) {

            if ($socket == $control) {
                sysread $control, my $line, 4096 or return;
                @addresses = split ' ', $line;
                syswrite $control, '.';
                next;
            }

            my $from = recv $udp, my $query, 512, 0;

            send $udp, answer($query, @addresses), 0, $from if defined $from;
        }
    }
}

# RFC 1035, 4.1: the question as it came, and an A record for each address

sub answer {
    my ($query, @addresses) = @_;

    my ($question) = substr($query, 12) =~ /^((?:[^\0][^\0]*)?\0....)/s;

    return pack('a2 n n n n n', $query, 0x8180, 1, scalar @addresses, 0, 0)
           . $question
           . join '', map { pack 'n n n N n a4', 0xc00c, 1, 1, 1, 4,
                                 inet_aton($_) } @addresses;
}

1;
