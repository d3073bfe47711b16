#!/usr/bin/perl

# What can be looked at of conf/packaging in a second: the version is said in one
# place and the same elsewhere, what describes packages is well-formed and names
# what is there, "make install" and "make uninstall" put and take the same. The
# whole way is t/packaging/path.

use strict;
use warnings;

use FindBin;

use Cwd qw( abs_path getcwd );
use File::Basename qw( basename );
use File::Temp qw( tempdir );
use Test::More;

chdir "$FindBin::Bin/.." or die "chdir: $!\n";

my $packaging = 'conf/packaging';
my $module = $ENV{MODULE} || getcwd() . '/build/ngx_http_wsgw_module.so';
my $nginx = abs_path($ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx');
my $dir = tempdir(CLEANUP => 1);
my $top = getcwd();

chmod 0755, $dir;

sub text {
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}

# what a command prints, and its status

sub run {
    my (@command) = @_;

    my $pid = open my $out, '-|';

    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec @command or exit 127;
    }

    local $/;
    my $said = <$out>;
    close $out;

    return ($said // '', $? >> 8);
}

sub said { return (run(@_))[0] }

my ($version) = text('src/ngx_http_wsgw.h')
                =~ /^#define NGX_HTTP_WSGW_VERSION\s+"(\d+\.\d+\.\d+)"$/m;

version();
tarball();
debian();
rpm();
docker();
tools();
install();
scripts();
done_testing;


sub version {
    ok $version, 'the header has a version' or BAIL_OUT('no version');

    my ($first) = text('docs/changes.md') =~ /^## (\S+?),? /m;

    is $first, $version, 'the changes begin with it';

    like text($module), qr/\0wsgw\/\Q$version\E\0/, 'the module says it';

    # who writes it anywhere else writes it twice; docs may say "since", and
    # show what is printed

    my @other = grep { !/package(?:-lock)?\.json$/ && $_ ne 'src/ngx_http_wsgw.h' }
                split /\n/, `git grep -lwF '$version' -- conf src config Makefile`;

    is "@other", '', 'it is written nowhere else';

    for my $page (glob 'docs/*.md') {
        my @said = text($page) =~ m{\bwsgw[/_-](\d+\.\d+\.\d+)\b}g;

        is_deeply [grep { $_ ne $version } @said], [], "$page shows no other";
    }
}


# twice the same bytes, with all that git tracks

sub tarball {
    my @files = map { "$dir/$_.tar.gz" } qw( a b );

    for (@files) {
        my ($said, $status) = run("$packaging/tarball", $version, $_);

        is $status, 0, 'a tarball is made' or diag $said;
    }

    is text($files[0]), text($files[1]), 'the same bytes once more';

    my @has = sort map { s{^wsgw-\Q$version\E/}{}r }
              split /\n/, said('tar', '-tzf', $files[0]);

    is_deeply \@has, [sort split /\n/, `git ls-files`], 'all that git tracks';

    # an unpacked one packs itself again

    run('tar', '-xzf', $files[0], '-C', $dir);

    my ($said, $status) = run("$dir/wsgw-$version/$packaging/tarball", $version,
                              "$dir/c.tar.gz");
    is $status, 0, 'packed again' or diag $said;

    my @again = sort map { s{^wsgw-\Q$version\E/}{}r }
                split /\n/, said('tar', '-tzf', "$dir/c.tar.gz");

    is_deeply \@again, \@has, 'with the same files';
}


sub debian {
    require Dpkg::Changelog::Parse;
    require Dpkg::Control::Info;
    require Dpkg::Deps;

    my $debian = "$packaging/debian";
    my $control = Dpkg::Control::Info->new("$debian/control");

    is $control->get_source->{Source}, 'wsgw', 'a source package';
    ok Dpkg::Deps::deps_parse($control->get_source->{'Build-Depends'}),
       'what it is built with';

    my @needed = $control->get_source->{'Build-Depends'} =~ /(\S+-dev)\b/g;
    my $set = text('t/setup/packages') =~ /^ +deb\) +add='(.*?)' ;;/ms ? $1 : '';

    for (@needed) {
        like $set, qr/(?<!\S)\Q$_\E(?!\S)/, "make deb installs $_";
        like text("$packaging/docker/Dockerfile"), qr/ \Q$_\E\b/,
             'and so does the container';
    }

    for my $package ($control->get_packages) {
        ok $package->{$_}, "$package->{Package} has $_"
            for qw( Architecture Depends Description );

        for my $kind (qw( install manpages links )) {
            my $file = "$debian/$package->{Package}.$kind";

            next unless -e $file && $kind ne 'links';

            for my $line (split /\n/, text($file)) {
                my ($what) = split ' ', $line;

                ok scalar(grep { -e } glob $what), "$file: there is $what";
            }
        }
    }

    my $filled = text("$debian/changelog") =~ s/\@VERSION\@/$version-1~deb12/r
        =~ s/\@SUITE\@/bookworm/r
        =~ s/\@DATE\@/Thu, 01 Jan 2026 00:00:00 +0000/r;

    open my $out, '>', "$dir/changelog" or die $!;
    print $out $filled;
    close $out;

    my $entry = Dpkg::Changelog::Parse::changelog_parse(
                    file => "$dir/changelog");

    is $entry->{Version}, "$version-1~deb12", 'a changelog';
    is $entry->{Source}, 'wsgw', 'of the source package';
    is $entry->{Maintainer}, $control->get_source->{Maintainer},
       'by its maintainer';

    my ($copyright) = text("$debian/copyright") =~ /^(Format: \S+)$/m;
    ok $copyright, 'a copyright file that programs read';

    # one licence, in other lines

    my ($licence) = text('LICENSE') =~ /(Redistribution.*)/s;
    my ($same) = text("$debian/copyright") =~ /( Redistribution.*)/s;

    is join(' ', split ' ', $same =~ s/^ \.$//mgr), join(' ', split ' ', $licence),
       'with the words of LICENSE';

    my @tests = text("$debian/tests/control") =~ /^Tests: (.*)$/mg;

    ok scalar(@tests), 'tests of it';
    ok -x "$debian/$_", "$_ can be run" for 'rules', map { "tests/$_" } @tests;
}


sub rpm {
    my ($said, $status) = run("$packaging/rpm-source", $version, "$dir/rpm");

    is $status, 0, 'a source package is made' or diag $said;
    like $said, qr/nginx-mod-wsgw-\Q$version\E-1[.\w]*\.src\.rpm$/, 'of its name';

    for my $with ([], ['--with', 'nginxorg']) {
        my ($names, $failed) = run('rpmspec', '-q', @$with, '--qf',
                                   '%{NAME} %{VERSION} %{LICENSE}\n',
                                   "$dir/rpm/nginx-mod-wsgw.spec");

        my $name = @$with ? 'nginx-module-wsgw' : 'nginx-mod-wsgw';

        like $names, qr/^\Q$name $version\E BSD-2-Clause$/m,
             "$name is parsed";
    }

    ($said, $status) = run('rpmlint', '-c', "$packaging/rpm/rpmlint.toml",
                           glob "$dir/rpm/*.spec $dir/rpm/*.src.rpm");

    like $said, qr/ 0 errors, 0 warnings/, 'rpmlint has nothing to say';
}


sub docker {
    my $docker = "$packaging/docker";
    my @lines = grep { !/^\s*#/ } split /\n/,
                text("$docker/Dockerfile") =~ s/\\\n\s*//gr;

    # public images by their names alone, and only instructions

    for (grep { /^FROM / } @lines) {
        like $_, qr/^FROM [a-z]+:[\w.-]+(?: AS \w+)?$/, $_;
    }

    my @odd = grep { length && !/^(?:FROM|WORKDIR|RUN|COPY|EXPOSE|STOPSIGNAL|CMD)
                                 \s\S/x } @lines;
    is "@odd", '', 'a Dockerfile';

    my ($said, $status) = run('python3', '-c', <<'END', "$docker/compose.yaml");
import os.path, re, sys, yaml

here = os.path.dirname(sys.argv[1])
services = yaml.safe_load(open(sys.argv[1]))['services']

for name, service in services.items():
    assert re.fullmatch(r'[a-z]+(:[\w.-]+)?', service['image']), name

    for volume in service.get('volumes', []):
        path = os.path.join(here, volume.split(':')[0])
        assert os.path.exists(path), path

build = services['gateway']['build']
context = os.path.join(here, build['context'])
assert os.path.exists(os.path.join(context, build['dockerfile']))
print('well')
END
    is $said, "well\n", 'a composition of what is there';

    # the site of it is one that nginx takes

    my $conf = "$dir/nginx.conf";

    open my $out, '>', $conf or die $!;
    print $out <<"END";
load_module $module;
error_log stderr;
pid $dir/nginx.pid;
events { }
http { access_log off; include $top/$docker/chat.conf; }
END
    close $out;

    ($said, $status) = run($nginx, '-t', '-e', 'stderr', '-p', $dir, '-c', $conf);
    is $status, 0, 'its site is taken by nginx' or diag $said;
}


# each tool has a page with all of its options, and is in each package

sub tools {
    my @tools = grep { !/\.1$/ } glob 'conf/tools/wsgw-*';

    for my $tool (@tools) {
        my $name = basename $tool;
        my ($help, $status) = run($tool, '--help');

        is $status, 0, "$name explains itself" or diag $help;

        my ($said, $failed) = run('mandoc', '-T', 'lint', '-W', 'warning',
                                  "$tool.1");
        is "$failed $said", '0 ', "$name has a page";

        my $page = said('mandoc', '-T', 'utf8', '-O', 'width=200', "$tool.1")
                   =~ s/.\x08//gr;

        my %option = map { $_ => 1 } $help =~ /(?<![\w-])(--?[a-z][a-z-]*)/g;

        is_deeply [grep { $page !~ /(?<![\w-])\Q$_\E(?![\w-])/ }
                   sort keys %option], [], "with all options of $name";

        like text("$packaging/debian/wsgw-tools.install"),
             qr{^\Q$tool\E +usr/share/wsgw-tools/tools$}m, 'it is in the package';
        like text("$packaging/debian/wsgw-tools.links"),
             qr{/\Q$name\E usr/bin/\Q$name\E$}m, 'and in the path';
    }
}


# into folders that are there or not, by who may or may not

sub install {
    my ($modules) = said($nginx, '-V') =~ /--modules-path=(\S+)/;

    for my $case (
        ["$dir/dest", '', '', "$modules", '/usr/local'],
        ["$dir/dest2", '/opt/x y', '', "$modules", '/opt/x y'],
        ['', "$dir/p", "$dir/m/n", "$dir/m/n", "$dir/p"],
    ) {
        my ($destdir, $prefix, $moduledir, $to, $base) = @$case;

        local $ENV{DESTDIR} = $destdir;
        local $ENV{prefix} = $prefix;
        local $ENV{moduledir} = $moduledir;

        my ($said, $status) = run("$packaging/install", 'install', $module,
                                  $nginx);
        my @files = split /\n/, $said;

        is $status, 0, 'installed' or diag $said;
        is text("$destdir$to/" . basename $module), text($module),
           "the module in $to";
        ok -f "$destdir$base/share/wsgw/aws/errors.conf", "the others in $base";
        is_deeply [grep { !-f } @files], [], 'what it says is there';

        for my $tool (glob "$destdir$base/bin/*" =~ s/ /\\ /r) {
            my ($help, $failed) = run($tool, '--help');

            is $failed, 0, "$tool runs" or diag $help;
        }

        ($said, $status) = run("$packaging/install", 'uninstall', $module,
                               $nginx);
        is $status, 0, 'taken away' or diag $said;
        is_deeply [grep { -e } @files], [], 'nothing of it is left';
        ok !-d "$destdir$base/share/wsgw", 'nor its folder';

        ($said, $status) = run("$packaging/install", 'uninstall', $module,
                               $nginx);
        is "$status $said", '0 ', 'once more: nothing to do';
    }

    # nobody may write there

    mkdir "$dir/closed", 0555;
    mkdir "$dir/copy";
    run('cp', "$packaging/install", "$dir/copy/");

    my @nobody = $> == 0 ? qw( setpriv --reuid=65534 --clear-groups ) : ();

    my ($said, $status) = run(@nobody, 'env', "DESTDIR=$dir/closed",
                              'bash', "$dir/copy/install", 'check', $module,
                              $nginx);
    isnt $status, 0, 'who may not write is told';
    like $said, qr{^make: $dir/closed cannot be written: run "sudo make install"},
         'with the words to use';

    ($said, $status) = run('env', '-u', 'moduledir', "$packaging/install",
                           'check', $module, '/none/nginx');
    like $said, qr{^make: there is no /none/nginx .* set NGINX= or moduledir=$},
         'no nginx to ask';
}


sub scripts {
    for my $script (glob "$packaging/* t/packaging/*") {
        next unless -f $script && text($script) =~ /^#!.*bash/;

        my ($said, $status) = run('bash', '-n', $script);

        is $status, 0, "$script is one" or diag $said;
        ok -x $script, 'and can be run';
    }
}
