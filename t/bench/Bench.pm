package Bench;

# An nginx to be measured: its configuration, its processes, its end.
#
#     my $nginx = Bench->start(workers => 4);
#     my $ws = $nginx->websocket('/return');
#     my $http = $nginx->stream;
#
# Options: http and server, configuration, without which it is the one below,
# with size => N also for answers of N bytes;
# workers => N, without it there is one process; connections => N per worker;
# module => 0 leaves the module out, load => [FILE ..] takes others in;
# main and events, more of these; under => [COMMAND ..] is put before nginx's
# command line.
#
# Workers remain the user who measures, whose files they write under valgrind;
# the environment is cleared. What nginx logs as an error ends the
# measurement: figures of something that failed are none.

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Basename qw( dirname );
use File::Path qw( remove_tree );
use File::Temp qw( tempdir );
use POSIX ();
use Time::HiRes qw( sleep time );

use Wsgw::Client;
use Wsgw::HTTP;
use Wsgw::Port;
use Wsgw::Signer;

my $top = abs_path(dirname(__FILE__) . '/../..');

our $Body = '{"action":"onMessage","message":"Hello everyone, this is me"}';
our $Reply = 'Echo: Hello everyone, this is me';

our $Binary = $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx';
our $Module = $ENV{MODULE} // "$top/build/ngx_http_wsgw_module.so";

# What is measured, by WebSocket and by plain HTTP: a location that answers at
# once, one behind a backend, one that answers as a Lambda; and pushes.

my $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;

    upstream backend {
        server 127.0.0.1:$backend;
        keepalive 16;
        keepalive_requests 100000000;
    }
_EOC_

my $Server = <<'_EOC_';
        wsgw_integration_type http_proxy;
        wsgw_concurrency 16;

        location /return {
            wsgw_api z;
            wsgw_route onMessage /int/return;
        }

        location /default {
            wsgw_api z;
            wsgw_route $default /int/return;
        }

        location /proxy {
            wsgw_api z;
            wsgw_route onMessage /int/proxy;
        }

        location /lambda {
            wsgw_api z;
            wsgw_integration_type aws_proxy;
            wsgw_route onMessage /int/lambda response;
        }

        location /push {
            wsgw_api z;
            wsgw_route $connect /int/return;
            add_header X-Connection-Id $wsgw_connection_id always;
            add_header X-Worker $pid always;
        }

        location ^~ /push/@connections {
            wsgw_management z;
        }

        location = /int/return {
            return 200 "$reply";
        }

        location = /int/lambda {
            return 200 '{"statusCode":200,"body":"$reply"}';
        }

        location = /int/proxy {
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
_EOC_

# Locations that only some runs have: where nginx finds a location depends on
# all that there are, and it does so several times an event.

my $Access = <<'_EOC_';
        location ^~ /signed/@connections {
            wsgw_management z stage=push;
            wsgw_sigv4 $keys skew=1d;
        }

        location /connect {
            wsgw_api z;
            wsgw_integration_type aws_proxy;
            wsgw_route $connect /int/lambda;
        }

        location /authorize {
            wsgw_api z;
            wsgw_integration_type aws_proxy;
            wsgw_authorizer /int/authorize;
            wsgw_route $connect /int/lambda;
        }

        location = /int/authorize {
            return 200 '{"principalId":"user","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"arn:aws:execute-api:us-east-1:000000000000:*/authorize/*"}]},"context":{"plan":"free"}}';
        }
_EOC_

# The same as above with answers of so many bytes, and a backend that has them.

my $Sized = <<'_EOC_';
        location /sized/$size/http {
            wsgw_api z stage=http$size;
            wsgw_route onMessage /int/sized/$size/http;
        }

        location /sized/$size/lambda {
            wsgw_api z stage=lambda$size;
            wsgw_integration_type aws_proxy;
            wsgw_route onMessage /int/sized/$size/lambda response;
        }

        location = /int/sized/$size/http {
            set $text "$kilobyte";
            return 200 "$answer";
        }

        location = /int/sized/$size/lambda {
            set $text "$kilobyte";
            return 200 '{"statusCode":200,"body":"$answer"}';
        }
_EOC_

# A group of all that connect.

my $Groups = <<'_EOC_';
        location /group {
            wsgw_api z;
            wsgw_group everybody;
        }

        location ^~ /group/@connections {
            wsgw_management z groups;
        }
_EOC_

# under valgrind everything takes its time

$Wsgw::Stream::Timeout = 60;

$SIG{$_} = sub { exit 1 } for qw( INT TERM );

sub start {
    my ($class, %opt) = @_;

    my $self = bless {
        owner => $$,
        dir   => tempdir('wsgw-bench-XXXXXXXX', TMPDIR => 1),
        port  => Wsgw::Port::claim(),
    }, $class;

    chmod 0755, $self->{dir};
    %opt = $self->defaults(%opt) unless $opt{server};
    $self->configure(%opt);
    $self->run(@{ $opt{under} // [] });

    return $self;
}

# $reply, $backend and $keys are filled in here, all others are nginx's.

sub defaults {
    my ($self, %opt) = @_;

    $self->{backend} = ref($self)->start(
        module => 0, server => qq{location / { return 200 "$Reply"; }});

    open my $keys, '>', "$self->{dir}/keys" or die "keys: $!\n";
    print $keys "AKIDEXAMPLE:secret\n";
    close $keys or die "keys: $!\n";
    chmod 0600, "$self->{dir}/keys";

    return (http   => $Http =~ s/\$backend/$self->{backend}{port}/r,
            server => ($Server =~ s/\$reply/$Reply/gr)
                      . ($opt{access} ? $Access =~ s/\$keys/$self->{dir}\/keys/r
                                      : '')
                      . ($opt{size} ? sized($opt{size}) : '')
                      . ($opt{groups} ? $Groups : ''),
            %opt);
}

# A parameter in nginx.conf is shorter than its buffer, so a long answer is put
# together of kilobytes.

sub sized {
    my ($size) = @_;

    my $kilobyte = substr 'Hello everyone, this is me. ' x 40, 0, 1024;
    my $answer = '$text' x ($size / 1024);

    return $Sized =~ s/\$size/$size/gr =~ s/\$kilobyte/$kilobyte/gr
                  =~ s/\$answer/$answer/gr;
}

# A message of that size, with the key of the one that is sent else.

sub body {
    my ($size) = @_;

    my $body = $Body =~ s/"\}$//r;
    $body .= ' and more' x ($size / 8);

    return substr($body, 0, $size - 2) . '"}';
}

sub configure {
    my ($self, %opt) = @_;

    my $modules = join "\n", map { "load_module $_;" }
                  ($opt{module} // 1) ? $Module : (), @{ $opt{load} // [] };
    my $user = $> == 0 ? 'user root;' : '';
    my $processes = $opt{workers} ? "worker_processes $opt{workers};"
                                  : 'master_process off;';
    my $connections = $opt{connections} // 512;
    my $files = $opt{connections} ? 'worker_rlimit_nofile '
                                    . ($connections + 64) . ';' : '';
    my $temp = join "\n    ", map { "${_}_temp_path temp_$_;" }
                              qw( client_body proxy fastcgi scgi uwsgi );

    open my $file, '>', "$self->{dir}/nginx.conf" or die "nginx.conf: $!\n";
    print $file <<"_EOC_";
$modules
@{[$opt{main} // '']}
$user
$processes
daemon off;
pid nginx.pid;
error_log error.log warn;
$files

events {
    worker_connections $connections;
    @{[$opt{events} // '']}
}

http {
    access_log off;
    keepalive_requests 100000000;
    keepalive_time 1d;
    keepalive_timeout 1h;
    $temp
    @{[$opt{http} // '']}

    server {
        listen 127.0.0.1:$self->{port} @{[$opt{workers} ? 'reuseport' : '']};
        @{[$opt{server}]}

        location = /pid {
            return 200 \$pid;
        }
    }
}
_EOC_
    close $file or die "nginx.conf: $!\n";
}

sub run {
    my ($self, @under) = @_;

    my $dir = $self->{dir};

    defined($self->{pid} = fork) or die "fork: $!\n";

    if ($self->{pid} == 0) {
        %ENV = (PATH => $ENV{PATH});
        open STDERR, '>>', "$dir/stderr";
        exec @under, $Binary, '-p', $dir, '-e', "$dir/error.log", '-c',
             "$dir/nginx.conf" or POSIX::_exit(127);
    }

    my $deadline = time + $Wsgw::Stream::Timeout;

    until (eval { $self->get('/pid') }) {
        die "nginx does not start:\n", $self->logged
            if time > $deadline || waitpid($self->{pid}, POSIX::WNOHANG);
        sleep 0.02;
    }
}

# Ends nginx, in order, and says what it had to complain of.

sub stop {
    my ($self) = @_;

    kill TERM => $self->{pid};
    waitpid delete $self->{pid}, 0;

    die "nginx ended with status $?:\n", $self->logged if $?;

    $self->{backend}->stop if $self->{backend};

    my $log = slurp("$self->{dir}/error.log");
    die "nginx complained:\n$log" if $log =~ /\[(?:error|crit|alert|emerg)\]/;
}

sub DESTROY {
    my ($self) = @_;

    return if $self->{owner} != $$;

    local ($?, $@);

    if ($self->{pid}) {
        kill TERM => $self->{pid};
        waitpid $self->{pid}, 0;
    }

    remove_tree($self->{dir});
}

sub logged {
    my ($self) = @_;
    return map { slurp("$self->{dir}/$_") } qw( stderr error.log );
}

sub slurp {
    my ($name) = @_;

    open my $file, '<', $name or return '';
    local $/;
    return scalar(<$file>) // '';
}

# The processes that serve, oldest first.

sub workers {
    my ($self) = @_;

    my @children = split ' ',
        slurp("/proc/$self->{pid}/task/$self->{pid}/children");

    @children = $self->{pid} unless @children;

    return @children;
}

# What they have taken of the processors, kernel included, in ns.

sub cpu {
    my ($self) = @_;

    my $sum = 0;

    $sum += (split ' ', slurp("/proc/$_/schedstat"))[0] for $self->workers;

    return $sum;
}

# What was measured, and where.

sub about {
    my ($self) = @_;

    my ($version) = `$Binary -v 2>&1` =~ m{nginx/(\S+)};
    my ($kernel) = slurp('/proc/version') =~ /version ([\d.]+)/;
    my $processors = () = slurp('/proc/cpuinfo') =~ /^processor/mg;

    return "nginx $version with @{[scalar $self->workers]} workers,"
           . " Linux $kernel, $processors processors";
}

# Starts the program again if it may not open so many files: there is no
# setrlimit() in Perl.

sub need_files {
    my ($count) = @_;

    return if POSIX::sysconf(POSIX::_SC_OPEN_MAX) >= $count;

    exec 'sh', '-c', 'ulimit -n "$0" && exec "$@"', $count, $0
        or die "sh: $!\n";
}

sub percentile {
    my ($p, $values) = @_;

    my @sorted = sort { $a <=> $b } @$values;
    return $sorted[$p / 100 * $#sorted];
}

sub stream {
    my ($self, %opt) = @_;
    return Wsgw::Stream->connect('127.0.0.1', $self->{port}, %opt);
}

# A connection to one of the workers, the one or not the one.

sub stream_to {
    my ($self, $is_it, $worker) = @_;

    for (1 .. 200) {
        my $stream = $self->stream;
        my $pid = exchange($stream, post('/pid', ''))->body;

        return $stream if $is_it == ($pid == $worker);
    }

    die "200 connections came to the wrong worker\n";
}

sub websocket {
    my ($self, $path) = @_;

    my $ws = Wsgw::Client->open('127.0.0.1', $self->{port}, $path);

    die "the handshake ended with status @{[$ws->status]}\n"
        if $ws->status != 101;

    return $ws;
}

# One request on a connection that stays; returns the response.

sub exchange {
    my ($stream, $request, $status) = @_;

    $stream->write($request);

    my $response = Wsgw::HTTP->response($stream,
                                        time + $Wsgw::Stream::Timeout, 'POST')
        // die "no response\n";

    die "status @{[$response->status]}: @{[$response->body]}\n"
        if $response->status != ($status // 200);

    return $response;
}

# How long the response is, which is a 200.

sub response_length {
    my ($stream, $request) = @_;

    my $deadline = time + $Wsgw::Stream::Timeout;

    $stream->write($request);

    my $head = $stream->read_until("\r\n\r\n", $deadline) // '';
    my ($length) = $head =~ m{^HTTP/1.1 200.*\nContent-Length: (\d+)}s
        or die "not a 200: $head\n";

    $stream->read($length, $deadline);

    return $length + length $head;
}

sub get {
    my ($self, $path) = @_;
    return exchange($self->stream, "GET $path HTTP/1.0\r\n\r\n")->body;
}

# A socket and a connection of which each request is a push to it: from the
# worker that has the socket, or from another one.

sub push_pair {
    my ($self, $same, $signed) = @_;

    my $ws = $self->websocket('/push');

    return ($ws, $self->stream_to($same, $ws->header('X-Worker')),
            $signed ? signed_push_to($ws) : push_to($ws));
}

# The request for a push to a socket of /push.

sub push_to {
    my ($ws) = @_;
    return post('/push/@connections/' . $ws->header('X-Connection-Id'), $Body);
}

# The same, signed as boto3 does.

sub signed_push_to {
    my ($ws) = @_;

    my $path = '/signed/@connections/' . $ws->header('X-Connection-Id');

    return post($path, $Body, Wsgw::Signer::headers(
        POST => $path, host => 'localhost', body => $Body,
        key => 'AKIDEXAMPLE', secret => 'secret'));
}

# As a client with few headers would post.

sub post {
    my ($path, $body, @headers) = @_;

    return Wsgw::HTTP::message("POST $path HTTP/1.1",
                               'Host' => 'localhost',
                               'Content-Type' => 'application/json',
                               'Content-Length' => length $body,
                               @headers) . $body;
}

1;
