package Wsgw::Play;

# Plays a protocol case: frames go out, and what comes back is compared.
#
#     play('/ws', 'a text', text('hello'), [ text => 'hello' ]);
#
# Strings are sent, an array names what is then received, in order: text,
# binary, ping, pong with a payload, close with a code. A case that does not
# end in a close is closed by the client, with 1000; behind either close the
# server has to end the connection.
#
# It is played twice, with writes as large as possible and with writes of
# one byte and a pause behind each.

use strict;
use warnings;

use Digest::SHA qw( sha1_hex );
use Exporter qw( import );
use Test::More;
use Time::HiRes qw( sleep );
use Wsgw::Client;

our @EXPORT = qw( play plays text binary more more_binary cont cont_more ping
                  pong bye );

my %NAME = (
    Wsgw::Client::TEXT()   => 'text',
    Wsgw::Client::BINARY() => 'binary',
    Wsgw::Client::CLOSE()  => 'close',
    Wsgw::Client::PING()   => 'ping',
    Wsgw::Client::PONG()   => 'pong',
);

# A long case would take for ever with a pause of a millisecond behind each
# byte: it gets this many pauses, and in the end writes of several bytes.

my $PAUSES = 50;
my $WRITES = 5_000;

my $played = 0;

# Frames. "more" is the first of several, "cont" the last, "cont_more" between
# them; options are those of Wsgw::Client::frame().

sub text        { return data(TEXT => 1, @_) }
sub binary      { return data(BINARY => 1, @_) }
sub more        { return data(TEXT => 0, @_) }
sub more_binary { return data(BINARY => 0, @_) }
sub cont        { return data(CONTINUATION => 1, @_) }
sub cont_more   { return data(CONTINUATION => 0, @_) }
sub ping        { return data(PING => 1, @_) }
sub pong        { return data(PONG => 1, @_) }

sub data {
    my ($opcode, $fin, $payload, %f) = @_;

    return Wsgw::Client::frame(opcode => Wsgw::Client->can($opcode)->(),
                               fin => $fin, payload => $payload, %f);
}

sub bye {
    my ($code, $reason, %f) = @_;

    my $payload = defined $code ? pack 'n a*', $code, $reason // '' : '';

    return Wsgw::Client::frame(opcode => Wsgw::Client::CLOSE,
                               payload => $payload, %f);
}

# Tells how many plays there were since the last call.

sub plays {
    my ($what) = @_;

    note "$what: $played plays";
    $played = 0;
}

sub play {
    my ($path, $name, @steps) = @_;

    push @steps, bye(1000), [ close => 1000 ]
        unless ref $steps[-1] && $steps[-1][-2] eq 'close';

    for my $slow (0, 1) {
        my $way = $slow ? 'byte by byte' : 'at once';
        my $seen = eval { once($path, $slow, @steps) } // "died: $@";

        is $seen, wanted(@steps), "$name, $way";
        $played++;
    }
}

sub wanted {
    my (@steps) = @_;

    my @wanted;

    for my $step (grep { ref } @steps) {
        my @pairs = @$step;

        while (my ($what, $payload) = splice @pairs, 0, 2) {
            push @wanted, "$what " . shown($payload);
        }
    }

    return join ', ', @wanted, 'end';
}

sub once {
    my ($path, $slow, @steps) = @_;

    my $c = main::ws_connect($path);
    my $strings = grep { !ref } @steps;
    my @seen;

    for my $step (@steps) {
        if (!ref $step) {
            $slow ? drip($c, $step, $strings) : $c->send_raw($step);
            next;
        }

        for (1 .. @$step / 2) {
            my $f = $c->recv_frame or last;
            push @seen, frame_seen($f);
        }
    }

    # what nobody asked for shows as well; the server ends TCP first (RFC 6455,
    # 7.1.1)

    while (my $f = $c->recv_frame(1)) {
        push @seen, frame_seen($f);
    }

    push @seen, !$c->eof(0)           ? 'no end'
                : $c->{stream}{reset} ? 'reset' : 'end';

    return join ', ', @seen;
}

sub frame_seen {
    my ($f) = @_;

    my $name = ($f->{fin} ? '' : 'unfinished ')
               . ($f->{rsv} ? "rsv $f->{rsv} " : '')
               . ($NAME{ $f->{opcode} } // "opcode $f->{opcode}");

    return "$name " . ($f->{opcode} == Wsgw::Client::CLOSE
                       ? unpack('n', $f->{payload}) // 1005
                       : shown($f->{payload}));
}

sub shown {
    my ($bytes) = @_;

    return length($bytes) . ' bytes ' . sha1_hex($bytes)
        if length $bytes > 64;

    return $bytes =~ /[^ -~]/ ? '<' . unpack('H*', $bytes) . '>'
                              : $bytes =~ /^\d+$/ ? $bytes : "\"$bytes\"";
}

sub drip {
    my ($c, $bytes, $share) = @_;

    my $step = int(length($bytes) / $WRITES * $share) + 1;
    my $every = $step * (int(length($bytes) / $step / $PAUSES * $share) + 1);

    for (my $at = 0; $at < length $bytes; $at += $every) {
        $c->send_raw(substr($bytes, $at, $every), $step) or return;
        sleep 0.001;
    }
}

1;
