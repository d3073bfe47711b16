package Wsgw::Servant;

# What a process of its own that stands in for a server has in common with
# others: a port, and a socket on which it is told, a line at a time, what to do.
# A kind of it inherits from here, and names the process that serves:
#
#     our @ISA = 'Wsgw::Servant';
#     sub process { return 'Wsgw::Proxy::Process' }
#
# serve() of that ends when the control socket does.

use strict;
use warnings;

use POSIX ();
use Socket qw( AF_UNIX PF_UNSPEC SOCK_STREAM );

use Wsgw::Child;
use Wsgw::Port;

our @ISA = 'Wsgw::Child';

# Once it answers, who connects to its port is served.

sub new {
    my ($class, %opt) = @_;

    my $self = bless { port => Wsgw::Port::claim(), %opt }, $class;

    socketpair my $here, my $there, AF_UNIX, SOCK_STREAM, PF_UNSPEC
        or die "socketpair: $!\n";

    defined($self->{pid} = fork) or die "fork: $!\n";

    if ($self->{pid} == 0) {
        close $here;
        $SIG{$_} = 'DEFAULT' for qw( INT TERM );
        $SIG{PIPE} = 'IGNORE';
        eval { $class->process->new($self, $there)->serve; 1 }
            or print STDERR "$class: $@";
        POSIX::_exit(0);
    }

    close $there;
    $self->{control} = $here;
    $self->ask('pass');

    return $self;
}

sub port { return $_[0]{port} }
sub url  { return "redis://127.0.0.1:$_[0]{port}" }

# What it answers to the words, a line.

sub ask {
    my ($self, @words) = @_;

    syswrite $self->{control}, join(' ', @words) . "\n"
        or die ref $self, ": $!\n";

    my $answer = '';

    while ($answer !~ /\n\z/) {
        sysread $self->{control}, $answer, 65536, length $answer
            or die ref $self, ": it has ended\n";
    }

    chomp $answer;
    return $answer;
}

1;
