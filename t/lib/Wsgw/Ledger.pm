package Wsgw::Ledger;

# A backend that writes down each request, then answers as the request's
# path asks, or as a handler decides. It runs as a process of its own; each
# request is a line of JSON in a file, and its body, whose length the line has,
# written before the answer leaves.
#
# What a path may ask for, as segments or query arguments ("/status=500/x"
# is the same as "/x?status=500"):
#
#   status=N  type=CONTENT-TYPE  body=TEXT         header=NAME:VALUE
#   echo                                           the request's body and type
#   delay=SECONDS                                  before the answer
#   close     ends the connection behind the answer
#   chunked   sends the body so
#   length=N  claims another Content-Length, then ends the connection
#   hang      never answers
#   drop      ends the connection instead of an answer
#   reset     does so by a RST
#   garbage   answers with a header that is none
#   raw=BYTES answers with these bytes instead of HTTP
#   stall     leaves the connection open behind either
#   unwritten is not written down

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use JSON::PP ();
use POSIX ();
use Socket qw( SOL_SOCKET SO_LINGER SOMAXCONN );
use Time::HiRes qw( time );

use Wsgw::Child;

our @ISA = 'Wsgw::Child';

my $JSON = JSON::PP->new->utf8->canonical;

sub new {
    my ($class, %opt) = @_;

    my $self = bless {
        file    => $opt{file},
        handler => $opt{handler},
        listen  => IO::Socket::INET->new(
            LocalAddr => '127.0.0.1',
            LocalPort => $opt{port},
            Listen    => SOMAXCONN,
            ReuseAddr => 1,
        ),
    }, $class;

    die "ledger: port $opt{port}: $@\n" unless $self->{listen};

    $self->start;

    return $self;
}

sub start {
    my ($self) = @_;

    open my $file, '>', $self->{file} or die "$self->{file}: $!\n";

    $self->{offset} = 0;
    $self->{events} = [];

    my $parent = $$;

    defined($self->{pid} = fork) or die "fork: $!\n";

    if ($self->{pid} == 0) {
        $SIG{$_} = 'DEFAULT' for qw( INT TERM );

        eval { serve($self, $file, $parent); 1 }
            or print STDERR "ledger: $@";

        POSIX::_exit(0);
    }
}

# All requests so far, oldest first. Each has n, at (time), method, uri,
# headers (names in lower case), body, and event: the body as JSON, if it is and
# is no larger than any event that somebody wants to see.

sub events {
    my ($self) = @_;

    open my $file, '<', $self->{file} or die "$self->{file}: $!\n";
    seek $file, $self->{offset}, 0;

    while (defined(my $line = <$file>)) {
        last if $line !~ /\n\z/;

        my $e = $JSON->decode($line);
        my $size = $e->{body};

        last if read($file, $e->{body}, $size + 1) <= $size;
        chop $e->{body};

        $e->{event} = eval { $JSON->decode($e->{body}) }
            if $size < 300_000 && $e->{body} =~ /^\s*[\[\{]/;

        push @{ $self->{events} }, $e;
        $self->{offset} = tell $file;
    }

    return @{ $self->{events} };
}

# The server. One process and a select(): requests on many connections wait
# for their answers side by side.

sub serve {
    my ($self, $file, $parent) = @_;

    my $set = IO::Select->new($self->{listen});
    my %conn;
    my @due;
    my $n = 0;

    $file->autoflush(1);
    local $SIG{PIPE} = 'IGNORE';

    while (getppid == $parent) {
        @due = sort { $a->{at} <=> $b->{at} } @due;

        my $wait = @due ? $due[0]{at} - time : 1;

        for my $socket ($set->can_read($wait < 0 ? 0 : $wait > 1 ? 1 : $wait))
        {
            if ($socket == $self->{listen}) {
                my $new = $socket->accept or next;
                $set->add($new);
                $conn{$new} = { socket => $new, in => '' };
                next;
            }

            my $c = $conn{$socket};

            if (!sysread $socket, $c->{in}, 65536, length $c->{in}) {
                $set->remove($socket);
                delete $conn{$socket};
                $c->{gone} = 1;
                next;
            }

            while (my $r = next_request($c)) {
                $r->{n} = ++$n;
                $r->{at} = time;
                print $file $JSON->encode({ %$r, body => length $r->{body} })
                            . "\n$r->{body}\n"
                    unless $r->{uri} =~ m{[/?&]unwritten\b};

                my $answer = decide($self, $r);

                push @due, { at     => time + ($answer->{delay} // 0),
                             c      => $c,
                             answer => $answer };
            }
        }

        my $now = time;

        while (@due && $due[0]{at} <= $now) {
            my $job = shift @due;
            my $c = $job->{c};

            next if $c->{gone} || $job->{answer}{hang};

            if (!answer($c->{socket}, $job->{answer})) {
                $set->remove($c->{socket});
                delete $conn{ $c->{socket} };
                $c->{gone} = 1;
                close $c->{socket};
            }
        }
    }
}

# Takes one whole request off a connection's buffer.

sub next_request {
    my ($c) = @_;

    my $end = index $c->{in}, "\r\n\r\n";
    return undef if $end < 0;

    my ($start, @lines) = split /\r\n/, substr $c->{in}, 0, $end;
    my ($method, $uri) = split / /, $start;
    my %headers = map { /^([^:]+):\s*(.*?)\s*$/ ? (lc $1, $2) : () } @lines;
    my $length = $headers{'content-length'} // 0;

    return undef if length $c->{in} < $end + 4 + $length;

    my $body = substr $c->{in}, $end + 4, $length;
    substr($c->{in}, 0, $end + 4 + $length) = '';

    return { method => $method, uri => $uri, headers => \%headers,
             body => $body };
}

sub decide {
    my ($self, $r) = @_;

    my $answer = wish($r);

    if ($self->{handler}) {
        my $said = $self->{handler}->($r);
        %$answer = (%$answer, ref $said ? %$said : (body => $said // ''));
    }

    $answer->{head} = $r->{method} eq 'HEAD';

    return $answer;
}

sub wish {
    my ($r) = @_;

    my %wish;

    for my $part (split m{[/?&]}, $r->{uri}) {
        my ($name, $value) = split /=/, $part, 2;

        next unless defined $name;

        $value //= 1;
        $value =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;

        if ($name eq 'header') {
            push @{ $wish{headers} }, split /:\s*/, $value, 2;

        } else {
            $wish{$name} = $value;
        }
    }

    if ($wish{echo}) {
        $wish{body} = $r->{body};
        $wish{type} //= $r->{headers}{'content-type'};
    }

    return \%wish;
}

# Sends an answer; false when the connection ends with it.

sub answer {
    my ($socket, $a) = @_;

    if ($a->{reset}) {
        setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'II', 1, 0;
        return 0;
    }

    return 0 if $a->{drop};

    if ($a->{garbage}) {
        syswrite $socket, "HTTP/1.1 200 OK\r\n\x00\r\n\r\n";
        return 0;
    }

    if (defined $a->{raw}) {
        syswrite $socket, $a->{raw};
        return $a->{stall};
    }

    my $body = $a->{body} // '';
    my $status = $a->{status} // 200;
    my $bare = $status =~ /^(?:1..|204|304)$/;

    my @head = ("HTTP/1.1 $status Status",
                'Content-Type: ' . ($a->{type} // 'text/plain'));

    my @fields = @{ $a->{headers} // [] };

    while (my ($name, $value) = splice @fields, 0, 2) {
        push @head, "$name: $value";
    }

    if ($a->{chunked}) {
        push @head, 'Transfer-Encoding: chunked';
        $body = join '', map({ sprintf "%x\r\n%s\r\n", length, $_ }
                             $body =~ /(.{1,1000})/gs), "0\r\n\r\n";

    } elsif (!$bare) {
        push @head, 'Content-Length: ' . ($a->{length} // length $body);
    }

    push @head, 'Connection: close' if $a->{close};

    my $out = join("\r\n", @head) . "\r\n\r\n";
    $out .= $body unless $bare || $a->{head};

    while (length $out) {
        my $sent = syswrite $socket, $out or return 0;
        substr($out, 0, $sent) = '';
    }

    return !$a->{close} && ($a->{stall} || !defined $a->{length});
}

1;
