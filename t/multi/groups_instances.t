#!/usr/bin/perl

# Two instances of nginx that share a host and the directory of their zone, four
# workers each: groups, sends and lists over both, while workers are killed and
# an instance stands still or ends.

use strict;
use warnings;

use lib 't/lib';

use JSON::PP qw( decode_json encode_json );
use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Crowd;
use Wsgw::HTTP;
use Wsgw::Nginx;
use Wsgw::Wait;

my $one = Wsgw::Nginx->new(name => 'one', zone => 'zone=conns:1m state=DIR',
                           workers => 4, drain => '1h quit=1h',
                           %Wsgw::Crowd::SETUP);
my $two = Wsgw::Nginx->new(name => 'two', workers => 4,
                           zone => "zone=conns:1m state=" . $one->state_dir,
                           drain => '1h quit=1h', %Wsgw::Crowd::SETUP);

$_->start for $one, $two;

my $crowd = Wsgw::Crowd->new;
my ($alice) = $crowd->enter($one, 'r', 8);
my ($bob) = $crowd->enter($two, 'r', 10);

$crowd->enter($two, 'x', 3);

sub sent {
    my ($nginx, $query, $text, $wanted, $what) = @_;

    is($crowd->send($nginx, $query, $text), $wanted, $what);
}

for my $nginx ($one, $two) {
    sent($nginx, 'group=r', "by-$nginx->{name}", '200 18 0 0',
         "members of both, by $nginx->{name}");
}

sent($one, 'group=x', 'x', '200 3 0 0', 'members of the other');
sent($one, 'group=nobody', 'n', '200 0 0 0', 'nobody');
sent($two, 'all', 'all', '200 21 0 0', 'all');
sent($two, "group=r&except=$alice->{id}", 'but', '200 17 0 0',
     'but for one of the other');

is_deeply($crowd->heard, {
    'one r' => 'by-one by-two all or by-one by-two all but',
    'two r' => 'by-one by-two all but', 'two x' => 'x all',
}, 'each has got what it should');

my $large = join '', map { chr 97 + $_ % 26 } 1 .. 100_000;

sent($one, 'group=r', $large, '200 18 0 0', 'a large one');
is_deeply($crowd->heard, { 'one r' => $large, 'two r' => $large,
                           'two x' => '' }, 'is whole');

# lists, whoever is asked

$crowd->test_lists($one, $two);

is($crowd->count($one), '200 21', 'all are counted');
is($crowd->count($two, '&group=r'), '200 18', 'members of a group');
is($crowd->count($one, '&group=x'), '200 3', 'of the other');

# a batch, by ids of both and by a group

my @ids = @{ $crowd->ids };

is($crowd->batch($one, map({ { to => [ @ids, 'AAAAAAAAAAAAAAA=' ],
                               data => "b$_" } } 1 .. 5),
                 { group => 'r', data => 'g' }, { to => \@ids, data => 'end' }),
   '200, ' . '21 0 0 1, ' x 5 . '18 0 0 0, 21 0 0 0', 'a batch crosses');
is_deeply($crowd->heard, { 'one r' => 'b1 b2 b3 b4 b5 g end',
                           'two r' => 'b1 b2 b3 b4 b5 g end',
                           'two x' => 'b1 b2 b3 b4 b5 end' }, 'in its order');

# each message is for a worker of the other that is free

my @many = map { my $batch = $_; map { "$batch-$_" } 1 .. 20 } 1 .. 10;

is(join(' ', map { my $batch = $_;
                   $crowd->batch($one, map { { group => 'r',
                                               data => "$batch-$_" } }
                                       1 .. 20) } 1 .. 10),
   join(' ', ('200, ' . join(', ', ('18 0 0 0') x 20)) x 10),
   'batches of messages to a group');
is_deeply($crowd->heard, { 'one r' => "@many", 'two r' => "@many",
                           'two x' => '' }, 'come in their order');

# each of the other's is a letter there, of which a worker takes one at a time

$large = 'l' x 25_000;

is($crowd->batch($one, map { { to => \@ids, data => "$_$large" } } 1 .. 3),
   '200, ' . join(', ', ('21 0 0 0') x 3), 'large messages cross');
is_deeply($crowd->heard, { map { $_ => join ' ', map { "$_$large" } 1 .. 3 }
                               'one r', 'two r', 'two x' }, 'all of them');

# groups of a client of the other

sub group_call { return $_[0]->manage($_[1], "$_[2]{id}/groups/$_[3]") }

is(group_call($one, PUT => $bob, 'far')->status, 204, 'PUT crosses');
sent($one, 'group=far', 'far', '200 1 0 0', 'who has joined');
is($bob->{c}->recv, 'far', 'gets it');
is_deeply(decode_json($one->manage(GET => "$bob->{id}/groups")->body),
          { groups => [qw( r far )] }, 'GET crosses');
is(group_call($one, DELETE => $bob, 'far')->status, 204, 'DELETE crosses');
sent($one, 'group=far', 'far', '200 0 0 0', 'who has left is not there');

# in order

my $n = 200;

is(join(' ', grep { $_ ne '200 18 0 0' }
             map { $crowd->send($one, 'group=r', $_) } 1 .. $n), '',
   "$n sends");

my $all = join ' ', 1 .. $n;

is_deeply($crowd->heard, { 'one r' => $all, 'two r' => $all, 'two x' => '' },
          'are in order');

# a worker stands still

my @of = map { my $client = $_;
               my $answer;

               do { $answer = $two->push($client->{id}, 'who') }
                   until $answer->header('X-Via') eq 'here';

               $answer->header('X-Worker') }
         $crowd->clients(sub { $_->{nginx} == $two });

$crowd->heard;

my $still = $of[0];
my $members = grep { $_ == $still } @of[0 .. 9];

$two->freeze($still);

my $since = time;
my $told = $crowd->send($one, 'group=r', 'still');
my $took = time - $since;

kill CONT => $still;

# how many it had is known to those that have heard of them

my $sent = 18 - $members;

like($told, qr/^200 $sent 0 (?:1|$members)$/,
     'a worker of the other stands still: its members are unknown');
cmp_ok($took, '<', 8, 'for no longer than five seconds');

# until each worker has heard of all of them

my %heard;

wait_until(sub {
    my $answer = $one->call(POST => '?group=r', 'on');

    $heard{ $answer->header('X-Worker') } = 1
        if $answer->body =~ /"sent":18,/;

    return keys %heard == 4;
}, 15, 'all workers');

# all of the other stands still

my @stopped = ($two->{master}, $two->workers);

$two->freeze(@stopped);

# as many as were heard of last, by the worker that is asked

my $stop = $crowd->send($one, 'group=r', 'stop');
my $count = $crowd->count($one);

# callers of whose messages only the other's part is left leave, too

my $part = encode_json({ messages => [ { to => \@ids,
                                         data => 'm' x 20_000 } ] });

for (1 .. 12) {
    eval {
        Wsgw::HTTP->request($one->{host}, $one->{port},
                            POST => '/ws/@connections?batch', body => $part,
                            timeout => 0.1);
    };
}

kill CONT => @stopped;

is($stop, '200 8 0 10', 'the other stands still: its members are unknown');
is($count, '503 -', 'nor can anybody count them');
wait_until(sub { $crowd->send($one, 'group=r', 'on') eq '200 18 0 0' }, 15,
           'an end');

my @mine = map { $_->{id} } $crowd->clients(sub { $_->{nginx} == $one });

is($crowd->batch($one, ({ to => \@mine, data => $large }) x 4),
   '200, ' . join(', ', ('8 0 0 0') x 4), 'and their letters are no more');

my $heard = $crowd->heard;

for my $who (keys %$heard) {
    for my $list (split / or /, $heard->{$who}) {
        my $times = () = $list =~ /(?:still|stop)/g;

        cmp_ok($times, '<=', $who =~ / x$/ ? 0 : 2,
               "nothing is doubled for $who");
    }
}

# a worker is killed while messages are sent

kill KILL => $still;

my @killed;

wait_until(sub {
    push @killed, $crowd->send($one, 'group=r', 'k');
    return $killed[-1] eq '200 ' . (18 - $members) . ' 0 0';
}, 15, 'its end');

pass('a worker is killed: its members are gone');

my $lost = $crowd->clients(sub { $one->manage(GET => $_->{id})->status
                                 == 410 });

is($lost, scalar(grep { $_ == $still } @of), 'and nobody else is');
$crowd->forget(sub { $one->manage(GET => $_->{id})->status == 410 });

# the other ends

my @all = ($two->{master}, $two->workers);

kill KILL => $_ for @all;
$two->wait_end(@all);

wait_until(sub { $crowd->send($one, 'all', 'end') eq '200 8 0 0' }, 15,
           'its end');
pass('the other was killed: nothing is unknown');
$crowd->forget(sub { $_->{nginx} == $two });

like((values %{ $crowd->heard })[0], qr/ end$/, 'who is left has got it');

is(join("\n", grep { /\[(?:alert|emerg|crit)\]/ && !/exited on signal 9/ }
              split /\n/, $one->log . $two->log), '', 'nobody complains');

done_testing();
