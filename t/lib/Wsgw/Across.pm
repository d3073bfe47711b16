package Wsgw::Across;

# Pushes from some nodes to the clients of others, for as long as a suite wants
# them; t/chaos/across says what there is to be told of them.
#
#     my $load = Wsgw::Across->new(listen => [$one], push => [$two],
#                                  rate => 500);
#     ...
#     my $told = $load->stop;       # {statuses}{200}, {lost}, {doubled}, ...
#     $load->whole([200, 503]);     # and what must hold of it

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Basename qw( dirname );
use IO::Handle ();
use IPC::Open2 qw( open2 );
use JSON::PP qw( decode_json );
use Test::More ();
use Time::HiRes qw( time );

use Wsgw::Child;
use Wsgw::Wait;

our @ISA = 'Wsgw::Child';

# seconds, within which it has to work again whatever has happened

our $Patience = 6;

my $across = abs_path(dirname(__FILE__) . '/../../chaos/across');

sub new {
    my ($class, %opt) = @_;

    my @command = $across;

    for my $name (qw( listen push )) {
        CORE::push @command, map { ("--$name", "$_->{host}:$_->{port}") }
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

# Whether soon all of them arrive again: for a third of a second none is refused.

sub resumes {
    my ($self, $seconds) = @_;

    my $since;

    $self->mark;

    return eval {
        wait_until(sub {
            my $mark = $self->mark;

            if (grep { $_ != 200 } keys %$mark) {
                undef $since;
            } elsif ($mark->{200}) {
                $since //= time;
            }

            return defined $since && time - $since > 0.3;
        }, ($seconds // $Patience) + 0.3);
    };
}

# What must hold of them, whatever has happened. "ended": clients may be gone.

sub whole {
    my ($self, $statuses, %opt) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $told = $self->told;
    my %allowed = map { $_ => 1 } @$statuses;

    Test::More::is(join(' ', grep { !$allowed{$_} }
                              sort keys %{ $told->{statuses} }), '',
                   "nothing but @$statuses")
        or Test::More::diag(Test::More::explain($told->{statuses}));
    Test::More::is($told->{lost}, 0, '200 is a frame')
        or Test::More::diag("@{ $told->{which} }");
    Test::More::is($told->{doubled}, 0, 'one frame');
    Test::More::is($told->{unordered}, 0, 'in order');
    Test::More::is($told->{false_gone}, 0, 'who is there is not gone');
    Test::More::is_deeply($told->{strange}, [], 'somebody has sent it');
    Test::More::is_deeply($told->{ended}, {}, 'all clients are there')
        unless $opt{ended};

    Test::More::note(sprintf '%d pushes, %d/s: %s; p50 %s ms, p99 %s ms',
        $told->{pushes}, $told->{rate},
        join(', ', map { "$told->{statuses}{$_} of $_" }
                   sort keys %{ $told->{statuses} }),
        $told->{p50} // '-', $told->{p99} // '-');
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

1;
