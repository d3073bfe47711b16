package Wsgw::Datastore;

# A Redis server that a suite starts, ends and starts again. It keeps nothing.
#
#     my $redis = Wsgw::Datastore->new;
#
#     $redis->start(requirepass => 'secret');
#     $redis->cli(qw( hgetall key ));

use strict;
use warnings;

use File::Temp qw( tempdir );
use POSIX qw( _exit );

use Wsgw::Port;
use Wsgw::Wait;

sub new {
    my ($class, %opt) = @_;

    return bless {
        port => Wsgw::Port::claim(), auth => [],
        dir => tempdir('wsgw-redis-XXXXXXXX', TMPDIR => 1, CLEANUP => 1),
        %opt,
    }, $class;
}

sub port { return $_[0]{port} }

sub url { return "redis://127.0.0.1:$_[0]{port}" }

# Options are those of redis.conf; "auth" are words that log redis-cli in.

sub start {
    my ($self, %opt) = @_;

    $self->{auth} = delete $opt{auth} // [];

    my %all = (
        port => $self->{port}, bind => '127.0.0.1', dir => $self->{dir},
        save => '""', appendonly => 'no', logfile => 'log', %opt,
    );

    open my $file, '>', "$self->{dir}/redis.conf" or die "redis.conf: $!\n";

    for my $name (sort keys %all) {
        print $file "$name $_\n"
            for ref $all{$name} ? @{ $all{$name} } : $all{$name};
    }

    close $file;

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>&', \*STDOUT;
        exec 'redis-server', "$self->{dir}/redis.conf" or _exit(1);
    }

    $self->{pid} = $pid;

    wait_until(sub { $self->cli('ping') =~ /PONG|NOAUTH|NOPERM|LOADING/ }, 15,
               'Redis');

    return $self;
}

# What redis-cli says.

sub cli {
    my ($self, @words) = @_;

    open my $out, '-|', 'redis-cli', '-p', $self->{port}, @{ $self->{auth} },
                        '--no-auth-warning', @words
        or die "redis-cli: $!\n";

    local $/;
    my $said = <$out> // '';
    close $out;

    return $said;
}

sub signal {
    my ($self, $signal) = @_;

    kill $signal => $self->{pid};
}

sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} // return;

    kill CONT => $pid;
    kill KILL => $pid;
    waitpid $pid, 0;
}

sub DESTROY {
    my ($self) = @_;

    local $?;
    $self->stop;
}

1;
