#!/usr/bin/perl

# Three nodes and a Redis: groups, sends and lists over all of them, while one
# stands still and while one is cut from Redis.

use strict;
use warnings;

use lib 't/lib';

use JSON::PP qw( decode_json );
use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Crowd;
use Wsgw::Datastore;
use Wsgw::Nodes;
use Wsgw::Proxy;
use Wsgw::Wait;

my $redis = Wsgw::Datastore->new->start;
my @proxies = map { Wsgw::Proxy->new(to => $redis->port) } 1 .. 3;
my $nodes = Wsgw::Nodes->new(urls => [map { $_->url } @proxies],
                             %Wsgw::Crowd::SETUP);

$nodes->start->joined;

my ($one, $two, $three) = $nodes->all;
my $crowd = Wsgw::Crowd->new;
my ($alice) = $crowd->enter($one, 'r', 4);
my ($bob) = $crowd->enter($two, 'r,s', 3);
my ($carol) = $crowd->enter($three, 'r', 5);

$crowd->enter($three, 'x', 2);

sub sent {
    my ($node, $query, $text, $wanted, $what) = @_;

    is($crowd->send($node, $query, $text), $wanted, $what);
}

sub heard {
    my ($what, $r, $s, $x) = @_;

    is_deeply($crowd->heard, { 'one r' => $r, 'three r' => $r,
                               'two r,s' => $s // $r, 'three x' => $x // '' },
              $what);
}

# messages of a batch keep their order, though nobody has asked another node so
# far, and their lines have yet to be read

is($crowd->batch($one, map { { group => 'r', data => "o$_" } } 1 .. 9),
   '200, ' . join(', ', ('12 0 0 0') x 9), 'a batch of messages to a group');
heard('they come in its order', join ' ', map { "o$_" } 1 .. 9);

# each member of r gets just that next

sub everybody {
    my ($text) = @_;

    is(join(' ', map { $_->{c}->recv // '-' }
                 $crowd->clients(sub { $_->{rooms} =~ /r/ })),
       join(' ', ($text) x 12), 'each has got it');
}

# whoever is asked reaches all, once

for my $node ($one, $two, $three) {
    sent($node, 'group=r', "from-$node->{name}", '200 12 0 0',
         "members of all nodes, by $node->{name}");
}

sent($one, 'group=r&group=s', 'union', '200 12 0 0', 'a union');
sent($one, 'group=s', 's', '200 3 0 0', 'members of another node');
sent($one, 'group=nobody', 'n', '200 0 0 0', 'nobody');
sent($two, 'all', 'all', '200 14 0 0', 'all');
sent($two, "group=r&except=$alice->{id}&except=$carol->{id}", 'but',
     '200 10 0 0', 'but for some of other nodes');

my @most = qw( from-one from-two from-three union );

is_deeply($crowd->heard, {
    'one r' => "@most all or @most all but",
    'three r' => "@most all or @most all but",
    'two r,s' => "@most s all but", 'three x' => 'all',
}, 'each has got what it should, in order');

my $large = join '', map { chr 97 + $_ % 26 } 1 .. 100_000;

sent($one, 'group=r', $large, '200 12 0 0', 'a large one');
heard('it is whole', $large);
sent($one, 'group=r', '', '200 12 0 0', 'an empty one');
heard('it is empty', '');
sent($one, 'group=r', "\xff\x00", '200 12 0 0', 'a binary one');
everybody("\xff\x00");
ok($carol->{c}->is_binary, 'as binary');

my $answer = $one->call(POST => '?group=r&receipt=none', 'none');

is($answer->status, 202, 'without a receipt');
everybody('none');

# lists, whoever is asked

$crowd->test_lists($nodes->all);

is($crowd->count($one), '200 14 3/3', 'all are counted');
is($crowd->count($two, '&group=r'), '200 12 3/3', 'members of a group');
is($crowd->count($three, '&group=s'), '200 3 3/3', 'of another node');

# a batch, by ids of all nodes and by a group

my @ids = @{ $crowd->ids };

is($crowd->batch($one, map({ { to => \@ids, data => "b$_" } } 1 .. 5),
                 { group => 's', data => 'g' }, { to => \@ids, data => 'end' }),
   '200, ' . '14 0 0 0, ' x 5 . '3 0 0 0, 14 0 0 0', 'a batch crosses');

my $batch = 'b1 b2 b3 b4 b5 end';

heard('in its order', $batch, 'b1 b2 b3 b4 b5 g end', $batch);

# a client of one node joins by a call of another

sub group_call { return $_[0]->manage($_[1], "$_[2]{id}/groups/$_[3]") }

is(group_call($one, PUT => $carol, 'far')->status, 204, 'PUT crosses');
is(group_call($two, PUT => $alice, 'far')->status, 204, 'and back');
sent($two, 'group=far', 'far', '200 2 0 0', 'who has joined from afar');
is($alice->{c}->recv, 'far', 'gets it');
is($carol->{c}->recv, 'far', 'gets it, too');
is(group_call($one, DELETE => $carol, 'far')->status, 204, 'DELETE crosses');
sent($two, 'group=far', 'far', '200 1 0 0', 'who has left gets no more');
is($alice->{c}->recv, 'far', 'but the other one does');

my @long = map { "long:$_:" . ('x' x 110) } 1 .. 20;

is(join(' ', grep { $_ != 204 }
             map { group_call($one, PUT => $carol, $_)->status } @long), '',
   'many groups');

my $groups = $one->manage(GET => "$carol->{id}/groups");

is($groups->status, 200, 'a list of groups crosses');
is_deeply(decode_json($groups->body), { groups => [ 'r', @long ] },
          'however long');
is(group_call($one, PUT => $carol, "$_")->status, $_ < 12 ? 204 : 409,
   "the limit is that of its node: $_") for 1 .. 12;

# in order, none lost or doubled

my $n = 300;

is(join(' ', grep { $_ ne '200 12 0 0' }
             map { $crowd->send($two, 'group=r', $_) } 1 .. $n), '',
   "$n sends");
heard('in order', join ' ', 1 .. $n);

# a node stands still

my @stopped = ($three->{master}, $three->workers);

$three->freeze(@stopped);

my $since = time;

sent($two, 'group=r', 'still', '200 7 0 5', 'one stands still: unknown');
cmp_ok(time - $since, '<', 8, 'within five seconds');
is($one->call(POST => '?group=x', 'x')->status, 503,
   'only there may be members: 503');

wait_until(sub {
    $since = time;
    $crowd->send($two, 'group=r', 'again');
    return time - $since < 1;
}, 30, 'the suspect');
pass('after a while it is not waited for');

my @nobody = $crowd->send($two, 'group=s', 'there');

is("@nobody", '200 3 0 1', 'there may be members of any group');
is($crowd->count($one), '200 7 2/3', 'it is not counted');
is($crowd->count($one, '&group=r'), '200 7 2/3', 'nor are its members');
is_deeply([ $crowd->listed('count=2', $one) ], [ 'status 503' ],
          'and there is no list that leaves it out');

kill CONT => @stopped;

# until each worker of each node has sent to all, and has listed them

sub healed {
    my ($what) = @_;

    for my $node ($nodes->all) {
        my $in_a_row = 0;

        wait_until(sub {
            $in_a_row = $crowd->send($node, 'all', 'heal') eq '200 14 0 0'
                        && "@{[ $crowd->listed('', $node) ]}" !~ /status/
                        ? $in_a_row + 1 : 0;
            return $in_a_row == 10;
        }, 30, "$what: $node->{name}");
    }

    pass("$what: all is right again");
}

# Messages that are sent once, so who has one twice has it doubled.

sub doubled {
    my (@once) = @_;

    my @doubled;

    while (my ($who, $what) = each %{ $_[-1] }) {
        for my $list (split / or /, $what) {
            my %seen;
            CORE::push @doubled, map { "$who: $_" } grep { $seen{$_}++ == 1 }
                grep { !/^(?:heal|again)$/ } split / /, $list;
        }
    }

    return "@doubled";
}

healed('after a standstill');

my $heard = $crowd->heard;

is(doubled($heard), '', 'nothing is doubled');
like($heard->{'two r,s'}, qr/^still (?:again )+there(?: heal)+$/,
     'the others have got all');

# a node is cut from Redis

$proxies[1]->refuse;

wait_until(sub { $crowd->send($one, 'group=r', 'again') eq '200 9 0 3' }, 30,
           'the cut');
pass('one is cut from Redis: its members are unknown');

like($crowd->send($two, 'group=r', 'alone'), qr/^200 3 0 [1-9]\d*$/,
     'it reaches its own, and says that there are others');
is($two->call(POST => '?group=x', 'x')->status, 503,
   'and cannot know whether there are any');

is($crowd->count($one), '200 11 2/3', 'who is cut is not counted');
like($crowd->count($two), qr{^200 3 1/[23]$}, 'and counts its own');

$proxies[1]->accept;
$proxies[1]->pass;

healed('after a cut');

is($crowd->count($one), '200 14 3/3', 'all are counted again');
is_deeply($crowd->sorted('count=4', $nodes->all), $crowd->ids, 'and listed');

$heard = $crowd->heard;

is(doubled($heard), '', 'nothing is doubled');
like($heard->{'two r,s'}, qr/alone/, 'its own have got what it sent');
unlike($heard->{'one r'}, qr/alone/, 'and others have not');

# Redis is away; how many there are of each of a dozen groups is remembered

my @many = map { "g$_" } 1 .. 12;

my @few = ($crowd->enter($one, join(',', @many)),
           $crowd->enter($two, join(',', @many), 2));

is(join(' ', grep { $_ ne '200 3 0 0' }
             map { $crowd->send($one, "group=$_", 'few') } (@many) x 4), '',
   'members of a dozen groups');

$redis->stop;
wait_until(sub { $crowd->send($one, 'group=r', 'again') =~ /^200 4 0 8$/ },
           30, 'Redis is away');
pass('without Redis all others are unknown');

for my $group (@many) {
    wait_until(sub { $crowd->send($one, "group=$group", 'few') eq '200 1 0 3' },
               15, "what is known of $group");
}

pass('of each group it is known how many there were');

$_->{c}->close for @few;
$crowd->forget(sub { $_->{rooms} =~ /g/ });

$redis->start;
healed('after Redis was away');

# a worker is killed: its members are gone, and those of others are not

my ($victim) = $three->workers;

kill KILL => $victim;
wait_until(sub { !grep { $_ == $victim } $three->workers }, 10, 'its end');

my %left;

wait_until(sub {
    my $said = $crowd->send($one, 'all', 'killed');
    return $said =~ /^200 (\d+) 0 0$/ && ($left{$1} // 0) + 1
           == ($left{$1} = ($left{$1} // 0) + 1) && $left{$1} > 3;
}, 20, 'who is left');

my ($n_left) = grep { $left{$_} > 3 } keys %left;

my @open = grep { my $c = $_->{c}; my $found;
                  $found = $one->manage(GET => $_->{id})->status == 200;
                  $found } $crowd->clients;

is($n_left, scalar @open, 'after a kill: those that are left');

# a node ends: nothing of it is unknown

my @all = ($three->{master}, $three->workers);

kill TERM => $three->{master};
$three->wait_end(@all);
$crowd->forget(sub { $_->{nginx} == $three });

wait_until(sub { $crowd->send($one, 'group=r', 'end') eq '200 7 0 0' }, 20,
           'its end');
pass('a node that has ended is not unknown');

# It was away before a worker has asked who is there, which knows of an older
# instance by its file alone.

subtest 'Redis is away, and an instance of the host is there' => sub {
    my $redis = Wsgw::Datastore->new->start;
    my $nodes = Wsgw::Nodes->new(urls => [($redis->url) x 2], workers => 1,
                                 zone => 'zone=conns:1m state=DIR',
                                 %Wsgw::Crowd::SETUP)->start->joined;
    my ($one, $two) = $nodes->all;
    my $crowd = Wsgw::Crowd->new;
    my @old = $one->workers;

    $crowd->enter($_, 'r') for $one, $two;
    $one->configure(zone => 'zone=conns:2m state=DIR');
    kill HUP => $one->{master};
    $one->wait_shutting(@old);
    $redis->stop;
    ok($nodes->apart, 'it is away');
    like($crowd->send($one, 'group=r', 'x'), qr/^200 1 0 [1-9]/,
         'others are unknown');
    is($nodes->complaints, '', 'nobody complains');
    $nodes->end;
};

is($nodes->complaints =~ s/^three: .* exited on signal 9$//mr, '',
   'nobody complains');

done_testing();
