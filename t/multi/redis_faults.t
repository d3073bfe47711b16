#!/usr/bin/perl

# What happens to Redis, one thing after the other, while one node pushes to
# the other's clients without a pause. Whatever it is: clients stay, a push to
# one's own client works, one to the other node's is 503 or 200, never 410; who
# was told 200 has one frame, and all works again within six seconds.

use strict;
use warnings;

use lib 't/lib';

use Test::More;
use Time::HiRes qw( sleep time );

use Wsgw::Across;
use Wsgw::Datastore;
use Wsgw::Nodes;
use Wsgw::Proxy;
use Wsgw::Wait;

my $redis = Wsgw::Datastore->new->start;
my $proxy = Wsgw::Proxy->new(to => $redis->port);

my $nodes = Wsgw::Nodes->new(urls => [($proxy->url) x 2])->start->joined;
my ($one, $two) = $nodes->all;

my $own = $one->connect;
my $own_id = $own->header('X-Id');

my $descriptors = $nodes->descriptors;

my $load = Wsgw::Across->new(listen => [$one], push => [$two], rate => 300,
                             connections => 16);

# The fault begins, shows itself unless it does not have to, and ends.

sub fault {
    my ($name, $begin, $end, %opt) = @_;

    $load->mark;
    $begin->();

    my $shows = eval {
        wait_until(sub { $load->mark->{503} }, $opt{within} // 3.5);
    };

    ok($shows || $opt{unseen}, "$name: 503");

    my $t0 = time;
    my $status = $one->push($own_id, 'near')->status;

    is($status, 200, "$name: one's own client is reached");
    is($own->recv, 'near', "$name: by the message");
    cmp_ok(time - $t0, '<', 0.5, "$name: at once");

    $end->();

    $t0 = time;
    $load->mark;

    my $back = eval {
        wait_until(sub {
            my $mark = $load->mark;
            return $mark->{200} && !$mark->{503};
        }, 6);
    };

    ok($back, "$name: works again") or $load->mark;
    note sprintf '%s: back after %.1f s', $name, time - $t0;
}

my $nothing = sub { };

fault('refused', sub { $proxy->refuse }, sub { $proxy->accept });
fault('slow', sub { $proxy->delay(200) }, sub { $proxy->pass }, unseen => 1,
      within => 0.5);
fault('cut in an answer', sub { $proxy->cut_after(1000) },
      sub { $proxy->pass });
fault('garbage', sub { $proxy->replace("\r\n", "\0\xff") },
      sub { $proxy->pass });
fault('the subscriber is cut', sub { $proxy->cut('sub') }, $nothing,
      within => 1, unseen => 1);
fault('the commands are cut', sub { $proxy->cut('cmd') }, $nothing,
      within => 1, unseen => 1);
fault('FLUSHALL', sub { $redis->cli('flushall') }, $nothing,
      within => 0.3, unseen => 1);
fault('restarted empty', sub { $redis->stop },
      sub { $redis->start });
fault('stopped', sub { $redis->signal('STOP') }, sub { $redis->signal('CONT') });
fault('nothing comes back', sub { $proxy->hold('down') },
      sub { $proxy->pass });
fault('nothing gets there', sub { $proxy->hold('up') },
      sub { $proxy->pass });

my $told = $load->stop;

is(join(' ', sort keys %{ $told->{statuses} }), '200 503', 'nothing but these')
    or diag explain $told->{statuses};
is($told->{lost}, 0, '200 is a frame');
is($told->{doubled}, 0, 'one frame');
is($told->{unordered}, 0, 'in order');
is_deeply($told->{ended}, {}, 'all clients are there');
cmp_ok($told->{refused_slowest}, '<', 5500, 'no 503 takes more than 5 s');

note sprintf '%d pushes, of which %d are 503; the slowest 503 after %d ms; '
             . 'loop gap %d ms', $told->{pushes}, $told->{statuses}{503},
             $told->{refused_slowest}, $nodes->gap;

$nodes->joined;
ok($nodes->keeps($descriptors), 'no descriptor is left over');
is($nodes->complaints, '', 'nobody complains');

done_testing();
