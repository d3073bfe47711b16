package Wsgw::Samples;

# What wsgw_status prints for Prometheus, as a hash: 'name{label="value",...}',
# with all labels but those of the API and the stage, and its number.

use strict;
use warnings;

use Exporter qw( import );

our @EXPORT = qw( samples total fallen );

sub samples {
    my ($text) = @_;

    my %seen;

    for (split /\n/, $text) {
        next if /^#/;
        my ($name, $value) = /^(\S+(?:\{.*\})?) (\S+)$/
            or die "no sample: $_\n";
        $name =~ s/api="[^"]*",//;
        $name =~ s/stage="ws",?//;
        $name =~ s/,\}$/}/;
        $name =~ s/\{\}$//;
        $seen{$name} = $value;
    }

    return \%seen;
}

# The sum of those whose name matches.

sub total {
    my ($seen, $pattern) = @_;

    my $sum = 0;
    $sum += $seen->{$_} for grep { /$pattern/ } keys %$seen;

    return $sum;
}

# What has gone down that must not.

sub fallen {
    my ($then, $now) = @_;

    return grep { /_(?:total|bucket|count|sum)\b/
                  && ($now->{$_} // 0) < $then->{$_} } keys %$then;
}

1;
