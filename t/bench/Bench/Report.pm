package Bench::Report;

# What "bench" and "growth" have in common when they say what they measured:
# medians with their spread, tables, a file of JSON, plots in SVG, and the
# place in docs/performance.md where the last table stands.

use strict;
use warnings;

use Cwd qw( abs_path );
use Exporter qw( import );
use File::Basename qw( dirname );
use File::Path qw( make_path );
use JSON::PP ();
use POSIX qw( strftime );

use Bench;

our @EXPORT_OK = qw( bars lines machine markdown median save spread update );

my $top = abs_path(dirname(__FILE__) . '/../../..');
my $dir = dirname($Bench::Module) . '/bench';

sub median { return Bench::percentile(50, \@_) }

# "0.94 (0.92-0.97)", of at least two values

sub spread {
    my ($format, @values) = @_;

    return '' if !@values;

    my @sorted = sort { $a <=> $b } @values;

    return sprintf "$format ($format-$format)", median(@values),
                   @sorted[0, -1];
}

sub markdown {
    my ($head, @rows) = @_;

    return join '', map { '| ' . join(' | ', @$_) . " |\n" }
           $head, [ '---', map { '---:' } 2 .. @$head ], @rows;
}

# Where it was measured.

sub machine {
    my ($before) = @_;

    my $info = Bench::slurp('/proc/cpuinfo');
    my ($model) = $info =~ /^model name\s*: (.*)/m;
    my $count = () = $info =~ /^processor/mg;
    my ($kernel) = Bench::slurp('/proc/version') =~ /version ([\d.]+)/;
    my ($nginx) = `$Bench::Binary -v 2>&1` =~ m{nginx/(\S+)};
    my ($openssl) = `openssl version` =~ /OpenSSL (\S+)/;
    my ($nchan) = `dpkg-query -W -f '\${Version}' libnginx-mod-nchan 2>&1`
                  =~ /^(?:\d+:)?([\d.]+)/;
    my $packages = JSON::PP::decode_json(
        Bench::slurp("$top/t/bench/peers/package.json"))->{devDependencies};
    chomp(my $node = `node --version`);
    my $after = load_average();

    return strftime('%d %B %Y', gmtime) . ": $count processors ("
           . ($model // 'unknown') . "), Linux $kernel; nginx $nginx, OpenSSL "
           . "$openssl, Nchan " . ($nchan // '-') . ", Node.js $node with ws "
           . "$packages->{ws} and serverless-offline "
           . "$packages->{'serverless-offline'}. Load averages, of which the"
           . " measurement itself makes up to 2: $before before, $after after.";
}

sub load_average { return (split ' ', Bench::slurp('/proc/loadavg'))[0] }

sub save {
    my ($name, $content) = @_;

    make_path($dir);

    $content = JSON::PP->new->canonical->pretty->encode($content)
        if ref $content;

    open my $file, '>', "$dir/$name" or die "$dir/$name: $!\n";
    print $file $content;
    close $file or die "$dir/$name: $!\n";

    return "$dir/$name";
}

# Puts the text between the two comments of this name in docs/performance.md.

sub update {
    my ($name, $text) = @_;

    my $page = "$top/docs/performance.md";
    my $all = Bench::slurp($page);

    $all =~ s/(<!-- $name: .*? -->\n).*?(<!-- end of $name -->)/$1\n$text\n$2/s
        or die "$page has no place for $name\n";

    open my $file, '>', $page or die "$page: $!\n";
    print $file fold($all);
    close $file or die "$page: $!\n";
}

# Long lines of what update() got, other than those of tables.

sub fold {
    my ($text) = @_;

    return join '', map {
        my $line = $_;

        if ($line !~ /^[|<]/ && length $line > 90) {
            $line =~ s/(.{1,80})(?: |\n)/$1\n/g;
        }

        $line;
    } split /^/, $text;
}

# A server has the same colour in each plot.

my %Colour = map { $_->[0] => "#$_->[1]" } (
    [ 'wsgw', '2563eb' ], [ 'plain HTTP', '9ca3af' ], [ 'bare', 'd1d5db' ],
    [ 'push', 'd97706' ], [ 'Nchan', 'd97706' ], [ 'ws', '16a34a' ],
    [ 'serverless-offline', '7c3aed' ],
);

sub svg {
    my ($width, $height, @parts) = @_;

    return qq{<svg xmlns="http://www.w3.org/2000/svg" width="$width"}
           . qq{ height="$height" font-family="sans-serif" font-size="12">\n}
           . qq{<rect width="100%" height="100%" fill="white"/>\n}
           . join("\n", @parts) . "\n</svg>\n";
}

sub text {
    my ($x, $y, $text, $more) = @_;

    $text =~ s/&/&amp;/g;
    $text =~ s/</&lt;/g;

    return sprintf '<text x="%.1f" y="%.1f" %s>%s</text>', $x, $y, $more // '',
                   $text;
}

sub box {
    my ($x, $y, $width, $height, $colour) = @_;

    return sprintf '<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" '
                   . 'fill="%s"/>', $x, $y, $width, $height, $colour;
}

sub stroke {
    my ($colour, $width, @points) = @_;

    return sprintf '<polyline points="%s" fill="none" stroke="%s" '
                   . 'stroke-width="%s"/>',
                   join(' ', map { sprintf '%.1f,%.1f', @$_ } @points),
                   $colour, $width;
}

# Bars: [ TITLE, [ NAME, VALUE .. ] .. ] .. ; the bar is the median of the
# values, and the line on it goes from the least to the greatest.

sub bars {
    my ($title, @groups) = @_;

    my ($left, $scale, $y) = (190, 360, 50);
    my $most = (sort { $b <=> $a } map { map { @$_[1 .. $#$_] } @$_[1 .. $#$_] }
                @groups)[0] // 1;
    my @parts = (text(10, 24, $title, 'font-size="15"'));

    $scale /= $most;

    for my $group (@groups) {
        my ($name, @bars) = @$group;

        push @parts, text(10, $y + 2, $name, 'font-weight="bold"');
        $y += 8;

        for my $bar (@bars) {
            my ($who, @values) = @$bar;
            my @sorted = sort { $a <=> $b } @values;

            push @parts, text($left - 8, $y + 11, $who, 'text-anchor="end"'),
                 box($left, $y, $scale * median(@values), 14, $Colour{$who}),
                 stroke('black', 1, map { [ $left + $scale * $_, $y + 7 ] }
                                        @sorted[0, -1]),
                 text($left + $scale * $sorted[-1] + 6, $y + 11,
                      sprintf '%.2f', median(@values));
            $y += 18;
        }

        $y += 22;
    }

    push @parts, stroke('#6b7280', 0.5, [ $left + $scale, 40 ],
                        [ $left + $scale, $y - 10 ]);

    return svg(640, $y, @parts);
}

# Lines over a logarithmic axis: NAME => [ [ X, Y ] .. ] .. .

sub lines {
    my ($title, $x_name, $y_name, %lines) = @_;

    my ($left, $top, $width, $height) = (70, 50, 480, 260);
    my @points = map { @$_ } values %lines;
    my ($x_least, $x_most) = (sort { $a <=> $b } map { $_->[0] } @points)[0, -1];
    my $y_most = (sort { $b <=> $a } map { $_->[1] } @points)[0] * 1.1;
    my $across = log($x_most / $x_least) || 1;
    my $number = 0;
    my %seen;

    my $place = sub {
        my ($x, $y) = @_;
        return [ $left + $width * log($x / $x_least) / $across,
                 $top + $height * (1 - $y / $y_most) ];
    };

    my @parts = (text(10, 24, $title, 'font-size="15"'),
                 text(10, 42, $y_name),
                 text($left + $width / 2, $top + $height + 36, $x_name,
                      'text-anchor="middle"'),
                 stroke('black', 1, [ $left, $top ], [ $left, $top + $height ],
                        [ $left + $width, $top + $height ]));

    for my $x (grep { !$seen{$_}++ } map { $_->[0] } @points) {
        push @parts, text($place->($x, 0)->[0], $top + $height + 16, $x,
                          'text-anchor="middle"');
    }

    for my $y (map { $y_most * $_ / 4 } 1 .. 4) {
        push @parts, text($left - 6, $place->($x_least, $y)->[1] + 4,
                          sprintf('%.3g', $y), 'text-anchor="end"');
    }

    for my $name (sort keys %lines) {
        push @parts, stroke($Colour{$name}, 2, map { $place->(@$_) } @{$lines{$name}}),
             text($left + $width - 4, $top + 12 + 16 * $number, $name,
                  qq{text-anchor="end" fill="$Colour{$name}"});
        $number++;
    }

    return svg($left + $width + 30, $top + $height + 50, @parts);
}

1;
