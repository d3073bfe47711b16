package Wsgw::Signer;

# AWS's Signature Version 4, written from its documentation: what a client
# sends beside a request. Whatever a test says may differ from the truth.
#
#     my @headers = Wsgw::Signer::headers('POST', '/prod/@connections/ID%3D',
#         host => '127.0.0.1:80', body => 'hello', key => 'AKID',
#         secret => 'secret');
#     my $path = Wsgw::Signer::presigned('/prod?a=b', host => .., expires => 60);
#
# Options: region, service, time (seconds since the epoch), end, day,
# headers => [NAME, VALUE ..] to be signed besides.

use strict;
use warnings;

use Digest::SHA qw( hmac_sha256 hmac_sha256_hex sha256_hex );
use POSIX qw( strftime );

sub headers {
    my ($method, $target, %opt) = defaults(@_);

    my ($path, $query) = split /\?/, $target, 2;
    my @headers = (@{ $opt{headers} // [] }, 'X-Amz-Date' => $opt{date});

    my ($names, $canonical) = named(Host => $opt{host}, @headers);

    my $signature = signature(\%opt, $method, $path, query($query),
                              $canonical, $names, $opt{body} // '');

    return (@headers,
            Authorization => "AWS4-HMAC-SHA256 Credential=$opt{key}/"
                             . "$opt{scope}, SignedHeaders=$names, "
                             . "Signature=$signature");
}

# a path with all of it in its query

sub presigned {
    my ($target, %opt) = @_;

    (undef, undef, %opt) = defaults('GET', $target, %opt);

    my ($path, $query) = split /\?/, $target, 2;
    my ($names, $canonical) = named(Host => $opt{host});

    my %x = ('X-Amz-Algorithm'     => 'AWS4-HMAC-SHA256',
             'X-Amz-Credential'    => "$opt{key}/$opt{scope}",
             'X-Amz-Date'          => $opt{date},
             'X-Amz-SignedHeaders' => $names);

    $x{'X-Amz-Expires'} = $opt{expires} if defined $opt{expires};

    my $all = join '&', grep { defined && length } $query,
              map { "$_=" . encode($x{$_}) } sort keys %x;
    my $signature = signature(\%opt, 'GET', $path, query($all), $canonical,
                              $names, '');

    return "$path?$all&X-Amz-Signature=$signature";
}

sub defaults {
    my ($method, $target, %opt) = @_;

    $opt{date} //= strftime('%Y%m%dT%H%M%SZ', gmtime($opt{time} // time));
    $opt{day} //= substr $opt{date}, 0, 8;
    $opt{region} //= 'us-east-1';
    $opt{scope} //= join '/', $opt{day}, $opt{region},
                    $opt{service} // 'execute-api',
                    $opt{end} // 'aws4_request';

    return ($method, $target, %opt);
}

sub signature {
    my ($opt, $method, $path, $query, $canonical, $names, $body) = @_;

    my $request = join "\n", $method, path($path), $query, $canonical, $names,
                  sha256_hex($body);
    my $string = join "\n", 'AWS4-HMAC-SHA256', $opt->{date}, $opt->{scope},
                 sha256_hex($request);

    my $key = "AWS4$opt->{secret}";
    $key = hmac_sha256($_, $key) for split m{/}, $opt->{scope};

    return hmac_sha256_hex($string, $key);
}

# names of headers, and the lines that are signed

sub named {
    my (@headers) = @_;

    my %values;

    while (my ($name, $value) = splice @headers, 0, 2) {
        push @{ $values{lc $name} }, $value =~ s/^\s+|\s+$//gr =~ s/\s+/ /gr;
    }

    my @names = sort keys %values;

    return (join(';', @names),
            join '', map { "$_:" . join(',', @{ $values{$_} }) . "\n" } @names);
}

sub path {
    my ($path) = @_;

    my $canonical = join '/', map { encode($_) } grep { length }
                    split m{/}, $path;
    $canonical = "/$canonical";

    return $path =~ m{[^/]/+$} ? "$canonical/" : $canonical;
}

# an argument's escapes are undone first, of which a client may choose the form

sub query {
    my ($query) = @_;

    my @pairs = map { [ map { encode(decode($_)) } /^([^=]*)=?(.*)$/s ] }
                grep { length } split /&/, $query // '';

    return join '&', map { "$_->[0]=$_->[1]" }
           sort { $a->[0] cmp $b->[0] || $a->[1] cmp $b->[1] } @pairs;
}

sub encode { return $_[0] =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger }

sub decode {
    return $_[0] =~ tr/+/ /r =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger;
}

1;
