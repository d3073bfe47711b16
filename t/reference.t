#!/usr/bin/perl

# docs/directives.md and docs/variables.md have what the module has: each
# directive in its alphabetical place with its context and the version that it is
# there since, each variable; and docs/changes.md lists both under that version.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;

use Wsgw::Files;

chdir "$FindBin::Bin/.." or die "chdir: $!\n";

# the part of changes.md of each version, up to its next heading

sub versions {
    my (undef, %part) = split /^## (\S+?),?(?: .*)?\n/m,
                              read_file('docs/changes.md');

    return \%part;
}

my $module = read_file('src/ngx_http_wsgw_module.c');
my $table = join '', map { read_file($_) } glob 'src/http/*.c';
my $page = read_file('docs/directives.md');
my $variables = read_file('docs/variables.md');
my $changes = versions();

my ($now) = read_file('src/ngx_http_wsgw.h')
            =~ /define NGX_HTTP_WSGW_VERSION +"(.*)"/;

ok $changes->{$now}, "changes.md has $now";

# what there is since a version is a list at the end of its part

my %since = map {
    my ($list) = $changes->{$_} =~ /^### What there is since \Q$_\E\n(.*)/ms;
    ($_ => $list // '')
} keys %$changes;

# directives

my %context = (MAIN => 'http', SRV => 'server', LOC => 'location');
my %directive;

while ($module =~ /\{ ngx_string\("(wsgw_\w+)"\),\s*([A-Z0-9_|\s]+),/g) {
    my ($name, $flags) = ($1, $2);

    # a name for several of them

    $flags =~ s/(\w+)/$module =~ m{#define $1 +\((.*?)\)\n}s ? $1 : $1/ge;

    $directive{$name} = join ', ', map { $context{$_} }
        grep { $flags =~ /NGX_HTTP_${_}_CONF\b/ } qw( MAIN SRV LOC );
}

cmp_ok scalar keys %directive, '>', 30, 'directives are found';

my @names = sort keys %directive;

is_deeply [$page =~ /^## (wsgw_\w+)$/mg], \@names, 'in alphabetical places';
is_deeply [$page =~ /^- \[(wsgw_\w+)\]\(#\1\)$/mg], \@names, 'in the list';

for my $name (@names) {
    my ($section) = $page =~ /^## $name\n(.*?)(?=^## |\z)/ms;
    my %row = $section =~ /^\| (\w+): \| (.*) \|$/mg;

    is_deeply [grep { !defined $row{$_} } qw( Syntax Default Context Since )],
              [], "$name: syntax, default, context, since";

    like $row{Syntax} // '', qr/`$name\b/, "$name: its syntax";
    is(($row{Context} // '') =~ s/`//gr, $directive{$name}, "$name: context");

    my $since = $row{Since} // '';

    like $since{$since} // '', qr/`$name`/,
         "$name: in the list of changes.md, since $since";
}

# variables

my @variables = map { s/_$/_NAME/r }
    $table =~ /ngx_string\("(wsgw_\w+)"\),\s*NULL,\s*ngx_http_wsgw_/g;

cmp_ok scalar @variables, '>', 30, 'variables are found';

for my $name (@variables) {
    my ($line) = $variables =~ /^((?:`\$wsgw_\w+`,? ?)*`\$$name`.*)$/m;

    ok defined $line, "\$$name is in variables.md" or next;

    my ($since) = $line =~ /\(since (\S+)\)/;

    $since //= '0.9.0';
    like $since{$since} // '', qr/`\$$name`/,
         "\$$name: in the list of changes.md, since $since";
}

done_testing;
