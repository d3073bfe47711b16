#!/usr/bin/perl

# What instances say to each other on a socket that somebody else may write
# to: what is no question does nothing to any connection, and what is no
# result is no answer to a push.

use strict;
use warnings;
no warnings 'portable';

use lib 't/lib';

use Fcntl qw( F_RDLCK SEEK_SET );
use IO::Select;
use IO::Socket::UNIX;
use MIME::Base64 qw( decode_base64url encode_base64url );
use POSIX qw( _exit );
use Test::More;

use Wsgw::Client;
use Wsgw::Nginx;

use constant {
    SEND => 1, DESCRIBE => 2, CLOSE => 3, RESULT => 4, RECORD => 5,
    SEND_GROUP => 6, JOIN => 7, COUNT => 9, LIST => 10, DETAILS => 11,
    WHOLE => 13,
    TARGETS => 1, FRAME => 2, STATUS => 5, CONNECTED_AT => 6, SOURCE_IP => 8,
    API => 15, GROUP => 27, EXCEPT => 28, SENT => 29, COUNT_TAG => 32,
    CURSOR => 33, QUESTION => 36, ANSWER => 37,
};

my $F_OFD_SETLK = 37;
my $TIMEOUT = 10;

my $nginx = Wsgw::Nginx->new(zone => 'zone=conns:1m state=DIR',
                             management => 'groups broadcast list');

$nginx->start;

my $c = $nginx->connect;
my ($id) = $nginx->wait_ids(CONNECT => 1);
my $dir = $nginx->state_dir;
my ($own) = map { /conns\.([0-9a-f]{6})$/ } glob "$dir/*";

# Envelopes, as src/pure/wire.h has them.

sub field { return pack 'v V/a*', @_ }

sub number { return field($_[0], pack 'Q<', $_[1]) }

sub envelope {
    my ($verb, @fields) = @_;

    my $fields = join '', @fields;

    return pack 'a2 C2 v2 V2 a*', 'WG', 2, $verb, 0, 0, 16 + length $fields,
                scalar @fields, $fields;
}

sub target {
    my ($token) = @_;

    my ($number, $slot, $secret) = map { oct "0b$_" }
        unpack 'A24 A22 A42', unpack 'B88', decode_base64url($token);

    return pack 'V V Q<', $number, $slot, $secret;
}

# The zone and the stage as a slot names them.

sub hash {
    my ($hash, $text) = @_;

    use integer;

    $hash = ($hash ^ $_) * 0x100000001b3 for unpack('C*', $text), 0xff;

    return $hash;
}

sub api {
    my $hash = hash(hash(0xcbf29ce484222325, 'conns'), 'ws');

    return (($hash ^ $hash >> 32) & 0xffffffff) << 32;
}

sub question {
    my ($verb, @more) = @_;

    return envelope($verb, field(TARGETS, target($id)), number(API, api()),
                    @more);
}

# What comes, until the other end closes.

sub read_all {
    my ($socket) = @_;

    my $all = '';

    while (IO::Select->new($socket)->can_read($TIMEOUT)) {
        sysread $socket, $all, 65536, length $all or return $all;
    }

    return 'no end';
}

# What an instance answers to these bytes, after which nothing comes.

sub asked {
    my ($bytes) = @_;

    my $socket = IO::Socket::UNIX->new("$dir/conns.$own.sock")
        or die "conns.$own.sock: $!\n";

    local $SIG{PIPE} = 'IGNORE';

    while (length $bytes) {
        my $n = syswrite $socket, $bytes or last;
        $bytes = substr $bytes, $n;
    }

    shutdown $socket, 1;

    return read_all($socket);
}

sub status {
    my ($answer) = @_;

    return $answer =~ /^WG\x02\x04.{12}\x05\x00\x08\x00{3}(.{8})/s
           ? unpack 'Q<', $1 : unpack 'H*', $answer;
}

# Both are asked, as any worker may accept: the owner itself, or by letter.

sub both { return map { status(asked($_[0])) } 1 .. 20 }

is_deeply([ both(question(SEND, field(FRAME, 'hello'))) ], [ (200) x 20 ],
          'a question is answered');
is_deeply([ map { $c->recv } 1 .. 20 ], [ ('hello') x 20 ],
          'and carried out');
is_deeply([ grep { $_ != 200 } both(question(DESCRIBE)) ], [],
          'a connection is described');
is_deeply([ both(envelope(SEND, field(TARGETS, target($id)))) ],
          [ (403) x 20 ], 'not to another stage');

# ids that differ from it in a bit: of the number's top one, which says that it
# is registered, of the slot and of the secret

for my $bit (0, 24, 45, 46, 87) {
    my $bits = unpack 'B88', decode_base64url($id);

    substr($bits, $bit, 1) ^= 1;

    my $other = encode_base64url(pack 'B88', $bits) . '=';

    is_deeply([ both(envelope(DESCRIBE, field(TARGETS, target($other)),
                              number(API, api()))) ], [ (410) x 20 ],
              "bit $bit is another: it is gone");
    is($nginx->push($other)->status, 410, 'so says a push');
}

# whose it is, for the log of the instance that has asked

my $result = asked(envelope(SEND, field(TARGETS, target($id))));
my $owner = $result =~ /\x0f\x00\x08\x00{3}(.{8})/s ? $1 : "\0" x 8;

is(unpack('x4 V', $owner), api() >> 32 & 0xffffffff,
   'a refusal tells the stage that it is of');
like(asked(question(DESCRIBE)), qr/\x0f\x00\x08\x00{3}\x00{8}/,
     'which nothing else does');

# what is none

my $message = field(FRAME, 'foreign');
my $whole = question(SEND, $message);

my %foreign = (
    'verb 0'           => question(0, $message),
    'a result'         => question(RESULT, number(STATUS, 200), $message),
    'a record'         => question(RECORD, $message),
    'verb 6'           => question(6, $message),
    'verb 14'          => question(14, $message),
    'verb 255'         => question(255, $message),
    'no target'        => envelope(CLOSE, number(API, api())),
    'half a target'    => envelope(CLOSE, field(TARGETS, 'x' x 15),
                                   number(API, api())),
    'another instance\'s' => envelope(CLOSE,
                                   field(TARGETS, pack 'V V Q<',
                                         hex($own) ^ 0x800001, 0, 1),
                                   number(API, api())),
    'nothing'          => '',
    'no envelope'      => "GET / HTTP/1.1\r\n\r\n",
    'another version'  => $whole =~ s/^WG\x02/WG\x03/r,
    'an old version'   => $whole =~ s/^WG\x02/WG\x01/r,
    'a part of the header' => substr($whole, 0, 15),
    'the header alone' => substr($whole, 0, 16),
    'all but a byte'   => substr($whole, 0, -1),
    'a field too few'  => $whole =~ s/^(.{12})./$1\x02/sr,
    'a field too many' => $whole =~ s/^(.{12})./$1\x04/sr,
    'a size below its header\'s' => $whole =~ s/^(.{8})./$1\x0f/sr,
    'more than a zone takes' => $whole =~ s/^(.{8}).{4}/$1\xff\xff\xff\x7f/sr,
    'a length beyond the end' => $whole =~ s/^(.{18})./$1\xff/sr,
);

for my $case (sort keys %foreign) {
    my %got = map { $_ => 1 } both($foreign{$case});

    is_deeply([ grep { $_ ne '' && $_ ne '503' } keys %got ], [],
              "$case is closed, or answered 503");
}

$c->ping('still there');

my $frame = $c->recv_frame;

is($frame && $frame->{payload}, 'still there', 'nothing came of any of them');

is_deeply([ both($whole) ], [ (200) x 20 ], 'questions are still answered');
is_deeply([ map { $c->recv } 1 .. 20 ], [ ('foreign') x 20 ],
          'and carried out');

# Questions to the instance as a whole.

sub whole {
    my ($verb, @fields) = @_;

    return envelope(WHOLE, field(TARGETS, target($id)), number(API, api()),
                    field(QUESTION, envelope($verb, number(API, api()),
                                             @fields)));
}

# The envelope in the answer, as a list of tags and values.

sub answer_of {
    my ($bytes) = @_;

    return () if length $bytes < 32;

    my %field = unpack '(v V/a*)*', substr $bytes, 16;
    my $inner = $field{+ANSWER} // '';

    return unpack '(v V/a*)*', substr $inner, 16 if length $inner >= 16;
    return ();
}

my @counted = answer_of(asked(whole(COUNT)));

is_deeply(\@counted, [ COUNT_TAG, pack 'Q<', 1 ], 'an instance counts its own');

my @listed = answer_of(asked(whole(LIST, number(COUNT_TAG, 10))));

is_deeply([ @listed[0, 1, 2] ], [ TARGETS, target($id), CONNECTED_AT ],
          'and lists them');

my @sent = answer_of(asked(whole(SEND_GROUP, field(FRAME, 'to all'))));

is_deeply([ @sent[0, 1] ], [ SENT, pack 'Q<', 1 ], 'and sends to all');
is($c->recv, 'to all', 'who get it');

my %refused = (
    'no verb of it'   => whole(JOIN, field(GROUP, 'g')),
    'details'         => whole(DETAILS, field(TARGETS, target($id))),
    'another whole'   => whole(WHOLE, field(QUESTION, envelope(COUNT))),
    'verb 255'        => whole(255),
    'a name that is none' => whole(COUNT, field(GROUP, 'a b')),
    'an empty name'   => whole(SEND_GROUP, field(GROUP, ''),
                               field(FRAME, 'bad')),
    'too many groups' => whole(SEND_GROUP, (field(GROUP, 'g')) x 33,
                               field(FRAME, 'bad')),
    'too many exceptions' => whole(SEND_GROUP, field(EXCEPT,
                                   target($id) x 17), field(FRAME, 'bad')),
    'no stage'        => envelope(WHOLE, field(TARGETS, target($id)),
                                  field(QUESTION, envelope(COUNT))),
    'no question'     => envelope(WHOLE, field(TARGETS, target($id))),
    'half a question' => envelope(WHOLE, field(TARGETS, target($id)),
                                  field(QUESTION, substr envelope(COUNT), 0,
                                        15)),
    'of another number' => envelope(WHOLE, field(TARGETS, pack 'V V Q<',
                                    hex($own) ^ 1, 0, 0),
                                    field(QUESTION, envelope(COUNT,
                                          number(API, api())))),
);

is(join(' ', answer_of(asked($refused{$_}))), '', "no answer: $_")
    for sort keys %refused;

# whatever is counted and from wherever on: no more than a page

for my $n (0, 1, 1 << 32, 0xffffffffffffffff) {
    my %page = answer_of(asked(whole(LIST, number(COUNT_TAG, $n))));

    is($page{+TARGETS}, target($id), "a page of $n");
    is_deeply([ answer_of(asked(whole(LIST, number(CURSOR, $n | 1 << 40)))) ],
              [], "from $n on");
}

# bytes that are changed at random, with the same seed each time

srand 13;

my @seeds = (whole(COUNT, field(GROUP, 'r')), whole(LIST, number(CURSOR, 0)),
             whole(SEND_GROUP, field(GROUP, 'r'), field(EXCEPT, target($id)),
                   field(FRAME, 'x' x 50)));

for my $n (1 .. 1500) {
    my $bytes = $seeds[$n % @seeds];

    substr($bytes, 3 + rand(-3 + length $bytes), 1) = chr rand 256
        for 0 .. rand 4;
    asked($bytes);
}

$c->ping('after all of it');
$frame = $c->recv_frame;
$frame = $c->recv_frame while $frame && $frame->{opcode} < 8;
is($frame && $frame->{payload}, 'after all of it', 'it goes on');

# The other end: an instance that we are, alive and listening. Its file is locked
# before it has a name by which it is looked into.

my ($name, $token) = map { ("$dir/conns.$_", token($_)) }
                     sprintf '%06x', hex($own) ^ 1;

# An id of a zone that has that number.

sub token {
    my ($number) = @_;

    return encode_base64url(pack 'H6 H16', sprintf('%06x',
                            hex($number) | 0x800000), '00000c53a8a59a91') . '=';
}

open my $file, '+>', "$dir/new" or die "$dir/new: $!\n";

my $lock = pack 's s x4 q q i x4', F_RDLCK, SEEK_SET, 1 << 44, 1, 0;

fcntl $file, $F_OFD_SETLK, $lock or die "$dir/new: $!\n";

my $listen = IO::Socket::UNIX->new(Local => "$name.sock", Listen => 16)
    or die "$name.sock: $!\n";

chmod 0666, "$dir/new";
chmod 0777, "$name.sock";
rename "$dir/new", $name or die "$name: $!\n";

# A push to a connection of ours: the question, and the status of the push.

sub answered {
    my ($answer) = @_;

    my $pid = open my $status, '-|';

    if ($pid == 0) {
        syswrite STDOUT, $nginx->push($token, 'a message')->status;
        _exit(0);
    }

    IO::Select->new($listen)->can_read($TIMEOUT) or return 'no question';

    my $socket = $listen->accept;
    my $question = '';

    until (length $question > 16
           && length $question >= unpack 'x8 V', $question)
    {
        sysread $socket, $question, 65536, length $question
            or return 'no question';
    }

    syswrite $socket, $answer if length $answer;
    close $socket;

    return ($question, scalar <$status>);
}

my ($got, $status) = answered(envelope(RESULT, number(STATUS, 200)));

is($got, envelope(SEND, field(TARGETS, target($token)), number(API, api()),
                  field(FRAME, 'a message')),
   'an instance asks another one');

my %result = (
    map({ ("status $_" => [ $_, number(STATUS, $_) ]) }
        200, 400, 403, 410, 413, 429, 503),
    'fields besides' => [ 200, number(99, 1), number(STATUS, 200) ],
);

for my $case (sort keys %result) {
    my ($expected, @fields) = @{ $result{$case} };

    is((answered(envelope(RESULT, @fields)))[1], $expected, "a result: $case");
}

# the stage that the log then names

for ([ unpack('Q<', $owner), 'ws' ], [ 0, '?' ], [ 1, '?' ],
     [ api(), '?' ])
{
    my ($other, $stage) = @$_;

    answered(envelope(RESULT, number(STATUS, 403), number(API, $other)));

    my @named = $nginx->log =~ /connection is of stage "(.*?)"/g;

    is($named[-1], $stage, "a refusal for $other");
}

my %none = (
    map({ ("status $_" => envelope(RESULT, number(STATUS, $_))) }
        0, 1, 101, 204, 302, 404, 499, 500, 502, 999, 65536 + 200,
        (1 << 32) + 200),
    'no status'       => envelope(RESULT, field(SOURCE_IP, '192.0.2.1')),
    'a short status'  => envelope(RESULT, field(STATUS, "\xc8\0")),
    'a question'      => envelope(SEND, number(STATUS, 200)),
    'verb 0'          => envelope(0, number(STATUS, 200)),
    'all but a byte'  => substr(envelope(RESULT, number(STATUS, 200)), 0, -1),
    'another version' => envelope(RESULT, number(STATUS, 200))
                         =~ s/^WG\x02/WG\x01/r,
    'no envelope'     => "HTTP/1.1 200 OK\r\n\r\n",
    'nothing'         => '',
);

for my $case (sort keys %none) {
    is((answered($none{$case}))[1], 503, "no result: $case");
}

# What it says of all of its own. Lists begin with whoever has the lower number.

sub called {
    my ($method, $more, $answer) = @_;

    my $pid = open my $said, '-|';

    if ($pid == 0) {
        my $got = $nginx->call($method, $more, $method eq 'POST' ? 'x' : undef);
        syswrite STDOUT, join ' ', $got->status, $got->body;
        _exit(0);
    }

    if (IO::Select->new($listen)->can_read($TIMEOUT)) {
        my $socket = $listen->accept;
        my $question = '';

        until (length $question > 16
               && length $question >= unpack 'x8 V', $question)
        {
            sysread $socket, $question, 65536, length $question or last;
        }

        syswrite $socket, envelope(RESULT, number(STATUS, 200),
                                   field(ANSWER, $answer));
        close $socket;
    }

    local $/;
    return scalar <$said>;
}

my $other = target($token);
my $slot = (unpack 'V V', $other)[1];
my $mine = $id =~ s/=//r;
my $its = $token =~ s/=//r;

sub page { return envelope(RESULT, @_) }
sub member { return (field(TARGETS, $_[0] // $other), number(CONNECTED_AT, 0)) }

like(called(GET => '?count', page(number(COUNT_TAG, 41))),
     qr/^200 \{"count":42\}$/, 'a count is added');
like(called(GET => '?count', page()), qr/^503 /, 'no count is 503');
like(called(POST => '?all', page(number(SENT, 7))), qr/"sent":8,/,
     'what is sent is added');
like(called(POST => '?all', page()), qr/"sent":1,.*"unknown":[1-9]/,
     'what is not said is unknown');

my $list = called(GET => '?details', page(member()));

like($list, qr/^200 .*$its/, 'a connection is listed');
like($list, qr/$mine/, 'beside our own');

my %lie = (
    'another place'   => [ member(target($id)) ],
    'twice'           => [ member(), member() ],
    'backwards'       => [ member(), member(pack 'V V Q<',
                           (unpack 'V V Q<', $other)[0], $slot - 1, 1) ],
    'a slot too high' => [ member(pack 'V V Q<',
                           (unpack 'V V Q<', $other)[0], 1 << 22, 1) ],
);

for my $case (sort keys %lie) {
    my $said = called(GET => '', page(@{ $lie{$case} }));
    my $times = () = $said =~ /connectionId/g;

    cmp_ok($times, '<=', 2, "at most its own and ours: $case");
    my $ours = () = $said =~ /$mine/g;
    is($ours, 1, "ours is there once: $case");
}

for my $cursor (0, 1 << 22, 1 << 40, 0xffffffffffffffff) {
    like(called(GET => '', page(member(), number(CURSOR, $cursor))),
         qr/^503 /, "a cursor that leads nowhere: $cursor");
}

unlike(called(GET => '?details', page(member(),
                  field(GROUP, 'a","b":"c,ok'), field(SOURCE_IP, "\"\n"))),
       qr/"b":"c/, 'a name that is none is not printed');

unlink "$name.sock", $name;

$nginx->stop('QUIT');

unlike($nginx->log, qr/\[alert\]|\[emerg\]|Sanitizer|runtime error:/,
       'a clean log');

done_testing();
