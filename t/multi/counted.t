# What wsgw_status counts beside what clients and the backend have counted
# themselves, over workers that are killed, reloads, a zone of another size and
# a new binary: nothing goes down, and a kill costs the event that was in
# progress at most. Connections live on while a new zone takes the place of
# theirs, and the old one counts them to their end. COUNTED_KILLS and
# COUNTED_RELOADS make it longer, as "make counted" does.

use strict;
use warnings;

use lib 't/lib';

use POSIX qw( _exit );
use Test::More;

use Wsgw::HTTP;
use Wsgw::Nginx;
use Wsgw::Samples;
use Wsgw::Stream;

my $Kills = $ENV{COUNTED_KILLS} // 12;
my $Reloads = $ENV{COUNTED_RELOADS} // 2;

my $nginx = Wsgw::Nginx->new(
    workers => 3, listen => 'reuseport', drain => '1s quit=1s',
    zone    => 'zone=conns:1m',
    answer  => '{"statusCode":200,"body":"done"}',
    stage   => 'wsgw_route say /int response; wsgw_integration_timeout 2s;',
    server  => 'location = /status { wsgw_status; }');

$nginx->start;

# what clients, this suite and instances that are no more have counted

my %mine = (accepted => 0, replies => 0, kills => 0, beyond => 0, ended => 0);
my %past;

my (@clients, $before, @fallen);

sub scrape {
    my ($r);

    # the worker that answers may be the next one to be killed

    $nginx->wait(sub {
        $r = eval { Wsgw::HTTP->request('127.0.0.1', $nginx->{port}, 'GET',
                                        '/status?format=prometheus') };
        $r && $r->status == 200 && $r->body =~ /\n\z/;
    }, 'a scrape');

    return samples($r->body);
}

sub sums {
    my ($seen) = @_;

    return (
        accepted  => total($seen, qr/^wsgw_handshakes_total.*"accepted"/),
        closed    => total($seen, qr/^wsgw_connections_closed_total/),
        open      => total($seen, qr/^wsgw_connections\{state="open"/),
        replies   => total($seen, qr/^wsgw_messages_sent_total.*"reply"/),
        received  => total($seen, qr/^wsgw_messages_received_total/),
        said      => total($seen, qr/^wsgw_integration_requests_total.*"say"/),
        connects  => total($seen,
                           qr/^wsgw_integration_requests_total.*"\$connect"/),
        delivered => total($seen, qr/^wsgw_disconnects_total.*"delivered"/),
        lasted    => total($seen, qr/^wsgw_connection_duration_seconds_count/),
        lost      => total($seen, qr/^wsgw_workers_lost_total/),
    );
}

# One event at a time: a client comes, one speaks, one goes.

sub round {
    my $c = eval { $nginx->connect };

    if ($c) {
        $mine{accepted}++;
        push @clients, $c;
    }

    $c = $clients[rand @clients];

    if ($c && eval { $c->send('{"action":"say"}'); $c->recv }) {
        $mine{replies}++;
    }

    if (@clients > 8) {
        my ($gone) = splice @clients, rand @clients, 1;

        eval { $gone->close(1000); $gone->close_code };
        $gone->drop;
    }
}

sub look {
    my $now = scrape();

    push @fallen, fallen($before, $now) if $before;
    $before = $now;
}

# A request that a worker waits to have all of, also one that shuts down, which
# takes no other: with the rest of it somebody can look into its zone. There are
# some in each worker, as each has a queue of its own.

sub spyhole {
    my $stream = Wsgw::Stream->connect('127.0.0.1', $nginx->{port});

    $stream->write("GET /status?format=prometheus HTTP/1.1\r\nHost: a\r\n");

    return $stream;
}

# nothing if its worker is not there any more

sub look_through {
    my ($spyhole) = @_;

    my $r = eval {
        $spyhole->write("Connection: close\r\n\r\n");
        Wsgw::HTTP->response($spyhole, time + 5, 'GET');
    };

    return $r && $r->status == 200 ? samples($r->body) : ();
}

sub is_quiet {
    my ($now) = @_;
    return total($now, qr/^wsgw_(?:connections|disconnects_owed)\b/) == 0;
}

# What this instance of the zone has counted is kept.

sub keep {
    my %sum = sums($before);

    $past{$_} += $sum{$_} for keys %sum;
    undef $before;
}

# All go.

sub quiet {
    $_->drop for splice @clients;

    # one whose worker was killed during its $connect waits for the end of that

    $nginx->wait(sub { is_quiet(scrape()) }, 'the end of all', 60);

    look();
    keep();
}

# Another zone takes the place of this one, whose clients live on, speak, and
# lose one of their workers, until the last of them is told to go.

sub replaced {
    my ($replace) = @_;

    my @spyholes = map { spyhole() } 1 .. 120;
    my @old = $nginx->workers;

    look();
    $replace->();

    my @alive = splice @clients;
    my $last = $before;

    undef $before;

    for my $c (@alive) {
        $mine{beyond}++;

        if (eval { $c->send('{"action":"say"}'); $c->recv }) {
            $mine{replies}++;
        }
    }

    kill KILL => $old[rand @old];
    $mine{kills}++;

    # clients of the new zone come and go meanwhile

    my $over;

    while (!$over && @spyholes) {
        round();
        look();
        select undef, undef, undef, 0.1;

        my $now = look_through(shift @spyholes) // next;

        push @fallen, fallen($last, $now);
        $last = $now;
        $over = is_quiet($now);
    }

    ok $over, 'the old zone has come to its end';

    for my $c (@alive) {
        $mine{ended}++ if (eval { $c->close_code } // 0) == 1001 || $c->eof(0);
        $c->drop;
    }

    my $new = $before;

    $before = $last;
    keep();
    $before = $new;

    $_->drop for @spyholes;
}

# A worker is killed while a round is on its way, at any moment of it.

sub killed_round {
    my @workers = $nginx->workers or return;
    my $worker = $workers[rand @workers];
    my $killer = fork // die "fork: $!\n";

    if ($killer == 0) {
        select undef, undef, undef, rand 0.004;
        kill KILL => $worker;
        _exit(0);
    }

    $mine{kills}++;
    round();
    waitpid $killer, 0;
}

sub reload {
    my %old = map { $_ => 1 } $nginx->workers;

    kill HUP => $nginx->{master};

    $nginx->wait(sub {
        my @now = grep { $nginx->title($_) !~ /shutting/ } $nginx->workers;
        @now >= 3 && !grep { $old{$_} } @now;
    }, 'the workers of a reload');
}

sub resize {
    replaced(sub {
        $nginx->configure(zone => 'zone=conns:2m');
        reload();
    });
}

sub upgrade {
    my $old = $nginx->{master};

    replaced(sub {
        my @workers = $nginx->workers;
        my $new;

        kill USR2 => $old;

        $nginx->wait(sub {
            ($new) = grep { $nginx->title($_) =~ /master/ }
                          $nginx->children($old)
        }, 'a new master');
        $nginx->wait_workers($new);

        kill QUIT => $old;
        $nginx->wait_shutting(@workers);
        $nginx->{master} = $new;
    });

    $nginx->wait_end($old);
}

my %at = (int($Kills / 3) => \&resize, int(2 * $Kills / 3) => \&upgrade);
my $every = int($Kills / ($Reloads || 1)) || 1;

for my $n (1 .. $Kills) {
    round() for 1 .. 2;
    killed_round();
    reload() if $n % $every == 0;
    look();
    $at{$n}->() if $at{$n};
}

quiet();

is "@fallen", '', 'no counter has gone down';

my %sum = %past;
my $slack = $mine{kills};

note join ', ', map { "$_ $sum{$_}" } sort keys %sum;

my %connected = map { $_ => 1 } $nginx->ids('CONNECT');
my %left = map { $_ => 1 } $nginx->ids('DISCONNECT');
my $said = () = $nginx->events('MESSAGE');

cmp_ok $mine{beyond}, '>=', 10, 'clients have outlived their zone';
is $mine{ended}, $mine{beyond}, 'and were told to go, or lost their worker';

# each row: a sum, what somebody else has counted, and how far they may differ

my $worst = 0;

for (
    [ 'accepted, as clients saw it',  $sum{accepted}, $mine{accepted} ],
    [ '$connects, as the backend did', $sum{connects}, scalar keys %connected ],
    [ 'closed are the accepted ones', $sum{closed}, $sum{accepted} ],
    [ 'each with how long it was',    $sum{lasted}, $sum{closed}, 1 ],
    [ 'messages, as the backend',     $sum{said}, $said ],
    [ 'messages received, likewise',  $sum{received}, $said ],
    [ 'replies, as clients',          $sum{replies}, $mine{replies} ],
    [ '$disconnects, as the backend', $sum{delivered}, scalar keys %left ],
    [ 'workers lost',                 $sum{lost}, $mine{kills} ],
) {
    my ($what, $counted, $other, $limit) = @$_;
    my $off = abs $counted - $other;

    $worst = $off if $off > $worst;
    cmp_ok $off, '<=', $limit // $slack, "$what: $counted of $other";
}

is scalar(grep { !$left{$_} } keys %connected), 0,
   'every connection of which the backend knew has ended there';

note "$mine{kills} kills, $mine{beyond} clients beyond their zone, the largest "
     . "difference is $worst";

my $log = $nginx->log;

unlike $log, qr/\[(?:emerg|crit)\]|Sanitizer/, 'a clean log';
is join("\n", grep { !/exited on signal 9/ } $log =~ /^.*\[alert\].*$/mg), '',
   'of alerts only the kills';

undef $nginx;

done_testing;
