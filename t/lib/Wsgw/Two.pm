package Wsgw::Two;

# Two nodes that share a Redis, a proxy before each of them, and a client at the
# first one, for suites in which something happens to any of these; "nodes" makes
# them more.
#
#     my $two = Wsgw::Two->new(redis => { maxmemory => '1mb' });
#
#     $two->proxies('cut', 'sub');         each of the proxies does that
#     $two->works('after a cut');          pushes from the other node arrive
#
# What is not said here goes to Wsgw::Nodes.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw( time );

use Wsgw::Across;
use Wsgw::Datastore;
use Wsgw::Nodes;
use Wsgw::Proxy;
use Wsgw::Wait;

sub new {
    my ($class, %opt) = @_;

    my $redis = Wsgw::Datastore->new->start(%{ delete $opt{redis} // {} });
    my @proxies = map { Wsgw::Proxy->new(to => $redis->port) }
                  1 .. delete $opt{nodes} // 2;
    my $nodes = Wsgw::Nodes->new(urls => [map { $_->url } @proxies], %opt);

    my ($one, $other) = $nodes->start->joined->all;
    my $client = $one->connect;

    return bless {
        redis => $redis, proxies => \@proxies, nodes => $nodes, one => $one,
        other => $other, client => $client, pushes => 0,
    }, $class;
}

sub redis  { return $_[0]{redis} }
sub nodes  { return $_[0]{nodes} }
sub one    { return $_[0]{one} }
sub other  { return $_[0]{other} }
sub client { return $_[0]{client} }
sub id     { return $_[0]{client}->header('X-Id') }

sub proxies {
    my ($self, $name, @words) = @_;

    $_->$name(@words) for @{ $self->{proxies} };
}

# From now on that is the Redis which they get to.

sub move {
    my ($self, $redis) = @_;

    $self->{redis} = $redis;
    $self->proxies(to => $redis->port);
}

# The lines of all nodes, by number; one as a list of its words, and its number.

sub lines {
    my ($self) = @_;

    return { split /\n/, $self->redis->cli('hgetall', 'wsgw:{conns}:nodes') };
}

sub line_of {
    my ($self, $node) = @_;

    my ($line) = grep { / $node->{name} / } values %{ $self->lines };

    return split ' ', $line // '';
}

sub number_of {
    my ($self, $node) = @_;

    my $lines = $self->lines;
    my ($number) = grep { $lines->{$_} =~ / $node->{name} / } keys %$lines;

    return $number;
}

# A push to the client through the other node, and its status.

sub pushed {
    my ($self) = @_;

    return $self->other->push($self->id, 'push ' . ++$self->{pushes})->status;
}

# Soon it works as if nothing had been.

sub works {
    my ($self, $name, $seconds) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $t0 = time;
    my %others;

    my $ok = eval {
        wait_until(sub {
            my $status = $self->pushed;
            return 1 if $status == 200;
            $others{$status}++;
            return 0;
        }, $seconds // $Wsgw::Across::Patience);
    };

    ok($ok, "$name: it works again");
    is(join(' ', grep { $_ != 503 } keys %others), '',
       "$name: and was 503 until then");
    note sprintf '%s: after %.1f s', $name, time - $t0;
}

# Pushes from the other node to clients of the first one, without a pause.

sub load {
    my ($self, %opt) = @_;

    return Wsgw::Across->new(listen => [$self->one], push => [$self->other],
                             %opt);
}

# The same from each node to clients of the one before it, all around.

sub around {
    my ($self, %opt) = @_;

    my @nodes = $self->nodes->all;

    return $self->load(listen => \@nodes, push => [@nodes[1 .. $#nodes, 0]],
                       %opt);
}

# What can happen to Redis: each begins, and ends. "unseen" need not lead to a
# 503; the others do "within" some seconds, or six.

sub faults {
    my ($self) = @_;

    my $nothing = sub { };
    my $proxies = sub { my @words = @_; sub { $self->proxies(@words) } };
    my $cli = sub { my @words = @_; sub { $self->redis->cli(@words) } };
    my $pass = $proxies->('pass');

    return map { my %fault; @fault{qw( name begin end more )} = @$_; \%fault } (
        ['it refuses', $proxies->('refuse'), $proxies->('accept')],
        ['slow', $proxies->(delay => 200), $pass,
         { unseen => 1, within => 0.5 }],
        ['cut in an answer', sub {
            $self->proxies(cut_after => 100 + int rand 3000);
         }, $pass],
        ['garbage', $proxies->(replace => "\r\n", "\0\xff"), $pass],
        ['the subscriber is cut', $proxies->(cut => 'sub'), $nothing,
         { unseen => 1, within => 1 }],
        ['the commands are cut', $proxies->(cut => 'cmd'), $nothing,
         { unseen => 1, within => 1 }],
        ['nothing comes back', $proxies->(hold => 'down'), $pass],
        ['nothing gets there', $proxies->(hold => 'up'), $pass],
        ['it stands still', sub { $self->redis->signal('STOP') },
         sub { $self->redis->signal('CONT') }],
        ['restarted empty', sub { $self->redis->stop },
         sub { $self->redis->start }],
        ['LOADING', sub { $self->redis->stop; $self->redis->load(2) },
         sub { $self->redis->loaded }],
        ['READONLY', $cli->(qw( replicaof 127.0.0.1 1 )),
         $cli->(qw( replicaof no one ))],
        ['NOPERM', $cli->(qw( acl setuser default -publish )),
         $cli->(qw( acl setuser default +@all ))],
        ['NOPERM of channels', $cli->(qw( acl setuser default resetchannels )),
         $cli->(qw( acl setuser default allchannels ))],
        ['failed over, connections kept', sub { $self->fail_over }, $nothing],
        ['FLUSHALL', $cli->('flushall'), $nothing,
         { unseen => 1, within => 0.3 }],
    );
}

# Another one becomes the primary, of which the old one is a replica; who
# connects gets to the new one.

sub fail_over {
    my ($self) = @_;

    my $old = $self->redis;
    my $new = delete $self->{replica} // Wsgw::Datastore->new;

    $new->start unless $new->runs;

    # not while it loads what the old one has

    wait_until(sub { $new->cli(qw( replicaof no one )) =~ /OK/ });
    $old->cli('replicaof', '127.0.0.1', $new->port);

    $self->{replica} = $old;
    $self->move($new);
}

1;
