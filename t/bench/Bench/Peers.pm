package Bench::Peers;

# The servers that "bench" and "growth" measure: wsgw and its ceilings in one
# nginx, the floors of bare.c, Nchan, and two on Node.js. The servers have a
# processor of their own, the last one; load and the backend, which nobody's
# time is counted of, have the first.
#
#     my $peer = Bench::Peers::wsgw($backend);
#     my $result = $peer->load('message', path => '/ws', seconds => 1);

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Basename qw( dirname );
use IPC::Open2 qw( open2 );
use JSON::PP qw( decode_json );
use POSIX ();
use Time::HiRes qw( sleep time );

use Bench;
use Wsgw::Port;
use Wsgw::Stream;
use Wsgw::Wait;

my $here = abs_path(dirname(__FILE__) . '/..');
my $programs = dirname($Bench::Module) . '/bench';

# the processors that this program may use, which need not be all

my ($allowed) = Bench::slurp('/proc/self/status')
                =~ /^Cpus_allowed_list:\s+(\S+)/m;
my @processors = $allowed =~ /(\d+)/g;

# Debian's package of Nchan loads this for an nginx without a path of its own.

my $Nchan = '/usr/lib/nginx/modules/ngx_nchan_module.so';

sub pinned {
    my ($which) = @_;

    return ('taskset', '-c', $processors[$which eq 'server' ? -1 : 0]);
}

# A program that is ready when its port accepts.

sub program {
    my ($name, $dir, $env, @command) = @_;

    my $self = bless { name => $name, owner => $$, port => $env->{PORT} },
                     __PACKAGE__;

    defined($self->{pid} = fork) or die "fork: $!\n";

    if ($self->{pid} == 0) {
        %ENV = (PATH => $ENV{PATH}, HOME => $ENV{HOME} // '/', %$env);
        chdir $dir or die "$dir: $!\n";
        open STDOUT, '>', '/dev/null';
        open STDERR, '>&', \*STDOUT unless $ENV{BENCH_DEBUG};
        exec @command or POSIX::_exit(127);
    }

    return $self if !$self->{port};

    my $deadline = time + 60;

    until (eval { Wsgw::Stream->connect('127.0.0.1', $self->{port}) }) {
        die "$name does not start\n"
            if time > $deadline || waitpid($self->{pid}, POSIX::WNOHANG);
        sleep 0.05;
    }

    return $self;
}

sub backend {
    my $port = Wsgw::Port::claim();

    return program('backend', $programs, { PORT => $port },
                   pinned('client'), './bare', $port);
}

# The same, on a path.

sub unix_backend {
    my ($path) = @_;

    my $self = program('backend', $programs, {}, pinned('client'), './bare',
                       $path);

    $self->{path} = $path;
    wait_until(sub { -S $path }, 10, $path);

    return $self;
}

sub bare {
    my (@backend) = @_;

    my $port = Wsgw::Port::claim();

    return program('bare', $programs, { PORT => $port }, pinned('server'),
                   './bare', $port, @backend);
}

sub gateway {
    my ($backend) = @_;

    my $port = Wsgw::Port::claim();

    return program('ws', "$here/peers", { PORT => $port }, pinned('server'),
                   'node', 'gateway.js', $port, $backend->{port});
}

# Its first messages have to come one after the other: while a function is
# loaded it gives answers to connections of others.

sub serverless {
    my %port = map { $_ => Wsgw::Port::claim() }
                   qw( HTTP_PORT WEBSOCKET_PORT LAMBDA_PORT );

    my $self = program('serverless-offline', "$here/peers",
                       { %port, PORT => $port{WEBSOCKET_PORT},
                         SLS_TELEMETRY_DISABLED => 1,
                         SLS_NOTIFICATIONS_MODE => 'off' },
                       pinned('server'), 'node',
                       'node_modules/serverless/bin/serverless.js',
                       'offline', 'start');

    $self->load('message', connections => 1, count => 20);

    return $self;
}

# An nginx: options are those of Bench->start().

sub nginx {
    my ($name, %opt) = @_;

    my $cpus = $opt{workers} > 1 ? [] : [ pinned('server') ];
    my $nginx = Bench->start(under => $cpus, %opt);

    return bless { name => $name, owner => $$, nginx => $nginx,
                   port => $nginx->{port} }, __PACKAGE__;
}

# Messages of any of the sizes stay in memory, with plain HTTP as with wsgw.

my $Http = <<'_EOC_';
    wsgw_zone zone=z:$zone;

    client_body_buffer_size 2m;
    client_max_body_size 2m;
    proxy_buffer_size 16k;
    proxy_buffers 128 16k;
    proxy_busy_buffers_size 1m;
    proxy_http_version 1.1;
    proxy_set_header Connection "";

    upstream backend {
        server $backend;
        $keepalive
    }
_EOC_

my $Server = <<'_EOC_';
        wsgw_integration_type http_proxy;
        wsgw_max_message_size 2m;
        wsgw_idle_timeout off;

        location = /http {
            proxy_pass http://backend;
        }

        location = /backend {
            internal;
            proxy_pass http://backend;
        }

        location /ws {
            wsgw_api z;
            wsgw_route onMessage /backend;
            add_header X-Connection-Id $wsgw_connection_id always;
            add_header X-Worker $pid always;
        }

        location ^~ /ws/@connections {
            wsgw_management z;
        }

        location /events {
            wsgw_api z;
            wsgw_route $connect /nothing;
            wsgw_route $disconnect /nothing;
            wsgw_route onMessage /backend;
        }

        location = /nothing {
            internal;
            return 200;
        }

        location = /worker {
            add_header X-Worker $pid always;
            return 200;
        }
_EOC_

# Options are those of Bench->start(), and tls => DIRECTORY of a certificate;
# more_http and more_server, configuration; zone => SIZE; keepalive => 0.

sub wsgw {
    my ($backend, %opt) = @_;

    my $address = $backend->{port} ? "127.0.0.1:$backend->{port}"
                                   : "unix:$backend->{path}";
    my %of = (
        backend   => $address,
        zone      => $opt{zone} // '16m',
        keepalive => ($opt{keepalive} // 1)
            ? 'keepalive 128; keepalive_requests 100000000;' : '',
    );
    my $http = $Http =~ s/\$(backend|zone|keepalive)/$of{$1}/gr;
    my $tls = '';

    if ($opt{tls}) {
        $opt{tls_port} = Wsgw::Port::claim();
        $tls = <<"_EOC_";
        listen 127.0.0.1:$opt{tls_port} ssl;
        ssl_certificate $opt{tls}/cert.pem;
        ssl_certificate_key $opt{tls}/key.pem;
_EOC_
    }

    my $self = nginx('wsgw', workers => 1, connections => 15000,
                     http => $http . ($opt{more_http} // ''),
                     server => $tls . ($opt{more_server} // '') . $Server,
                     %opt);

    $self->{tls_port} = $opt{tls_port};

    return $self;
}

sub nchan {
    my ($backend) = @_;

    return nginx('Nchan', module => 0, load => [ $Nchan ], workers => 1,
                 connections => 15000,
                 http => <<"_EOC_", server => <<'_EOC_');
    nchan_max_reserved_memory 512m;

    upstream backend {
        server 127.0.0.1:$backend->{port};
        keepalive 128;
        keepalive_requests 100000000;
    }
_EOC_
        location = /ws {
            nchan_pubsub websocket;
            nchan_channel_id $arg_id;
            nchan_subscriber_first_message newest;
            nchan_publisher_upstream_request /backend;
        }

        location = /sub {
            nchan_subscriber websocket;
            nchan_channel_id $arg_id;
            nchan_subscriber_first_message newest;
        }

        location = /pub {
            nchan_publisher http;
            nchan_channel_id $arg_id;
        }

        location = /backend {
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
_EOC_
}

# All that serve: the process and those that it has made.

sub pids {
    my ($self) = @_;

    return $self->{nginx}->workers if $self->{nginx};

    my @pids = ($self->{pid});

    for (my $i = 0; $i < @pids; $i++) {
        push @pids, split ' ',
            Bench::slurp("/proc/$pids[$i]/task/$pids[$i]/children");
    }

    return @pids;
}

# What load prints; losses do not end the measurement, they stand in it.

sub load {
    my ($self, $mode, %opt) = @_;

    my @command = load_command($self, $mode, %opt);

    open my $from, '-|', @command or die "load: $!\n";
    my @lines = <$from>;
    close $from;

    die "$self->{name}: @command\n" if !@lines || $? >> 8 > 1;

    return decode_json($lines[-1]);
}

# The same, while something else is done again and again.

sub meanwhile {
    my ($self, $act, $mode, %opt) = @_;

    my $pid = open2(my $from, my $to, load_command($self, $mode, %opt));

    $act->() until waitpid($pid, POSIX::WNOHANG);

    return decode_json(<$from> // die "load: no result\n");
}

# Idle connections, when all are open; they are left alone until release(),
# which returns what load prints when they have been pinged.

sub hold {
    my ($self, %opt) = @_;

    my $pid = open2(my $from, my $to,
                    load_command($self, 'idle', hold => 1, %opt));

    <$from> // die "load: no connections\n";

    return { pid => $pid, from => $from, to => $to };
}

sub release {
    my ($self, @held) = @_;

    for my $held (@held) {
        print { $held->{to} } "go on\n";
        $held->{to}->flush;
    }

    return map {
        my $line = readline $_->{from};

        waitpid $_->{pid}, 0;
        decode_json($line // die "load: no result\n");
    } @held;
}

# In kB: what is the processes' own, what of shared memory is in use, and the
# slab of the whole machine.

sub memory {
    my ($self) = @_;

    my ($own, $zone) = (0, 0);
    my ($slab) = Bench::slurp('/proc/meminfo') =~ /^Slab:\s+(\d+)/m;

    for my $pid ($self->pids) {
        $own += $1 if Bench::slurp("/proc/$pid/smaps_rollup")
                      =~ /^Anonymous:\s+(\d+)/m;

        # a page that several workers have touched counts for each a part

        for my $map (split /^(?=[0-9a-f]+-)/m, Bench::slurp("/proc/$pid/smaps"))
        {
            $zone += $1 if $map =~ m{^\S+ rw-s .*/dev/zero}
                           && $map =~ /^Pss:\s+(\d+)/m;
        }
    }

    return ($own, $zone, $slab);
}

sub load_command {
    my ($self, $mode, %opt) = @_;

    my %all = (port => $opt{tls} ? $self->{tls_port} : $self->{port},
               pids => join(',', $self->pids), %opt);

    return (pinned('client'), "$programs/load", $mode,
            map { "$_=$all{$_}" } sort keys %all);
}

sub stop {
    my ($self) = @_;

    return $self->{nginx}->stop if $self->{nginx};

    kill TERM => $self->{pid};
    waitpid delete $self->{pid}, 0;
}

sub DESTROY {
    my ($self) = @_;

    return if $self->{owner} != $$ || !$self->{pid};

    local ($?, $@);

    kill TERM => $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
