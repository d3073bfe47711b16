#!/usr/bin/perl

# Two instances side by side: a new binary beside the old one, a zone of
# another size beside that of before, or one that was gone for a reload. A push
# reaches either, or is 503; 410 is for connections that have ended. What the
# older one owes is delivered.

use strict;
use warnings;

use lib 't/lib';

use POSIX qw( _exit );
use Test::More;
use Time::HiRes qw( time );

use Wsgw::Nginx;

my $STATE = 'zone=conns:SIZE state=DIR';
my $NONE = 'zone=conns:SIZE';

my ($nginx, @open, $leaving);

sub begin {
    my ($zone, $drain) = @_;

    @open = ();
    $nginx = Wsgw::Nginx->new(zone => sized($zone, '1m'),
                              drain => ($drain // '3s') . ' quit=1s');
    $nginx->start;
}

sub sized { return $_[0] =~ s/SIZE/$_[1]/r }

sub more {
    my ($n) = @_;

    push @open, map { $nginx->connect } 1 .. $n;
    $nginx->wait_ids(CONNECT => scalar @open);
}

# Three pushes to each connection, whoever accepts them: how many of which
# status. A 410 to one that has ended is counted as its end.

sub pushes {
    my (%status, @gone);

    for my $id (($nginx->ids('CONNECT')) x 3) {
        my $status = $nginx->push($id)->status;

        if ($status == 410) {
            push @gone, $id;
        } else {
            $status{$status}++;
        }
    }

    for my $id (@gone) {
        my $ended = eval {
            $nginx->wait(sub { grep { $_ eq $id } $nginx->ids('DISCONNECT') },
                         'an end', 3);
        };
        $status{ $ended ? 'ended' : 410 }++;
    }

    note explain \%status;

    return \%status;
}

# A push by a process of its own, which tells the status.

sub pushing {
    my ($id) = @_;

    my $pid = open my $status, '-|';

    return $status if $pid;

    syswrite STDOUT, $nginx->push($id)->status;
    _exit(0);
}

# Whether a question to an instance waits to be accepted.

sub asked {
    open my $file, '<', '/proc/net/unix' or die "/proc/net/unix: $!\n";

    my $dir = $nginx->state_dir;

    my %sockets;

    / (\Q$dir\E\S+)$/ and $sockets{$1}++ while <$file>;

    return grep { $_ > 1 } values %sockets;
}

# The numbers that ids begin with: 24 bits are four characters.

sub numbers {
    my %numbers = map { substr($_, 0, 4) => 1 } @_;

    return keys %numbers;
}

# A process that has ended gives up its locks a moment later.

sub wait_gone {
    my ($id) = @_;

    $nginx->wait(sub { $nginx->push($id)->status == 410 }, 'a 410');
}

sub upgrade {
    my $old = $nginx->{master};
    my $new;

    kill USR2 => $old;
    $nginx->wait(sub {
        ($new) = grep { $nginx->title($_) =~ /master/ } $nginx->children($old)
    }, 'a new master');

    $nginx->wait_workers($new);

    return ($old, $new);
}

sub quit {
    my ($master) = @_;

    my @workers = $nginx->workers($master);

    $leaving = time;
    kill QUIT => $master;
    $nginx->wait_shutting(@workers);
}

# Whether connections that have so many seconds to end are over by now, as it
# took long to get here.

sub over { return time - $leaving > $_[0] }

sub resize {
    my ($zone, $size) = @_;

    my @old = $nginx->workers;

    $leaving = time;

    $nginx->configure(zone => sized($zone, $size), drain => "3s quit=1s");
    kill HUP => $nginx->{master};
    $nginx->wait_shutting(@old);
    $nginx->wait_workers($nginx->{master});
}

# A reload without the zone, and one with it again.

sub take_away {
    open my $file, '<', "$nginx->{root}/nginx.conf" or die "nginx.conf: $!\n";
    my $conf = do { local $/; <$file> };

    my @old = $nginx->workers;
    my ($main) = $conf =~ /\A(.*)^http /ms;

    $leaving = time;
    $nginx->write('nginx.conf',
                  $main . 'http { '
                  . join(' ', $conf =~ /^ +(\w+_temp_path .*)$/mg)
                  . " server { listen $nginx->{host}:$nginx->{port}; } }\n");
    kill HUP => $nginx->{master};
    $nginx->wait_shutting(@old);
    @old = $nginx->wait_workers($nginx->{master});

    $nginx->write('nginx.conf', $conf);
    kill HUP => $nginx->{master};
    $nginx->wait_shutting(@old);
    $nginx->wait_workers($nginx->{master});
}

sub all_end {
    my ($what) = @_;

    my @ids = $nginx->ids('CONNECT');

    is_deeply([ $nginx->wait_ids(DISCONNECT => scalar @ids) ], \@ids,
              "$what: each connection gets its \$disconnect");

    is_deeply([ grep { $_ != 1001 }
                map { $_->{requestContext}{disconnectStatusCode} }
                $nginx->events('DISCONNECT') ],
              [], "$what: and was closed 1001");
}

sub clean {
    my ($what) = @_;

    unlike($nginx->log, qr/\[alert\]|\[emerg\]|Sanitizer|runtime error:/,
           "$what: a clean log");
}

# with state

begin($STATE);
more(8);

my ($old, $new) = upgrade();
more(8);
is_deeply(pushes(), { 200 => 48 },
          'a new binary: a push by either instance reaches both');

quit($old);

my $status = pushes();
is($status->{410} // $status->{503}, undef, 'also while the old one drains');
ok($status->{200} > 24 || over(1), 'its connections are not closed at once');

$nginx->wait_end($old);
$nginx->{master} = $new;

my %over = map { $_ => 1 } $nginx->ids('DISCONNECT');
my %got;

$got{ $over{$_} ? 'over' : 'open' }{ $nginx->push($_)->status }++
    for $nginx->ids('CONNECT');

is_deeply([ keys %{ $got{over} } ], [ 410 ],
          'what the old one held is gone with it');
is_deeply([ keys %{ $got{open} // { 200 => 1 } } ], [ 200 ],
          'what the new one holds is not');

$nginx->stop('QUIT');
all_end('a new binary');
clean('a new binary');

begin($STATE);
more(8);
($old, $new) = upgrade();
more(8);

kill HUP => $old;
quit($new);

$status = pushes();
is($status->{410} // $status->{503}, undef, 'rollback: all are reached');
$nginx->wait_end($new);
$nginx->wait(sub { $nginx->pid == $old }, 'the old master alone');
more(4);
$nginx->stop('QUIT');
all_end('rollback');
clean('rollback');

begin($STATE);
more(8);
resize($STATE, '2m');
more(4);
$status = pushes();
is($status->{410} // $status->{503}, undef,
   'another size: both zones are reached');
$nginx->stop('QUIT');
all_end('another size');
clean('another size');

# one dies while it is asked

begin($STATE);
more(1);
($old, $new) = upgrade();

my @dying = ($old, $nginx->workers($old));

$nginx->freeze(@dying);

my $answer = pushing(($nginx->ids('CONNECT'))[0]);

$nginx->wait(\&asked, 'a question');
kill KILL => @dying;
is(<$answer>, 410, 'what dies with a question unanswered is gone');
close $answer;

$nginx->wait_end(@dying);
$nginx->{master} = $new;
is($nginx->wait_ids(DISCONNECT => 1), 1, 'and its $disconnect comes');
$nginx->stop('QUIT');
clean('a question unanswered');

# without

begin($NONE);
more(8);
($old, $new) = upgrade();
quit($old);

$status = pushes();
is($status->{410} // $status->{200}, undef,
   'without state a push to the other instance is neither 200 nor 410');
ok($status->{503} || over(1), 'but 503');

my @before = $nginx->ids('CONNECT');

more(8);
is(scalar numbers(@before), 1, 'the old instance has a number');
is(scalar numbers($nginx->ids('CONNECT')), 2, 'the new one has another');
is(scalar(grep { !/^[g-z0-9_-]/ } $nginx->ids('CONNECT')), 0,
   'of own cover are both');

$nginx->wait_end($old);
$nginx->{master} = $new;
wait_gone($before[0]);
pass('until that one has ended');
$nginx->stop('QUIT');
clean('without state');

begin($NONE);
more(8);
resize($NONE, '2m');
resize($NONE, '1m');
$status = pushes();
is($status->{410} // $status->{200}, undef,
   'nor is one to a zone of another size, after two changes');
ok($status->{503} || over(2), 'but 503, too');
$nginx->stop('QUIT');
clean('another size without state');

begin($NONE, '60s');
more(8);
take_away();
$status = pushes();
is($status->{410} // $status->{200}, undef,
   'nor is one to a zone that was gone for a reload');
ok($status->{503} || over(50), 'but 503, too');
$nginx->stop;
unlike($nginx->log, qr/\[emerg\]|Sanitizer|runtime error:/, 'a clean log');

# What the older one owes when its connections have ended: it is delivered,
# all of it, once the backend is back.

sub more_everywhere {
    my ($n) = @_;

    my @workers = $nginx->workers;

    for my $worker (@workers) {
        my @others = grep { $_ != $worker } @workers;

        $nginx->freeze(@others);
        more($n);
        kill CONT => @others;
    }
}

sub attempts { return scalar(() = $nginx->log =~ /was not delivered/g) }

sub owing {
    my ($n) = @_;

    begin($NONE);
    more_everywhere($n / 2);
    my @ids = $nginx->ids('CONNECT');

    $nginx->ledger_down;
    $_->drop for @open;
    $nginx->wait(sub { attempts() >= $n }, "$n refused \$disconnects");

    return @ids;
}

sub delivered {
    my ($what, @ids) = @_;

    $nginx->ledger_up;

    # the next attempt may be a minute away

    is_deeply([ $nginx->wait_ids(DISCONNECT => scalar @ids, 90) ], \@ids,
              $what);
}

sub still_tried {
    my $before = attempts();

    $nginx->wait(sub { attempts() > $before },
                 'an attempt of a worker on its way out');
}

my @ids = owing(4);
my @old = $nginx->workers;

resize($NONE, '2m');
still_tried();
delivered('workers of a zone that is no more stay until it is delivered',
          @ids);
$nginx->wait_end(@old);
$nginx->stop('QUIT');
clean('what is owed');

# but not longer than they may

begin($NONE);
$nginx->stop;
$nginx->start(more => 'worker_shutdown_timeout 2s;');
more(1);
$nginx->ledger_down;
$_->drop for @open;
$nginx->wait(sub { $nginx->log =~ /was not delivered, attempt 1/ },
             'a refused $disconnect');

@old = $nginx->workers;
resize($NONE, '2m');
$nginx->wait(sub { $nginx->log =~ /was not delivered, attempt 2/ },
             'an attempt of a worker on its way out');
$nginx->wait_end(@old);
pass('worker_shutdown_timeout ends them');
clean('worker_shutdown_timeout');

# nor is a replaced binary's lost, whichever of the two goes

my %replaced = (
    'the old binary quits' => sub { quit($old); return $new },
    'the old binary quits, a worker of it is killed' => sub {
        my ($worker) = $nginx->workers($old);
        quit($old);
        still_tried();
        kill KILL => $worker;
        return $new;
    },
    'a worker of the old binary is killed, it quits' => sub {
        my ($worker) = $nginx->workers($old);
        kill KILL => $worker;
        quit($old);
        return $new;
    },
    'the old binary has no workers any more' => sub {
        my @workers = $nginx->workers($old);
        kill WINCH => $old;
        $nginx->wait_shutting(@workers);
        still_tried();
        kill QUIT => $old;
        return $new;
    },
);

for my $case (sort keys %replaced) {
    @ids = owing(20);
    ($old, $new) = upgrade();
    $nginx->{master} = $replaced{$case}->();
    still_tried();
    delivered($case, @ids);
    $nginx->wait_end($old);
    $nginx->stop('QUIT');
    clean($case) unless $case =~ /killed/;
}

begin($NONE);
($old, $new) = upgrade();
kill WINCH => $old;
$nginx->wait(sub { !$nginx->workers($old) }, 'an old master alone');
$nginx->{master} = $new;
more(4);
@ids = $nginx->ids('CONNECT');
$nginx->ledger_down;
$_->drop for @open;
$nginx->wait(sub { attempts() >= 4 }, 'refused $disconnects');
quit($new);
still_tried();
$nginx->{master} = $old;
delivered('the new binary quits, the old one has no workers', @ids);
$nginx->wait_end($new);
$nginx->wait_workers($old);
$nginx->stop('QUIT');
clean('a new binary quits');

# a new binary learns from its master that it is one, not from a file that
# its workers may not read, or that is not where they look

my $umask = umask;

my %hidden = (
    'a closed folder' => {
        before => sub { mkdir "$nginx->{root}/closed", 0700 },
        pid_file => 'closed/nginx.pid' },
    'a closed file' => {
        before => sub { umask 077 } },
    'another file' => {
        then => sub { $nginx->configure(pid_file => 'other.pid') } },
    'no file' => {
        after => sub { unlink "$nginx->{root}/nginx.pid.oldbin" } },
    'a file of nobody' => {
        after => sub { $nginx->write('nginx.pid.oldbin', "4194304\n") } },
);

for my $case (sort keys %hidden) {
    my ($before, $then, $after) =
        map { $hidden{$case}{$_} // sub {} } qw( before then after );

    begin($NONE);
    $nginx->stop;
    $before->();
    $nginx->start(drain => '20s quit=20s',
                  pid_file => $hidden{$case}{pid_file} // 'nginx.pid');
    umask $umask;
    more(4);

    $then->();
    ($old, $new) = upgrade();
    $after->();
    quit($old);

    $status = pushes();
    is($status->{410} // $status->{200}, undef,
       "$case: a push to the old instance is neither 200 nor 410");
    cmp_ok($status->{503}, '>', 0, 'but 503');

    kill TERM => $old;
    $nginx->wait_end($old);
    wait_gone(($nginx->ids('CONNECT'))[0]);
    is_deeply([ map { $nginx->push($_)->status } $nginx->ids('CONNECT') ],
              [ (410) x 4 ], 'and 410 when it has ended');

    $nginx->{master} = $new;
    $nginx->stop('QUIT');
    unlike($nginx->log, qr/Sanitizer|runtime error:/, 'a clean log');
}

done_testing();
