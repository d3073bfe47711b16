# A push reaches its connection whichever worker takes it: four workers, old
# ones after a reload, stopped ones, dead ones. A 410 is a fact, "cannot know
# now" is a 503, and a caller that leaves takes nothing with it.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

master_on();
workers(4);

every_block(http_config => 'wsgw_zone zone=z:4m;', config => <<'_EOC_');
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $disconnect /int/disconnect;
        add_header X-Id $wsgw_connection_id always;
        add_header X-Worker $pid always;
    }

    location ^~ /dev/@connections {
        wsgw_management z;
        add_header X-Worker $pid always;
    }

    location = /pid {
        add_header X-Worker $pid;
        return 200 $pid;
    }

    location = /status {
        stub_status;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

sub clients { return map { ws_held('/dev') } 1 .. $_[0] }

sub path { return "/dev/\@connections/$_[0]{id}" }

# a client held by another worker than the one that takes the request

sub pushed_from_elsewhere {
    my ($client, $body) = @_;

    for (1 .. 100) {
        my $r = http(POST => path($client), body => $body);

        return 0 if $r->status != 200 || ($client->{c}->recv // '') ne $body;
        return 1 if $r->header('X-Worker') != $client->{worker};
    }

    die "100 pushes came to one worker\n";
}

# Stops a worker of a client, once another one takes requests; the sub runs
# meanwhile.

sub while_stopped {
    my ($client, $run) = @_;

    kill STOP => $client->{worker};

    eval { $run->(); 1 } or do {
        my $why = $@;
        kill CONT => $client->{worker};
        die $why;
    };

    kill CONT => $client->{worker};
}

# A connection to any other worker, made before that one is stopped: of those
# made later it may have some.

sub past { return stream_past($_[0]{worker}, path($_[0])) }

sub status {
    my ($stream) = @_;

    ask($stream, GET => '/status');
    return answer($stream)->body;
}

# A request to any worker but the stopped one, which may have accepted it:
# then it is asked again.

sub http_elsewhere {
    my ($client, $method, %opt) = @_;

    for (1 .. 50) {
        my $r = eval {
            http($method => path($client), timeout => 8, %opt);
        };

        return $r if $r && $r->header('X-Worker') != $client->{worker};
    }

    die "no other worker answered\n";
}

run_tests();

__DATA__

=== TEST 1: every push reaches its connection, whichever worker takes it
--- ws eval
sub {
    my @clients = clients(60);
    my %workers = map { $_->{worker} => 1 } @clients;
    my ($same, $other) = (0, 0);

    cmp_ok scalar(keys %workers), '>', 1, 'the clients are spread';

    for my $round (1 .. 3) {
        my ($failed, $wrong) = (0, 0);

        for my $client (@clients) {
            my $body = "$client->{id} $round";
            my $r = http(POST => path($client), body => $body);

            $failed++ if $r->status != 200;
            $wrong++ if ($client->{c}->recv // '') ne $body;

            $r->header('X-Worker') == $client->{worker} ? $same++ : $other++;
        }

        is $failed, 0, 'all pushes are 200';
        is $wrong, 0, 'and arrive where they should';
    }

    cmp_ok $same, '>', 0, 'some came to the holder';
    cmp_ok $other, '>', 0, 'some to another worker';
}



=== TEST 2: GET and DELETE reach another worker's connection
--- ws eval
sub {
    my @clients = clients(24);
    my $other = 0;

    for my $client (@clients) {
        my $r = http(GET => path($client));

        is $r->status, 200;
        is_deeply json($r->body)->{identity}, { sourceIp => '127.0.0.1' };
        $other++ if $r->header('X-Worker') != $client->{worker};
    }

    cmp_ok $other, '>', 0, 'some of another worker';

    for my $client (@clients) {
        is http(DELETE => path($client))->status, 204;
        is http(POST => path($client), body => 'x')->status, 410;
        is $client->{c}->close_code, 1000;
        is $client->{c}->close_reason, 'Connection Closed Normally';
    }

    my @ended = ledger_events(24, qr{/int/disconnect});
    my %ids = map { $_->{headers}{'x-connection-id'} => 1 } @ended;

    is scalar(keys %ids), 24, 'each has its $disconnect';
}



=== TEST 3: pushes arrive in the order of their 200s
--- ws eval
sub {
    my ($client) = clients(1);

    for my $n (1 .. 100) {
        is http(POST => path($client), body => $n)->status, 200
            or last;
    }

    is join(' ', map { $client->{c}->recv // 'none' } 1 .. 100),
       join(' ', 1 .. 100);
}



=== TEST 4: a message of 128 KB goes by letter, and so do empty ones
--- ws eval
sub {
    my ($client) = clients(1);

    for my $body ('', 'x', 'y' x 5000, 'z' x 131_072) {
        ok pushed_from_elsewhere($client, $body), length($body) . ' bytes';
    }
}



=== TEST 5: a stopped worker is 503, never 410, and all is well behind it
--- ws eval
sub {
    my ($client) = clients(1);

    ok pushed_from_elsewhere($client, 'before');

    while_stopped($client, sub {
        my $r = http_elsewhere($client, 'POST', body => 'lost');

        is $r->status, 503;
        is $r->header('Retry-After'), 1;
        is $r->header('x-amzn-ErrorType'), 'InternalServerErrorException';
        is_deeply json($r->body), { message => 'Service Unavailable' };
    });

    wait_until(sub { eval { http(GET => path($client))->status == 200 } });

    ok http(POST => path($client), body => 'after')->status == 200;

    # what was 503 was cancelled, and never arrives

    is $client->{c}->recv, 'after';
    ok pushed_from_elsewhere($client, 'again');
}



=== TEST 6: a worker that has to go answers the pushes it has under way
--- ws eval
sub {
    my ($client) = clients(1);
    my ($caller, $looker) = map { past($client) } 1, 2;

    ask($caller, GET => '/pid');
    my $worker = answer($caller)->body;

    while_stopped($client, sub {
        ask($caller, POST => path($client), 'lost');
        wait_until(sub { status($looker) =~ /Writing: 2 / }, 3);
        kill QUIT => $worker;

        my $r = answer($caller);

        is $r->status, 503;
        is $r->header('X-Worker'), $worker;
    });

    $caller->drop;
    wait_until(sub { !grep { $_ == $worker } worker_pids() });
}



=== TEST 7: a caller that leaves while its letter is under way leaks nothing
--- ws eval
sub {
    my ($client) = clients(1);

    ok pushed_from_elsewhere($client, 'before');

    my ($looker, @calls) = map { past($client) } 0 .. 40;

    my $is = sub {
        my ($pattern) = @_;
        wait_until(sub { status($looker) =~ $pattern }, 3, $pattern);
    };

    # the client, who looks, and the calls: each waits for its letter

    $is->(qr/Active connections: 42 /);

    while_stopped($client, sub {
        ask($_, POST => path($client), 'left') for @calls;

        $is->(qr/Active connections: 42 .* Writing: 41 /s);
        $_ % 2 ? $calls[$_]->reset : $calls[$_]->drop for 0 .. $#calls;
        $is->(qr/Active connections: 2 /);
    });

    # their letters may still be delivered

    wait_until(sub {
        http(POST => path($client), body => 'end')->status == 200;
    });

    my ($got, %got) = ('');

    while ($got ne 'end') {
        $got = $client->{c}->recv // last;
        $got{$got}++;
    }

    is $got, 'end';
    cmp_ok delete $got{left} // 0, '<=', 40;
    is_deeply \%got, { end => 1 };

    ok pushed_from_elsewhere($client, $_) for 1 .. 3;
}



=== TEST 8: connections of a killed worker are gone, those of others are not
--- tolerate
exited on signal 9
--- ws eval
sub {
    my @clients = clients(24);
    my $victim = $clients[0]{worker};

    kill KILL => $victim;

    is $_->{c}->close_code, 1006 for grep { $_->{worker} == $victim } @clients;

    for my $client (@clients) {
        if ($client->{worker} != $victim) {
            is http(POST => path($client), body => 'x')->status, 200;
            is $client->{c}->recv, 'x';
            next;
        }

        my $status;

        wait_until(sub {
            $status = http(POST => path($client), body => 'x')->status;
            return $status != 503;
        });

        is $status, 410;
    }
}



=== TEST 9: after a reload new workers push to connections of old ones
--- ws eval
sub {
    my @clients = clients(12);
    my %new = map { $_ => 1 } reload_nginx();

    for my $client (@clients) {
        ok !$new{$client->{worker}}, 'held by an old worker';

        my $r = http(POST => path($client), body => 'x');

        is $r->status, 200;
        ok $new{$r->header('X-Worker')}, 'taken by a new one';
        is $client->{c}->recv, 'x';
    }

    for my $client (@clients) {
        is http(DELETE => path($client))->status, 204;
        is $client->{c}->close_code, 1000;
    }

    wait_until(sub { keys %new == worker_pids() }, 10,
               'the old workers to leave');
}



=== TEST 10: a client's text is the same in every event, description and record
--- config
    large_client_header_buffers 4 16k;

    location /dev {
        wsgw_api z;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route $default /int/message;
    }

    location ^~ /dev/@connections {
        wsgw_management z;
        add_header X-Worker $pid always;
    }

    location /int/ {
        internal;
        proxy_set_header X-Worker $pid;
        proxy_set_header X-Agent $wsgw_user_agent;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- tolerate
exited on signal 9
--- backend eval
sub { return { body => '{"statusCode":200}' } }
--- ws eval
sub {
    my %agent = (
        'x' x 512             => 'x' x 512,
        'x' x 513             => 'x' x 512,
        "\xc3\xa4" x 256      => "\xe4" x 256,
        'x' . "\xc3\xa4" x 256 => 'x' . "\xe4" x 255,
        "\xe2\x82\xac" x 171  => "\x{20ac}" x 170,
        'x' x 510 . "\xe2\x82\xac" => 'x' x 510,
        'x' x 511 . "\xe2\x82\xac" => 'x' x 511,
        'x' x 509 . "\xe2\x82\xac" => 'x' x 509 . "\x{20ac}",
        (map { 'x' x $_ . "\xf0\x9f\x98\x80" x 300
               => 'x' x $_ . "\x{1f600}" x (128 - ($_ > 0)) } 0 .. 3),

        # no UTF-8: what might begin a character is not its end

        "\xe4" x 600         => "\x{fffd}" x 511,
        'x' x 511 . "\xe2\x82" . 'y' => 'x' x 511,
        'x' x 510 . "\x80" x 5       => 'x' x 510 . "\x{fffd}" x 2,
    );

    my $host = 'h' x 700;
    my $path = '/' . 'p' x 700;
    my (@clients, %of, $from);

    for my $agent (sort keys %agent) {
        push @clients, ws_connect("/dev$path", host => $host,
                                  headers => ['User-Agent' => $agent]);
        $clients[-1]->send('{}');
        ledger_events(scalar @clients, qr{/int/message});
    }

    my @connects = ledger_events(scalar @clients, qr{/int/connect});
    my @messages = ledger_events(scalar @clients, qr{/int/message});

    for my $i (0 .. $#clients) {
        my $text = $agent{(sort keys %agent)[$i]};
        my $context = $connects[$i]{event}{requestContext};
        my $id = $context->{connectionId};

        $of{$id} = [ $text, @$context{qw( domainName path )} ];

        is $context->{identity}{userAgent}, $text, 'CONNECT';
        is_deeply [ @{ $messages[$i]{event}{requestContext} }
                      { qw( domainName path ) } ],
                  [ $context->{domainName}, $path ], 'MESSAGE';
        is $messages[$i]{event}{requestContext}{identity}{userAgent}, $text,
           'MESSAGE';

        my %told;

        for (1 .. 100) {
            my $r = http(GET => path({ id => $id }));

            $told{$r->header('X-Worker') == $connects[$i]{headers}{'x-worker'}}
                = json($r->body)->{identity}{userAgent};
            last if keys %told == 2;
        }

        is $told{1}, $text, 'of its worker';
        is $told{''}, $text, 'of another one';
    }

    # half of them end while their workers live, the others with these

    $_->close(1000) for @clients[0 .. 6];
    ledger_events(7, qr{/int/disconnect});

    kill KILL => worker_pids();

    for my $e (ledger_events(scalar @clients, qr{/int/disconnect})) {
        my $context = $e->{event}{requestContext};

        is_deeply [ $context->{identity}{userAgent},
                    @$context{qw( domainName path )} ],
                  $of{$context->{connectionId}}, 'DISCONNECT';
        is $e->{event}{headers}{Host}, 'h' x 512, 'Host';
    }
}


=== TEST 11: code and reason of a DELETE reach another worker's connection
--- ws eval
sub {
    my @clients = clients(24);
    my $other = 0;

    for my $client (@clients) {
        my $r = http(DELETE => path($client)
                               . '?code=4001&reason=' . 'y' x 123);

        is $r->status, 204;
        is $client->{c}->close_code, 4001;
        is $client->{c}->close_reason, 'y' x 123;

        $other++ if $r->header('X-Worker') != $client->{worker};
    }

    cmp_ok $other, '>', 0, 'some of another worker';

    is_deeply [ grep { $_->{headers}{'x-disconnect-code'} != 4001
                       || $_->{headers}{'x-disconnect-reason'} ne 'y' x 123 }
                ledger_events(24, qr{/int/disconnect}) ], [],
              'and the backend';
}


=== TEST 12: a caller that has left when its request is read is forgotten
--- ws eval
sub {
    my ($client) = clients(1);
    my $caller = stream_past($client->{worker}, '/pid');

    ask($caller, GET => '/pid');

    my $worker = answer($caller)->body;

    # the request and its end are found at once

    while_stopped($client, sub {
        kill STOP => $worker;
        ask($caller, POST => path($client), 'lost');
        $caller->drop;
        kill CONT => $worker;

        wait_log(qr/client prematurely closed connection/, 3);
        pass('before its letter is given up');
    });
}
