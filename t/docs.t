#!/usr/bin/perl

# What docs say is so: each configuration in them is taken by nginx, each command
# runs and prints what the page says, each WebSocket session is played.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Cwd qw( abs_path getcwd );
use Test::More;

use Wsgw::Page;
use Wsgw::Tutorial;

chdir "$FindBin::Bin/.." or die "chdir: $!\n";

my $nginx = abs_path($ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx');

$ENV{MODULE} //= getcwd() . '/build/ngx_http_wsgw_module.so';

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw( output failure_output todo_output );

$SIG{$_} = sub { exit 1 } for qw( INT TERM );

my $owner = $$;
END {
    if ($$ == $owner) { my $s = $?; Wsgw::Tutorial::end_all(); $? = $s }
}

my @files = map { glob } qw( README.md docs/*.md conf/*/README.md );

for my $file (@ARGV ? @ARGV : @files) {
    my $page = Wsgw::Page->new($file);

    Wsgw::Tutorial->play($page, nginx => $nginx);
}

done_testing;
