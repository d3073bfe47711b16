#!/usr/bin/perl

# wsgw_limit_conn while workers are killed and nginx reloads: a key never has
# more connections than it may have, and after each death as many as that are
# let in again. WSGW_SEED takes another course of events.

use strict;
use warnings;

use lib 't/lib';

use Test::More;
use Time::HiRes qw( time );

use Wsgw::Client;
use Wsgw::Nginx;

my $N = 10;
my $KILLS = $ENV{LIMIT_KILLS} // 100;
my $RELOADS = $ENV{LIMIT_RELOADS} // 20;

srand($ENV{WSGW_SEED} // 1);

# Each worker has a queue of clients of its own. No connection is drained: one
# that was sent a Close is over, although its client has not noticed.

my $nginx = Wsgw::Nginx->new(
    workers => 4, listen => 'reuseport', drain => '20d quit=20d',
    stage => "wsgw_integration_timeout 3s; wsgw_limit_conn \$arg_key $N;");

my (@in, %seen);

# begins so many handshakes at once

sub come {
    my ($n, $key) = @_;

    return map {
        Wsgw::Client->open('127.0.0.1', $nginx->{port}, "/ws?key=$key",
                           defer => 1)
    } 1 .. $n;
}

# those of them that are let in; who dies with its worker has no status

sub let_in {
    return grep {
        my $status = eval { $_->status } // 'none';

        $seen{$status}++;
        $status eq '101';
    } @_;
}

sub living { return grep { !$_->eof(0) } @_ }

# One after another until one is refused although there are N: how many there
# are then. A Close that a client has just sent may not have been read yet; that
# the dead count for nothing at once is seen in tally.t.

sub fill {
    my ($key) = @_;

    my $deadline = time + 15;

    while (1) {
        my ($c) = come(1, $key);
        my $status = eval { $c->status } // 'none';

        push @in, $c if $status eq '101';
        @in = living(@in);

        last if $status eq '429' && (@in >= $N || time > $deadline);
    }

    return scalar @in;
}

# A worker that lives; the clients that it takes along see it before we go on.

sub kill_one {
    my @workers = $nginx->workers;
    my $victim = $workers[rand @workers];

    kill KILL => $victim;
    $nginx->wait(sub { !grep { $_ == $victim } $nginx->workers }, 'a death');
}

$nginx->start;

is(fill(0), $N, 'the limit is reached, and no more');

# kills between clients that come one at a time, and among many at once

my ($over, $under, $short) = (0, 0, 0);

for my $kill (1 .. $KILLS) {
    my @racing = $kill % 2 ? () : come(50, 0);

    kill_one();
    push @in, let_in(@racing);

    @in = living(@in);
    $over++ if @in > $N;

    my $filled = fill(0);

    $over++ if $filled > $N;
    $under++ if $filled < $N;

    # some leave, so that the count is not always at its limit

    my @leave = splice @in, 0, int rand @in;

    $_->close(1000) for @leave;
    $short += @leave;
}

is($over, 0, "$KILLS kills: never more than $N");
is($under, 0, "and $N again after each");
cmp_ok($short, '>', 0, "$short have left meanwhile");
note explain \%seen;

# reloads: old workers keep their connections, which count

fill(0);

for my $reload (1 .. $RELOADS) {
    my @old = $nginx->workers;

    kill HUP => $nginx->{master};

    my @racing = come(20, 0);

    $nginx->wait_shutting(@old);
    $nginx->wait_workers($nginx->{master});

    push @in, let_in(@racing);
    @in = living(@in);
    $over++ if @in > $N;

    my $filled = fill(0);

    $over++ if $filled > $N;
    $under++ if $filled < $N;

    $_->close(1000) for splice @in, 0, 3;
}

is($over, 0, "$RELOADS reloads: never more than $N");
is($under, 0, "and $N again after each");

# all workers at once: nobody is left to count

kill KILL => $nginx->workers;
$nginx->wait(sub { !living(@in) }, 'the end of all');
$nginx->wait_workers($nginx->{master});
is(fill(0), $N, 'all workers die: the limit is reached again, and no more');

# a stopped worker's connections live

my @workers = $nginx->wait_workers($nginx->{master});

$nginx->freeze($workers[0]);

my @late = come(20, 0);
my @answered = grep { eval { $_->answer(3) } } @late[0 .. 5];

is(scalar(grep { $_->status == 101 } @answered), 0,
   'a stopped worker keeps what it has');

kill CONT => $workers[0];
is(scalar(let_in(@late)), 0, 'also when it goes on');

# a new binary is another instance, which counts for itself

my $old = $nginx->{master};
my $new;

kill USR2 => $old;
$nginx->wait(sub {
    ($new) = grep { $nginx->title($_) =~ /master/ } $nginx->children($old)
}, 'a new master');
$nginx->wait_workers($new);

my @before = $nginx->workers($old);

kill WINCH => $old;
$nginx->wait_shutting(@before);

my @held = living(@in);

@in = ();
is(fill(0), $N, "a new binary lets $N in");
is(scalar(living(@held)), $N, "beside the $N of the old one");

kill QUIT => $old;
$nginx->{master} = $new;
@held = ();
$nginx->wait_end($old);

is(fill(0), $N, 'and none more when that is gone');

$nginx->stop;

unlike($nginx->log, qr/\[alert\](?!.* exited on signal 9)|\[emerg\]|Sanitizer|runtime error:/,
       'a clean log');

done_testing();
