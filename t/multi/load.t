#!/usr/bin/perl

# The module as a guest of nginx: it refuses one whose structs are not those
# it was compiled against, and a process that has unloaded it keeps nothing
# of it.

use strict;
use warnings;

use lib 't/lib';

use Cwd qw( abs_path );
use File::Basename qw( basename dirname );
use File::Temp qw( tempdir );
use Test::More;

use Wsgw::Files;
use Wsgw::Nginx;

my $module = abs_path($ENV{MODULE});
my $build = dirname($module);
my $dir = tempdir('wsgw-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);

my ($source) = read_file("$build/args") =~ /^(\S+)/ or die "$build/args?\n";

sub sh {
    my ($command) = @_;

    my $said = qx(( $command ) 2>&1);

    die "$command\n$said" if $?;
}

# Headers of an nginx that a distribution has patched: a struct, where it is,
# and what stands before one of its members.

my @PATCHES = (
    [ ngx_connection_t => 'core/ngx_connection.h',
      'unsigned +idle:1;' => 'unsigned patch:1;' ],
    [ ngx_connection_t => 'core/ngx_connection.h',
      'unsigned +shared:1;(?=\s+unsigned +sendfile)' => 'unsigned patch:1;' ],
    [ ngx_connection_t => 'core/ngx_connection.h',
      'unsigned +tcp_nodelay:2;' => 'unsigned patch:1;' ],
    [ ngx_connection_t => 'core/ngx_connection.h',
      'unsigned +buffered:8;' => 'void *patch;' ],
    [ ngx_event_t => 'event/ngx_event.h',
      'unsigned +active:1;' => 'unsigned patch:1;' ],
    [ ngx_event_t => 'event/ngx_event.h',
      'unsigned +posted:1;' => 'unsigned patch:1;' ],
    [ ngx_event_t => 'event/ngx_event.h',
      'unsigned +cancelable:1;' => 'unsigned patch:1;' ],
    [ ngx_event_t => 'event/ngx_event.h',
      'ngx_log_t +\*log;' => 'void *patch;' ],
    [ ngx_cycle_t => 'core/ngx_cycle.h',
      'ngx_uint_t +free_connection_n;' => 'void *patch;' ],
    [ ngx_cycle_t => 'core/ngx_cycle.h',
      'ngx_list_t +open_files;' => 'void *patch;' ],
    [ ngx_shm_zone_t => 'core/ngx_cycle.h',
      'ngx_shm_t +shm;' => 'void *patch;' ],
    [ ngx_listening_t => 'core/ngx_connection.h',
      'size_t +addr_text_max_len;' => 'void *patch;' ],
    [ ngx_http_request_t => 'http/ngx_http_request.h',
      'unsigned +internal:1;' => 'unsigned patch:1;' ],
    [ ngx_http_request_t => 'http/ngx_http_request.h',
      'unsigned +count:16;' => 'unsigned patch:8;' ],
    [ ngx_http_request_t => 'http/ngx_http_request.h',
      'ngx_str_t +request_line;' => 'void *patch;' ],
    [ ngx_http_request_t => 'http/ngx_http_request.h',
      'off_t +content_length_n;' => 'void *patch;' ],
    [ ngx_http_request_t => 'http/ngx_http_request.h',
      'unsigned +valid_location:1;' => 'unsigned patch:1;' ],
    [ ngx_http_request_t => 'http/ngx_http_request.h',
      'unsigned +limit_rate_set:1;' => 'unsigned patch:1;' ],
    [ ngx_http_core_srv_conf_t => 'http/ngx_http_core_module.h',
      'size_t +request_pool_size;' => 'void *patch;' ],
    [ ngx_http_core_loc_conf_t => 'http/ngx_http_core_module.h',
      'ngx_http_handler_pt +handler;(?=\s+/\* location name)' =>
      'void *patch;' ],
    [ ngx_http_core_loc_conf_t => 'http/ngx_http_core_module.h',
      'ngx_array_t +\*error_pages;' => 'void *patch;' ],
);

# The module whose check was compiled against such headers; the other objects
# are as they are, they do not get to run.

sub module_for {
    my ($header, $member, $patch) = @_;

    my $text = read_file("$source/src/$header");
    my $name = "abi";

    $text =~ s/(?=$member)/$patch / or die "no $member in $header\n";
    write_file("$dir/" . basename($header), $text);

    my $file = abs_path("src/conf/$name.c");

    # of both commands, the compiler's and the linker's

    my $make = qx(make -s --no-print-directory -n -C $source -W $file \\
               -f $build/Makefile modules);
    $make =~ s/\\\n/ /g;
    $make =~ s{(?<= -I )}{$dir -I };
    $make =~ s{\S+/$name\.o}{$dir/$name.o}g;
    $make =~ s{(?<=-o )\Q$module\E}{$dir/module.so};

    sh("cd $source && set -e; $make");

    return "$dir/module.so";
}

for my $patch (@PATCHES) {
    my ($struct, $header, $member, $what) = @$patch;

    my $title = "$struct with \"$what\" before \"$member\"";
    my $nginx = Wsgw::Nginx->new;

    local $ENV{TEST_NGINX_LOAD_MODULES} = module_for($header, $member, $what);
    unlink "$dir/" . basename($header);

    $nginx->configure;
    ok(!$nginx->run('-t'), "$title: nginx does not start");

    my @emerg = $nginx->{said} =~ /^(.*\[emerg\].*)$/mg;

    is(scalar @emerg, 1, 'and says so in one line,');
    like($emerg[0],
         qr/ \b$struct\b .* build the module against the headers of this /,
         'and what to do');
}

# Libraries have the last word in a process that exits, and may read its
# environment.

write_file("$dir/last.c", <<'END');
#include <stdlib.h>

__attribute__((destructor)) static void
last(void)
{
    (void) getenv("NOBODY");
}
END

sh(qq(cc -shared -fPIC -o $dir/last.so $dir/last.c));

for my $signal (qw( QUIT TERM )) {
    my $nginx = Wsgw::Nginx->new;

    {
        local $ENV{LD_PRELOAD} = "$dir/last.so";
        $nginx->start;
    }

    my @old = $nginx->workers;

    kill HUP => $nginx->{master};
    $nginx->wait_end(@old);
    $nginx->wait_workers;

    $nginx->stop($signal);
    unlike($nginx->log, qr/exited on signal|\[alert\]|Sanitizer/,
           "processes end well after a reload and $signal");
}

done_testing();
