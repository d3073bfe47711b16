package Wsgw::HTTP;

# One HTTP request, one response: enough for @connections, and for the
# answers of a refused handshake.

use strict;
use warnings;

use Time::HiRes qw( time );
use Wsgw::Stream;

# see http() in Test::Nginx::Wsgw

sub request {
    my ($class, $host, $port, $method, $path, %opt) = @_;

    my $body = $opt{body};
    my $version = $opt{version} // '1.1';

    my @headers = (
        Host       => $opt{host} // "$host:$port",
        Connection => 'close',
        @{ $opt{headers} // [] },
    );

    if ($opt{chunks}) {
        push @headers, 'Transfer-Encoding' => 'chunked';
        $body = join '', map { sprintf "%x\r\n%s\r\n", length, $_ }
                             @{ $opt{chunks} }, '';

    } elsif (defined $body) {
        push @headers, 'Content-Length' => length $body;
    }

    my $stream = Wsgw::Stream->connect($host, $port, %opt);

    $stream->write(message("$method $path HTTP/$version", @headers)
                   . ($body // ''));

    my $deadline = time + ($opt{timeout} // $Wsgw::Stream::Timeout);

    return $class->response($stream, $deadline, $method)
        // die "$method $path: no response within"
               . " @{[$opt{timeout} // $Wsgw::Stream::Timeout]} s\n";
}

# a start line and header fields, given as a list of names and values

sub message {
    my ($start, @headers) = @_;

    my $text = "$start\r\n";

    while (my ($name, $value) = splice @headers, 0, 2) {
        $text .= "$name: $value\r\n" if defined $value;
    }

    return "$text\r\n";
}

# The response that a stream holds next, undef without one.

sub response {
    my ($class, $stream, $deadline, $method) = @_;

    my $head = $stream->read_until("\r\n\r\n", $deadline) // return undef;

    my ($start, @lines) = split /\r\n/, $head;
    my ($status, $reason) = $start =~ m{^HTTP/1\.[01] (\d{3}) ?(.*)}
        or die "not an HTTP response: \"$start\"\n";

    my $self = bless {
        status  => $status,
        reason  => $reason,
        headers => [ map { [ /^([^:]+):\s*(.*?)\s*$/ ] } @lines ],
        body    => '',
    }, $class;

    if ($method ne 'HEAD' && $status !~ /^(?:1..|204|304)$/) {
        $self->{body} = $self->read_body($stream, $deadline);
    }

    return $self;
}

sub read_body {
    my ($self, $stream, $deadline) = @_;

    my $length = $self->header('Content-Length');

    if (lc($self->header('Transfer-Encoding') // '') eq 'chunked') {
        return $self->read_chunks($stream, $deadline);
    }

    if (defined $length) {
        return $stream->read($length, $deadline)
            // die "the body is shorter than Content-Length\n";
    }

    while ($stream->fill($deadline)) { }

    return $stream->read(length $stream->{in}, $deadline);
}

sub read_chunks {
    my ($self, $stream, $deadline) = @_;

    my $body = '';

    while (1) {
        my $line = $stream->read_until("\r\n", $deadline)
            // die "a chunk is missing\n";
        my $size = hex $line =~ s/[^0-9A-Fa-f].*//sr;

        my $chunk = $stream->read($size + 2, $deadline)
            // die "a chunk is cut short\n";

        return $body if $size == 0;

        $body .= substr $chunk, 0, $size;
    }
}

sub status { return $_[0]->{status} }
sub reason { return $_[0]->{reason} }
sub body   { return $_[0]->{body} }

# The value of a header field; all its values in list context.

sub header {
    my ($self, $name) = @_;

    my @values = map { $_->[1] }
                 grep { lc $_->[0] eq lc $name } @{ $self->{headers} };

    return wantarray ? @values : $values[0];
}

sub headers { return map { @$_ } @{ $_[0]->{headers} } }

1;
