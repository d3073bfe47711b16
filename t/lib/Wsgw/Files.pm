package Wsgw::Files;

# Whole files, read and written at once; a failure is fatal. LAYER is of
# open()'s, such as ":encoding(UTF-8)".

use strict;
use warnings;

use Exporter qw( import );

our @EXPORT = qw( read_file write_file );

sub read_file {
    my ($name, $layer) = @_;

    open my $in, '<' . ($layer // ''), $name or die "$name: $!\n";
    local $/;

    return scalar(<$in>) // '';
}

sub write_file {
    my ($name, $text) = @_;

    open my $out, '>', $name or die "$name: $!\n";
    print $out $text;
    close $out or die "$name: $!\n";
}

1;
