package Wsgw::Page;

# A page of docs: its code blocks, its headings and its links, as a Git host
# renders them.

use strict;
use warnings;

sub new {
    my ($class, $file) = @_;

    open my $in, '<:encoding(UTF-8)', $file or die "$file: $!\n";

    my $self = bless {
        file => $file, blocks => [], anchors => {}, links => [],
    }, $class;

    $self->read(map { chomp; $_ } <$in>);

    return $self;
}

# Each block is { at, lang, words, fenced, lines }: the line of its fence or the
# first one of an indented block, the language and what else the fence says.

sub blocks { return @{ $_[0]{blocks} } }

# Whether the page has what #NAME leads to.

sub has_anchor { return $_[0]{anchors}{$_[1]} }

# [line, target] of each link

sub links { return @{ $_[0]{links} } }

sub read {
    my ($self, @lines) = @_;

    my $at = 0;

    while ($at < @lines) {
        my $line = $lines[$at];

        if ($line =~ /^( *)```(.*)$/) {
            $at = $self->fence($at, length $1, $2, @lines);

        } elsif ($line =~ /^ {4}/
                 && ($at == 0 || $lines[$at - 1] =~ /^$/)
                 && !$self->in_list($at, @lines))
        {
            $at = $self->indented($at, @lines);

        } else {
            $self->prose($at + 1, $line);
            $at++;
        }
    }
}

# an indented line below an item of a list is the item's, unless it has four
# more

sub in_list {
    my ($self, $at, @lines) = @_;

    for (my $i = $at; $i >= 0; $i--) {
        next if $lines[$i] =~ /^$|^ {2}/;

        return $lines[$i] =~ /^(?:- |: |\d+\. )/ && $lines[$at] !~ /^ {6}/;
    }

    return 0;
}

sub fence {
    my ($self, $at, $indent, $info, @lines) = @_;

    my ($lang, @words) = split ' ', $info;
    my %block = (at => $at + 1, lang => $lang // '', words => \@words,
                 fenced => 1, lines => []);

    for ($at++; $at < @lines && $lines[$at] !~ /^ *```$/; $at++) {
        push @{ $block{lines} }, substr $lines[$at],
             $lines[$at] =~ /^ {$indent}/ ? $indent : 0;
    }

    die "$self->{file}:$block{at}: a fence without an end\n" if $at == @lines;

    push @{ $self->{blocks} }, \%block;

    return $at + 1;
}

sub indented {
    my ($self, $at, @lines) = @_;

    my %block = (at => $at + 1, lang => '', words => [], lines => []);
    my ($indent) = $lines[$at] =~ /^( +)/;

    for (; $at < @lines && $lines[$at] =~ /^(?:$|$indent)/; $at++) {
        push @{ $block{lines} },
             $lines[$at] eq '' ? '' : substr $lines[$at], length $indent;
    }

    pop @{ $block{lines} } while $block{lines}[-1] eq '';

    push @{ $self->{blocks} }, \%block;

    return $at;
}

sub prose {
    my ($self, $at, $line) = @_;

    if ($line =~ /^#+ (.*)$/) {
        my $slug = slug($1);
        my $n = $self->{slugs}{$slug}++;

        $self->{anchors}{$n ? "$slug-$n" : $slug} = 1;
    }

    $self->{anchors}{$1} = 1 while $line =~ /<a id="([^"]+)">/g;

    # what is code is no link

    $line =~ s/``.*?``|`[^`]*`//g;

    # the text of a link may go on to the next line, its target does not

    push @{ $self->{links} }, [$at, $1] while $line =~ /\]\(([^)\s]*)\)/g;
}

# the anchor of a heading, as Git hosts make it

sub slug {
    my ($heading) = @_;

    $heading =~ s/\[([^\]]*)\]\([^)]*\)/$1/g;
    $heading = lc $heading;
    $heading =~ s/[^\w\- ]//g;
    $heading =~ s/ /-/g;

    return $heading;
}

1;
