# GET @connections: a list that promises each open connection exactly once, and
# how many there are, in four workers that are reloaded and killed.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

master_on();
workers(4);

our $Config = <<'_EOC_';
    location /dev {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int/echo;
        add_header X-Id $wsgw_connection_id always;
        add_header X-Worker $pid always;
    }

    location ^~ /dev/@connections {
        wsgw_management z list;
        add_header X-Worker $pid always;
    }

    location /other {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $default /int/echo;
    }

    location ^~ /other/@connections {
        wsgw_management z list;
    }

    location ^~ /plain/@connections {
        wsgw_management z stage=dev;
    }

    location ^~ /grouped/@connections {
        wsgw_management z stage=dev groups;
    }

    location ^~ /aws/@connections {
        wsgw_management z stage=dev list;
        wsgw_profile aws;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

every_block(http_config => 'wsgw_zone zone=z:4m;', config => $Config);

sub clients {
    my ($count, %opt) = @_;

    return map { ws_held('/dev', %opt) } 1 .. $count;
}

sub get {
    my ($query, $stage) = @_;

    $stage //= 'dev';

    my $r = http(GET => "/$stage/\@connections"
                        . (length($query // '') ? "?$query" : ''));

    is $r->status, 200, "GET $stage " . ($query // '');
    is $r->header('Content-Type'), 'application/json', 'is JSON';

    return json($r->body);
}

# all pages of a listing; $between is called between two of them

sub list {
    my ($query, $between, $stage) = @_;

    my ($cursor, @all);

    for (1 .. 1000) {
        my $page = get(join('&', grep { length } $query,
                            defined $cursor ? "cursor=$cursor" : ()), $stage);

        push @all, @{ $page->{connections} };
        $cursor = $page->{cursor} // return @all;

        $between->() if $between;
    }

    die "a list without an end\n";
}

sub ids { return sort map { $_->{connectionId} // $_->{id} } @_ }

# The streams @$ask ask.  Their workers have begun with it when they answer what
# @$after ask.

sub ask_all {
    my ($after, $ask, $query) = @_;

    ask($_, GET => "/dev/\@connections?$query") for @$ask;
    ask($_, GET => '/dev/@connections?count') for @$after;
    answer($_) for @$after;
}

sub is_error {
    my ($r, $status, $type, $message, $what) = @_;

    is $r->status, $status, "$what: status";
    is $r->header('x-amzn-ErrorType'), $type, "$what: type";
    like json($r->body)->{message}, $message, "$what: message";
}

run_tests();

__DATA__

=== TEST 1: who is connected is listed once, with the time
--- ws eval
sub {
    is_deeply get(''), { connections => [] }, 'nobody';
    is_deeply get('count'), { count => 0 }, 'none';

    my @clients = clients(7);
    my $others = ws_connect('/other');

    my $list = get('');

    is_deeply [ ids(@{ $list->{connections} }) ], [ ids(@clients) ];
    is $list->{cursor}, undef, 'no cursor at the end';
    is_deeply get('count'), { count => 7 };
    is_deeply get('count', 'other'), { count => 1 };

    for my $one (@{ $list->{connections} }) {
        is_deeply [ sort keys %$one ], [qw( connectedAt connectionId )];

        my $described = json(http(
            GET => "/dev/\@connections/$one->{connectionId}")->body);

        is $one->{connectedAt}, $described->{connectedAt}, 'the same time';
    }

    $_->{c}->close for @clients[0 .. 2];
    wait_until(sub { get('count')->{count} == 4 }, undef, 'three have left');

    is_deeply [ ids(list('')) ], [ ids(@clients[3 .. 6]) ];
}



=== TEST 2: pages
--- ws eval
sub {
    my @clients = clients(23);

    for my $count (1, 2, 7, 22, 23, 24, 1000) {
        my $page = get("count=$count");

        is scalar @{ $page->{connections} }, $count < 23 ? $count : 23,
           "at most $count";
        is_deeply [ ids(list("count=$count")) ], [ ids(@clients) ],
           "by $count";
    }

    my @more = clients(90);

    is scalar @{ get('')->{connections} }, 100, 'a hundred if it is not said';
    is_deeply [ ids(list('')) ], [ ids(@clients, @more) ];
}



=== TEST 3: who stays is in a listing exactly once, whoever comes and goes
--- ws eval
sub {
    my @stay = clients(20);
    my @go = clients(20);
    my @come;

    my @list = list('count=3', sub {
        push @come, clients(1);
        my $gone = shift @go;
        $gone->{c}->close if $gone;
    });

    my %times;
    $times{ $_->{connectionId} }++ for @list;

    is $times{ $_->{id} }, 1, 'who stayed is there once' for @stay;
    cmp_ok $times{$_}, '==', 1, 'nobody is there twice' for keys %times;
}



=== TEST 4: details, as GET of the connection has them
--- ws eval
sub {
    my @clients = (ws_spread(6, '/dev'),
                   clients(3, headers => [ 'User-Agent' => 'a "b" c' ]),
                   clients(1, headers => [ 'User-Agent' => "z\xff" ]));

    my %workers = map { $_->{worker} => 1 } @clients;
    cmp_ok scalar keys %workers, '>', 1, 'several workers hold them';

    for my $query ('details', 'details&count=1', 'count=3&details=') {
        my @list = list($query);

        is_deeply [ ids(@list) ], [ ids(@clients) ], $query;

        for my $one (@list) {
            my $id = delete $one->{connectionId};

            my $described = json(
                http(GET => "/dev/\@connections/$id")->body);

            # two clocks, each cut to a millisecond

            like delete $_->{lastActiveAt},
                 qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
                for $one, $described;

            is_deeply $one, $described, 'the same';
        }
    }
}



=== TEST 5: details that are longer than an answer make pages shorter
--- config eval
my $groups = join ' ', map { "$_-" . 'x' x 120 } 1 .. 32;
$::Config =~ s{(?=location /other)}
              {location /long {
                   wsgw_api z; wsgw_route \$default /int/echo;
                   wsgw_group $groups;
               }
               location ^~ /long/\@connections { wsgw_management z list; }\n}r
--- ws eval
sub {
    my @clients = map { ws_connect('/long', headers =>
                                   [ 'User-Agent' => 'x' x 512 ]) } 1 .. 60;

    my $page = get('details&count=1000', 'long');

    cmp_ok scalar @{ $page->{connections} }, '<', 60, 'not all on a page';

    my @list = list('details&count=1000', undef, 'long');

    is_deeply [ ids(@list) ], [ ids(list('', undef, 'long')) ],
              'but all on several';
    is scalar @list, 60, 'each of them once';
    is scalar(grep { length $_->{identity}{userAgent} == 512
                     && @{ $_->{groups} } == 32 } @list), 60, 'with details';
}



=== TEST 6: an owner that is silent leaves its details out
--- ws eval
sub {
    my @clients = ws_spread(24, '/dev');
    my $stopped = $clients[0]{worker};

    my $stream = stream_past($stopped, '/dev/@connections');

    kill STOP => $stopped;
    ask($stream, GET => '/dev/@connections?details');
    my $r = answer($stream);
    kill CONT => $stopped;

    is $r->status, 200;

    my $list = json($r->body)->{connections};
    my %of = map { $_->{id} => $_->{worker} } @clients;

    is_deeply [ ids(@$list) ], [ ids(@clients) ], 'all are listed';

    for my $one (@$list) {
        is exists $one->{identity} ? 1 : 0,
           $of{ $one->{connectionId} } == $stopped ? 0 : 1,
           'details but of the one that is stopped';
    }
}



=== TEST 7: a killed worker's connections do not count, at once
--- tolerate: exited on signal 9
--- ws eval
sub {
    my @clients = ws_spread(24, '/dev');
    my $killed = $clients[0]{worker};
    my @live = grep { $_->{worker} != $killed } @clients;

    cmp_ok scalar @live, '>', 0, 'others hold some';

    kill KILL => $killed;
    wait_until(sub { !grep { $_ == $killed } worker_pids() }, undef,
               'it is dead');

    my $list = get('');
    is_deeply [ ids(@{ $list->{connections} }) ], [ ids(@live) ];
    is_deeply get('count'), { count => scalar @live };
}



=== TEST 8: a reload changes nothing
--- ws eval
sub {
    my @clients = clients(9);

    reload_nginx();

    push @clients, clients(4);

    is_deeply [ ids(list('count=2&details')) ], [ ids(@clients) ];
    is_deeply get('count'), { count => 13 };
}



=== TEST 9: what is refused
--- ws eval
sub {
    my $bad = qr/^BadRequestException$/;

    for my $query ('count=0', 'count=1001', 'count=x', 'count=-1', 'count=1x',
                   'count=99999999999999999999', 'count&count', 'count=2&count',
                   'count&details', 'count&cursor=8AAAAAAAAAAAAAA=',
                   'cursor', 'cursor=', 'cursor=x', 'cursor=%00',
                   'cursor=AAAAAAAAAAAAAAA=&cursor=AAAAAAAAAAAAAAA=',
                   'details=1', 'detail', 'Count', 'counts=1', 'grouped=a',
                   '=', '%00', 'except=x', 'all', 'code=1000',
                   'group=', 'group=a%20b', 'group=a&group=b')
    {
        is_error(http(GET => "/dev/\@connections?$query"), 400,
                 'BadRequestException', qr/./, $query);
    }

    is_error(http(GET => '/dev/@connections?limit=5'), 400,
             'BadRequestException', qr/^Unknown query argument: limit$/,
             'unknown');

    is_error(http(GET => '/plain/@connections'), 403, 'ForbiddenException',
             qr/flag "list" of wsgw_management/, 'without the flag');
    is_error(http(GET => '/plain/@connections?count'), 403,
             'ForbiddenException', qr/"list"/, 'count without the flag');

    is http(GET => '/dev/@connections/?X-Amz-Date=x')->status, 200,
       'SDKs sign';
    is http(GET => '/aws/@connections?limit=5&count=5')->status, 200,
       'as AWS does, an unknown argument is ignored';

    my $r = http(PUT => '/dev/@connections');

    is_error($r, 405, 'MethodNotAllowedException', qr/./, 'PUT');
    is $r->header('Allow'), 'GET, POST', 'DELETE wants an id';
}



=== TEST 10: a caller that leaves takes nothing with it
--- ws eval
sub {
    my @clients = clients(12);
    my $stopped = $clients[0]{worker};
    my @streams = map { stream_past($stopped, '/dev/@connections') } 1 .. 16;
    my @leave = splice @streams, 0, 8;

    kill STOP => $stopped;
    ask_all(\@streams, \@leave, 'details');
    $_->drop for @leave;

    wait_until(sub {
        8 == (() = error_log() =~ /client prematurely closed connection/g);
    }, undef, 'all of them leave while they wait');
    kill CONT => $stopped;

    is_deeply [ ids(list('details')) ], [ ids(@clients) ];
}



=== TEST 11: a stage's connections are found in many turns
--- http_config
    wsgw_zone zone=z:128m;
--- ws eval
sub {
    my @clients = clients(10);

    is_deeply [ ids(list('count=4')) ], [ ids(@clients) ];
    is_deeply [ ids(list('details')) ], [ ids(@clients) ];
    is_deeply get('count'), { count => 10 };
}



=== TEST 12: every flag at once
--- config
    location /dev {
        wsgw_api z;
        wsgw_route $default /int/echo;
    }

    location ^~ /dev/@connections {
        wsgw_management z stage=dev public groups broadcast list;
    }

    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    is_deeply get('count'), { count => 0 };
}



=== TEST 13: a flag is written once
--- config
    location ^~ /dev/@connections {
        wsgw_management z list list;
    }
--- must_die
--- error_log
[emerg]
"list"



=== TEST 14: there are no other flags
--- config
    location ^~ /dev/@connections {
        wsgw_management z lists;
    }
--- must_die
--- error_log
[emerg]
invalid parameter "lists", write "wsgw_management ZONE [stage=NAME] [public] [groups] [broadcast] [list]"



=== TEST 15: the members of a group
--- ws eval
sub {
    my @all = clients(30);
    my @in = @all[ grep { $_ % 3 } 0 .. 29 ];

    is http(PUT => "/grouped/\@connections/$_->{id}/groups/room:1")->status,
       204 for @in;

    is_deeply get('count&group=room:1'), { count => 20 };
    is_deeply get('count&group=room:2'), { count => 0 };
    is_deeply get('group=room:2'), { connections => [] };
    is_deeply get('count&group=room:1', 'other'), { count => 0 },
              'another stage has others';

    for my $count (1, 3, 19, 20, 21, 1000) {
        is_deeply [ ids(list("group=room:1&count=$count")) ], [ ids(@in) ],
                  "by $count";
    }

    for my $one (list('group=room:1&details&count=7')) {
        is_deeply $one->{groups}, [ 'room:1' ];
    }

    my $cursor = get('group=room:1&count=20')->{cursor};
    is $cursor, undef, 'a full page may be the last';

    for my $gone (splice @in, 0, 5) {
        $gone->{c}->close;
    }

    wait_until(sub { get('count&group=room:1')->{count} == 15 }, undef,
               'five have left');
    is_deeply [ ids(list('group=room:1&count=4')) ], [ ids(@in) ];
}



=== TEST 16: a group is not listed while one of its workers is silent
--- ws eval
sub {
    my @clients = ws_spread(16, '/dev');

    is http(PUT => "/grouped/\@connections/$_->{id}/groups/a")->status, 204
        for @clients;

    my $stopped = $clients[0]{worker};
    my %stream = map { $_ => stream_past($stopped, '/dev/@connections') }
                     'group=a', 'group=a&count';

    # both wait for five seconds, side by side

    kill STOP => $stopped;
    ask($stream{$_}, GET => "/dev/\@connections?$_") for keys %stream;
    my %r = map { $_ => answer($stream{$_}) } keys %stream;
    kill CONT => $stopped;

    for my $query (sort keys %r) {
        is $r{$query}->status, 503, "$query: nobody knows";
        is $r{$query}->header('Retry-After'), 1;
    }

    # it has questions of before to answer first

    wait_until(sub { http(GET => '/dev/@connections?count&group=a')->status
                     == 200 }, 10, 'all workers answer again');

    is_deeply get('count&group=a'), { count => scalar @clients }, 'and then it is';
}



=== TEST 17: many questions to a worker at once
--- ws eval
sub {
    my @clients = ws_spread(2, '/dev');
    my $stopped = $clients[0]{worker};

    is http(PUT => "/grouped/\@connections/$_->{id}/groups/a")->status, 204
        for @clients;

    # what may be said of each is long

    is http(PUT => "/grouped/\@connections/$clients[0]{id}/groups/"
                   . sprintf('%0128d', $_))->status, 204 for 1 .. 20;

    my ($count, $members, $details, $after) = map {
        [ map { stream_past($stopped, '/dev/@connections') } 1 .. 40 ]
    } 1 .. 4;

    my $all = sub {
        my ($streams, $query, $expected) = @_;

        kill STOP => $stopped;
        ask_all($after, $streams, $query);
        kill CONT => $stopped;

        return map { answer($_) } @$streams;
    };

    is $_->status == 200 && json($_->body)->{count}, scalar @clients,
       'members are counted' for $all->($count, 'count&group=a');

    is_deeply [ $_->status == 200 && ids(@{ json($_->body)->{connections} }) ],
              [ ids(@clients) ], 'members are listed'
        for $all->($members, 'group=a');

    my ($whole, $refused) = (0, 0);

    for my $r ($all->($details, 'details')) {

        if ($r->status == 503) {
            is $r->header('Retry-After'), 1, 'no room to ask for details';
            $refused++;
            next;
        }

        my $page = json($r->body);

        is scalar(grep { !$_->{identity} } @{ $page->{connections} }), 0,
           'who is in a list is there with details';
        $whole++ if @{ $page->{connections} } == @clients;
    }

    cmp_ok $whole, '>', 1, "$whole lists have all";
    cmp_ok $refused, '>', 0, "$refused refused";
}



=== TEST 18: a member whose $connect is pending ends no list
--- config eval
$::Config =~ s{(?=wsgw_route)}{wsgw_route \$connect /int/connect;
                               wsgw_group a; }r
--- backend eval
sub {
    my ($r) = @_;

    my $id = $r->{headers}{'x-connection-id'};

    return '' if ($r->{headers}{'user-agent'} // '') ne 'p';

    my $ask = sub { json(http(GET => '/dev/@connections?' . shift)->body) };
    my ($n, $cursor) = (0, '');

    http(PUT => "/grouped/\@connections/$id/groups/a");

    while (defined $cursor) {
        my $page = $ask->("group=a&count=1$cursor");

        $n += @{ $page->{connections} };
        $cursor = $page->{cursor} && "&cursor=$page->{cursor}";
    }

    return { headers => [ 'X-Wsgw-Join' => "$n-of-" . $ask->('count')->{count} ] };
}
--- ws eval
sub {
    my @clients = clients(40);

    # so that who comes has a slot before those who stay

    $_->{c}->close for reverse splice @clients, 0, 20;
    wait_until(sub { get('count')->{count} == 20 }, undef, 'half have left');

    push @clients, clients(1, headers => [ 'User-Agent' => 'p' ]) for 1 .. 12;

    for my $n (20 .. 31) {
        my $groups = json(http(GET => "/grouped/\@connections/"
                                      . "$clients[$n]{id}/groups")->body);

        is_deeply $groups, { groups => [ 'a', "$n-of-$n" ] },
                  'all that are open are in the list';
    }

    is_deeply [ ids(list('group=a&count=3')) ], [ ids(@clients) ];
}



=== TEST 19: a worker that is killed while it is asked for details
--- tolerate: exited on signal 9
--- ws eval
sub {
    my @clients = ws_spread(12, '/dev');
    my $stopped = $clients[0]{worker};
    my @live = grep { $_->{worker} != $stopped } @clients;
    my ($stream, @after) = map { stream_past($stopped, '/dev/@connections') }
                               0 .. 8;

    kill STOP => $stopped;
    ask_all(\@after, [ $stream ], 'details');
    kill KILL => $stopped;

    my $list = json(answer($stream)->body)->{connections};

    is_deeply [ ids(@$list) ], [ ids(@live) ], 'its clients have gone';
    is scalar(grep { $_->{identity} } @$list), scalar @live, 'others have details';
}
