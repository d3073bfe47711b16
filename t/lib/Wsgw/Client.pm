package Wsgw::Client;

# A WebSocket client that does as it is told: its frames may be as wrong as
# a test wants them. See ws_connect() in Test::Nginx::Wsgw.

use strict;
use warnings;

use Digest::SHA qw( sha1_base64 );
use MIME::Base64 qw( encode_base64 );
use Time::HiRes qw( time );
use Wsgw::HTTP;
use Wsgw::Stream;

use constant {
    CONTINUATION => 0x0,
    TEXT         => 0x1,
    BINARY       => 0x2,
    CLOSE        => 0x8,
    PING         => 0x9,
    PONG         => 0xa,
};

my $GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

sub open {
    my ($class, $host, $port, $path, %opt) = @_;

    my $key = $opt{key}
              // encode_base64(join('', map { chr rand 256 } 1 .. 16), '');

    my $request = $opt{request} // Wsgw::HTTP::message(
        ($opt{method} // 'GET') . " $path HTTP/" . ($opt{http} // '1.1'),
        'Host'                     => $opt{host} // "$host:$port",
        'Upgrade'                  => 'websocket',
        'Connection'               => 'Upgrade',
        'Sec-WebSocket-Key'        => $key,
        'Sec-WebSocket-Version'    => $opt{version} // 13,
        'Sec-WebSocket-Protocol'   => $opt{protocols},
        'Sec-WebSocket-Extensions' => $opt{extensions},
        'Origin'                   => $opt{origin},
        @{ $opt{headers} // [] },
    );

    my $self = bless {
        stream => Wsgw::Stream->connect($host, $port, %opt),
        key    => $key,
        pong   => $opt{pong} // 1,
    }, $class;

    $self->{stream}->write($request . ($opt{pipeline} // ''), $opt{step});
    $self->answer unless $opt{defer};

    return $self;
}

# The server's answer to the handshake.

sub answer {
    my ($self, $timeout) = @_;

    return $self->{answer} //= do {
        $timeout //= $Wsgw::Stream::Timeout;

        my $answer = Wsgw::HTTP->response($self->{stream}, time + $timeout,
                                          'GET')
            // die "no answer to the handshake within $timeout s\n";

        die "the accept key does not belong to the key\n"
            if $answer->status == 101
               && ($answer->header('Sec-WebSocket-Accept') // '')
                  ne sha1_base64($self->{key} . $GUID) . '=';

        $answer;
    };
}

sub status { return $_[0]->answer->status }
sub body   { return $_[0]->answer->body }

sub header {
    my ($self, $name) = @_;
    return $self->answer->header($name);
}

# Has the handshake been answered yet? Never waits.

sub answered {
    my ($self) = @_;

    return 1 if $self->{answer};

    $self->{stream}->fill(0);

    return index($self->{stream}{in}, "\r\n\r\n") >= 0;
}

# One frame: fin, rsv (0-7), opcode, payload; masked => 0 leaves the mask
# out; length claims another length; wide => 16 or 64 writes it in more
# bytes than it needs.

sub frame {
    my (%f) = @_;

    my $payload = '' . ($f{payload} // '');
    utf8::downgrade($payload, 1) or utf8::encode($payload);

    my $length = $f{length} // length $payload;
    my $masked = $f{masked} // 1;
    my $wide = $f{wide} // ($length > 0xffff ? 64 : $length > 125 ? 16 : 7);

    my $head = pack 'C', ($f{fin} // 1) << 7 | ($f{rsv} // 0) << 4
                         | ($f{opcode} // TEXT);

    $head .= pack 'C', $masked << 7 | ($wide == 7  ? $length
                                     : $wide == 16 ? 126 : 127);
    $head .= pack 'n', $length if $wide == 16;
    $head .= pack 'Q>', $length if $wide == 64;

    return $head . $payload unless $masked;

    my $mask = $f{mask} // pack 'N', rand 2 ** 32;
    my $pad = $mask x (length($payload) / 4 + 1);

    return $head . $mask . ($payload ^ substr $pad, 0, length $payload);
}

sub send_frame {
    my ($self, %f) = @_;
    return $self->{stream}->write(frame(%f));
}

sub send_raw {
    my ($self, $bytes, $step) = @_;
    return $self->{stream}->write($bytes, $step);
}

sub send {
    my ($self, $text) = @_;
    return $self->send_frame(opcode => TEXT, payload => $text);
}

sub send_binary {
    my ($self, $bytes) = @_;
    return $self->send_frame(opcode => BINARY, payload => $bytes);
}

sub ping {
    my ($self, $payload) = @_;
    return $self->send_frame(opcode => PING, payload => $payload);
}

# The next frame as a hash, or undef by the deadline or at the end.

sub recv_frame {
    my ($self, $timeout) = @_;

    my $stream = $self->{stream};
    my $deadline = time + ($timeout // $Wsgw::Stream::Timeout);

    die "the handshake ended with status @{[ $self->status ]}\n"
        if $self->status != 101;

    # the frame stays in the buffer until it is whole

    my ($head, $size) = (2, 0);

    while (1) {
        my $have = length $stream->{in};
        my $start = substr $stream->{in}, 0, 10;

        if ($have >= $head) {
            $size = ord(substr $start, 1) & 0x7f;
            $head = $size == 126 ? 4 : $size == 127 ? 10 : 2;
        }

        if ($have >= $head) {
            $size = unpack $head == 4 ? 'x2 n' : 'x2 Q>', $start
                if $head > 2;

            last if $have >= $head + $size;
        }

        $stream->fill($deadline) or return undef;
    }

    my ($first, $second) = unpack 'C2', $stream->read($head, $deadline);

    die "the server masks its frames\n" if $second & 0x80;

    my %f = (
        fin     => $first >> 7,
        rsv     => $first >> 4 & 7,
        opcode  => $first & 15,
        payload => $stream->read($size, $deadline),
    );

    if ($f{opcode} == CLOSE) {
        $self->{closed} = 1;
        ($self->{code}, $self->{reason}) = unpack 'n a*', $f{payload};
    }

    return \%f;
}

# The next data message. Pings are answered on the way, a Close is, too;
# undef when the connection has ended, or at the end of the time.

sub recv {
    my ($self, $timeout) = @_;

    my $deadline = time + ($timeout // $Wsgw::Stream::Timeout);
    my $message = '';

    while (!$self->{closed}) {
        my $f = $self->recv_frame($deadline - time) // return undef;

        if ($f->{opcode} == PING) {
            $self->send_frame(opcode => PONG, payload => $f->{payload})
                if $self->{pong};

        } elsif ($f->{opcode} == CLOSE) {
            $self->send_close(substr $f->{payload}, 0, 2);

        } elsif ($f->{opcode} != PONG) {
            $self->{opcode} = $f->{opcode} if $f->{opcode} != CONTINUATION;
            $message .= $f->{payload};
            return $message if $f->{fin};
        }
    }

    return undef;
}

# Of the last message that recv() returned.

sub opcode { return $_[0]->{opcode} }
sub is_binary { return $_[0]->{opcode} == BINARY }

sub send_close {
    my ($self, $payload) = @_;

    return if $self->{close_sent}++;

    return $self->send_frame(opcode => CLOSE, payload => $payload);
}

# Closes as a client should; returns the code of the server's Close.

sub close {
    my ($self, $code, $reason) = @_;

    $self->send_close(defined $code ? pack 'n a*', $code, $reason // ''
                                    : '');

    return $self->close_code;
}

# Waits for the server's Close. Its code: 1005 when it has none, 1006 when
# the connection ended without a Close; undef when it did not end.

sub close_code {
    my ($self, $timeout) = @_;

    my $deadline = time + ($timeout // $Wsgw::Stream::Timeout);

    while (!$self->{closed} && !$self->{stream}->eof) {
        $self->recv($deadline - time);

        last if time >= $deadline;
    }

    return $self->{code} // 1005 if $self->{closed};
    return $self->{stream}->eof ? 1006 : undef;
}

sub close_reason {
    my ($self, $timeout) = @_;

    $self->close_code($timeout);

    return $self->{reason};
}

# Has the server closed the TCP connection, at the end of the time?

sub eof {
    my ($self, $timeout) = @_;
    return $self->{stream}->ends($timeout);
}

# Writes bytes until the server takes no more; what is left of them.

sub pour {
    my ($self, $bytes) = @_;
    return $self->{stream}->pour($bytes);
}

sub reset    { return $_[0]->{stream}->reset }
sub drop     { return $_[0]->{stream}->drop }
sub shutdown { return $_[0]->{stream}->shutdown }
sub socket   { return $_[0]->{stream}->socket }

1;
