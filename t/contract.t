# The tables of docs/quickstart-http.md: what a plain HTTP backend gets, and what
# each of its answers does. They are read from the page, row by row.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Cwd qw( getcwd );

our $Page = do {
    open my $in, '<', getcwd() . '/docs/quickstart-http.md' or die "page: $!\n";
    local $/;
    <$in>;
};

# what the ledger is asked for, for the first cell of a row; undef: nobody is
# at the port

our %Ask = (
    '200 with a body' => ['/body=hi', '/type=text%2Fplain/body=hi'],
    '200 without, 204' => ['/', '/status=204', '/status=202'],
    '302' => ['/status=302', '/status=301/header=Location:%2Fx/body=gone'],
    '404' => ['/status=404', '/status=403/body=no', '/status=451'],
    '429' => ['/status=429', '/status=429/body=later'],
    '500' => ['/status=500', '/status=501/body=no', '/status=599'],
    '502, 503' => ['/status=502', '/status=503/body=no'],
    '504' => ['/status=504', '/status=504/body=no'],
    'a page of HTML, 200' => ['/type=text%2Fhtml/body=hi'],
    '`Content-Encoding: gzip`' => ['/header=Content-Encoding:gzip/body=hi',
                                   '/header=Content-Encoding:br/body=hi'],
    'more than `wsgw_max_message_size`' => ['/body=' . 'x' x 1025],
    'nothing, and the connection is closed' => ['/drop', '/reset'],
    'nothing within `wsgw_integration_timeout` (29 s)' => ['/hang'],
    'no backend at the port' => [undef],
);

# a row for each way to ask

our @Rows = map { [ split / +\| +/ ] }
    ($Page =~ /^## What each answer does\n(.*?)^## /ms)[0]
        =~ /^\| (?!answer |---)(.+?) \|$/mg;

our @Asked = map { my $row = $_;
                   map { [ $_, @$row[1 .. 3], $row->[0] ] }
                       @{ $Ask{$row->[0]} // die "no way to ask: $row->[0]\n" } }
                 @Rows;

our $Config = join '', map { my $ask = $Asked[$_][0]; <<"_EOC_" } 0 .. $#Asked;
    location = /connect/$_ {
        wsgw_api z stage=c$_;
        wsgw_route \$connect /int/$_;
    }
    location = /message/$_ {
        wsgw_api z stage=m$_;
        wsgw_route \$default    /int/$_;
        wsgw_route \$disconnect /int/$_;
    }
    location ^~ /connect/$_/\@connections { wsgw_management z stage=c$_; }
    location ^~ /message/$_/\@connections { wsgw_management z stage=m$_; }

    location = /int/$_ {
        internal;
        proxy_pass http://127.0.0.1:@{[ defined $ask
            ? "$ENV{TEST_NGINX_LEDGER_PORT}/n=$_$ask" : free_port() ]};
        proxy_set_header X-Row $_;
    }
_EOC_

log_level('info');
run_tests();

__DATA__

=== TEST 1: each answer does what its row says
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_integration_type http_proxy;
    wsgw_integration_timeout 2s;
    wsgw_max_message_size 1k;
--- config eval: $::Config
--- ws eval
sub {
    is scalar @::Rows, scalar keys %::Ask, 'each row can be asked for';

    # all at once, and looked at in turn

    my @connect = map { ws_connect("/connect/$_", defer => 1) } 0 .. $#::Asked;
    my @c = map { ws_connect("/message/$_") } 0 .. $#::Asked;

    $_->send('hi') for @c;

    for my $i (0 .. $#::Asked) {
        my ($ask, $connect, $message, undef, $row) = @{ $::Asked[$i] };
        my $name = "$row" . (defined $ask ? ' ' . substr $ask, 0, 40 : '');
        my ($status) = defined $ask ? $ask =~ /status=(\d+)/ : ();

        is $connect[$i]->status,
           $connect =~ /^connected/ ? 101
           : $connect =~ /^refused with (\d+)/ ? $1 : $status,
           "$name: $connect";

        if ($message =~ /^error frame(?: `(.*)`)?/) {
            my $text = $1 // 'Internal server error';

            like $c[$i]->recv, qr/^\{"message": "$text", "connectionId":"/,
                 "$name: $message";

        } elsif ($message =~ /is the reply/ && $ask =~ /body=(.*)/) {
            is $c[$i]->recv, $1, "$name: $message";

        } else {
            $c[$i]->ping('x');
            is $c[$i]->recv_frame->{opcode}, 0xa, "$name: $message";
        }

    }

    # such a line is written once a second at most

    ok error_log() =~ /\[error\].*integration answered $_ with type/, "$_ with type"
        for '[34]\d\d', '200';
    ok error_log() =~ /\[error\].*encoded.*\b$_\b/, $_ for qw( gzip br );

    # those that are delivered have had the time for another attempt

    my @again = grep { $::Asked[$_][3] eq 'tried again' } 0 .. $#::Asked;
    my @done = grep { $::Asked[$_][3] eq 'delivered' } 0 .. $#::Asked;

    is @again + @done, @::Asked, 'either delivered or tried again';

    $c[$_]->close(1000) for @done;
    $c[$_]->close(1000) for @again;

    my %attempts;

    wait_until(sub {
        %attempts = ();
        $attempts{$_->{headers}{'x-row'}}{$_->{headers}{'x-attempt'}}++
            for grep { $_->{headers}{'x-event-type'} eq 'DISCONNECT' }
                ledger_events(0);

        !grep { defined $::Asked[$_][0] && !$attempts{$_}{2} } @again;
    }, 10, 'those that are tried again');

    is_deeply [map { join ' ', sort keys %{ $attempts{$_} } } @done],
              [map { 1 } @done], 'those that are delivered';
}


=== TEST 2: what the backend gets of each event
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_integration_type http_proxy;
--- config
    location ^~ /chat/@connections { wsgw_management z; }
    location /chat {
        wsgw_api   z;
        wsgw_route $connect    /int;
        wsgw_route $default    /int;
        wsgw_route $disconnect /int;
    }
    location = /int {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
--- ws eval
sub {
    my $c = ws_connect('/chat?room=1', protocols => 'a',
        origin => "http://127.0.0.1:$ENV{TEST_NGINX_PORT}",
        headers => [ Cookie => 'sid=1', Authorization => 'Basic eA==',
                     'User-Agent' => 'me' ]);

    $c->send('text');
    $c->close(4001, 'bye');

    my @e = ledger_events(3);
    my ($table) = $::Page =~ /^## What the backend gets\n(.*?)^## /ms;
    my ($head) = $table =~ /^\| event \|.*/m;
    my @all = map { lc } "$&" =~ /`([\w-]+)`/g;
    my %row = $table =~ /^\| `([A-Z]+)` \| (.*) \|$/mg;

    is_deeply [sort keys %row], [qw( CONNECT DISCONNECT MESSAGE )], 'the rows';

    for my $e (@e) {
        my $type = $e->{headers}{'x-event-type'};
        my ($body, $headers) = split / \| /, $row{$type};
        my @named = map { lc } $headers =~ /`([\w-]+)`/g;

        is_deeply [grep { !exists $e->{headers}{$_} } @all, @named], [],
                  "$type has what its row says";
        is $e->{body}, $body =~ /^none/ ? '' : 'text', "$type: $body";
        is $e->{method}, 'POST';

        is_deeply [grep { $e->{headers}{$_} } qw( cookie authorization )],
                  $type eq 'CONNECT' ? [qw( cookie authorization )] : [],
                  "$type: the client's headers";
    }

    is $e[1]{headers}{'content-type'}, 'application/json';
    is $e[2]{headers}{'x-disconnect-reason'}, 'bye';
}
