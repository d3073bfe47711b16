#!/usr/bin/perl

# t/gdb/wsgw.py: gdb, attached to a worker that runs, says what it holds: its
# zones, a connection, the slot of one, and a letter to a worker that does not
# answer.

use strict;
use warnings;

use lib 't/lib';

use POSIX qw( _exit );
use Test::More;

use Wsgw::Nginx;

my @GDB = (qw( gdb -nx -q -batch -iex ), 'set debuginfod enabled off');

sub gdb {
    my ($pid, @commands) = @_;

    my @run = (@GDB, '-p', $pid, '-x', 't/gdb/wsgw.py',
               map { ('-ex', $_) } @commands);
    my $run = join ' ', map { "'$_'" } @run;

    return scalar `$run 2>&1`;
}

# a letter is out only as long as who gets it does nothing

sub push_later {
    my ($nginx, $id) = @_;

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        my $status = eval { $nginx->push($id)->status } // 0;
        _exit($status == 200 || $status == 503 ? 0 : 1);
    }

    return $pid;
}

my $nginx = Wsgw::Nginx->new;
my @workers = $nginx->start;
my $c = $nginx->connect;
my ($id) = $nginx->wait_ids('CONNECT', 1);

my %said = map { $_ => gdb($_, 'wsgw worker') } @workers;

if (my ($why) = $said{$workers[0]} =~ /^(ptrace: .*|.*not permitted.*)/m) {
    plan skip_all => "gdb cannot attach to a worker here: $why";
}

my ($owner) = grep { $said{$_} =~ /connections 1, in slots \[\d+\]/ } @workers;
my ($other) = grep { $_ != ($owner // 0) } @workers;

ok $owner, 'a worker says that it has a connection' or diag explain \%said;
like $said{$other}, qr/^zone "conns" .*connections 0,/ms, 'another has none';

my ($slot) = $said{$owner} =~ /in slots \[(\d+)\]/;
my $said = gdb($owner, "wsgw connection $id", "wsgw slot $id",
               "wsgw slot $slot");

like $said, qr/^connection 0x\w+ in slot $slot\n +is open$/m, 'a connection';
like $said, qr/^slot $slot OPEN attempt 0 .* of worker slot \d+ epoch \d+$/m,
     'its slot';
is scalar(() = $said =~ /^slot $slot OPEN /mg), 2, 'by its number, too';

like gdb($other, "wsgw connection $id"), qr/this worker has no such/,
     'of another worker it is not';

$nginx->freeze($owner);

my $push = push_later($nginx, $id);

$nginx->wait(sub { ($said = gdb($other, 'wsgw letter')) =~ /^letter/m },
             'a letter');

like $said, qr/^letter \d+ (?:POSTED|CANCELLED) status 0 from .* to .*$/m,
     'a letter';

kill CONT => $owner;
waitpid $push, 0;

is $?, 0, 'the push is answered';

$nginx->stop;

is(join('', grep { /\[alert\]|\[emerg\]|exited on signal/ }
            split /^/, $nginx->log), '', 'a clean log');

done_testing();
