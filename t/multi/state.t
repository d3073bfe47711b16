#!/usr/bin/perl

# wsgw_zone with state=: what nginx leaves behind, the next one goes on with.

use strict;
use warnings;

use lib 't/lib';

use IO::Socket::INET;
use Test::More;

use Wsgw::Client;
use Wsgw::Nginx;

my $nginx = Wsgw::Nginx->new(zone => 'zone=conns:1m state=DIR');

# of zones; each has a socket beside it

sub files {
    return sort grep { !/\.sock$/ }
           map { s{.*/}{}r } glob $nginx->state_dir . '/*';
}

# names of files, with N for the digits of their numbers

sub shapes { return map { s/\.[0-7][0-9a-f]{5}\b/.NNNNNN/r } @_ }

sub connections {
    my ($n) = @_;

    my @connections = map { $nginx->connect } 1 .. $n;
    $nginx->wait_ids(CONNECT => $n);

    return @connections;
}

sub all_disconnected {
    my ($what, $code) = @_;

    my @ids = $nginx->ids('CONNECT');

    is_deeply([ $nginx->wait_ids(DISCONNECT => scalar @ids) ], \@ids,
              "$what: each connection gets its \$disconnect");
    is_deeply([ grep { $_ != $code }
                map { $_->{requestContext}{disconnectStatusCode} }
                $nginx->events('DISCONNECT') ],
              [], "$what: with code $code");
}

# the file

$nginx->configure;
ok($nginx->run('-t'), 'the configuration is tested') or diag $nginx->{said};
is(-e $nginx->state_dir ? 1 : 0, 0, 'which touches no state');

$nginx->start;
is_deeply([ shapes(files()) ], ['conns.NNNNNN'], 'an instance has a file');

$nginx->stop('QUIT');
is_deeply([ glob $nginx->state_dir . '/*' ], [],
          'that goes with it, if nothing is owed');

# everything is killed

$nginx->start;

my ($first) = files();
my @open = connections(20);
my %token = map { $_->{requestContext}{connectionId} => 1 }
            $nginx->events('CONNECT');

$nginx->kill_all;
is_deeply([ files() ], [$first], 'a killed instance leaves its file');

$nginx->start;
all_disconnected('everything was killed', 1006);

$nginx->wait(sub { !grep { $_ eq $first } files() }, 'the old file\'s end');
is(scalar(my @one = files()), 1, 'the old file is removed then');

is($nginx->push((keys %token)[0])->status, 410,
   'a push to a connection of the dead instance is 410');

# the backend is away, over two lives

$nginx->ledger_down;
$nginx->ledger_up;
@open = connections(5);
my @ids = $nginx->ids('CONNECT');

$nginx->ledger_down;
$_->drop for @open;
$nginx->wait(sub { $nginx->log =~ /\$disconnect of .* was not delivered/ },
             'a refused $disconnect');
$nginx->kill_all;

$nginx->start;
$nginx->wait(sub { $nginx->log =~ /was not delivered, attempt [2-9]/ },
             'an attempt of the next life');
$nginx->kill_all;

$nginx->ledger_up;
$nginx->start;
is_deeply([ $nginx->wait_ids(DISCONNECT => 5) ], \@ids,
          'what was owed before two deaths is delivered');

my %numbers = map { $_->{requestContext}{requestId} => 1 }
              $nginx->events('DISCONNECT');
is(scalar keys %numbers, 5, 'under five ids');

# who has refused an attempt knows the next one, which another life makes

$nginx->ledger_down;
$nginx->ledger_up;
open my $mark, '>', $nginx->refusing or die $!;
@open = connections(3);
$_->drop for @open;
$nginx->wait_ids(DISCONNECT => 3);
$nginx->kill_all;

my %id = map { $_->{requestContext}{connectionId}
                  => $_->{requestContext}{requestId} }
            $nginx->events('DISCONNECT');

unlink $nginx->refusing;
$nginx->start;
$nginx->wait(sub { $nginx->events('DISCONNECT') >= 6 },
             'attempts of the next life');

is_deeply([ grep { $id{ $_->{requestContext}{connectionId} }
                   ne $_->{requestContext}{requestId} }
            $nginx->events('DISCONNECT') ],
          [], 'an event keeps its id over a death');

# systemctl stop: five seconds for a QUIT, then KILL

$nginx->ledger_down;
$nginx->ledger_up;
$nginx->kill_all;
$nginx->start(drain => '60s');
@open = connections(10);

my @quit = $nginx->workers;

kill QUIT => $nginx->{master};
$nginx->wait_shutting(@quit);
$nginx->kill_all;

$nginx->start;
@ids = $nginx->ids('CONNECT');

# one that was answered just before comes again

my %left;

$nginx->wait(sub {
    %left = map { $_ => 1 } $nginx->ids('DISCONNECT');
    return keys %left >= 10;
}, 'all ends');
is_deeply([ sort keys %left ], \@ids,
          'QUIT and KILL: each connection gets its $disconnect');

# nobody takes what is alive

$nginx->wait(sub { 1 == (my @files = files()) }, 'the old file\'s end');

@open = connections(2);
kill KILL => ($nginx->workers)[0];
$nginx->wait_workers($nginx->{master});
is(scalar(my @files = files()), 1, 'a dead worker is no dead instance');

# files that are not ours to sweep

undef @open;
$nginx->wait_ids(DISCONNECT => 12);
$nginx->stop('QUIT');
is_deeply([ files() ], [], 'an instance that ends in order has no file');

# six digits below 0x800000, and nothing else, are a number

my @other = map { "conns.$_" }
    qw( 3840 00000A 00000g 0000001 000001.bad 000001x 800000 ffffff -00001 ),
    '', ' 00001', '0x0001';

for (@other, 'conns.000001', 'conns.7fffff') {
    my $path = $nginx->state_dir . "/$_";

    open my $file, '>', $path or die "$path: $!\n";
    print $file 'wsgwzone', pack('L<', 999), "\0" x 300_000 if /000001$/;
    close $file;
    chmod 0666, $path;
}

$nginx->start;
$nginx->wait(sub { $nginx->log =~ /left alone: .*another version/ },
             'a line about the strange file');
$nginx->wait(sub { !-e $nginx->state_dir . '/conns.7fffff' },
             'the end of the empty file');

my %there = map { $_ => 1 } files();

is_deeply([ grep { !delete $there{$_} } @other, 'conns.000001' ], [],
          'files of another layout and other names are left alone');
is_deeply([ shapes(keys %there) ], ['conns.NNNNNN'],
          'an unfinished one is removed');
$nginx->stop;
unlink map { $nginx->state_dir . "/$_" } @other;

# refusals at start

$nginx->configure(zone => 'zone=conns:1m state=DIR/none/such');
ok(!$nginx->run, 'a directory that cannot be made ends the start');
like($nginx->{said}, qr/\[emerg\].*mkdir\(\).*the state of wsgw zone "conns"/,
     'and says so');

$nginx->configure(zone => 'zone=conns:1m state=/proc/self');
ok(!$nginx->run, 'so does one that is not the workers\'');
like($nginx->{said}, qr/\[emerg\].*not a directory that belongs to/,
     'and says so');

# a directory that others can write to, or that workers cannot reach

my ($uid, $gid) = (stat $nginx->state_dir)[4, 5];
my $user = getpwuid $uid;
my $root = $nginx->{root};

sub folder {
    my ($path, $mode, @owner) = @_;

    mkdir $path;
    chown @owner ? @owner : ($uid, $gid), $path;
    chmod $mode, $path;

    return $path;
}

sub starts {
    my ($path) = @_;

    $nginx->configure(zone => "zone=conns:1m state=$path");
    my $starts = $nginx->run;

    if ($starts) {
        $nginx->{master} = $nginx->pid;
        $nginx->stop;
    }

    return $starts;
}

for my $mode (0777, 01777, 0770, 0720, 0702, 0500) {
    ok(!starts(folder("$root/open", $mode)), sprintf 'mode %o: no', $mode);
    like($nginx->{said},
         qr/not a directory.*user "$user".*install -d -o $user.* in \S+:\d+$/m,
         'with what to write, and where');
}

for my $mode (0700, 0755, 02751) {
    ok(starts(folder("$root/open", $mode)), sprintf 'mode %o: yes', $mode)
        or diag $nginx->{said};
}

SKIP: {
    skip 'only root\'s workers are another user', 7 if $>;

    folder("$root/a", 0755, 0, 0);
    folder("$root/a/b", 0755, 0, 0);
    folder("$root/a/b/state", 0700);

    my %way = ('a parent of root alone' => [ "$root/a/b", 0700, 0 ],
               'one above it' => [ "$root/a", 0700, 0 ],
               'of a group that is another' => [ "$root/a/b", 0750, 0 ],
               'of a group that is the workers\'' => [ "$root/a", 0710, $gid ]);

    for my $case (sort keys %way) {
        my ($path, $mode, $group) = @{ $way{$case} };

        folder($path, $mode, 0, $group);
        is(starts("$root/a/b/state"), $group ? 1 : '', $case)
            or diag $nginx->{said};
        like($nginx->{said},
             qr/cannot be used by the workers' user "$user".* in \S+:\d+ \(13:/,
             "$case: says so") unless $group;
        folder($path, 0755, 0, 0);
    }
}

unlike($nginx->log,
       qr/\[alert\] (?!.*exited on signal 9)|Sanitizer|runtime error:/,
       'a clean log');

# a mirror keeps an event after the file that it came from is done with

my $mute = IO::Socket::INET->new(Listen => 10, LocalAddr => '127.0.0.1')
    or die "no socket: $@\n";

$nginx = Wsgw::Nginx->new(zone => 'zone=conns:1m state=DIR', workers => 1,
    http => 'log_format groups "groups:$wsgw_groups id:$wsgw_connection_id";');
$nginx->start(server => <<"END");
    location /held { wsgw_api conns; wsgw_route \$disconnect /mirrored; }
    location = /mirrored {
        internal;
        mirror /mute;
        access_log $nginx->{root}/groups.log groups;
        proxy_pass http://127.0.0.1:$nginx->{ledger_port};
    }
    location = /mute {
        internal;
        proxy_read_timeout 4s;
        proxy_pass http://127.0.0.1:@{[$mute->sockport]};
    }
END

my $held = Wsgw::Client->open($nginx->{host}, $nginx->{port}, '/held');

$nginx->kill_all;
$nginx->start;
my ($lost) = $nginx->wait_ids(DISCONNECT => 1);
$nginx->wait(sub { 1 == (my @files = files()) }, 'the old file\'s end');
$nginx->wait(sub { -s "$nginx->{root}/groups.log" }, 'the mirror\'s end');

open my $groups, '<', "$nginx->{root}/groups.log" or die $!;
is(<$groups>, "groups: id:$lost\n", 'what lingers knows of no groups');
unlike($nginx->log, qr/Sanitizer|signal 11/, 'and of no zone');
$nginx->stop;

# where an instance's file is looked for

$nginx = Wsgw::Nginx->new(zone => 'zone=conns:1m state=DIR');
$nginx->start;

my $other = '8BAAAAxTqKWakWQ=';         # 701000
my $state = $nginx->state_dir;

is($nginx->push($other)->status, 410, 'an instance without a file is gone');
rename $state, "$state.moved" or die;
is($nginx->push($other)->status, 503, 'unless the directory is gone itself');
rename "$state.moved", $state or die;
is($nginx->push($other)->status, 410, 'and back');
$nginx->stop('QUIT');

# Who may connect to the socket may push: it is the workers' alone, whatever
# the umask and the directory's mode, and so is the file.

sub modes {
    my @modes;

    for my $path (sort glob "$state/*") {
        my $mode = (stat $path)[2] // next;     # it has just gone

        push @modes, sprintf '%s %o', $path =~ s{.*/}{}r, $mode & 07777;
    }

    return @modes;
}

my $umask = umask 0;
folder($state, 0755);
$nginx->start;
umask $umask;
is_deeply([ shapes(modes()) ],
          [ 'conns.NNNNNN 600', 'conns.NNNNNN.sock 600' ],
          'a start: file and socket are for one user');
($first) = files();

my @old = $nginx->workers;
$nginx->configure(zone => 'zone=conns:1100k state=DIR');
kill HUP => $nginx->{master};
$nginx->wait_shutting(@old);
is_deeply([ shapes(grep { !/^\Q$first\E/ } modes()) ],
          [ 'conns.NNNNNN 600', 'conns.NNNNNN.sock 600' ],
          'a reload: likewise');

my $old = $nginx->{master};
kill USR2 => $old;
$nginx->wait(sub { ($nginx->{master} = $nginx->pid) != $old
                   && $nginx->{master} }, 'a new binary');
$nginx->wait_workers($nginx->{master});
is_deeply([ grep { / (?!600$)/ } modes() ], [], 'a new binary: likewise');
cmp_ok(scalar(() = modes()), '>=', 4, 'which has its own');

kill TERM => $old;
$nginx->wait_end($old);
$nginx->stop;
chmod 0700, $state;

# a directory that cannot be read is told once, by each worker, until it can

$nginx->start(workers => 1,
              zone => "zone=conns:1m state=DIR;\n"
                      . "    wsgw_zone zone=other:1m state=$nginx->{root}/o");

sub closed { return scalar(() = $nginx->log =~ /opendir\(\) "\Q$state\E" f/g) }

# while the worker looks elsewhere several times

sub looks {
    for (1 .. 4) {
        my $path = "$nginx->{root}/o/other.00dead";

        open my $file, '>', $path or die $!;
        close $file;
        chown $uid, $gid, $path;
        $nginx->wait(sub { !-e $path }, 'a look');
    }
}

my $before = closed();
rename $state, "$state.moved" or die;
looks();
is(closed() - $before, 1, 'a directory that is gone: one line');
rename "$state.moved", $state or die;
looks();
rename $state, "$state.moved" or die;
looks();
is(closed() - $before, 2, 'and one more when it is gone again');
rename "$state.moved", $state or die;

like($nginx->log, qr/\[warn\].*other.00dead" has nothing in it and was removed/,
     'a file that has nothing in it is told of');
$nginx->stop;

# a file is taken away while its nginx lives

sub gone { return scalar(() = $nginx->log =~ /"\Q$state\E\/conns.[0-9a-f]{6}" is gone/g) }

# a connection of its own instance, its id, and a connection's end

sub lone {
    my @known = $nginx->ids('CONNECT');
    my $c = $nginx->connect;
    my %known = map { $_ => 1 } @known;
    my ($id) = grep { !$known{$_} } $nginx->wait_ids(CONNECT => @known + 1);

    return ($c, $id);
}

sub resize {
    my ($size) = @_;

    my @old = $nginx->workers;

    $nginx->configure(zone => "zone=conns:$size state=DIR");
    kill HUP => $nginx->{master};
    $nginx->wait_shutting(@old);
    $nginx->wait_workers($nginx->{master});
}

sub replace {
    my $old = $nginx->{master};
    my @workers = $nginx->workers;

    kill USR2 => $old;
    $nginx->wait(sub { ($nginx->{master} = $nginx->pid) != $old
                       && $nginx->{master} }, 'a new binary');
    $nginx->wait_workers($nginx->{master});
    kill QUIT => $old;
    $nginx->wait_shutting(@workers);
}

my %taken = (
    'the file is removed'   => sub { unlink "$state/$first" },
    'its socket as well'    => sub { unlink glob "$state/$first*" },
    'both are moved'        => sub {
        rename $_, s{.*/}{$root/moved.}r for glob "$state/$first*";
    },
);

for my $what (sort keys %taken) {
    for my $next (sub { resize('1100k') }, sub { replace() }) {

        $nginx->ledger_down;
        $nginx->ledger_up;
        $nginx->start(workers => 1, zone => 'zone=conns:1m state=DIR',
                      drain => '60s');
        $before = gone();
        ($first) = files();

        my ($c, $id) = lone();

        $taken{$what}->();
        $nginx->wait(sub { gone() > $before }, 'a line about it');
        is($nginx->push($id)->status, 200, "$what: pushes go on");

        $next->();
        is(scalar(grep { $_ ne $first } files()), 1,
           'who comes then takes another number');
        is($nginx->push($id)->status, $what =~ /socket|both/ ? 503 : 200,
           'nobody says that it has ended');

        my @old = grep { $nginx->title($_) =~ /shutting/ } $nginx->processes;

        $c->drop;
        $nginx->wait_ids(DISCONNECT => 1);
        $nginx->wait_end(@old);
        $nginx->wait(sub { $nginx->push($id)->status == 410 },
                     'then it has ended');
        is(gone() - $before, 1, 'one line');

        $nginx->stop;
        unlink glob "$state/*";
    }
}

unlike($nginx->log, qr/\[alert\]|\[emerg\]|Sanitizer|runtime error:/,
       'a clean log');

done_testing();
