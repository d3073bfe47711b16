# The load generator of t/bench: it counts what is done, and finds what is
# lost, doubled, out of order or another's; a measurement is worth as much.

use strict;
use warnings;

use lib 't/lib', 't/bench';
use Test::More;

use IO::Socket::INET;
use JSON::PP qw( decode_json );

use Bench::Peers;
use Wsgw::Client;
use Wsgw::Port;

my $Size = 100;

my $backend = Bench::Peers::backend();
my $bare = Bench::Peers::bare();
my $proxy = Bench::Peers::bare($backend->{port});

my @push = (push => '/ws/@connections/%s', sockets => 8);

for my $case (
    [ 'messages', $bare, 'message' ],
    [ 'messages by a backend, four under way on each connection', $proxy,
      'message', flight => 4 ],
    [ 'messages of 200 KB', $proxy, 'message', size => 200_000 ],
    [ 'POSTs', $backend, 'message', by => 'http', path => '/' ],
    [ 'pushes', $bare, 'push', @push ],
    [ 'connections that come and go', $bare, 'churn' ],
    [ 'messages at a rate', $bare, 'message', rate => 2000 ],
) {
    my ($name, $peer, $mode, @opt) = @$case;
    my $r = $peer->load($mode, connections => 4, count => 200, @opt);

    is_deeply([ @$r{qw( done lost wrong )} ], [ 200, 0, 0 ],
              "$name are all counted and right");
}

my $r = $bare->load('message', connections => 4, rate => 1000, warm => 0.1,
                    seconds => 0.5);

cmp_ok(abs($r->{done} - 500), '<', 250, 'a rate is kept');
cmp_ok($r->{cpu}, '>', 0, 'the CPU time of the server is taken');
cmp_ok($r->{us}{p50}, '<=', $r->{us}{max}, 'percentiles are in order');

$r = $bare->load('idle', connections => 200, seconds => 0.3, every => 0.1);
is($r->{lost} + $r->{wrong}, 0, 'idle connections answer pings');
ok($r->{done} && $r->{done} % 200 == 0, 'each of them each time');

# servers that do their tenth message wrong

my %faults = (
    'an answer that is lost'        => sub { ([], [ $_[1] ]) },
    'an answer that comes twice'    => sub { ([ ($_[0]) x 2 ], [ $_[1] ]) },
    'answers in another order'      => sub { ([], [ $_[1], $_[0] ]) },
    'an answer of another message'  => sub { ([ $_[1] ], [ $_[1] ]) },
    'an answer with another letter' => sub {
        ([ $_[0] =~ s/x"/y"/r ], [ $_[1] ]);
    },
);

for my $name (sort keys %faults) {
    my ($done, $said) = against($faults{$name});

    ok($done->{lost} + $done->{wrong} > 0, "$name is found")
        or diag(explain($done));
    like($said, qr/^load: connection 0: not/, '... and shown');
}

$_->stop for $bare, $proxy, $backend;

done_testing();

# What load prints of a server that gives the tenth and eleventh message to the
# sub, and answers with what it returns for each.

sub against {
    my ($fault) = @_;

    my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or die "listen: $!\n";

    defined(my $pid = fork) or die "fork: $!\n";

    if ($pid == 0) {
        serve(scalar $server->accept, $fault);
        POSIX::_exit(0);
    }

    my $self = bless { name => 'faulty', port => $server->sockport, pid => $$,
                       owner => 0 }, 'Bench::Peers';
    my @command = $self->load_command('message', connections => 1, flight => 2,
                                      size => $Size, count => 20, pids => $$,
                                      drain => 0.2);
    my $said = `@{[ map { "'$_'" } @command ]} 2>&1`;

    kill TERM => $pid;
    waitpid $pid, 0;

    my ($line) = $said =~ /^(\{.*\})$/m;

    return (decode_json($line), $said);
}

sub serve {
    my ($client, $fault) = @_;

    local $/ = "\r\n\r\n";
    <$client>;

    syswrite $client, join "\r\n", 'HTTP/1.1 101 Switching Protocols',
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=', '', '';

    my @texts;

    while (read $client, my $frame, 6 + $Size) {
        my $mask = substr $frame, 2, 4;

        push @texts, substr($frame, 6) ^ ($mask x (1 + $Size / 4));
        $texts[-1] = substr $texts[-1], 0, $Size;

        next if @texts == 10;

        my @answers = @texts == 11 ? map { @$_ } $fault->(@texts[9, 10])
                                   : $texts[-1];

        syswrite $client, Wsgw::Client::frame(payload => $_, masked => 0)
            for @answers;
    }
}
