#!/usr/bin/perl

# state=: whatever is in the place of a zone's file, no worker dies of it or
# stays in it. What cannot be is set aside, what can be is delivered.

use strict;
use warnings;

use lib 't/lib';

use List::Util qw( first );
use MIME::Base64 qw( decode_base64url );
use Test::More;

use Wsgw::HTTP;
use Wsgw::Nginx;

use constant SLOT => 64;
use constant { CHUNK => 256, NUMBER => 176 };   # bytes, and a place in the header

my $nginx = Wsgw::Nginx->new(zone => 'zone=conns:1m state=DIR', workers => 2,
                             server => 'location = /status { wsgw_status; }',
                             management => 'groups broadcast list');
my $dir = $nginx->state_dir;

my $number = 1;
my ($template, @workers, @open, @planted);

sub bytes {
    my ($path) = @_;

    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

sub crits {
    my ($path) = @_;

    return grep { /\[crit\].*"\Q$path\E"/ } split /\n/, $nginx->log;
}

# A table of the header: where its owner words and its elements are.

sub table {
    my ($image, $name) = @_;

    my ($owners, $elements, $stripes, $shift) = unpack 'Q2 L2',
        substr $image, { slots => 40, letters => 64, records => 88 }->{$name};

    return { owners => $owners, elements => $elements,
             stripes => $stripes, n => $stripes << $shift };
}

sub used_slots {
    my ($image) = @_;

    my $slots = table($image, 'slots');

    return grep { unpack('Q', substr $image, $_, 8) & 7 }
           map { $slots->{elements} + $_ * SLOT } 0 .. $slots->{n} - 1;
}

# Writes a number of that size into the place of the old one.

sub put {
    my ($image, $offset, $template, $value) = @_;

    my $bytes = pack $template, $value;
    substr($$image, $offset, length $bytes) = $bytes;
}

# The chunks of the first slot's record, as offsets.

sub chunks {
    my ($image) = @_;

    my $records = table($image, 'records');
    my ($slot) = used_slots($image);
    my $next = unpack 'L', substr $image, $slot + 48, 4;
    my @chunks;

    while ($next) {
        push @chunks, $records->{elements} + ($next - 1) * CHUNK;
        $next = unpack 'L', substr $image, $chunks[-1], 4;
    }

    return @chunks;
}

sub name { return sprintf '%s/conns.%06x', $dir, $_[0] }

# An instance's file under the next number that is not our own, after a change. A
# change that returns nothing has put something in its place.

sub plant {
    my ($what, $change, %expect) = @_;

    $number++ while -e name($number);

    my $n = $number++;
    my $path = name($n);
    my $image = $template;

    put(\$image, NUMBER, 'L', $n | 1 << 24);

    if ($change->(\$image, $path)) {
        open my $file, '>:raw', "$dir/new" or die $!;
        print $file $image;
        close $file;
        settle("$dir/new", $expect{mode});
        rename "$dir/new", $path or die $!;
    }

    push @planted, { %expect, what => $what, path => $path };
}

sub settle {
    my ($path, $mode) = @_;

    my ($uid, $gid) = (stat $dir)[4, 5];
    chown $uid, $gid, $path;
    chmod $mode // 0600, $path;
}

sub bad { return (bad => $_[0]) }

sub planted {
    my ($what, $change, %expect) = @_;

    plant($what, $change, %expect);

    return $planted[-1]{path};
}

sub left { return grep { -l $_ || -e $_ } map { $_->{path} } @planted }

sub taken {
    my ($path) = @_;

    return $nginx->log =~ /"\Q$path\E" of an instance.*taken over/;
}

# The first 24 bits of an id, without the top one, as in a file's name.

sub number_of {
    my ($id) = @_;

    return sprintf '%06x', 0x7fffff & unpack 'N', "\0" . decode_base64url($id);
}

sub pong {
    my ($c) = @_;

    while (my $f = $c->recv_frame) {
        return 1 if $f->{opcode} == 10;
    }

    return;
}

sub well {
    my ($what) = @_;

    is_deeply([ $nginx->workers ], \@workers, "$what: no worker dies");
    $_->ping('x') for @open;
    is(scalar(grep { pong($_) } @open), 8, "$what: no client leaves");
}

# an image with something of each kind

$nginx->start;
@open = map {
    Wsgw::Client->open('127.0.0.1', $nginx->{port}, '/ws',
                       headers => [ 'User-Agent' => 'x' x 400 ])
} 1 .. 12;
$nginx->wait_ids(CONNECT => 12);

$nginx->ledger_down;
$_->drop for splice @open, 0, 4;
$nginx->wait(sub { 4 <= (() = $nginx->log =~ /\$disconnect of .* was not/g) },
             'refused $disconnects');
$nginx->kill_all;
@open = ();

$template = bytes(glob "$dir/conns.??????");
unlink glob "$dir/*";
is(scalar used_slots($template), 12, 'an image has twelve slots in use');
cmp_ok(scalar chunks($template), '>', 1, 'and records of several chunks');

# the nginx that looks at all that follows

$nginx->ledger_up;
@workers = $nginx->start;
@open = map { $nginx->connect } 1 .. 8;
$nginx->wait_ids(CONNECT => 8);

# what cannot be

srand 1;

plant('random bytes behind the header', sub {
    my ($image) = @_;
    substr($$image, NUMBER + 16) = join '', map { chr int rand 256 }
                                   NUMBER + 17 .. length $$image;
}, bad('owner of slots'));

plant('a record that leads back to itself', sub {
    my ($image) = @_;
    my @chunks = chunks($$image);
    my ($slot) = used_slots($$image);
    put($image, $chunks[-1], 'L', unpack 'L', substr $$image, $slot + 48, 4);
}, bad('slot'));

plant('a record that leads out of its table', sub {
    my ($image) = @_;
    put($image, (chunks($$image))[0], 'L', 0xfffffff0);
}, bad('slot'));

plant('a slot whose record is out of its table', sub {
    my ($image) = @_;
    put($image, (used_slots($$image))[3] + 48, 'L',
        table($$image, 'records')->{n} + 1);
}, bad('slot'));

plant('a chunk of a slot that does not exist', sub {
    my ($image) = @_;
    my ($first) = sort { $a <=> $b } chunks($$image);
    put($image, $first + 4, 'L', table($$image, 'slots')->{n} + 1);
}, bad('chunk of a record'));

for ([ slots => 'owner of slots' ], [ records => 'owner of records' ]) {
    my ($name, $says) = @$_;

    plant("an owner of $name that cannot be", sub {
        my ($image) = @_;
        put($image, table($$image, $name)->{owners} + 8, 'Q', 65 << 32 | 1);
    }, bad("$says 1"));

    plant("an owner of $name in no worker slot", sub {
        my ($image) = @_;
        put($image, table($$image, $name)->{owners}, 'Q', 7);
    }, bad("$says 0"));
}

plant('a slot in a state that there is not', sub {
    my ($image) = @_;
    my ($slot) = used_slots($$image);
    put($image, $slot, 'C', ord(substr $$image, $slot, 1) | 7);
}, bad('slot'));

plant('a slot with too long a secret', sub {
    my ($image) = @_;
    put($image, (used_slots($$image))[-1] + 8, 'Q', ~0);
}, bad('slot'));

for my $flags (4, 0x8000, 0xffff) {
    plant("a slot with flags that there are not: $flags", sub {
        my ($image) = @_;
        put($image, (used_slots($$image))[5] + 52, 'S', $flags);
    }, bad('slot'));
}

plant('a slot with too long a reason', sub {
    my ($image) = @_;
    put($image, (used_slots($$image))[1] + 54, 'S', 126);
}, bad('slot'));

plant('a slot of an owner that cannot be', sub {
    my ($image) = @_;
    put($image, (used_slots($$image))[1] + 16, 'Q', ~0);
}, bad('slot'));

# headers and sizes

my %header = (
    'no magic but content' => sub { put($_[0], 0, 'Q', 0) },
    'another magic'        => sub { put($_[0], 0, 'Q', 0x1234) },
    'more than it has'     => sub { put($_[0], 16, 'Q', 2_097_152) },
    'less than it has'     => sub { put($_[0], 16, 'Q', 400_000) },
    'an endless size'      => sub { put($_[0], 16, 'Q', ~0) },
    'no worker slot'       => sub { put($_[0], 12, 'L', 0) },
    'endless worker slots' => sub { put($_[0], 12, 'L', 0xffffffff) },
    'another place'        => sub { put($_[0], 48, 'Q', 1 << 40) },
    'endless stripes'      => sub { put($_[0], 56, 'L', 1 << 30) },
    'another shift'        => sub { put($_[0], 60, 'L', 31) },
    'another number'       => sub { put($_[0], NUMBER, 'L', 1 << 20) },
    'half of it'     => sub { substr(${ $_[0] }, 500_000) = ''; 1 },
    'a bit of it'    => sub { substr(${ $_[0] }, 100) = ''; 1 },
    'a byte less'    => sub { substr(${ $_[0] }, -1) = ''; 1 },
    'a byte more'    => sub { ${ $_[0] } .= 'x' },
);

plant("a header that claims, a file that has: $_", $header{$_},
      bad('header or size')) for sort keys %header;

# other things of that name

plant('a directory', sub { mkdir $_[1]; return }, bad('not a regular file'));
plant('a fifo', sub { system 'mkfifo', $_[1]; return },
      bad('not a regular file'));
plant('a symlink', sub { symlink '/dev/zero', $_[1]; return },
      bad('not a regular file'));

# what may be: pages that were lost, and all that nobody reads any more

plant('nothing', sub { ${ $_[0] } = ''; 1 }, gone => 1);

plant('zeros', sub { ${ $_[0] } = "\0" x 300_000 }, gone => 1);

plant('worker slots, letters, tallies and counts at random', sub {
    my ($image) = @_;
    my $workers = unpack 'Q', substr $$image, 24, 8;
    my $slots = table($$image, 'slots');
    my $letters = table($$image, 'letters');
    my ($tallies, $n, $names, $nnames, $rows, $nrows)
        = unpack 'Q6', substr $$image, 112, 48;

    for ([ $workers, $slots->{elements} - $workers ],
         [ $letters->{elements}, $letters->{n} * CHUNK ],
         [ $letters->{owners}, $letters->{stripes} * 8 ],
         [ $tallies, $n * 24 ], [ $names, $nnames * 128 ],
         [ $rows, $nrows * 144 ])
    {
        substr($$image, $_->[0], $_->[1]) = join '', map { chr int rand 256 }
                                                     1 .. $_->[1];
    }

    return 1;
}, all => 1);

plant('lost owner words', sub {
    my ($image) = @_;
    my $slots = table($$image, 'slots');
    substr($$image, $slots->{owners}, 8 * $slots->{stripes}) =
        "\0" x (8 * $slots->{stripes});
}, all => 1);

plant('the very owners that the heir will be', sub {
    my ($image) = @_;
    my ($workers, $size) = unpack 'Q Q', substr $$image, 24, 16;

    for (0 .. 3) {
        put($image, $workers + $_ * $size, 'L', 0xfffffff0);
    }

    for my $name (qw( slots records )) {
        my $table = table($$image, $name);

        for my $i (0 .. $table->{stripes} - 1) {
            my $at = $table->{owners} + $i * 8;
            put($image, $at, 'Q', 1 << 32 | 0xfffffff1)
                if unpack 'Q', substr $$image, $at, 8;
        }
    }

    return 1;
}, all => 1);

plant('lost records', sub {
    my ($image) = @_;
    my $records = table($$image, 'records');
    substr($$image, $records->{elements}, $records->{n} * CHUNK) =
        "\0" x ($records->{n} * CHUNK);
}, all => 1);

plant('times in the far future, attempts without end', sub {
    my ($image) = @_;

    for my $slot (used_slots($$image)) {
        my $word = unpack 'Q', substr $$image, $slot, 8;

        put($image, $slot, 'Q', ($word & 7) == 3 ? $word | 0x1fff << 3 : $word);
        put($image, $slot + 40, 'Q', ~0);
        put($image, $slot + 56, 'Q', ~0);
    }

    return 1;
}, all => 1);

# a sound one between all of these

plant('nothing wrong', sub { 1 }, all => 1);

# flipped bits where something is

my @flipped;

for my $round (1 .. 30) {
    plant("flipped bits, $round", sub {
        my ($image) = @_;
        my ($slots, $records) = map { table($$image, $_) } qw( slots records );
        my @places = ((map { [ $_->{owners}, 8 * $_->{stripes} ] }
                           $slots, $records),
                      (map { [ $_, SLOT ] } used_slots($$image)),
                      map { [ $_, CHUNK ] } chunks($$image));

        for (1 .. 16) {
            my ($at, $size) = @{ $places[ rand @places ] };

            $at += int rand $size;
            put($image, $at, 'C', ord(substr $$image, $at, 1)
                                  ^ 1 << int rand 8);
        }

        return 1;
    });

    push @flipped, (pop @planted)->{path};
}

sub undecided { return grep { -e $_ && !taken($_) } @flipped }

$nginx->wait(sub { !left() && !undecided() },
             sub { 'a decision about ' . join ' ', left(), undecided() }, 60);

my %delivered;
$delivered{number_of($_)}{$_}++ for $nginx->ids('DISCONNECT');

for (@planted) {
    my ($what, $path) = @$_{qw( what path )};
    my ($n) = $path =~ /(\w+)$/;
    my @lines = crits($path);

    if ($_->{bad}) {
        ok(-e "$path.bad" || -l "$path.bad", "$what: set aside");
        is(scalar @lines, 1, "$what: one line");
        like($lines[0], qr/ is damaged \(\Q$_->{bad}\E\b.*"\Q$path\E\.bad"/,
             "$what: says so");
        next;
    }

    ok(!-e "$path.bad" && @lines == 0, "$what: not damaged");
    is(scalar(() = $nginx->log =~ /"\Q$path\E" has nothing in it and was/g),
       $_->{gone} ? 1 : 0, "$what: is told of, or is delivered");
    is(scalar keys %{ $delivered{$n} // {} }, $_->{all} ? 12 : 0,
       "$what: each of its connections gets its \$disconnect");
}

well('after all of them');

# pushes

my $live = first { $nginx->push($_)->status == 200 } $nginx->ids('CONNECT');
ok($live, 'a push to one of them is 200');

# what nobody can open waits for who can

my $path = planted('an unreadable file', sub { 1 }, mode => 0);
$nginx->wait(sub { @workers <= (() = crits($path)) }, 'lines about it');

my $other = planted('a file after it', sub { 1 });
$nginx->wait(sub { !-e $other }, 'the end of the next one');
is(scalar(my @lines = crits($path)), scalar @workers,
   'an unreadable file: one line of each worker');
like($lines[0], qr/open\(\) "\Q$path\E" failed/, 'says so');
settle($path);
$nginx->wait(sub { !-e $path }, 'its end');
ok(!-e "$path.bad", 'it is delivered when it can be read');

# what cannot be renamed stays, and is told once

mkdir name($number) . '.bad' or die $!;
$path = planted('a file that cannot be renamed', sub {
    put($_[0], 12, 'L', 5);
});
$nginx->wait(sub { @workers <= (() = crits($path)) }, 'lines about it');

$other = planted('a file after it', sub { 1 });
$nginx->wait(sub { !-e $other }, 'the end of the next one');
is(scalar(@lines = crits($path)), scalar @workers,
   'a file that cannot be renamed: one line of each worker');
ok(-e $path, 'it stays');
unlink $path;

# one that is cut while a worker has it

$nginx->ledger_down;
$path = planted('a file that is cut', sub { 1 });
$nginx->wait(sub { taken($path) }, 'an heir of the file');
truncate $path, 4096 or die $!;
$nginx->wait(sub { -e "$path.bad" }, 'its end');
is(scalar(@lines = crits($path)), 1, 'a file that is cut: one line');
like($lines[0], qr/damaged \(cut while it was read\)/, 'says so');
well('a file that is cut');

# and the one that nginx is at work in: links and owners that lead nowhere,
# first in its mailboxes

$nginx->ledger_up;
my $own = "$dir/conns." . number_of($live);

sub poke {
    my ($offset, $template, $value) = @_;

    open my $file, '+<:raw', $own or die $!;
    seek $file, $offset, 0;
    print $file pack $template, $value;
    close $file;
}

my $image = bytes($own);
my ($workers, $size) = unpack 'Q Q', substr $image, 24, 16;
my $letters = table($image, 'letters');

# which of them are in use, as owner words

my @owners = grep { $_ } map {
    my ($epoch, $generation) = unpack 'L2',
                               substr $image, $workers + $_ * $size, 8;
    $generation ? ($_ + 1) << 32 | $epoch : 0
} 0 .. 63;

sub mailboxes {
    my ($what, @newest) = @_;

    poke($workers + (($_ >> 32) - 1) * $size + 12, 'L', shift @newest)
        for @owners;

    $nginx->wait(sub {
        my $now = bytes($own);
        return !grep { unpack 'L', substr $now,
                       $workers + (($_ >> 32) - 1) * $size + 12, 4 } @owners;
    }, 'a drain');

    well($what);
}

sub letter {
    my ($chunk, %has) = @_;

    my $at = $letters->{elements} + $chunk * CHUNK;

    poke($at, 'L', $has{next} // 0);
    poke($at + 4, 'L', $has{link} // 0);
    poke($at + 8, 'Q', $has{from} // $owners[0]);
    poke($at + 16, 'Q', $has{to} // $owners[0]);
    poke($at + 24, 'L', $has{word} // 1);
    poke($at + 28, 'L', $has{size} // 40);
    poke($at + 32, 'L', $has{room} // 0);
    poke($at + 40, 'L', $has{returned} // 0);
}

mailboxes('letters out of their table', 0xfffffff0, $letters->{n} + 1);

letter(0, link => 1, from => 65 << 32);
mailboxes('a letter that leads back to itself', 1, 0);

letter(0, link => 2, from => ~0);
letter(1, link => 1, from => 7);
mailboxes('two that lead to each other, from nobody', 1, 0);

letter(0, size => ~0 & 0xffffffff, room => 0xffffffff);
mailboxes('a letter larger than the zone', 1, 0);

letter(0, size => 1000, next => 0x7fffffff);
mailboxes('a letter whose rest is nowhere', 1, 0);

letter(0, returned => 1);
mailboxes('a letter that nobody sent comes back', 1, 0);

for my $name (qw( slots records letters )) {
    my $table = table($image, $name);

    for (0 .. $table->{stripes} - 1) {
        my $at = $table->{owners} + $_ * 8;
        poke($at, 'Q', 65 << 32 | 1) unless unpack 'Q', substr $image, $at, 8;
    }
}

poke((used_slots($image))[0] + 16, 'Q', ~0);
$nginx->push($_) for $nginx->ids('CONNECT'), $live;

$path = planted('a file after that', sub { 1 });
$nginx->wait(sub { !-e $path }, 'its end');
well('owners that cannot be');

# then it is cut

truncate $own, 0 or die $!;
$nginx->wait(sub {
    @workers <= (() = $nginx->log =~ /\[crit\].*file of wsgw zone "conns"/g)
}, 'lines about it');

well('nginx\'s own file is cut');
is($nginx->push($live)->status, 503, 'nobody says that a connection is gone');
is($nginx->call(GET => "?$_")->status, 503, "nor who there is: $_")
    for '', 'count', 'group=r', 'count&group=r';

my $answer = $nginx->call(POST => '?all', 'cut');

ok($answer->header('Retry-After'), 'nor that all have got a message');
is(Wsgw::Client->open('127.0.0.1', $nginx->{port}, '/ws')->status, 503,
   'nobody comes in');
is(Wsgw::HTTP->request('127.0.0.1', $nginx->{port}, GET => '/status?health')
   ->body, "zone full\n", 'as a load balancer is told');

$_->close for @open;

my ($own_number) = $own =~ /(\w+)$/;

$nginx->wait(sub {
    my %left = map { $_ => 1 } grep { $own_number eq number_of($_) }
                               $nginx->ids('DISCONNECT');
    return keys %left == 8;
}, 'a $disconnect for each who leaves');

kill HUP => $nginx->{master};
$nginx->wait(sub {
    my @new = $nginx->workers;
    return @new == 2 && !grep { my $new = $_; grep { $new == $_ } @workers }
                             @new;
}, 'a reload');
is($nginx->push($live)->status, 503, 'a reload does not end it');

$nginx->stop('QUIT');
$nginx->start;
push @open, $nginx->connect;
is($nginx->push($live)->status, 410, 'a start does');

# a letter that cannot be read would be one of our own

unlike($nginx->log,
       qr/\[alert\](?!.* a letter of )|\[emerg\]|Sanitizer|runtime error:/,
       'a clean log');

done_testing();
