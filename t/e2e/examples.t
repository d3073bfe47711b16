#!/usr/bin/perl

# Every conf/*/nginx.conf is what nginx takes without a word of complaint.

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Temp qw( tempdir );
use FindBin;
use Test::More;

my $top = abs_path("$FindBin::Bin/../..");
my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
my $module = $ENV{MODULE} || "$top/build/ngx_http_wsgw_module.so";

for my $example (glob "$top/conf/*/nginx.conf") {
    my $prefix = tempdir(CLEANUP => 1);

    mkdir "$prefix/$_" or die "mkdir $_: $!\n" for qw( modules logs );
    symlink abs_path($module), "$prefix/modules/ngx_http_wsgw_module.so"
        or die "symlink: $!\n";

    write_file("$prefix/nginx.conf", at_home(read_file($example)));

    my $said = `$nginx -e stderr -p $prefix -c nginx.conf -t 2>&1`;
    my $status = $?;

    is $status, 0, "$example is taken" or diag $said;
    is_deeply [grep { !/ (?:syntax is ok|test is successful)$/ }
               split /\n/, $said], [], "$example is taken silently";
}

done_testing;


# what a package puts where only root may write stays under the prefix

sub at_home {
    my ($conf) = @_;

    $conf = "pid nginx.pid;\n$conf" unless $conf =~ /^pid /m;

    my $paths = join "\n", map { "${_}_temp_path $_;" }
        grep { $conf !~ /\b${_}_temp_path\b/ }
        qw( client_body proxy fastcgi uwsgi scgi );

    $conf =~ s/^http \{\n/http {\n$paths\n/m or die "no http block\n";

    return $conf;
}


sub read_file {
    my ($name) = @_;

    open my $in, '<', $name or die "$name: $!\n";
    local $/;

    return <$in>;
}


sub write_file {
    my ($name, $text) = @_;

    open my $out, '>', $name or die "$name: $!\n";
    print $out $text;
    close $out or die "$name: $!\n";
}
