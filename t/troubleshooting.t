#!/usr/bin/perl

# docs/troubleshooting.md has each line that the module can write into the error
# log, once, and no other; and the words that such a line can begin with. They are
# read from the sources: the format of each call that logs, with "…" for a value.

use strict;
use utf8;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;

use Wsgw::Files;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw( output failure_output );

chdir "$FindBin::Bin/.." or die "chdir: $!\n";

my $string = qr/"(?:\\.|[^"\\])*"/;
my $calls = qr/\b(?:ngx_(?:conf_)?log_error|ngx_http_wsgw_text_log
                  |ngx_http_wsgw_refuse_because)\(/x;

# the strings of C that stand side by side, as one; a macro between is a value

sub text {
    my ($strings) = @_;

    my $text = '';

    while ($strings =~ /($string)|(\w+)/g) {
        my ($part, $macro) = ($1, $2);

        if (defined $macro) {
            $text .= '…';
            next;
        }

        $part =~ s/^"|"$//g;
        $part =~ s/\\(.)/$1/g;
        $text .= $part;
    }

    # nginx's formats

    $text =~ s/%(?:\*s|\d*[uxX]*[zidDL]|\d*[OTMVvspPcfr])/…/g;

    # where a directive stands is told alike by all

    $text =~ s/ in …:…$//;
    $text =~ s/…{2,}/…/g;

    return $text;
}

# the formats of a file's calls that log

sub formats {
    my ($c) = @_;

    my @formats;

    $c =~ s{/\*.*?\*/}{}gs;

    while ($c =~ /$calls/g) {
        my $start = pos $c;
        my $depth = 1;

        $depth += $1 eq '(' ? 1 : $1 eq ')' ? -1 : 0
            while $depth && $c =~ /\G($string|[()]|[^"()]+)/gc;

        my $arguments = substr $c, $start, pos($c) - $start - 1;

        next if $arguments =~ /\bconst char\b|NGX_LOG_DEBUG/;

        push @formats, text($1)
            if $arguments =~ /((?:\b\w+\s+)?$string(?:\s*(?:$string|\b\w+\b))*)/;
    }

    return @formats;
}

# what a call chooses from, or a function returns

sub chosen {
    my ($c, $where) = @_;

    return map { text($_) } $c =~ /$where\s*($string(?:\s*$string)*)\s*[;,):]/g;
}

# the first cells of all tables of the page whose first column is called so

sub cells {
    my ($page, $name) = @_;

    my @cells;

    while ($page =~ /^\| $name \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)/mg) {
        push @cells, $1 =~ /^\| `(.*?)` \|/mg;
    }

    return @cells;
}

# what is missing, unknown or twice on the page

sub compare {
    my ($page, $sources) = @_;

    my %page;

    $page{$_}++ for @$page;

    my %source = map { $_ => 1 } @$sources;

    return [(map { "missing: $_" } grep { !$page{$_} } sort keys %source),
            (map { "unknown: $_" } grep { !$source{$_} } sort keys %page),
            (map { "twice: $_" } grep { $page{$_} > 1 } sort keys %page)];
}

# what is wrong is told to the last line

sub none {
    my ($wrong, $name) = @_;

    ok !@$wrong, $name or diag map { "$_\n" } @$wrong;
}

# the test itself

is_deeply [formats(<<'_EOC_')], ['a "…" of …', '… "…" failed', 'x … y'], 'calls';
    ngx_log_error(NGX_LOG_ERR, f(c), 0, "a \"%V\" " "of %*s in %s:%ui",
                  &name, g("no"), h);
    /* ngx_log_error(NGX_LOG_ERR, log, 0, "comment"); */
    ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno, ngx_open_file_n
                       " \"%V\" failed", &name);
    ngx_log_error(NGX_LOG_DEBUG, log, 0, "debug");
    ngx_http_wsgw_refuse_because(r, reason, 403, "x %06xD%s "
                                 "y", a);
_EOC_

is_deeply compare(['a', 'a', 'b'], ['a', 'c']),
          ['missing: c', 'unknown: b', 'twice: a'], 'comparison';

# the module

my $page = read_file('docs/troubleshooting.md', ':encoding(UTF-8)');
my %source = map { $_ => read_file($_, ':encoding(UTF-8)') } map { glob } qw( src/*.c src/*/*.c );
my @lines = map { formats($_) } values %source;

# those that come by name

push @lines, map { text($_) } $source{'src/http/handshake.c'}
    =~ /hs->ctx\.error = hs->step == \w+\s*\? ((?:$string\s*)+): ($string)/;

cmp_ok scalar @lines, '>', 150, 'lines are found';
none compare([cells($page, 'line')], \@lines),
     'each line of the log is on the page';

my @words = map { my $c = $source{"src/event/$_.c"};
                  map { chosen($c, $_) } 'return', 'error =',
                                         "\\?\\s*(?:NULL|$string)\\s*:",
                                         'return [^;"]*\?' }
                qw( failure lambda authorizer );

push @words, chosen($source{'src/event/verdict.c'}, 'error ='),
             chosen($source{'src/event/failure.c'}, 'too_large\[\] ='),
             chosen($source{'src/event/lambda.c'},
                    'static const char  \w+\[\] ='),
             chosen($source{'src/pure/policy.c'}, 'error ='),
             chosen($source{'src/pure/policy.c'}, 'return');

cmp_ok scalar @words, '>', 30, 'words are found';
none compare([cells($page, 'words')], \@words),
     'each cause of a failure is on the page';

my @reasons = map { chosen($_, 'WSGW_CODE_\w+,') }
                  $source{'src/pure/protocol.c'};

push @reasons, 'Max frame length of … has been exceeded.';
push @reasons, map { chosen($_, 'NGX_HTTP_WSGW_CLOSE_(?:INVALID|TOO_BIG),') }
               map { $source{$_} } grep { m{^src/socket/} } keys %source;

none compare([cells($page, 'reason')], \@reasons),
     'each reason of a Close is on the page';

done_testing;
