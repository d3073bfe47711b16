package Wsgw::Nginx;

# An nginx that a suite starts, kills and starts again, with a ledger behind
# it and a stage at /ws whose zone is called "conns". Masters come and go:
# all of them become children of this process.
#
#     my $nginx = Wsgw::Nginx->new(zone => 'zone=conns:1m state=DIR');
#
#     $nginx->start;
#     my $c = $nginx->connect;
#     $nginx->kill_all;
#
# zone may name DIR, a directory of the suite's own, and SIZE. "stage" are more
# directives for /ws, "http" for http, "server" for the server, "listen" more
# parameters of its address "host", "management" those of wsgw_management;
# "answer" is what the backend says.

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Basename qw( dirname );
use File::Temp qw( tempdir );
use POSIX qw( WNOHANG );

use Wsgw::Client;
use Wsgw::HTTP;
use Wsgw::Ledger;
use Wsgw::Port;
use Wsgw::Wait;

my $top = abs_path(dirname(__FILE__) . '/../../..');

# nothing outlives a suite that is told to end

$SIG{$_} = sub { exit 1 } for qw( INT TERM );

my $PR_SET_CHILD_SUBREAPER = 36;
my $SYS_PRCTL = { x86_64 => 157, aarch64 => 167 };

sub new {
    my ($class, %opt) = @_;

    my $root = tempdir('wsgw-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);

    # workers are not root

    chmod 0755, $root;
    mkdir "$root/temp";

    my $self = bless {
        root => $root, host => '127.0.0.1', port => Wsgw::Port::claim(),
        ledger_port => Wsgw::Port::claim(), zone => 'zone=conns:1m',
        workers => 2, drain => '10s quit=2s', more => '', stage => '',
        listen => '', http => '', server => '', management => '',
        answer => '{"statusCode":200}',
        pid_file => 'nginx.pid', %opt,
    }, $class;

    chomp(my $machine = `uname -m`);
    syscall $SYS_PRCTL->{$machine} // die("no prctl() on $machine\n"),
            $PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0;

    $self->ledger_up;

    return $self;
}

sub state_dir { return "$_[0]{root}/state" }

# The backend goes away, comes back with an empty ledger. It refuses every
# $disconnect while there is the file that refusing() names.

sub ledger_down { delete $_[0]{ledger} }

sub ledger_up {
    my ($self) = @_;

    $self->{ledger} = Wsgw::Ledger->new(
        port => $self->{ledger_port}, file => "$self->{root}/ledger",
        handler => sub {
            return { status => 503 } if -e $self->refusing
                                        && $_[0]{body} =~ /"DISCONNECT"/;
            return $self->{answer};
        });
}

sub refusing { return "$_[0]{root}/refusing" }

# Events of a kind that the ledger has, as the integration got them.

sub events {
    my ($self, $type) = @_;

    return grep { ($_->{requestContext}{eventType} // '') eq $type }
           map { $_->{event} } grep { $_->{event} } $self->{ledger}->events;
}

sub ids {
    my ($self, $type) = @_;

    return sort map { $_->{requestContext}{connectionId} }
                $self->events($type);
}

sub configure {
    my ($self, %change) = @_;

    %$self = (%$self, %change);

    my $zone = $self->{zone};
    my $module = $ENV{TEST_NGINX_LOAD_MODULES}
                 // "$top/build/ngx_http_wsgw_module.so";

    $zone =~ s/\bDIR\b/$self->state_dir/e;

    $self->write('nginx.conf', <<"END");
load_module $module;
daemon on;
worker_processes $self->{workers};
pid $self->{root}/$self->{pid_file};
error_log $self->{root}/error.log info;
$self->{more}

# a new binary needs the sanitizers' libraries as well
env LD_PRELOAD;
env ASAN_OPTIONS;
env UBSAN_OPTIONS;

events { worker_connections 512; }

http {
    wsgw_zone $zone;
    $self->{http}
    wsgw_drain_time $self->{drain};
    wsgw_close_timeout 1s;

    access_log off;
    client_body_temp_path $self->{root}/temp/body;
    proxy_temp_path $self->{root}/temp/proxy;
    fastcgi_temp_path $self->{root}/temp/fastcgi;
    uwsgi_temp_path $self->{root}/temp/uwsgi;
    scgi_temp_path $self->{root}/temp/scgi;

    server {
        listen $self->{host}:$self->{port} $self->{listen};

        location /ws {
            wsgw_api conns;
            wsgw_route \$connect /int;
            wsgw_route \$disconnect /int;
            wsgw_route \$default /int;
            $self->{stage}
        }

        location ^~ /ws/\@connections {
            wsgw_management conns $self->{management};
            add_header X-Worker \$pid always;
            add_header X-Via \$wsgw_push_via always;
            add_header X-Result \$wsgw_push_result always;
        }

        $self->{server}

        location = /int {
            internal;
            proxy_pass http://127.0.0.1:$self->{ledger_port};
        }
    }
}
END
}

sub write {
    my ($self, $name, $text) = @_;

    open my $file, '>', "$self->{root}/$name" or die "$name: $!\n";
    print $file $text;
    close $file;
}

# Runs the binary: 1, or 0 and it has said why in {said}.

sub run {
    my ($self, @args) = @_;

    my $binary = $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx';

    local $ENV{NGINX};
    delete $ENV{NGINX};

    $self->{said} = qx($binary -p $self->{root} -e $self->{root}/error.log \\
                       -c $self->{root}/nginx.conf @args 2>&1);

    return $? == 0;
}

sub start {
    my ($self, %change) = @_;

    $self->configure(%change);
    $self->run or die "nginx does not start: $self->{said}\n";
    $self->{master} = $self->pid;

    return $self->wait_workers($self->{master});
}

sub pid {
    my ($self, $suffix) = @_;

    open my $file, '<', "$self->{root}/$self->{pid_file}" . ($suffix // '')
        or return 0;
    my $pid = <$file> // return 0;
    chomp $pid;
    return $pid;
}

sub children {
    my ($self, $pid) = @_;

    open my $file, '<', "/proc/$pid/task/$pid/children" or return;
    return split ' ', <$file> // '';
}

sub title {
    my ($self, $pid) = @_;

    open my $file, '<', "/proc/$pid/cmdline" or return '';
    return <$file> // '';
}

sub workers {
    my ($self, $master) = @_;

    return grep { $self->title($_) =~ /worker process/ }
           $self->children($master // $self->{master});
}

sub wait_workers {
    my ($self, $master) = @_;

    my @workers;

    $self->wait(sub {
        @workers = grep { $self->title($_) !~ /shutting/ }
                   $self->workers($master);
        return @workers >= $self->{workers};
    }, 'workers');

    return @workers;
}

# Until none of them accepts a connection any more.

sub wait_shutting {
    my ($self, @workers) = @_;

    $self->wait(sub {
        !grep { $self->title($_) =~ /worker process(?! is shutting)/ } @workers
    }, 'workers that shut down');
}

# All that descends from this process but ledgers: masters and workers.

sub processes {
    my ($self, $pid) = @_;

    1 while waitpid(-1, WNOHANG) > 0;

    return map { ($_, $self->processes($_)) }
           grep { $self->title($_) =~ /^nginx: / }
           $self->children($pid // $$);
}

sub wait_end {
    my ($self, @pids) = @_;

    my %one = map { $_ => 1 } @pids;

    $self->wait(sub { !grep { $one{$_} } $self->processes }, 'an end');
}

# Stops processes, until none of them does anything any more.

sub freeze {
    my ($self, @pids) = @_;

    kill STOP => @pids;
    $self->wait(sub { !grep { !stopped($_) } @pids }, 'a stop');
}

sub stopped {
    my ($pid) = @_;

    open my $file, '<', "/proc/$pid/stat" or return;
    return <$file> =~ /\) T /;
}

sub kill_all {
    my ($self) = @_;

    my @all = $self->processes;

    # the master first: it would start new workers

    kill KILL => $_ for @all;
    $self->wait_end(@all);
    unlink map { "$self->{root}/$self->{pid_file}$_" } '', '.oldbin';
}

sub stop {
    my ($self, $signal) = @_;

    my @all = $self->processes;

    kill $signal // 'TERM', $self->{master};
    $self->wait_end(@all);
}

sub wait {
    my ($self, $condition, $what, $timeout) = @_;

    return wait_until($condition, $timeout // 15, $what);
}

sub wait_ids {
    my ($self, $type, $count, $timeout) = @_;

    my @ids;

    eval {
        $self->wait(sub { (@ids = $self->ids($type)) >= $count }, $type,
                    $timeout);
    };

    return @ids;
}

sub log {
    my ($self) = @_;

    open my $file, '<', "$self->{root}/error.log" or return '';
    local $/;
    return <$file> // '';
}

sub connect {
    my ($self, $query) = @_;

    my $c = Wsgw::Client->open($self->{host}, $self->{port},
                               '/ws' . ($query // ''));

    die 'no 101 but ' . $c->status . "\n" unless $c->status == 101;

    return $c;
}

sub push {
    my ($self, $id, $body) = @_;

    return $self->manage(POST => $id, $body // 'hello');
}

sub manage {
    my ($self, $method, $id, $body) = @_;

    $id =~ s/=/%3D/;

    return $self->call($method, "/$id", $body);
}

# What @connections says; "more" is the rest of its path, or a query.

sub call {
    my ($self, $method, $more, $body) = @_;

    return Wsgw::HTTP->request($self->{host}, $self->{port}, $method,
                               "/ws/\@connections$more",
                               defined $body ? (body => $body) : ());
}

sub DESTROY {
    my ($self) = @_;

    local $?;
    $self->kill_all if $self->{master};
}

1;
