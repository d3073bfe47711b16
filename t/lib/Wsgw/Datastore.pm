package Wsgw::Datastore;

# A Redis server that a suite starts, ends and starts again. It keeps nothing.
#
#     my $redis = Wsgw::Datastore->new;
#
#     $redis->start(requirepass => 'secret');
#     $redis->cli(qw( hgetall key ));
#
#     $redis->stop;
#     $redis->load(2);             from now on LOADING, for two seconds
#     $redis->loaded;

use strict;
use warnings;

use File::Temp qw( tempdir );
use POSIX qw( _exit );

use Wsgw::Child;
use Wsgw::Port;
use Wsgw::Wait;

our @ISA = 'Wsgw::Child';

sub new {
    my ($class, %opt) = @_;

    return bless {
        host => '127.0.0.1', port => $opt{port} // Wsgw::Port::claim(),
        auth => [],
        dir => tempdir('wsgw-redis-XXXXXXXX', TMPDIR => 1, CLEANUP => 1),
        %opt,
    }, $class;
}

sub port { return $_[0]{port} }

sub host { return $_[0]{host} }

sub url { return "redis://$_[0]{host}:$_[0]{port}" }

sub runs { return defined $_[0]{pid} }

# Options are those of redis.conf, several values of one as a list; "auth" are
# words that log redis-cli in. One that was made with "sentinel" is a Sentinel.

sub start {
    my ($self, %opt) = @_;

    $self->run(%opt);

    wait_until(sub { $self->cli('ping') =~ /PONG|NOAUTH|NOPERM|LOADING/ }, 15,
               'Redis');

    return $self;
}

# Starts with data that take it so many seconds to load.

my $keys = 100;

sub load {
    my ($self, $seconds) = @_;

    # a dump with one key in 64 bytes, and no checksum; Redis sees to its
    # clients after each kilobyte

    open my $file, '>:raw', "$self->{dir}/dump.rdb" or die "dump.rdb: $!\n";
    print $file "REDIS0010\xfe\0",
                map({ "\0\x08" . sprintf('%08d', $_) . "\x34" . 'x' x 52 }
                    1 .. $keys), "\xff", "\0" x 8;
    close $file;

    $self->run('key-load-delay' => int $seconds * 1e6 / $keys,
               'loading-process-events-interval-bytes' => 1024);
    wait_until(sub { $self->cli('ping') =~ /LOADING/ }, 15, 'LOADING');
}

sub loaded {
    my ($self) = @_;

    wait_until(sub { $self->cli('ping') =~ /PONG/ }, 15, 'Redis');
    unlink "$self->{dir}/dump.rdb";
}

sub run {
    my ($self, %opt) = @_;

    $self->{auth} = delete $opt{auth} // [];

    my %all = (
        port => $self->{port}, bind => $self->{host}, dir => $self->{dir},
        logfile => 'log', $self->{sentinel} ? () : (
            save => '""', appendonly => 'no',
        ), %opt,
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
        exec 'redis-server', "$self->{dir}/redis.conf",
             $self->{sentinel} ? '--sentinel' : () or _exit(1);
    }

    $self->{pid} = $pid;
}

# What redis-cli says.

sub cli {
    my ($self, @words) = @_;

    open my $out, '-|', 'redis-cli', '-h', $self->{host}, '-p', $self->{port},
                        @{ $self->{auth} }, '--no-auth-warning', @words
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

1;
