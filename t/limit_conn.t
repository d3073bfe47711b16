# How many connections a key may have: over all workers and generations, until
# they have ended, and with what others are refused. Kills are in multi/.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

master_on();
workers(4);

our $Port = free_port();

# A stage on a port that each worker has a queue of its own for, so that
# clients come to all of them

sub stage {
    my ($limits, $more) = @_;

    return qq{
        listen 127.0.0.1:$::Port reuseport;

        location /dev {
            wsgw_api z;
            wsgw_integration_type http_proxy;
            wsgw_route \$connect /int/connect;
            wsgw_route \$disconnect /int/disconnect;
            wsgw_route \$default /int/echo response;
            $limits
        }

        location ^~ /dev/\@connections { wsgw_management z; }

        location /int/ {
            internal;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT;
            proxy_set_header X-Id \$wsgw_connection_id;
        }
        @{[ $more // '' ]}
    };
}

sub come { return ws_connect("/dev$_[0]", port => $::Port, @_[1 .. $#_]) }

# what so many handshakes come to, and the connections of those let in

sub statuses {
    my ($n, $query) = @_;

    my @clients = map { come($query, defer => 1) } 1 .. $n;
    my @in = grep { $_->status == 101 } @clients;
    my %seen;

    $seen{ $_->status }++ for @clients;

    return (\%seen, @in);
}

# until one of these is let in

sub comes_in {
    my ($query, $what) = @_;

    my $c;

    wait_until(sub { ($c = come($query))->status == 101 }, undef, $what);
    is $c->status, 101, $what;

    return $c;
}

every_block(http_config => 'wsgw_zone zone=z:1m;');

run_tests();

__DATA__

=== TEST 1: a key has as many connections as it may have, whoever has them
--- config eval
::stage('wsgw_limit_conn $arg_user 3;')
--- ws eval
sub {
    my @in = map { come('?user=a') } 1 .. 3;
    is $_->status, 101 for @in;

    for (1 .. 5) {
        my $c = come('?user=a');

        is $c->status, 429;
        is $c->body, '{"message": "Too Many Requests"}';
        is $c->header('Content-Type'), 'application/json';
    }

    # another key, one that differs in case, and one that is not counted

    is come("?user=$_")->status, 101, "user=$_" for 'b', 'A', '%61', 'a%00';
    is come('')->status, 101, 'no key' for 1 .. 10;
    is come('?user=')->status, 101, 'an empty key' for 1 .. 10;

    # $connect was not called for who was refused

    is scalar(my @e = ledger_events(27, qr{/connect})), 27;

    # each end makes room for one

    $in[0]->close(1000);
    push @in, comes_in('?user=a', 'when one has said Close');
    is come('?user=a')->status, 429;

    $in[1]->reset;
    push @in, comes_in('?user=a', 'when one was reset');

    my $third = (ledger_events(3, qr{/connect}))[2];
    my $id = $third->{headers}{'x-id'} =~ s/=/%3D/r;

    is http(DELETE => "/dev/\@connections/$id")->status, 204;
    push @in, comes_in('?user=a', 'when one was closed');
    is come('?user=a')->status, 429;
}
--- error_log
key "a" has as many connections as it may have; see wsgw_limit_conn $arg_user 3


=== TEST 2: clients that race are never more
--- config eval
::stage('wsgw_limit_conn $arg_user 10;')
--- ws eval
sub {
    my (%workers, @kept);

    for my $round (1 .. 10) {
        my ($seen, @in) = statuses(50, "?user=$round");

        cmp_ok scalar @in, '<=', 10, "round $round: not more than 10";
        cmp_ok scalar @in, '>=', 6, 'and few less, of four workers';
        is $seen->{101} + $seen->{429}, 50, 'the others are 429';

        # one after another they fill it, and nobody more is let in

        my @more = grep { $_->status == 101 }
                   map { come("?user=$round") } 1 .. 15;

        is @in + @more, 10, 'in a calm it is 10';
        push @kept, @in, @more;
    }

    my $log = error_log();

    $workers{$1}++ while $log =~ /\[error\] (\d+)#.* wsgw_limit_conn /g;
    cmp_ok scalar keys %workers, '>', 1, 'several workers have refused';
}


=== TEST 3: a connection counts while its $connect is pending
--- config eval
::stage('wsgw_limit_conn $arg_user 2; wsgw_route other /int/other;')
    =~ s{/int/connect}{/int/connect/delay=1}r
--- ws eval
sub {
    my @pending = map { come('?user=a', defer => 1) } 1 .. 2;

    ledger_events(2, qr/connect/);
    is come('?user=a')->status, 429;

    # one leaves: its $connect goes on, and it has ended when that is answered

    $pending[0]->drop;
    is $pending[1]->status, 101;
    ledger_events(1, qr/disconnect/);

    my $c = comes_in('?user=a', 'when the other one has left');
    is come('?user=a')->status, 429;
}


=== TEST 4: who is refused does not count
--- config eval
::stage('wsgw_limit_conn $arg_user 2;')
--- backend eval
sub { return { status => $_[0]{uri} =~ /\bno=1/ ? 403 : 200 } }
--- ws eval
sub {
    is come('?user=a&no=1')->status, 403 for 1 .. 10;

    my @in = map { come('?user=a') } 1 .. 2;

    is $_->status, 101 for @in;
    is come('?user=a&no=1')->status, 429, 'before $connect is asked';
}


=== TEST 5: several limits count for themselves
--- config eval
::stage('wsgw_limit_conn $arg_user 2;
         wsgw_limit_conn $arg_room 3;
         wsgw_limit_conn all 5;')
--- ws eval
sub {
    my @in;

    my $take = sub {
        my ($query, $status) = @_;
        my $c = come($query);
        is $c->status, $status, "$query: $status";
        push @in, $c if $status == 101;
    };

    # the same text is not the same key in two of them

    $take->('?user=x&room=x', 101);
    $take->('?user=x&room=x', 101);
    $take->('?user=x&room=y', 429);

    # one that the second refuses is given back to the first

    $take->('?user=y&room=x', 101);
    $take->('?user=y&room=x', 429) for 1 .. 5;
    $take->('?user=y&room=y', 101);

    # the third has a constant: all of the stage

    $take->('?user=z&room=z', 101);
    $take->('?user=z&room=z', 429);
    $take->('', 429);

    $in[0]->close(1000);
    push @in, comes_in('?user=x&room=x', 'an end counts for each of them');
    $take->('', 429);
}
--- error_log
has as many connections as it may have; see wsgw_limit_conn


=== TEST 6: stages of a zone share the counts of a key as it is written
--- config eval
::stage('wsgw_limit_conn $arg_user 2;', q{
    location /other {
        wsgw_api z;
        wsgw_route $default /int/echo;
        wsgw_limit_conn $arg_user 3;
    }
    location /apart {
        wsgw_api z;
        wsgw_route $default /int/echo;
        wsgw_limit_conn "apart $arg_user" 1;
    }
})
--- ws eval
sub {
    my @in = map { come('?user=a') } 1 .. 2;

    push @in, ws_connect('/other?user=a');
    is $in[2]->status, 101, 'the third of three';
    is ws_connect('/other?user=a')->status, 429;
    is come('?user=a')->status, 429;

    is ws_connect('/apart?user=a')->status, 101;
}


=== TEST 7: a reload keeps the counts, and takes the new limit
--- config eval
::stage('wsgw_limit_conn $arg_user 3;')
--- ws eval
sub {
    my @in = map { come('?user=a') } 1 .. 3;
    is $_->status, 101 for @in;

    for my $limit (3, 4, 2) {
        reload_nginx(sub { s/arg_user \d/arg_user $limit/ });

        my $c = come('?user=a');
        is $c->status, $limit == 4 ? 101 : 429, "a limit of $limit";
        push @in, $c if $limit == 4;
    }

    # four are open, two may be

    (shift @in)->close(1000) for 1 .. 2;
    is come('?user=a')->status, 429, 'two';

    (shift @in)->close(1000);
    comes_in('?user=a', 'one');
}


=== TEST 8: the key is a client's text, and one line of the log
--- config eval
::stage('wsgw_limit_conn $wsgw_query_user 1;')
--- ws eval
sub {
    my $query = '?user=a%0d%0aline: forged' . 'x' x 2000;
    $query =~ s/ /%20/g;

    my $c = come($query);
    is $c->status, 101;
    is come($query)->status, 429;

    like error_log(), qr/key "a  line: forgedx+" has/;
    unlike error_log(), qr/^line: /m;
    unlike error_log(), qr/x{300}" has/;
}


=== TEST 9: a refusal is told once a second and worker
--- config eval
::stage('wsgw_limit_conn $arg_user 1;')
--- ws eval
sub {
    my $c = come('?user=a');
    my $start = time;

    is come('?user=a')->status, 429 for 1 .. 40;

    my $lines = () = error_log() =~ / wsgw_limit_conn /g;

    cmp_ok $lines, '>=', 1;
    cmp_ok $lines, '<=', 4 * (1 + time - $start);
}


=== TEST 10: it is evaluated with the authorizer context
--- config eval
::stage('wsgw_authorizer_context user $arg_user;
         wsgw_limit_conn $wsgw_authorizer_user 1;')
--- ws eval
sub {
    my $c = come('?user=a');

    is $c->status, 101;
    is come('?user=a')->status, 429;
    is come('?user=b')->status, 101;
}


=== TEST 11: a zone without room for another key is 503, once a minute in the log
--- http_config
    wsgw_zone zone=z:256k;
--- config eval
::stage(join "\n", map { "wsgw_limit_conn \$arg_user/$_ 5;" } 1 .. 40)
--- ws eval
sub {
    # a zone of 256k has 256 tallies, and each of these takes 40

    my @in;
    my $full;

    for my $n (1 .. 60) {
        my $c = come("?user=$n");

        push @in, $c if $c->status == 101;
        $full ||= $c if $c->status == 503;
    }

    cmp_ok scalar @in, '>=', 1, scalar(@in) . ' were let in';
    cmp_ok scalar @in, '<=', 6, 'and not more than fit';
    is $full && $full->status, 503;
    is $full->body, '{"message": "Service Unavailable"}';
    is $full->header('Retry-After'), 1;

    my $lines = () = error_log() =~ /no room for another key/g;
    cmp_ok $lines, '>=', 1, 'a line';
    cmp_ok $lines, '<=', 4, 'of each worker at most';

    # nothing is left of who was refused, nor of who leaves

    $_->close(1000) for @in;
    comes_in('?user=new', 'when they have left');
}
--- error_log
[crit]
wsgw zone "z" has no room for another key of wsgw_limit_conn, handshakes are refused; raise its size in wsgw_zone,


=== TEST 12: a number is one
--- config
    location /dev { wsgw_api z; wsgw_limit_conn $remote_addr many; }
--- must_die
--- error_log
[emerg]
invalid number of connections "many", write it behind the key, as in "wsgw_limit_conn $remote_addr 10"


=== TEST 13: and not 0
--- config
    location /dev { wsgw_api z; wsgw_limit_conn $remote_addr 0; }
--- must_die
--- error_log
[emerg]
invalid number of connections "0"


=== TEST 14: nor less
--- config
    location /dev { wsgw_api z; wsgw_limit_conn $remote_addr -1; }
--- must_die
--- error_log
[emerg]
invalid number of connections "-1"


=== TEST 15: a key is there
--- config
    location /dev { wsgw_api z; wsgw_limit_conn "" 10; }
--- must_die
--- error_log
[emerg]
an empty key is not counted, write a variable, as in "wsgw_limit_conn $remote_addr 10"


=== TEST 16: a key has one limit
--- config
    location /dev {
        wsgw_api z;
        wsgw_limit_conn $remote_addr 10;
        wsgw_limit_conn $remote_addr 20;
    }
--- must_die
--- error_log
[emerg]
duplicate "wsgw_limit_conn" "$remote_addr"


=== TEST 17: what is no variable is told
--- config
    location /dev { wsgw_api z; wsgw_limit_conn $no_such_one 10; }
--- must_die
--- error_log
[emerg]
unknown "no_such_one" variable


=== TEST 18: a level has all limits from above, or its own
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_limit_conn $arg_user 1;
    wsgw_limit_conn $arg_room 1;
--- config eval
::stage('', q{
    location /own {
        wsgw_api z;
        wsgw_route $default /int/echo;
        wsgw_limit_conn $arg_user 2;
    }
})
--- ws eval
sub {
    my $c = come('?user=a&room=a');
    is $c->status, 101;
    is come('?user=a')->status, 429;
    is come('?room=a')->status, 429;

    is ws_connect('/own?user=a&room=a')->status, 101, 'no limit of rooms';
}
