package Wsgw::Proxy;

# What stands between a node and its Redis, as a process: it passes bytes on,
# late, in one direction only, up to some byte, or not at all.
#
#     my $proxy = Wsgw::Proxy->new(to => $redis->port);
#
#     $proxy->delay(200);          each byte comes so many ms later
#     $proxy->hold('down');        nothing passes that way: "up", "down", "both"
#     $proxy->pass;                all as it should be; what was held passes
#     $proxy->cut;                 resets all connections; 'sub': those that
#                                  have subscribed, 'cmd': the others
#     $proxy->cut_after(100);      resets each behind so many bytes of answers
#     $proxy->refuse;              and nobody gets in any more, until accept()
#     $proxy->to($port);           where who connects from now on gets to
#     $proxy->replace($from, $to); in answers, the same length
#     $proxy->accepted;            the times at which somebody has connected

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use Socket qw( IPPROTO_TCP SOL_SOCKET SO_LINGER TCP_NODELAY );
use Time::HiRes qw( time );

use Wsgw::Servant;

our @ISA = 'Wsgw::Servant';

sub process { return 'Wsgw::Proxy::Process' }

sub pass      { $_[0]->ask('pass') }
sub delay     { $_[0]->ask('delay', $_[1]) }
sub hold      { $_[0]->ask('hold', $_[1]) }
sub cut       { $_[0]->ask('cut', $_[1] // 'all') }
sub cut_after { $_[0]->ask('cut_after', $_[1]) }
sub refuse    { $_[0]->ask('refuse') }
sub accept    { $_[0]->ask('accept') }
sub to        { $_[0]->ask('to', $_[1]) }
sub replace   { $_[0]->ask('replace', unpack('H*', $_[1]),
                           unpack('H*', $_[2])) }
sub accepted  { return split ' ', $_[0]->ask('accepted') }


package Wsgw::Proxy::Process;

use Time::HiRes qw( time );

# pieces that may wait: whose reader is stopped is noticed, as without us

my $MOST = 16;

sub new {
    my ($class, $proxy, $control) = @_;

    my $self = bless {
        port => $proxy->{port}, to => $proxy->{to}, control => $control,
        links => {}, delay => 0, hold => '', accepted => [], commands => '',
        select => IO::Select->new($control),
    }, $class;

    $self->accept;

    return $self;
}

sub accept {
    my ($self) = @_;

    return if $self->{listen};

    $self->{listen} = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $self->{port}, Listen => 128,
        ReuseAddr => 1, Blocking => 0) or die "port $self->{port}: $@\n";
    $self->{select}->add($self->{listen});
}

sub refuse {
    my ($self) = @_;

    my $listen = delete $self->{listen} // return;

    $self->{select}->remove($listen);
    close $listen;
    $self->cut('all');
}

# A link is two sockets and what is on its way between them: pieces with the
# time from which on they may pass.

sub link {
    my ($self) = @_;

    my $near = $self->{listen}->accept // return;

    CORE::push @{ $self->{accepted} }, time;

    my $far = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                    PeerPort => $self->{to}, Timeout => 1);

    if (!$far) {
        reset_socket($near);
        return;
    }

    for my $socket ($near, $far) {
        $socket->blocking(0);
        setsockopt $socket, Socket::IPPROTO_TCP(), Socket::TCP_NODELAY(), 1;
    }

    my $link = { near => $near, far => $far, up => [], down => [], said => '',
                 passed => 0 };

    $self->{links}{$link} = $link;
    $self->{of}{fileno $near} = [$link, 'up', $near];
    $self->{of}{fileno $far} = [$link, 'down', $far];
    $self->{select}->add($near, $far);
}

sub reset_socket {
    my ($socket) = @_;

    setsockopt $socket, Socket::SOL_SOCKET(), Socket::SO_LINGER(),
               pack 'ii', 1, 0;
    close $socket;
}

sub unlink {
    my ($self, $link) = @_;

    delete $self->{links}{$link} or return;

    for my $socket (@$link{qw( near far )}) {
        delete $self->{of}{fileno $socket};
        $self->{select}->remove($socket);
        reset_socket($socket);
    }
}

sub cut {
    my ($self, $which) = @_;

    for my $link (values %{ $self->{links} }) {
        my $subscribes = $link->{said} =~ /SUBSCRIBE/;

        $self->unlink($link) if $which eq 'all'
                                || ($which eq 'sub' xor !$subscribes);
    }
}

sub read {
    my ($self, $socket) = @_;

    my ($link, $way) = @{ $self->{of}{fileno $socket} // return };

    my $n = sysread $socket, my $bytes, 65536;

    return if !defined $n && $!{EAGAIN};

    if (!$n) {
        CORE::push @{ $link->{$way} }, [time + $self->{delay} / 1000, undef];
        $link->{over}{$way} = 1;
        $self->{select}->remove($socket);
        return;
    }

    $link->{said} .= $bytes if $way eq 'up' && length $link->{said} < 4096;

    CORE::push @{ $link->{$way} }, [time + $self->{delay} / 1000, $bytes];
}

# Passes on what may; returns when there is something to be done next.

sub flush {
    my ($self) = @_;

    my $next = 1;

    for my $link (values %{ $self->{links} }) {
        for my $way (qw( up down )) {
            next if $self->{hold} eq $way || $self->{hold} eq 'both'
                    || !$self->{links}{$link};

            my $pieces = $link->{$way};

            while (@$pieces) {
                my $wait = $pieces->[0][0] - time;

                if ($wait > 0) {
                    $next = $wait if $wait < $next;
                    last;
                }

                last unless $self->forward($link, $way, $pieces);
            }

            $next = 0.01 if @$pieces && $next > 0.01;
        }
    }

    return $next;
}

sub forward {
    my ($self, $link, $way, $pieces) = @_;

    my $bytes = $pieces->[0][1];

    if (!defined $bytes) {
        $self->unlink($link);
        @$pieces = ();
        return 0;
    }

    if ($way eq 'down') {
        $bytes =~ s/\Q$self->{from}\E/$self->{into}/g
            if defined $self->{from};

        if (defined $self->{after}) {
            my $left = $self->{after} - $link->{passed};

            $bytes = substr $bytes, 0, $left if $left < length $bytes;
        }
    }

    my $socket = $link->{ $way eq 'up' ? 'far' : 'near' };
    my $n = length $bytes ? syswrite $socket, $bytes : 0;

    if (!defined $n) {
        return 0 if $!{EAGAIN};
        $self->unlink($link);
        @$pieces = ();
        return 0;
    }

    if ($way eq 'down') {
        $link->{passed} += $n;

        if (defined $self->{after} && $link->{passed} >= $self->{after}) {
            $self->unlink($link);
            @$pieces = ();
            return 0;
        }
    }

    if ($n < length $pieces->[0][1]) {
        $pieces->[0][1] = substr $pieces->[0][1], $n;
    } else {
        shift @$pieces;
    }

    return 1;
}

sub command {
    my ($self, $name, @words) = @_;

    if ($name eq 'pass') {
        @$self{qw( delay hold after from )} = (0, '', undef, undef);

        $_->[0] = 0 for map { @{ $_->{up} }, @{ $_->{down} } }
                        values %{ $self->{links} };

    } elsif ($name eq 'cut_after') {
        $self->{after} = $words[0];
        $_->{passed} = 0 for values %{ $self->{links} };

    } elsif ($name eq 'replace') {
        @$self{qw( from into )} = map { pack 'H*', $_ } @words;

    } elsif ($name eq 'cut') {
        $self->cut(@words);

    } elsif ($name eq 'refuse') {
        $self->refuse;

    } elsif ($name eq 'accept') {
        $self->accept;

    } elsif ($name eq 'accepted') {
        return join ' ', @{ $self->{accepted} };

    } else {
        $self->{$name} = $words[0];
    }

    return 'ok';
}

sub readable {
    my ($self, $seconds) = @_;

    my @full = map {
        my $link = $_;

        map { @{ $link->{ $_->[0] } } > $MOST && !$link->{over}{ $_->[0] }
              ? $link->{ $_->[1] } : () } [qw( up near )], [qw( down far )];
    } values %{ $self->{links} };

    $self->{select}->remove(@full) if @full;

    my @readable = $self->{select}->can_read($seconds);

    $self->{select}->add(@full) if @full;

    return @readable;
}

sub serve {
    my ($self) = @_;

    while (1) {
        my $next = $self->flush;

        for my $socket ($self->readable($next)) {

            if ($socket == $self->{control}) {
                sysread $socket, $self->{commands}, 4096,
                        length $self->{commands} or return;

                while ($self->{commands} =~ s/^(.*)\n//) {
                    syswrite $socket, $self->command(split / /, $1) . "\n";
                }

            } elsif ($self->{listen} && $socket == $self->{listen}) {
                $self->link;

            } elsif (defined fileno $socket) {
                $self->read($socket);
            }
        }
    }
}

1;
