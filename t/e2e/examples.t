#!/usr/bin/perl

# Every conf/*/nginx.conf is what nginx takes without a word of complaint; and
# conf/http-backend and conf/fleet do what they say, run from a folder outside of
# the tree, at ports of their own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Cwd qw( abs_path );
use File::Copy qw( copy );
use File::Temp qw( tempdir );
use IPC::Open2 qw( open2 );
use JSON::PP ();
use Test::More;

use Wsgw::Children;
use Wsgw::Client;
use Wsgw::Files;
use Wsgw::HTTP;
use Wsgw::Ledger;
use Wsgw::Port;
use Wsgw::Wait;

my $top = abs_path("$FindBin::Bin/../..");
my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
my $module = $ENV{MODULE} || "$top/build/ngx_http_wsgw_module.so";

$SIG{$_} = sub { exit 1 } for qw( INT TERM );

for my $example (glob "$top/conf/*/nginx.conf") {
    my $prefix = prefix($example);

    my $said = `$nginx -e stderr -p $prefix -c nginx.conf -t 2>&1`;
    my $status = $?;

    is $status, 0, "$example is taken" or diag $said;
    is_deeply [grep { !/ (?:syntax is ok|test is successful)$/ }
               split /\n/, $said], [], "$example is taken silently";
}

runs();
http_backend();
fleet();
api_keys();
rooms();
done_testing;


# conf/run, which leaves nothing behind

sub runs {
    my ($front, $back) = map { Wsgw::Port::claim() } 1 .. 2;
    my ($folder, $home) = map { tempdir(CLEANUP => 1) } 1 .. 2;

    write_file("$folder/nginx.conf",
               read_file("$top/conf/http-backend/nginx.conf")
               =~ s/8080/$front/r =~ s/8081/$back/r);

    local @ENV{qw( TMPDIR MODULE NGINX_BINARY )} = ($home, $module, $nginx);
    chmod 0755, $home;

    run("$top/conf/run", $folder);

    wait_until(sub { IO::Socket::INET->new("127.0.0.1:$front") }, undef,
               'conf/run');

    is(Wsgw::Client->open('127.0.0.1', $front, '/chat')->status, 502,
       'conf/run runs it, without its backend');

    end_children();

    is $?, 0, 'SIGTERM ends it';
    is_deeply [ glob "$home/*" ], [], 'and nothing is left';
}


# two people in the room of conf/http-backend, one leaves

sub http_backend {
    my ($app, $front, $back) = map { Wsgw::Port::claim() } 1 .. 3;
    my $prefix = prefix("$top/conf/http-backend/nginx.conf",
                        9000 => $app, 8080 => $front, 8081 => $back);

    copy("$top/conf/http-backend/app.py", $prefix) or die "app.py: $!\n";

    run('python3', "$prefix/app.py", $app);
    run_nginx($prefix, $app, $front, $back);

    my $open = sub { Wsgw::Client->open('127.0.0.1', $front, "/chat$_[0]") };

    my $refused = $open->('');
    is $refused->status, 403, 'nobody without a name';
    is $refused->body, '{"message": "add ?name=YOU"}', 'which is told';

    my $ann = $open->('?name=ann');
    my $bob = $open->('?name=B%C3%B6b');
    is $_->status, 101, 'somebody with one' for $ann, $bob;

    $ann->send('hi "all"');
    is $ann->recv, '{"told": 1}', 'the sender learns how many were told';
    is_deeply json($bob->recv), { from => 'ann', text => 'hi "all"' },
              'the other one what was said';

    $bob->send('');
    is_deeply json($ann->recv), { from => "B\x{f6}b", text => '' },
              'and the other way';
    is $bob->recv, '{"told": 1}', 'again';

    $bob->close(1000);
    $bob->drop;
    is_deeply json($ann->recv), { left => "B\x{f6}b" }, 'who leaves is missed';

    $ann->send('alone?');
    is $ann->recv, '{"told": 0}', 'and not counted';

    end_children();
}


# users, limits, a canary, logs and TLS of conf/fleet

sub fleet {
    my %port = map { $_ => Wsgw::Port::claim() } qw( tls back stable canary
                                                     users plain );
    my $prefix = prefix("$top/conf/fleet/nginx.conf",
                        8443 => "127.0.0.1:$port{tls}", 8081 => $port{back},
                        9000 => $port{stable}, 9001 => $port{canary},
                        9002 => $port{users});

    # the test is the load balancer, and reads without TLS, too

    change("$prefix/nginx.conf", sub {
        s{10\.0\.0\.0/8}{127.0.0.0/8};
        s{(listen +127\.0\.0\.1:$port{tls} ssl;)}
         {$1\n        listen 127.0.0.1:$port{plain};};
    });

    my $answer = sub { { body => "$_[0]{headers}{'x-user'}" } };
    my %ledger = map { $_ => Wsgw::Ledger->new(port => $port{$_},
                                               file => "$prefix/$_.ledger",
                                               handler => $answer) }
                     qw( stable canary );

    my $users = Wsgw::Ledger->new(
        port => $port{users}, file => "$prefix/users.ledger",
        handler => sub {
            my ($token) = $_[0]{headers}{'x-original-uri'} =~ /\?token=(\w+)/ or
                return { status => 401 };
            return { headers => [ 'X-User' => $token ] };
        });

    run_nginx($prefix, $port{plain});

    my $address = 0;
    my $open = sub {
        my ($path, %opt) = @_;
        my $from = $opt{from} // sprintf '192.0.2.%d', ++$address % 250;

        return Wsgw::Client->open('127.0.0.1', $port{plain}, $path,
            origin => 'https://app.example.org', %opt,
            headers => [ 'X-Forwarded-For' => $from ]);
    };

    my $c = $open->('/prod');
    is $c->status, 401, 'who says nothing is nobody';
    is $c->body, '{"message": "Unauthorized"}', 'in JSON';
    is $open->('/prod?token=a', origin => 'https://evil.example')->status, 403,
       'nor is a foreign page somebody';
    is $open->('/stage?token=a')->body, '{"message":"Forbidden"}',
       'an unknown stage is refused in JSON';

    $c = $open->('/beta?token=ann', from => '198.51.100.7');
    is $c->status, 101, 'a user is let in';
    $c->send('x');
    is $c->recv, 'ann', 'and known to the backend';

    my ($connect, $message) = events($ledger{canary}, 2);

    is $connect->{uri}, '/connect?token=ann', 'all of beta is the canary\'s';
    is $message->{uri}, '/message', 'with its messages';
    is $message->{headers}{'x-forwarded-for'}, '198.51.100.7',
       'the address is the load balancer\'s word';
    my $callback = $message->{headers}{'x-callback-url'};
    is $callback, "http://127.0.0.1:$port{back}/beta", 'the way back';

    my $id = $message->{headers}{'x-connection-id'};

    is +Wsgw::HTTP->request('127.0.0.1', $port{back}, POST =>
                            "/beta/\@connections/$id", body => 'y')->status,
       200, 'leads there';
    is $c->recv, 'y', 'and to the client';

    # a connection's events are all of one backend's

    my @clients = map { $open->("/prod?token=user$_") } 1 .. 200;

    is scalar(grep { $_->status == 101 } @clients), 200, 'two hundred users';

    $_->send('x') for @clients;
    is scalar(grep { $_->recv =~ /^user\d+$/ } @clients), 200, 'answered';

    my %by;

    for my $name (qw( stable canary )) {
        $by{$name}{$_->{headers}{'x-connection-id'}}++
            for grep { $_->{headers}{'x-user'} ne 'ann' }
                $ledger{$name}->events;
    }

    is_deeply [ grep { $by{stable}{$_} } keys %{ $by{canary} } ], [],
              'nobody has two backends';
    is scalar(grep { $_ != 2 } map { values %$_ } values %by), 0,
       'which get all of a connection';

    my $canary = keys %{ $by{canary} };

    cmp_ok $canary, '<=', 30, "some are the canary's: $canary";

    # one who sends too much, another one who does not

    my ($fast, $calm) = map { $open->("/prod?token=$_") } qw( fast calm );

    $fast->send('x') for 1 .. 100;
    my @frame = map { $fast->recv } 1 .. 100;
    my $over = grep { /^\{"message": "Too Many Requests"/ } @frame;

    cmp_ok $over, '>=', 10, "too much is refused: $over";
    is scalar(grep { $_ eq 'fast' } @frame), 100 - $over, 'the rest is not';

    $calm->send('x');
    is $calm->recv, 'calm', 'another user has a limit of his own';

    my @status = map { $open->('/prod?token=z', from => '203.0.113.9')->status }
                     1 .. 60;

    cmp_ok scalar(grep { $_ == 429 } @status), '>=', 20,
           'handshakes of one address are limited';

    # the log

    my @line = map { json($_) } split /\n/, read_file("$prefix/logs/api.log");
    my ($of) = grep { $_->{event} eq 'MESSAGE' && $_->{connection} eq $id }
                    @line;

    is $of->{status}, 200, 'each line is JSON, a message has one';
    is $of->{client}, '198.51.100.7', 'with the client\'s address';
    cmp_ok scalar(grep { $_->{status} eq '429' && $_->{event} eq 'MESSAGE' }
                       @line), '>=', $over, 'and so has one too many';

    like tls($port{tls}, '/prod?token=tls'), qr{^HTTP/1\.1 101 }m, 'over TLS';

    end_children();
}


# clients of conf/keys, each with what its plan lets it have

sub api_keys {
    my ($app, $front, $back) = map { Wsgw::Port::claim() } 1 .. 3;
    my $prefix = prefix("$top/conf/keys/nginx.conf",
                        9000 => $app, 8080 => $front, 8081 => $back);

    # a small plan that is used up within seconds

    change("$prefix/nginx.conf", sub {
        s/small 100;/small 3;/ or die 'no limit of the small plan';
    });

    my $ledger = Wsgw::Ledger->new(
        port => $app, file => "$prefix/ledger",
        handler => sub { { body => '{"statusCode":200,"body":"hi"}' } });

    run_nginx($prefix, $front, $back);

    my ($acme, $globex) = read_file("$prefix/nginx.conf")
                          =~ /^ +(\w{22}) +\w+;$/mg;
    my $open = sub {
        my ($key) = @_;

        return Wsgw::Client->open('127.0.0.1', $front, '/dev',
            headers => [ defined $key ? ('X-Api-Key' => $key) : () ]);
    };

    for my $key (undef, '', 'acme', substr($acme, 1), "$globex ,$acme") {
        my $c = $open->($key);

        is $c->status, 403, 'not with ' . ($key // 'no key');
        is $c->body, '{"message": "Forbidden"}';
    }

    my @small = map { $open->($globex) } 1 .. 3;

    is $_->status, 101, 'a key of a small plan' for @small;

    my $c = $open->($globex);

    is $c->status, 429, 'has so many connections';
    is $c->body, '{"message": "Too Many Requests"}';

    my @large = map { $open->($acme) } 1 .. 20;

    is scalar(grep { $_->status == 101 } @large), 20, 'a large one more';

    # one has gone: who may have three has room again; then it is too often

    $small[0]->close(1000);
    $small[0]->drop;
    wait_until(sub { grep { $_->{body} =~ /"DISCONNECT"/ } $ledger->events },
               undef, 'its end is told');
    wait_until(sub { ($small[0] = $open->($globex))->status == 101 }, undef,
               'room again');

    my @status = map { $open->($globex)->status } 1 .. 20;
    my $said = read_file("$prefix/logs/error.log");

    is scalar(grep { $_ != 429 } @status), 0, 'and not more';
    like $said, qr/limiting requests, excess: [\d.]+ by zone "small"/,
         'nor more often';
    unlike $said, qr/by zone "large"/, 'one that another one is not in';

    $large[0]->send('x');
    is $large[0]->recv, 'hi', 'in each event';

    my ($message) = grep { $_->{body} =~ /"MESSAGE"/ } events($ledger, 25);
    my $identity = json($message->{body})->{requestContext}{identity};

    is $identity->{apiKey}, $acme, 'is the key';
    is $identity->{apiKeyId}, 'acme', 'and who has it';

    end_children();
}


# the answer's head over TLS

sub tls {
    my ($port, $path) = @_;

    my $pid = open2(my $out, my $in, 'openssl', 's_client', '-quiet',
                    '-connect', "127.0.0.1:$port", '-servername',
                    'ws.example.org');

    print $in Wsgw::HTTP::message("GET $path HTTP/1.1",
        Host => 'ws.example.org', Origin => 'https://app.example.org',
        Upgrade => 'websocket', Connection => 'Upgrade',
        'Sec-WebSocket-Version' => 13,
        'Sec-WebSocket-Key' => 'AAAAAAAAAAAAAAAAAAAAAA==');
    $in->flush;

    my $head = '';

    while (my $line = <$out>) {
        last if $line =~ /^\r?$/;
        $head .= $line;
    }

    close $in;
    kill TERM => $pid;
    waitpid $pid, 0;

    return $head;
}


sub events {
    my ($ledger, $count) = @_;
    my @events;

    wait_until(sub { (@events = $ledger->events) >= $count }, undef,
               "$count events");

    return @events;
}


sub json { return JSON::PP->new->utf8->decode($_[0]) }


# a folder in which an example runs, with the ports that it gets

sub prefix {
    my ($example, %port) = @_;

    my $prefix = tempdir(CLEANUP => 1);

    # workers are not root

    chmod 0755, $prefix;

    mkdir "$prefix/$_" or die "mkdir $_: $!\n" for qw( modules logs aws );
    symlink abs_path($module), "$prefix/modules/ngx_http_wsgw_module.so"
        or die "symlink: $!\n";

    for my $file (glob "$top/conf/aws/*.conf $top/conf/logs/*.conf") {
        copy($file, $prefix . substr $file, length "$top/conf")
            or die "$file: $!\n";
    }

    system('openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256'
           . " -nodes -days 1 -subj /CN=ws.example.org"
           . " -keyout $prefix/ws.example.org.key"
           . " -out $prefix/ws.example.org.crt 2>/dev/null") == 0
        or die "openssl has made no certificate\n";

    # what conf/simple-chat and conf/authorized make for themselves

    my ($key, $crt) = map { read_file("$prefix/ws.example.org.$_") }
                          qw( key crt );

    write_file("$prefix/server.pem", $key . $crt);
    write_file("$prefix/ca.pem", $crt);
    write_file("$prefix/push.keys", "AKIDEXAMPLE:secret\n");
    chmod 0600, "$prefix/push.keys";

    write_file("$prefix/nginx.conf", at_home(read_file($example)));

    change("$prefix/nginx.conf", sub {
        my $any = join '|', keys %port;
        s/\b($any)\b(?!:)/$port{$1}/g if $any;
    });

    return $prefix;
}


sub change {
    my ($name, $change) = @_;

    local $_ = read_file($name);
    $change->();
    write_file($name, $_);
}


# until it and its backends answer

sub run_nginx {
    my ($prefix, @port) = @_;

    run($nginx, '-e', "$prefix/logs/error.log", '-p', $prefix,
        '-c', 'nginx.conf', '-g', 'daemon off;');

    for my $port (@port) {
        wait_until(sub {
            IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
        }, undef, "port $port");
    }
}


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


# two people in a room of conf/rooms, a third one elsewhere

sub rooms {
    my ($app, $front, $back) = map { Wsgw::Port::claim() } 1 .. 3;
    my $prefix = prefix("$top/conf/rooms/nginx.conf",
                        9000 => $app, 8080 => $front, 8081 => $back);

    run('node', "$top/conf/rooms/app.js", $app);
    run_nginx($prefix, $app, $front, $back);

    my ($ann, $bob, $eve) = map {
        Wsgw::Client->open('127.0.0.1', $front, "/rooms?name=$_")
    } qw( ann bob eve );

    my $says = sub {
        $_[0]->send($_[1]);
        return json($_[0]->recv);
    };

    is_deeply $says->($_, 'join tea'), { room => 'tea', you => 'joined' }
        for $ann, $bob;
    is_deeply [ sort @{ $says->($eve, 'who tea')->{here} } ], [qw( ann bob )],
              'anybody may ask who is there';

    my $hello = { room => 'tea', from => 'ann', text => 'hello you' };
    my ($first, $second) = ($says->($ann, 'say tea hello you'),
                            json($ann->recv));

    is_deeply [ $first, $second ], [ $hello, { room => 'tea', sent => 2 } ],
              'all who are there get it';
    is_deeply json($bob->recv), $hello, 'who is there hears it';
    is_deeply $says->($bob, 'leave tea'), { room => 'tea', you => 'left' };
    is_deeply $says->($eve, 'say lounge hello'), { room => 'lounge', sent => 0 },
              'nobody ever was there';
    is_deeply $says->($eve, 'who tea'), { room => 'tea', here => [ 'ann' ] },
              'who has left is not there';
    ok $says->($eve, $_)->{usage}, 'what is said otherwise'
        for '', 'hello', 'join', 'join #', 'dance tea', 'join ' . 'x' x 124;

    is $says->($eve, 'say lobby all')->{text}, 'all', 'all are in the lobby';
    is json($eve->recv)->{sent}, 3, 'from their start';
    is json($_->recv)->{from}, 'eve' for $ann, $bob;

    my $r = Wsgw::HTTP->request('127.0.0.1', $back, POST =>
                                '/rooms/@connections?group=user:bob',
                                body => 'psst');

    is_deeply json($r->body), { sent => 1, full => 0, unknown => 0 };
    is $bob->recv, 'psst', 'a user by name';

    end_children();
}
