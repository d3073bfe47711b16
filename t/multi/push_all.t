# Four workers, 200 connections: every push reaches its connection, once and
# in order, from whichever worker to whichever; its 200 comes when the owner
# has queued it; and no status under @connections has an HTML body.

use strict;
use warnings;

use lib 't/lib';

# a port where every worker listens by itself, so that all have connections

BEGIN {
    require Wsgw::Port;
    $ENV{TEST_NGINX_SPREAD_PORT} = Wsgw::Port::claim();
}

use Test::Nginx::Wsgw 'no_plan';

use Time::HiRes qw( time );

master_on();
workers(4);

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;

    server {
        listen 127.0.0.1:$TEST_NGINX_SPREAD_PORT reuseport;

        location /dev {
            wsgw_api z;
            wsgw_route $connect /int/ok;
            wsgw_integration_type http_proxy;
            add_header X-Id $wsgw_connection_id always;
            add_header X-Worker $pid always;
        }

        location ^~ /dev/@connections {
            wsgw_management z;
            add_header X-Worker $pid always;
        }

        location ^~ /dev/@connections/denied {
            wsgw_management z stage=dev;
            add_header X-Worker $pid always;
            deny all;
        }

        location = /int/ok {
            internal;
            return 200;
        }

        location = /pid {
            return 200 $pid;
        }
    }
_EOC_

# $count clients, and as many connections for requests: hashes with stream and
# worker

sub clients {
    return map { ws_held('/dev', port => $ENV{TEST_NGINX_SPREAD_PORT}) }
               1 .. $_[0];
}

sub callers {
    return map {
        my $stream = stream(port => $ENV{TEST_NGINX_SPREAD_PORT});

        ask($stream, GET => '/pid');
        { stream => $stream, worker => answer($stream)->body }
    } 1 .. $_[0];
}

sub path { return "/dev/\@connections/$_[0]" }

# one of each worker

sub one_each {
    my %of = map { $_->{worker} => $_ } @_;
    return @of{ sort keys %of };
}

# All that a client has been sent: it answers a ping behind it.

sub received {
    my ($client) = @_;

    my @payloads;

    $client->{c}->ping('end');

    while (my $f = $client->{c}->recv_frame) {
        return @payloads if $f->{opcode} == Wsgw::Client::PONG;
        push @payloads, $f->{payload};
    }

    return (@payloads, 'no pong');
}

# The answers of all workers to a request.

sub answers {
    my (@request) = @_;

    my %of;

    for (1 .. 200) {
        my $r = http(@request, port => $ENV{TEST_NGINX_SPREAD_PORT});

        $of{$r->header('X-Worker')} = $r;
        return values %of if keys %of == 4;
    }

    die "200 requests came to less than four workers\n";
}

# What is wrong with answers that should have that status and error.

sub wrong {
    my ($status, $error, @answers) = @_;
    return grep { $_ } map { fault($status, $error, $_) } @answers;
}

sub fault {
    my ($status, $error, $r) = @_;

    my $type = $r->header('x-amzn-ErrorType') // 'none';

    return "status @{[$r->status]}" if $r->status != $status;
    return "$status with error $type" if $type ne $error;

    if ($status == 410) {
        return $r->body eq '' ? undef : '410 with a body';
    }

    return "$status, but its body is no JSON"
        if $r->header('Content-Type') ne 'application/json'
           || !eval { json($r->body)->{message} };

    return undef;
}

add_block_preprocessor(sub { $_[0]->set_value(http_config => $Http) });

run_tests();

__DATA__

=== TEST 1: 1000 pushes from every worker to every worker, once and in order
--- config
--- ws eval
sub {
    my @clients = clients(200);
    my @callers = callers(100);
    my (%pairs, %statuses);

    for my $round (1 .. 5) {
        my @todo = @clients;

        # each caller has one under way, and each round another client

        for my $turn (1 .. @clients / @callers) {
            my @busy;

            for my $i (0 .. $#callers) {
                my $client = shift @todo;
                my $caller = $callers[($i * 7 + $round * 11) % @callers];

                $pairs{"$caller->{worker} $client->{worker}"} = 1;
                ask($caller->{stream}, POST => path($client->{id}),
                    "$client->{id} $round");
                push @busy, $caller;
            }

            $statuses{ answer($_->{stream})->status }++ for @busy;
        }
    }

    is scalar(keys %pairs), 16, 'each worker pushed to each';
    is_deeply \%statuses, { 200 => 1000 }, 'and answered 200';

    is_deeply [ map { [ received($_) ] } @clients ],
              [ map { my $id = $_->{id}; [ map { "$id $_" } 1 .. 5 ] }
                    @clients ],
              'each client has its own, once and in order';
}



=== TEST 2: behind a 200 the push is queued: not even a DELETE overtakes it
--- config
--- ws eval
sub {
    my @callers = one_each(callers(100));
    my @clients = clients(64);
    my @bad;

    is scalar(@callers), 4, 'a caller of each worker';

    for my $i (0 .. $#clients) {
        my $c = $clients[$i]{c};
        my ($post, $delete) = @callers[$i % 4, ($i / 4) % 4];

        ask($post->{stream}, POST => path($clients[$i]{id}), 'last words');
        push @bad, "POST $i" if answer($post->{stream})->status != 200;

        ask($delete->{stream}, DELETE => path($clients[$i]{id}));
        push @bad, "DELETE $i" if answer($delete->{stream})->status != 204;

        push @bad, "frame $i" if ($c->recv // '') ne 'last words';
        push @bad, "Close $i" if $c->close_code != 1000;
    }

    is_deeply \@bad, [];
}



=== TEST 3: what is gone is 410 and empty at every worker, nonsense 400
--- config
--- ws eval
sub {
    my @clients = clients(8);

    $_->{c}->close(1000) for @clients;

    my @gone = map { $_->{id} } @clients;
    my @never = map { s/^(.{8})(.)/$1 . ($2 eq 'x' ? 'y' : 'x')/er } @gone;
    my @nonsense = ('x', 'x' x 15, 'x' x 15 . '=x', '!' x 15 . '=', 'x' x 5000,
                    '%01' x 16);

    for my $method (qw( POST GET DELETE )) {
        my @body = $method eq 'POST' ? (body => 'x') : ();

        is_deeply [ map { wrong(410, 'GoneException', $_) }
                    map { answers($method => path($_), @body) }
                        @gone, @never ], [], "$method of what is gone";

        is_deeply [ map { wrong(400, 'BadRequestException', $_) }
                    map { answers($method => path($_), @body) } @nonsense ],
                  [], "$method of nonsense";
    }
}



=== TEST 4: refusals are JSON at every worker
--- config
--- ws eval
sub {
    my ($client) = clients(1);
    my $path = path($client->{id});

    is_deeply [ wrong(403, 'ForbiddenException',
                      answers(POST => path('denied'), body => 'x')) ], [];
    is_deeply [ wrong(404, 'NotFoundException',
                      answers(POST => "$path/x", body => 'x')) ], [];
    is_deeply [ wrong(405, 'MethodNotAllowedException',
                      answers(PUT => $path, body => 'x')) ], [];
    is_deeply [ wrong(413, 'PayloadTooLargeException',
                      answers(POST => $path, body => 'x' x 131_073)) ], [];

    is_deeply [ received($client) ], [], 'nothing of it arrived';
}



=== TEST 5: an owner that is stopped is 503, also when letter memory is full
--- config
--- ws eval
sub {
    my ($client) = clients(1);
    my @callers = grep { $_->{worker} != $client->{worker} } callers(24);
    my @answers;

    kill STOP => $client->{worker};

    my $start = time;

    # a quarter of the zone is 256 KB

    eval {
        ask($_->{stream}, POST => path($client->{id}), 'x' x 100_000)
            for @callers;
        @answers = map { answer($_->{stream}) } @callers;
    };

    my $why = $@;

    kill CONT => $client->{worker};

    is $why, '';
    cmp_ok scalar(@answers), '>', 4, 'more than it has room for';
    cmp_ok time - $start, '<', 8, 'all within the time of one letter';
    is_deeply [ wrong(503, 'InternalServerErrorException', @answers) ], [];
    is scalar(grep { !$_->header('Retry-After') } @answers), 0,
       'all may be tried again';

    # nothing of it is left, once the owner has looked

    wait_until(sub {
        my $stream = $callers[0]{stream};

        ask($stream, POST => path($client->{id}), 'y' x 100_000);
        answer($stream)->status == 200;
    }, undef, 'room for a letter');

    is_deeply [ map { length } received($client) ], [ 100_000 ];
}
