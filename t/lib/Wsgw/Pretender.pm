package Wsgw::Pretender;

# A process that says what Redis would, as far as wsgw asks it, or something
# else that it was told to say to a command:
#
#     my $redis = Wsgw::Pretender->new;
#
#     $redis->says(PUBLISH => "-LOADING not yet\r\n");    from now on
#     $redis->says('PUBLISH');                            as Redis again
#     $redis->asked;                   how often each command has come, as text
#
# To EXEC belongs what its commands are answered: says('HGET', ...) is an
# element of its array.  "HANGUP" ends the connection, "SILENCE" answers nothing.
# SUBSCRIBE's connection is sent what is published; nobody else has any, so that
# one node is all that there is.

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();

use Wsgw::Servant;

our @ISA = 'Wsgw::Servant';

sub process { return 'Wsgw::Pretender::Process' }

sub says {
    my ($self, $name, $answer) = @_;

    $self->ask('says', $name, defined $answer ? unpack('H*', $answer) : ());
}

sub asked { return $_[0]->ask('asked') }

# Hangs up on all.

sub drop { return $_[0]->ask('drop') }

# What is sent to who has subscribed, with nobody having published it.

sub tell { $_[0]->ask('tell', unpack 'H*', $_[1]) }


package Wsgw::Pretender::Process;

sub new {
    my ($class, $pretender, $control) = @_;

    my $port = $pretender->port;
    my $listen = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 128,
        ReuseAddr => 1) or die "port $port: $@\n";

    return bless {
        listen => $listen, control => $control, commands => '',
        select => IO::Select->new($listen, $control),
        in => {}, queued => {}, channels => {}, says => {}, asked => {},
        hashes => {}, sets => {},
    }, $class;
}

sub bulk {
    my ($text) = @_;

    return defined $text ? '$' . length($text) . "\r\n$text\r\n" : "\$-1\r\n";
}

sub array { return '*' . @_ . "\r\n" . join '', @_ }

# What Redis answers.

sub answer {
    my ($self, $socket, $name, @words) = @_;

    my $hash = $self->{hashes}{ $words[0] // '' } //= {};
    my $set = $self->{sets}{ $words[0] // '' } //= {};

    return array(bulk('server'), bulk('redis'), bulk('version'),
                 bulk('7.0.15'), bulk('proto'), ":2\r\n", bulk('mode'),
                 bulk('standalone'), bulk('role'), bulk('master'),
                 bulk('modules'), array()) if $name eq 'HELLO';

    if ($name eq 'PUBLISH') {
        my $to = $self->{channels}{ $words[0] } // return ":0\r\n";

        syswrite $to, array(bulk('message'), map { bulk($_) } @words);
        return ":1\r\n";
    }

    if ($name eq 'SUBSCRIBE') {
        $self->{channels}{ $words[0] } = $socket;
        return array(bulk('subscribe'), bulk($words[0]), ":1\r\n");
    }

    return "+PONG\r\n" if $name eq 'PING';
    return bulk($hash->{ $words[1] }) if $name eq 'HGET';
    return array(map { bulk($hash->{$_}) } @words[1 .. $#words])
        if $name eq 'HMGET';
    return array(map { bulk($_) } %$hash) if $name eq 'HGETALL';
    return bulk($set->{ $words[1] }) if $name eq 'ZSCORE';
    return ':' . keys(%$hash) . "\r\n" if $name eq 'HLEN';

    if ($name eq 'HSET' || $name eq 'HSETNX') {
        my $new = !exists $hash->{ $words[1] };

        $hash->{ $words[1] } = $words[2] if $new || $name eq 'HSET';
        return ':' . ($new || 0) . "\r\n";
    }

    return ':' . (defined delete $hash->{ $words[1] } || 0) . "\r\n"
        if $name eq 'HDEL';

    if ($name eq 'ZADD') {
        $set->{ $words[-1] } = $words[-2];
        return ":1\r\n";
    }

    return "+OK\r\n";
}

sub say {
    my ($self, $socket, $name, @words) = @_;

    $self->{asked}{$name}++;

    my $says = $self->{says}{$name};
    my $queued = $self->{queued}{ fileno $socket };

    if ($name eq 'MULTI' && !defined $says) {
        $self->{queued}{ fileno $socket } = [];
        return "+OK\r\n";
    }

    if ($name eq 'EXEC' && $queued) {
        delete $self->{queued}{ fileno $socket };
        return $says // array(@$queued);
    }

    $says //= $self->answer($socket, $name, @words);

    if ($queued && $says !~ /^(?:HANGUP|SILENCE)/) {
        CORE::push @$queued, $says;
        return "+QUEUED\r\n";
    }

    return $says;
}

sub read {
    my ($self, $socket) = @_;

    my $in = \$self->{in}{ fileno $socket };

    $$in //= '';

    if (!sysread $socket, $$in, 65536, length $$in) {
        $self->hang_up($socket);
        return;
    }

    while ($$in =~ /^\*(\d+)\r\n/) {
        my ($n, $at, @words) = ($1, $+[0]);

        while (@words < $n) {
            pos($$in) = $at;
            $$in =~ /\G\$(\d+)\r\n/g or return;

            my $start = pos $$in;

            return if length $$in < $start + $1 + 2;

            CORE::push @words, substr $$in, $start, $1;
            $at = $start + $1 + 2;
        }

        substr $$in, 0, $at, '';

        my $name = uc shift @words;
        my $says = $self->say($socket, $name, @words);

        if ($says eq 'HANGUP') {
            $self->hang_up($socket);
            return;
        }

        syswrite $socket, $says if $says ne 'SILENCE';
    }
}

sub hang_up {
    my ($self, $socket) = @_;

    $self->{select}->remove($socket);

    for my $name (keys %{ $self->{channels} }) {
        delete $self->{channels}{$name}
            if $self->{channels}{$name} == $socket;
    }

    delete $_->{ fileno $socket } for @$self{qw( in queued )};
    close $socket;
}

sub command {
    my ($self, $name, @words) = @_;

    if ($name eq 'says' && @words == 2) {
        $self->{says}{ $words[0] } = pack 'H*', $words[1];

    } elsif ($name eq 'says') {
        @words ? delete $self->{says}{ $words[0] } : (%{ $self->{says} } = ());

    } elsif ($name eq 'tell') {
        syswrite $_, pack 'H*', $words[0] for values %{ $self->{channels} };

    } elsif ($name eq 'drop') {
        $self->hang_up($_)
            for grep { $_ != $self->{listen} && $_ != $self->{control} }
                     $self->{select}->handles;

    } elsif ($name eq 'asked') {
        return join ' ', map { "$_:$self->{asked}{$_}" }
                         sort keys %{ $self->{asked} };
    }

    return 'ok';
}

sub serve {
    my ($self) = @_;

    while (1) {
        for my $socket ($self->{select}->can_read) {

            if ($socket == $self->{control}) {
                sysread $socket, $self->{commands}, 65536,
                        length $self->{commands} or return;

                while ($self->{commands} =~ s/^(.*)\n//) {
                    syswrite $socket, $self->command(split / /, $1) . "\n";
                }

            } elsif ($socket == $self->{listen}) {
                my $new = $socket->accept;

                $self->{select}->add($new) if $new;

            } elsif (defined fileno $socket) {
                $self->read($socket);
            }
        }
    }
}

1;
