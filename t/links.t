#!/usr/bin/perl

# Each link of a page of docs leads somewhere: to a file of this tree, to a
# heading that is there; and from docs/README.md each page of docs is reached.
# Other hosts are not asked: their addresses are looked at, not fetched. And each
# row of a table has as many cells as its head.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Basename qw( dirname );
use File::Temp qw( tempdir );
use Test::More;

use Wsgw::Page;

chdir "$FindBin::Bin/.." or die "chdir: $!\n";

my %page;

sub page { return $page{$_[0]} //= Wsgw::Page->new($_[0]) }

# docs/../conf/chat/README.md -> conf/chat/README.md

sub plain {
    my ($path) = @_;

    1 while $path =~ s{(^|/)\./}{$1} || $path =~ s{[^/]+/\.\./}{};

    return $path;
}

# what is wrong with a link, or nothing; the file that it leads to

sub follow {
    my ($file, $target) = @_;

    return $target =~ m{^https?://[\w.-]+(?::\d+)?(?:/[^\s<>"]*)?$}
           ? () : 'no address'
        if $target =~ /^\w+:/;

    my ($path, $anchor) = $target =~ /^([^#]*)(?:#(.*))?$/;

    $path = $path eq '' ? $file : plain(dirname($file) . "/$path");
    $path =~ s{^\./}{};

    return "no $path" unless -e $path;
    return "no #$anchor in $path"
        if defined $anchor && $path =~ /\.md$/ && !page($path)->has_anchor($anchor);

    return undef, $path;
}

sub wrong {
    my ($file) = @_;

    return map {
        my ($wrong) = follow($file, $_->[1]);
        defined $wrong ? "$file:$_->[0]: $_->[1]: $wrong" : ();
    } page($file)->links;
}

# rows that have more or fewer cells than the head of their table: a Git host drops
# what is too much

sub crooked {
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!\n";

    my ($cells, $fenced, @crooked);

    while (my $line = <$in>) {
        $fenced = !$fenced if $line =~ /^ *```/;

        if ($fenced || $line !~ /^ *\|/) {
            undef $cells;
            next;
        }

        my $n = () = $line =~ /(?<!\\)\|/g;

        $cells //= $n;
        push @crooked, "$file:$.: $n bars, not $cells" if $n != $cells;
    }

    return @crooked;
}

# the checker itself

my $there = tempdir(CLEANUP => 1);

open my $out, '>', "$there/a.md" or die "a.md: $!\n";
print $out <<'_EOC_';
# One, two: `three`

# One, two: `three`

[well](#one-two-three) [again](#one-two-three-1) [b](b.md) [c](a.md#none)
`[code](nowhere)` [host](https://example.org/x) [not](https://exa mple)

    [code](nowhere)

```sh
[code](nowhere)
```
[bad](ftp:/x)

| a | b |
|---|---|
| `c \| d` | e |
| `c | d` | e |
_EOC_
close $out;

is_deeply [wrong("$there/a.md")],
          ["$there/a.md:5: b.md: no $there/b.md",
           "$there/a.md:5: a.md#none: no #none in $there/a.md",
           "$there/a.md:13: ftp:/x: no address"],
          'what leads nowhere is found';
is_deeply [crooked("$there/a.md")], ["$there/a.md:18: 4 bars, not 3"],
          'and what is no row';

# the tree's own pages

my @files = map { glob $_ } qw( *.md docs/*.md conf/*.md conf/*/*.md
                                t/*/*.md );

cmp_ok scalar @files, '>', 15, 'there are pages';
my @wrong = map { wrong($_) } @files;

ok !@wrong, 'each link leads somewhere' or diag map { "$_\n" } @wrong;

my %reached;
my @open = 'docs/README.md';

while (defined(my $file = shift @open)) {
    next if $reached{$file}++ || $file !~ /\.md$/;

    push @open, grep { defined && -f }
                map { (follow($file, $_->[1]))[1] } page($file)->links;
}

my @crooked = map { crooked($_) } @files;

ok !@crooked, 'each table has even rows' or diag map { "$_\n" } @crooked;

my @lost = grep { !$reached{$_} } @files;

ok !@lost, 'each page is reached from docs/README.md'
    or diag map { "$_\n" } @lost;

done_testing;
