package Wsgw::Across;

# Pushes from some nodes to the clients of others, for as long as a suite wants
# them; t/chaos/across says what there is to be told of them.
#
#     my $load = Wsgw::Across->new(listen => [$one], push => [$two],
#                                  rate => 500);
#     ...
#     my $told = $load->stop;       # {statuses}{200}, {lost}, {doubled}, ...

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Basename qw( dirname );
use IO::Handle ();
use IPC::Open2 qw( open2 );
use JSON::PP qw( decode_json );

my $across = abs_path(dirname(__FILE__) . '/../../chaos/across');

sub new {
    my ($class, %opt) = @_;

    my @command = $across;

    for my $name (qw( listen push )) {
        CORE::push @command, map { ("--$name", "127.0.0.1:$_->{port}") }
                             @{ delete $opt{$name} };
    }

    CORE::push @command, map { ("--$_", $opt{$_}) } sort keys %opt;

    my $self = bless {}, $class;

    $self->{pid} = open2($self->{out}, $self->{in}, @command);
    $self->{in}->autoflush(1);

    my $ready = readline $self->{out};

    die "across does not begin\n" unless ($ready // '') eq "ready\n";

    return $self;
}

# The statuses of what was answered since the last mark.

sub mark {
    my ($self) = @_;

    print { $self->{in} } "mark\n";

    return decode_json(scalar readline $self->{out});
}

# Waits for its end, without stop() until its time is over.

sub told {
    my ($self) = @_;

    return $self->{told} //= do {
        my $line = readline $self->{out};

        waitpid delete $self->{pid}, 0;
        die "across has said nothing\n" unless defined $line;
        decode_json($line);
    };
}

sub stop {
    my ($self) = @_;

    print { $self->{in} } "stop\n";

    return $self->told;
}

sub DESTROY {
    my ($self) = @_;

    local $?;

    if (my $pid = delete $self->{pid}) {
        kill KILL => $pid;
        waitpid $pid, 0;
    }
}

1;
