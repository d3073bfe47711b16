package Wsgw::Nodes;

# Several nodes with a zone "conns" and what joins them, for suites in which
# something happens to that.
#
#     my $nodes = Wsgw::Nodes->new(urls => [$redis->url, $proxy->url]);
#
#     $nodes->start->joined;
#     my ($one, $two) = $nodes->all;               # each a Wsgw::Nginx
#     is($nodes->complaints, '', 'nobody complains');
#
# urls has one for each node, or a list of them; "more" are further parameters
# of wsgw_redis. With "link", a Wsgw::Link, each is on a host of its own.

use strict;
use warnings;

use JSON::PP qw( decode_json );
use Time::HiRes qw( sleep time );

use Wsgw::HTTP;
use Wsgw::Nginx;
use Wsgw::Wait;

my @names = qw( one two three four five six );

sub new {
    my ($class, %opt) = @_;

    my $urls = delete $opt{urls};
    my $more = delete $opt{more} // 'takeover=10s';
    my $http = delete $opt{http} // '';
    my $self = bless { link => delete $opt{link}, nodes => [] }, $class;

    for my $at (0 .. $#$urls) {
        my $name = $names[$at];
        my $url = ref $urls->[$at] ? join ' ', @{ $urls->[$at] } : $urls->[$at];
        my %host = !$self->{link} ? () : (
            host => $self->{link}->address($at), management => 'public');

        CORE::push @{ $self->{nodes} }, $self->there(sub {
            Wsgw::Nginx->new(
                name => $name, drain => '24h quit=24h',
                http => "wsgw_redis conns $url name=$name $more; $http",
                stage => 'add_header X-Id $wsgw_connection_id always;',
                server => 'location = /cluster {
                               add_header X-Worker $pid;
                               return 200 $wsgw_cluster;
                           }', %host, %opt);
        }, $at);
    }

    return $self;
}

# Does something on the host of a node.

sub there {
    my ($self, $do, $at) = @_;

    return $self->{link} ? $self->{link}->there($do, $at) : $do->();
}

sub all { return @{ $_[0]{nodes} } }

sub start {
    my ($self) = @_;

    for my $at (0 .. $#{ $self->{nodes} }) {
        $self->there(sub { $self->{nodes}[$at]->start }, $at);
    }

    return $self;
}

# All of them are killed.

sub end {
    my ($self) = @_;

    for my $node ($self->all) {
        my @all = ($node->{master}, $node->children($node->{master}));

        kill KILL => @all;
        $node->wait_end(@all);
    }
}

# What one of its workers says of a node.

sub told {
    my ($self, $node) = @_;

    return decode_json(Wsgw::HTTP->request($node->{host}, $node->{port}, 'GET',
                                           '/cluster')->body);
}

# What all of them say: there is no choosing, so it asks until each has.

sub told_by_all {
    my ($self, $node) = @_;

    my %told;

    wait_until(sub {
        my $answer = Wsgw::HTTP->request($node->{host}, $node->{port}, 'GET',
                                         '/cluster');

        $told{ $answer->header('X-Worker') } //= decode_json($answer->body);

        return keys %told >= $node->{workers};
    }, 15, 'an answer of each worker');

    return values %told;
}

# Until each worker is ready, and all know of all.

sub joined {
    my ($self, $timeout) = @_;

    for my $node ($self->all) {
        wait_until(sub {
            my @told = $self->told_by_all($node);

            return !grep { $_->{state} ne 'ready'
                           || $_->{node} ne 'registered'
                           || $_->{nodes} < $self->all } @told;
        }, $timeout // 15, sub { "node $node->{name}:\n" . $node->log });
    }

    return $self;
}

# Whether soon each worker is ready, whoever else is there; whether none is.

sub ready { return $_[0]->soon(sub { $_[0] eq 'ready' }, $_[1]) }
sub apart { return $_[0]->soon(sub { $_[0] ne 'ready' }, $_[1]) }

sub soon {
    my ($self, $is, $seconds) = @_;

    return eval {
        wait_until(sub {
            !grep { !$is->($_->{state}) }
                  map { $self->told_by_all($_) } $self->all;
        }, $seconds // 6);
    };
}

# The longest standstill of an event loop that any worker has seen, in ms.

sub gap {
    my ($self) = @_;

    my ($most) = sort { $b <=> $a }
                 map { $_->{loop_gap_max_ms} }
                 map { $self->told_by_all($_) } $self->all;

    return $most;
}

# Descriptors of all workers, once connections that have ended are closed: the
# number has not changed for a fifth of a second.

sub descriptors {
    my ($self) = @_;

    my $n = $self->descriptors_now;
    my $times = 0;

    wait_until(sub {
        my $now = $self->descriptors_now;

        $times = $now == $n ? $times + 1 : 0;
        $n = $now;

        return $times == 20;
    }, 10, 'descriptors at rest');

    return $n;
}

sub descriptors_now {
    my ($self) = @_;

    my $n = 0;

    for my $pid (map { $_->workers } $self->all) {
        opendir my $dir, "/proc/$pid/fd" or next;
        $n += grep { /^\d/ } readdir $dir;
    }

    return $n;
}

# Soon they are so many, once those whom others have left are closed.

sub keeps {
    my ($self, $descriptors) = @_;

    return eval {
        wait_until(sub { $self->descriptors_now == $descriptors }, 5)
    };
}

# Resident kilobytes of all workers.

sub resident {
    my ($self) = @_;

    my $kb = 0;

    for my $pid (map { $_->workers } $self->all) {
        open my $file, '<', "/proc/$pid/status" or next;
        $kb += $_ for map { /^VmRSS:\s+(\d+)/ } <$file>;
    }

    return $kb;
}

# Lines of the logs that no fault of others may lead to.

sub complaints {
    my ($self) = @_;

    return join "\n", map { "$_->{name}: $_->{line}" }
           map { my $node = $_;
                 map { { name => $node->{name}, line => $_ } }
                 grep { /\[(?:alert|emerg|crit)\]|exited on signal
                        |Sanitizer|runtime\ error/x } split /\n/, $node->log }
           $self->all;
}

1;
