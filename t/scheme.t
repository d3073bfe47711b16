# The scheme of wsgw_api, for who stands behind a proxy that ends TLS: what of
# an event it decides, and that nobody but the operator does.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

sub PORT { $Test::Nginx::Util::ServerPortForClient }

# An integration gets the variables of the header X-Is

sub stage {
    my ($more) = @_;

    return qq{
        server_name ws.example.org;

        location /dev {
            wsgw_api z $more;
            wsgw_integration_type http_proxy;
            wsgw_origin any;
            wsgw_route \$connect /int/connect;
            wsgw_route \$disconnect /int/disconnect;
            wsgw_route \$default /int/message;
        }

        location /int/ {
            internal;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT;
            proxy_set_header X-Is
                "\$wsgw_scheme|\$scheme|\$https|\$wsgw_callback_url";
        }
    };
}

# scheme, port, $wsgw_domain_name of what an event of that path tells

sub told {
    my ($path, $count) = @_;

    my $h = (ledger_events($count // 1, qr{^/int/$path\b}))[-1]{headers};
    my ($scheme, $nginx, $https, $url) = split /\|/, $h->{'x-is'};
    my ($domain) = $url =~ m{^\Q$scheme\E://([^/]+)/dev$};

    is $h->{'x-forwarded-proto'}, $scheme, "$path: the header";
    is $nginx, $scheme, "$path: nginx's own variable";
    is $https, $scheme eq 'https' ? 'on' : '', "$path: and its other one";

    return [ $scheme, $h->{'x-forwarded-port'}, $domain ];
}

# what a handshake with such a Host and headers comes to, in each event

sub comes_to {
    my ($host, $headers, $is) = @_;

    our $handshakes;
    $handshakes++;

    my $c = ws_connect('/dev', host => $host, headers => $headers);
    is $c->status, 101, "$host is let in";

    $c->send('hello');
    is_deeply told('connect', $handshakes), $is, "$host: CONNECT";
    is_deeply told('message', $handshakes), $is, "$host: MESSAGE";

    $c->close(1000);
    is_deeply told('disconnect', $handshakes), $is, "$host: DISCONNECT";
}

add_block_preprocessor(sub {
    our $handshakes = 0;

    master_process_enabled($_[0]->name =~ /death/ ? 'on' : 'off');
});
every_block(http_config => 'wsgw_zone zone=z:1m;');

run_tests();

__DATA__

=== TEST 1: without it the scheme and the port are those of the connection
--- config eval
::stage('')
--- ws eval
sub {
    my $port = PORT;

    comes_to("ws.example.org:$port", [ 'X-Forwarded-Proto' => 'https' ],
             [ 'http', $port, "ws.example.org:$port" ]);
}


=== TEST 2: https is told where a proxy has ended TLS, with its port
--- config eval
::stage('scheme=https')
--- ws eval
sub {
    my $port = PORT;

    # as the client asked, with the scheme's own port; what is no name of the
    # server gets the first one, which is localhost

    comes_to('ws.example.org', [], [ 'https', 443, 'ws.example.org' ]);
    comes_to('ws.example.org:443', [], [ 'https', 443, 'ws.example.org' ]);
    comes_to('evil.example.com', [], [ 'https', 443, 'localhost' ]);
    comes_to('evil.example.com:8443', [], [ 'https', 443, 'localhost' ]);

    # a port that nginx listens on is one that leads back

    comes_to("ws.example.org:$port", [],
             [ 'https', $port, "ws.example.org:$port" ]);
}


=== TEST 3: the port of domain= is the one that clients use
--- config eval
::stage('scheme=https domain=chat.example.net:8443')
--- ws eval
sub {
    comes_to('ws.example.org', [],
             [ 'https', 8443, 'chat.example.net:8443' ]);
}


=== TEST 4: a header counts from the balancer's address alone
--- http_config
    wsgw_zone zone=z:1m;

    geo $balancer {
        default   0;
        127.0.0.1 1;
    }
    map $balancer:$http_x_forwarded_proto $outer_scheme {
        1:https https;
        1:wss   https;
        default $scheme;
    }
--- config eval
::stage(q{scheme=$outer_scheme})
--- ws eval
sub {
    my $port = PORT;

    comes_to('ws.example.org', [ 'X-Forwarded-Proto' => 'https' ],
             [ 'https', 443, 'ws.example.org' ]);
    comes_to('ws.example.org', [ 'X-Forwarded-Proto' => 'wss' ],
             [ 'https', 443, 'ws.example.org' ]);
    comes_to('ws.example.org', [ 'X-Forwarded-Proto' => 'http' ],
             [ 'http', $port, 'ws.example.org' ]);
    comes_to('ws.example.org', [], [ 'http', $port, 'ws.example.org' ]);
}


=== TEST 5: a value that is no scheme is as if it were not written
--- config eval
::stage('scheme=$http_x_proto')
--- ws eval
sub {
    my $port = PORT;

    for my $value ('', 'ftp', 'https, http', 'httpx', 'wss',
                   "https\tX: 1", 'h', 'https://ws.example.org')
    {
        comes_to('ws.example.org',
                 [ $value eq '' ? () : ('X-Proto' => $value) ],
                 [ 'http', $port, 'ws.example.org' ]);
    }

    # schemes have no letter case (RFC 3986, 3.1)

    comes_to('ws.example.org', [ 'X-Proto' => 'HTTPS' ],
             [ 'https', 443, 'ws.example.org' ]);
    comes_to('ws.example.org', [ 'X-Proto' => 'Http' ],
             [ 'http', $port, 'ws.example.org' ]);
}


=== TEST 6: the scheme outlives a worker's death
--- config eval
::stage('scheme=https')
--- ws eval
sub {
    my $c = ws_connect('/dev', host => 'ws.example.org');
    is $c->status, 101;

    kill KILL => worker_pids();

    is_deeply told('disconnect'), [ 'https', 443, 'ws.example.org' ];
}
--- tolerate: exited on signal 9


=== TEST 7: a Lambda's event tells the outer scheme and port as well
--- config
    server_name ws.example.org;

    location /dev {
        wsgw_api z scheme=https;
        wsgw_route $connect /int/connect;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- backend eval
sub { '{"statusCode":200}' }
--- ws eval
sub {
    is ws_connect('/dev', host => 'ws.example.org:443')->status, 101;

    my ($e) = ledger_events(1);
    my $event = json($e->{body});

    is $event->{headers}{'X-Forwarded-Proto'}, 'https';
    is $event->{headers}{'X-Forwarded-Port'}, 443;
    is $event->{requestContext}{domainName}, 'ws.example.org';
}


=== TEST 8: a constant that is no scheme is refused
--- config
    location /dev { wsgw_api z scheme=wss; }
--- must_die
--- error_log
[emerg]
invalid scheme "wss", it is "http", "https" or has variables, as in "scheme=$scheme" in


=== TEST 9: so is an empty one
--- config
    location /dev { wsgw_api z scheme=; }
--- must_die
--- error_log
[emerg]
invalid scheme "", it is "http"


=== TEST 10: and one written twice
--- config
    location /dev { wsgw_api z scheme=http scheme=https; }
--- must_die
--- error_log
[emerg]
parameter "scheme=https" is duplicate


=== TEST 11: a variable that does not exist is told
--- config
    location /dev { wsgw_api z scheme=$no_such_one; }
--- must_die
--- error_log
[emerg]
unknown "no_such_one" variable


=== TEST 12: a misspelt parameter is told what there is
--- config
    location /dev { wsgw_api z schema=https; }
--- must_die
--- error_log
[emerg]
invalid parameter "schema=https"
[scheme=VALUE]
