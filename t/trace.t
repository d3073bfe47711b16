# wsgw_trace and $wsgw_traceparent: which trace an event belongs to, beside
# X-Amzn-Trace-Id; a trace from the client by the stage to the backend; and a
# module that knows no internal request but its own, as nginx-otel.

use strict;
use warnings;

use lib 't/lib';

use Test::Nginx::Wsgw 'no_plan';

use Cwd qw( abs_path );

master_on();

our $Tracer = abs_path($ENV{TRACER}
                       // 'build/tracer/ngx_http_tracer_module.so');

our $Trace = '4bf92f3577b34da6a3ce929d0e0e4736';
our $Span = '00f067aa0ba902b7';

our $Stage = <<'_EOC_';
    wsgw_integration_type http_proxy;
    wsgw_route $connect /int/connect;
    wsgw_route $disconnect /int/disconnect;
    wsgw_route $default /int/message response;
_EOC_

our $Pushes = 'location ^~ /ws/@connections { wsgw_management z; }';

our $Int = <<'_EOC_';
    location /int/ {
        internal;
        proxy_set_header X-Seen $wsgw_traceparent;
        proxy_set_header X-Seen-Again $wsgw_traceparent;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
    }
_EOC_

# trace, span and flags of what a backend has seen

sub seen {
    my ($e, $header) = @_;

    my $text = $e->{headers}{$header // 'x-seen'};
    my @parts = ($text // '') =~ /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])\z/;

    is $e->{headers}{'x-seen-again'}, $text, 'all of an event see one';
    isnt $parts[1], '0' x 16, 'a span';

    return @parts;
}

# the digits of an X-Ray root

sub root {
    my ($e) = @_;

    return join '', ($e->{headers}{'x-amzn-trace-id'} // '')
                    =~ /^Root=1-([0-9a-f]{8})-([0-9a-f]{24})\z/;
}

# A client comes, sends twice and goes: four events.

sub four {
    my ($path, %opt) = @_;

    my $c = ws_connect($path, %opt);

    is $c->status, 101;

    for (1, 2) {
        $c->send('x');
        $c->recv;
    }

    $c->close(1000);
    $c->drop;

    return ledger_events(4);
}

# "TRACE PARENT SPAN URI" of each span that the module tells of

sub spans {
    my ($count) = @_;

    my @spans;

    wait_until(sub {
        (@spans = error_log() =~ /\bspan (\w+ \w+ \w+ "[^"]*")/g) >= $count;
    }, undef, sub { "$count spans, there are " . @spans });

    return @spans;
}

every_block(http_config => "    wsgw_zone zone=z:1m;\n");

add_block_preprocessor(sub {
    my ($block) = @_;

    $Test::Nginx::Util::LoadModules = join ' ',
        $ENV{TEST_NGINX_LOAD_MODULES},
        ($block->config // '') =~ /tracer on/ ? $Tracer : ();
});

run_tests();

__DATA__

=== TEST 1: by default each event is a trace, the same as that of X-Ray
--- config eval
"location /ws { wsgw_api z; $::Stage } $::Pushes" . $::Int
--- ws eval
sub {
    my @e = four('/ws');
    my (%trace, %span);

    for (@e) {
        my ($trace, $span, $flags) = seen($_);

        is $trace, root($_), 'as X-Amzn-Trace-Id';
        is $flags, '01';
        is $_->{headers}{traceparent}, undef, 'it is the variable alone';
        $trace{$trace}++;
        $span{$span}++;
    }

    is keys %trace, 4, 'four traces';
    is keys %span, 4, 'four spans';
}


=== TEST 2: the client's X-Amzn-Trace-Id is the trace of its $connect
--- config eval
"location /ws { wsgw_api z; $::Stage } $::Pushes" . $::Int
--- ws eval
sub {
    my $root = 'Self=1-67891234-12456789abcdef012345678;'
               . 'Root=1-67891233-abcdef012345678912345678;Sampled=1';
    my ($connect, $message) = four('/ws',
        headers => [ 'X-Amzn-Trace-Id' => $root ]);

    is +(seen($connect))[0], '67891233abcdef012345678912345678';
    is +(seen($message))[0], root($message), 'and of no other event';

    for my $wrong ('Root=1-67891233-abcdef', 'x', 'Root=1-' . '0' x 8 . '-'
                   . '0' x 24, 'Root=1-6789123G-abcdef012345678912345678')
    {
        ws_connect('/ws', headers => [ 'X-Amzn-Trace-Id' => $wrong ])->drop;
    }

    my @connects = ledger_events(5, qr/connect\z/);

    isnt +(seen($_))[0], '0' x 32, 'what is no trace begins one'
        for grep { $_->{uri} eq '/connect' } @connects;
}


=== TEST 3: a connection's events belong to the trace of its handshake
--- config eval
"location /ws { wsgw_api z; wsgw_trace connection; $::Stage } $::Pushes"
. $::Int
--- ws eval
sub {
    my @e = four('/ws',
                 headers => [ traceparent => "00-$::Trace-$::Span-01" ]);
    my %span;

    for (@e) {
        my ($trace, $span, $flags) = seen($_);

        is $trace, $::Trace, $_->{uri};
        is $flags, '01';
        is $_->{headers}{traceparent}, $_->{headers}{'x-seen'},
           'a header brings it';
        is root($_), $::Trace, 'X-Ray agrees';
        $span{$span}++;
    }

    is keys %span, 4, 'four spans';
    is $span{$::Span}, undef, 'none is the client\'s';
}


=== TEST 4: what is no traceparent begins a trace that the connection keeps
--- config eval
"location /ws { wsgw_api z; wsgw_trace connection; $::Stage } $::Pushes"
. $::Int
--- ws eval
sub {
    my %trace;
    my $n = 0;

    for my $wrong ([], [ traceparent => 'x' ],
        [ traceparent => "00-$::Trace-" . '0' x 16 . '-01' ],
        [ traceparent => '00-' . '0' x 32 . "-$::Span-01" ],
        [ traceparent => "00-$::Trace-$::Span-01-x" ],
        [ traceparent => uc "00-$::Trace-$::Span-01" ],
        [ traceparent => "ff-$::Trace-$::Span-01" ],
        [ (traceparent => "00-$::Trace-$::Span-01") x 2 ])
    {
        my $c = ws_connect('/ws', headers => $wrong);
        $c->send('x');
        $c->recv;

        my ($connect, $message) = (ledger_events($n += 2))[-2, -1];
        my ($trace) = seen($connect);

        is +(seen($message))[0], $trace, 'one trace';
        isnt $trace, $::Trace, 'of its own';
        is root($message), $trace;
        $trace{$trace}++;
    }

    is keys %trace, 8, 'none twice';

    # what a later version says more, and what is not sampled

    for my $flags ('00', '01', '02', 'ff') {
        my $c = ws_connect('/ws', headers =>
            [ traceparent => "cc-$::Trace-$::Span-$flags-more" ]);
        my ($connect) = (ledger_events(++$n))[-1];
        my ($trace, undef, $sampled) = seen($connect);

        is "$trace $sampled", "$::Trace 0" . (hex($flags) & 1),
           "flags $flags";
    }
}


=== TEST 5: another worker goes on with the trace
--- config eval
"location /ws { wsgw_api z; wsgw_trace connection; $::Stage } $::Pushes"
. $::Int
--- ws eval
sub {
    my $c = ws_connect('/ws',
                       headers => [ traceparent => "00-$::Trace-$::Span-00" ]);

    ledger_events(1);
    kill KILL => worker_pids();

    my ($e) = ledger_events(1, qr/disconnect/);
    my ($trace, $span, $flags) = seen($e);

    is "$trace $flags", "$::Trace 00", 'the trace';
    is $e->{headers}{traceparent}, "00-$trace-$span-00", 'in a header';
}
--- tolerate
exited on signal 9


=== TEST 6: off, and a function
--- config eval
<<"END" . $::Int
    wsgw_trace connection;

    location /off {
        wsgw_api z;
        wsgw_trace off;
        $::Stage
    }
    location /function {
        wsgw_api z stage=function;
        wsgw_route \$connect /int/connect;
        wsgw_route \$default /int/message;
    }
END
--- ws eval
sub {
    for (four('/off')) {
        is $_->{headers}{'x-seen'}, undef, 'no variable';
        like root($_), qr/^\w{32}\z/, 'X-Ray as ever';
    }

    my $c = ws_connect('/function',
                       headers => [ traceparent => "00-$::Trace-$::Span-01" ]);
    my ($e) = (ledger_events(5))[-1];

    is +(seen($e))[0], $::Trace, 'a function has the header of its call';
    is root($e), $::Trace;
    is json($e->{body})->{headers}{traceparent}, "00-$::Trace-$::Span-01",
       'and the client\'s in its event';
}
--- backend eval
sub { return $_[0]{uri} =~ /connect/ ? '{"statusCode":200}' : '' }


=== TEST 7: a word that is none of the three
--- config
    wsgw_trace on;
--- must_die
--- error_log
invalid value "on", write "wsgw_trace message", "wsgw_trace connection" or "wsgw_trace off"


=== TEST 8: twice
--- config
    wsgw_trace off;
    wsgw_trace off;
--- must_die
--- error_log
"wsgw_trace" directive is duplicate


=== TEST 9: a module that traces finds a request in each event
--- config eval
<<"END" . $::Int
    tracer on;

    location /ws {
        wsgw_api z;
        $::Stage
    }
    location /error {
        wsgw_api z stage=error;
        wsgw_integration_type http_proxy;
        wsgw_route \$default /int2/x response;
        wsgw_route rewritten /rewrite response;
        wsgw_route named \@named response;
    }
    location /int2/ {
        internal;
        error_page 502 = /page;
        proxy_pass http://127.0.0.1:1/;
    }
    location = /page {
        internal;
        return 200 page;
    }
    location = /rewrite {
        internal;
        rewrite ^ /page last;
    }
    location \@named {
        return 200 named;
    }
END
--- ws eval
sub {
    my @e = four('/ws');

    like $_->{headers}{traceparent}, qr/^00-\w{32}-\w{16}-01\z/,
         "$_->{uri}: the module's" for @e;

    my @spans = spans(5);

    is scalar(grep { m{"/int/} } @spans), 4, 'a span of each event';
    is scalar(grep { m{"/ws"} } @spans), 1, 'and of the handshake';

    my $c = ws_connect('/error');

    for (['x' => 'page'], ['{"action":"rewritten"}' => 'page'],
         ['{"action":"named"}' => 'named'])
    {
        $c->send($_->[0]);
        is $c->recv, $_->[1], "$_->[0]: $_->[1]";
    }

    unlike error_log(), qr/tracer does not know/, 'all are known';
    is scalar(grep { m{"/page"} } spans(9)), 2, 'redirected ones once each';
}


=== TEST 10: a trace from the client by the stage to the backend
--- config eval
<<"END" . $::Int
    tracer on;

    location /ws {
        wsgw_api z;
        wsgw_trace connection;
        $::Stage
    }
END
--- ws eval
sub {
    my @e = four('/ws',
                 headers => [ traceparent => "00-$::Trace-$::Span-01" ]);
    my %span;

    for (map { [ split / / ] } spans(5)) {
        my ($trace, $parent, $span, $uri) = @$_;

        is $trace, $::Trace, "$uri is a span of the client's trace";
        $span{$span} = { parent => $parent, uri => $uri };
    }

    my ($handshake) = grep { $_->{uri} eq '"/ws"' } values %span;

    is $handshake->{parent}, $::Span, 'the handshake is the client\'s child';

    # the backend sees the module's span of its event, whose parent is ours

    my %parent;

    for (@e) {
        my ($trace, $span) = seen($_, 'traceparent');

        is $trace, $::Trace, "$_->{uri} at the backend";
        is $_->{headers}{'x-seen'}, $_->{headers}{traceparent},
           'the variable as the header';
        $parent{ $span{$span}{parent} }++;
    }

    is keys %parent, 4, 'each is a child of its event';
    is $parent{$::Span}, undef, 'none of the client itself';
}
