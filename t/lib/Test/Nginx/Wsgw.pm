package Test::Nginx::Wsgw;

# Test::Nginx with a WebSocket section, a backend that keeps a ledger, and
# an error log that must be clean behind every block.
#
#     use lib 't/lib';
#     use Test::Nginx::Wsgw 'no_plan';
#
#     run_tests();
#
#     __DATA__
#
#     === TEST 1: a reply of the integration reaches the client
#     --- http_config
#         wsgw_zone zone=z:1m;
#     --- config
#         location /ws {
#             wsgw_api z;
#             wsgw_integration_type http_proxy;
#             wsgw_route $default /int response;
#         }
#         location = /int {
#             internal;
#             proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/echo;
#         }
#     --- ws eval
#     sub {
#         my $c = ws_connect('/ws');
#         is $c->status, 101;
#
#         $c->send('hello');
#         is $c->recv, 'hello';
#
#         my ($e) = ledger_events(1);
#         is $e->{body}, 'hello';
#     }
#
# Sections, beside those of Test::Nginx::Socket:
#
#   ws         a sub with the tests; it is called with the block. Everything
#              that waits does so for 10 s (TEST_NGINX_TIMEOUT)
#   backend    a sub that answers the ledger's requests: gets the request,
#              returns a body or a hash as in Wsgw::Ledger
#   tolerate   a pattern: lines of the error log that may be there although
#              they are alerts
#
# A suite gets a server root and ports of its own, so that suites may run
# side by side. master_on() and workers(4) work as usual.

use strict;
use warnings;

# Sections with "eval" see what the test file has imported, and nothing of
# this file: the sub stands above all its names.

sub compile {
    package main;
    return CORE::eval $_[0];
}

use Cwd qw( abs_path );
use File::Basename qw( dirname );
use File::Copy qw( copy );
use File::Path qw( remove_tree );
use File::Temp qw( tempdir );
use JSON::PP ();
use Test::More ();
use Time::HiRes qw( time );

use Wsgw::Client;
use Wsgw::HTTP;
use Wsgw::Ledger;
use Wsgw::Port;
use Wsgw::Wait;

my ($top, $root, $ledger_port);

# Test::Nginx reads its environment when it is loaded

BEGIN {
    $top = abs_path(dirname(__FILE__) . '/../../../..');
    $root = tempdir('wsgw-XXXXXXXX', TMPDIR => 1);
    $ledger_port = Wsgw::Port::claim();

    # workers are not root

    chmod 0755, $root;

    $ENV{TEST_NGINX_SERVROOT} = "$root/servroot";
    $ENV{TEST_NGINX_PORT} = Wsgw::Port::claim();
    $ENV{TEST_NGINX_LEDGER_PORT} = $ledger_port;
    $ENV{TEST_NGINX_BINARY} //= '/usr/sbin/nginx';
    $ENV{TEST_NGINX_LOAD_MODULES} //= "$top/build/ngx_http_wsgw_module.so";
    $ENV{TEST_NGINX_LOG_LEVEL} //= 'info';
    $ENV{TEST_NGINX_TIMEOUT} //= 10;
    $ENV{TEST_NGINX_WORKER_USER} //= 'nobody nogroup' if $> == 0;

    die "there is no $ENV{TEST_NGINX_LOAD_MODULES}: run make\n"
        unless -f $ENV{TEST_NGINX_LOAD_MODULES};
}

use Test::Base::Filter ();
use Test::Nginx::Socket ();
use Test::Nginx::Util ();

{
    no warnings 'redefine';

    *Test::Base::Filter::eval = sub {
        my @values = compile($_[1]);
        return $@ ? $@ : @values;
    };
}

my @EXPORT = qw(
    ws_connect http ledger_events ledger_down ledger_up wait_until wait_log
    took error_log reload_nginx master_pid worker_pids free_port json
    log_lines every_block ws_held ws_spread stream stream_past ask answer
    load_module
);

# no block needs longer, not even under valgrind

my $BLOCK_TIME = 300;

my $owner = $$;
my $failed = 0;
my ($name, $ledger, $handler);

sub import {
    my ($class, @args) = @_;

    my $caller = caller;

    eval qq{package $caller; Test::Nginx::Socket->import(\@args); 1}
        or die $@;

    no strict 'refs';
    *{"${caller}::$_"} = \&$_ for @EXPORT;

    Test::Nginx::Util::no_shuffle();
    Test::Nginx::Util::no_long_string();
    Test::Nginx::Util::worker_connections(1024);

    $SIG{$_} = sub { exit 1 } for qw( INT TERM );
}

# ws_connect(PATH, OPTIONS): a Wsgw::Client. Options: host, origin, key,
# protocols, extensions, method, http, version, headers => [NAME, VALUE ..],
# port, timeout; request => BYTES replaces the whole request, step => N
# writes it in pieces; pipeline => BYTES goes out right behind it;
# defer => 1 does not wait for the answer; pong => 0 leaves pings unanswered

sub ws_connect {
    my ($path, %opt) = @_;

    return Wsgw::Client->open('127.0.0.1', $opt{port} // port(), $path,
                              %opt);
}

# ws_held(PATH, OPTIONS): a client that is let in, as a hash: c; id and worker,
# as the headers X-Id and X-Worker of the 101 say.

sub ws_held {
    my $c = ws_connect(@_);

    die 'no 101 but ' . $c->status . "\n" unless $c->status == 101;

    return { c => $c, id => $c->header('X-Id'),
             worker => $c->header('X-Worker') };
}

# At least so many of them, whom several workers hold.

sub ws_spread {
    my ($count, @open) = @_;

    my @held = map { ws_held(@open) } 1 .. $count;

    push @held, ws_held(@open)
        while @held < 200
              && !grep { $_->{worker} != $held[0]{worker} } @held;

    return @held;
}

# http(METHOD, PATH, OPTIONS): status, header(NAME), body. Options: body,
# headers => [NAME, VALUE ..], host, port, version, timeout

sub http {
    my ($method, $path, %opt) = @_;

    return Wsgw::HTTP->request('127.0.0.1', $opt{port} // port(),
                               $method, $path, %opt);
}

sub port { return $Test::Nginx::Util::ServerPortForClient }

# A connection that stays; one to any worker but this one, as the X-Worker of
# this path says; a request on it; and its response, for which it waits long
# enough for a worker that is asked and silent.

sub stream {
    my (%opt) = @_;

    return Wsgw::Stream->connect('127.0.0.1', $opt{port} // port());
}

sub stream_past {
    my ($worker, $path) = @_;

    for (1 .. 200) {
        my $stream = stream();

        ask($stream, GET => $path);
        return $stream if answer($stream)->header('X-Worker') != $worker;
    }

    die "no other worker answers\n";
}

sub ask {
    my ($stream, $method, $path, $body) = @_;

    $stream->write(Wsgw::HTTP::message("$method $path HTTP/1.1",
                       Host => 'localhost',
                       'Content-Length' => length($body // ''))
                   . ($body // ''));
}

sub answer {
    my ($stream) = @_;
    return Wsgw::HTTP->response($stream, time + 15, 'GET')
        // die "no response\n";
}

# The requests that the ledger has, and that pass the filter, a sub over $_
# or a pattern for the URI; waits until there are $count of them.

sub ledger_events {
    my ($count, $filter, $timeout) = @_;

    my $passes = ref $filter eq 'CODE'   ? $filter
               : ref $filter eq 'Regexp' ? sub { $_->{uri} =~ $filter }
               :                           sub { 1 };
    my @events;

    wait_until(
        sub { (@events = grep { $passes->() } $ledger->events) >= $count },
        $timeout, sub { "$count requests, the ledger has " . @events });

    return @events;
}

# The backend goes away, comes back.

sub ledger_down { undef $ledger }

sub ledger_up {
    $ledger = Wsgw::Ledger->new(port => $ledger_port, handler => $handler,
                                file => "$root/ledger");
}

# That this took so many seconds, or as much longer as a busy machine may need.

sub took {
    my ($start, $seconds, $what) = @_;

    my $took = time - $start;

    Test::More::ok($took > 0.9 * $seconds && $took < $seconds + 3,
                   ($what // 'in time') . ": $took s, wanted $seconds");
}

sub error_log {
    open my $file, '<', $Test::Nginx::Util::ErrLogFile or return '';
    local $/;
    return scalar(<$file>) // '';
}

sub wait_log {
    my ($pattern, $timeout) = @_;

    return wait_until(sub { error_log() =~ $pattern }, $timeout,
                      "$pattern in the error log");
}

# The lines of logs/NAME that match, or all, once there are so many. A request is
# logged behind its answer.

sub log_lines {
    my ($name, $count, $pattern) = @_;

    my @lines;

    $count //= 0;

    wait_until(sub {
        open my $in, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/$name" or return 0;
        chomp(@lines = grep { !$pattern || /$pattern/ } <$in>);
        return @lines >= $count;
    }, undef, sub { "$count lines of $name, there are " . @lines });

    return @lines;
}

sub master_pid {
    open my $file, '<', $Test::Nginx::Util::PidFile or return undef;
    my $pid = <$file> // return undef;
    chomp $pid;
    return $pid;
}

# The master's children, oldest first; without master_on() the one process.

sub worker_pids {
    my $master = master_pid() // return;

    return $master if $Test::Nginx::Util::MasterProcessEnabled eq 'off';

    my @children = grep { $_->{parent} == $master }
                   map { process($_) } map { m{(\d+)$} } glob '/proc/[0-9]*';

    return map { $_->{pid} }
           sort { $a->{start} <=> $b->{start} || $a->{pid} <=> $b->{pid} }
           @children;
}

# A process that runs, or nothing: a zombie does not.

sub process {
    my ($pid) = @_;

    open my $file, '<', "/proc/$pid/stat" or return;
    my ($fields) = (<$file> // '') =~ /^\d+ \(.*\) (.*)/ or return;
    my ($state, $parent, $start) = (split / /, $fields)[0, 1, 19];

    return $state eq 'Z' ? () : { pid => $pid, parent => $parent,
                                  start => $start };
}

# Reloads; a sub may change the configuration's text in $_ before. Returns
# the new workers, once they run and the old ones know that they are old.

sub reload_nginx {
    my ($change) = @_;

    my $file = $Test::Nginx::Util::ConfFile;
    my %old = map { $_ => 1 } worker_pids();

    if ($change) {
        open my $in, '<', $file or die "$file: $!\n";
        local $_ = do { local $/; <$in> };
        $change->();
        open my $out, '>', $file or die "$file: $!\n";
        print $out $_;
        close $out;
    }

    kill HUP => master_pid();

    my @new;

    wait_until(
        sub {
            my %now = map { $_ => 1 } worker_pids();
            my $log = error_log();

            @new = grep { !$old{$_} } keys %now;

            return @new >= $Test::Nginx::Util::Workers
                   && !grep { $now{$_}
                              && $log !~ /\b$_#\d+: gracefully shutting/ }
                      keys %old;
        },
        undef, 'the workers of a reload');

    return sort { $a <=> $b } @new;
}

sub free_port { return Wsgw::Port::claim() }

# The line that loads one of Debian's dynamic modules, where there is one for
# this nginx.

sub load_module {
    my ($name) = @_;

    my $load = "load_module /usr/lib/nginx/modules/$name.so;\n";
    my $file = File::Temp->new;

    print $file $load, 'events {}';
    close $file;

    return system("$ENV{TEST_NGINX_BINARY} -t -c $file >/dev/null 2>&1") == 0
           ? $load : '';
}

# json(TEXT) is the value, json(REFERENCE) the text.

sub json {
    my ($x) = @_;
    my $json = JSON::PP->new->utf8->canonical;
    return ref $x ? $json->encode($x) : $json->decode($x);
}

# Sections of all blocks that have none of that name themselves.

sub every_block {
    my (%section) = @_;

    Test::Nginx::Util::add_block_preprocessor(sub {
        my ($block) = @_;

        for my $name (keys %section) {
            $block->set_value($name => $section{$name})
                unless defined $block->$name;
        }
    });
}

# What surrounds a block.

Test::Nginx::Util::add_block_preprocessor(sub {
    my ($block) = @_;

    $handler = $block->backend;
    undef $ledger;
    ledger_up();
});

my $run = $Test::Nginx::Util::RunTestHelper;

$Test::Nginx::Util::RunTestHelper = sub ($$$) {
    my ($block, $dry_run, $index) = @_;

    $name = $block->name;

    return $run->(@_) unless defined $block->ws;
    return if $dry_run;

    my $test = $block->ws;

    eval {
        die "--- ws eval: $test\n" unless ref $test eq 'CODE';

        local $SIG{ALRM} = sub { die "the block takes too long\n" };
        alarm $BLOCK_TIME;
        $test->($block);
        alarm 0;
        1;
    } or do {
        my $why = $@;
        alarm 0;
        Test::More::fail("$name: $why");
    };

    $Test::Nginx::Util::CheckErrorLog->($block, undef, $dry_run, $index);
};

# Nginx is ended here, by a TERM, rather than by Test::Nginx before the next
# block: what it logs at its end counts too, and whether it lived until then.

Test::Nginx::Util::add_test_cleanup_handler(sub {
    my ($block) = @_;

    my $died = $Test::Nginx::Util::UseHup ? '' : stop_nginx();
    my $log = error_log() . $died;
    my $tolerate = $block->tolerate // '(?!)';

    $tolerate =~ s/\s+\z//;

    my $bad = qr/\[alert\]|exited on signal|Sanitizer|runtime error:/;

    $bad = qr/$bad|\[emerg\]/ unless defined $block->must_die;

    my @bad = grep { /$bad/ && !/$tolerate/ } split /^/, $log;

    Test::More::is(join('', @bad), '', $block->name . ': a clean log');

    keep($block, $log) unless Test::More->builder->is_passing;
});

sub stop_nginx {
    my $pid = master_pid() // return '';

    if (!process($pid)) {
        unlink $Test::Nginx::Util::PidFile;
        return "[alert] nginx has died in this block\n";
    }

    my @all = ($pid, worker_pids());

    kill TERM => $pid;

    eval {
        wait_until(sub { !grep { process($_) } @all }, 10,
                   "the end of $pid");
    } or do {
        Test::More::fail("nginx ends: $@");
        kill KILL => @all;
        unlink $Test::Nginx::Util::PidFile;
    };

    return '';
}

# Of the first block that fails all that tells why is kept.

sub keep {
    my ($block, $log) = @_;

    return if $failed++;

    copy($Test::Nginx::Util::ConfFile, "$root/failed.conf");
    copy("$root/ledger", "$root/failed.ledger");
    open my $file, '>', "$root/failed.log" or return;
    print $file $log;

    my @lines = split /^/, $log;
    splice @lines, 0, -20 if @lines > 20;

    Test::More::diag("failed first: ", $block->name,
                     "\n$root/failed.log ends:\n", @lines);
}

END {
    if ($$ == $owner && !$Test::Nginx::Util::InSubprocess) {
        local $?;
        undef $ledger;
        stop_nginx();
        remove_tree($root) unless $failed;
    }
}

1;
