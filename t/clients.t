# docs/clients.md: the loop of the page comes back, with Debian's ws for the
# browser's WebSocket; its tables have all that a client can get.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Cwd qw( getcwd );
use IPC::Open2 qw( open2 );

use Wsgw::Page;

our $Top = getcwd();
our $Text = text('docs/clients.md');

sub text {
    my ($name) = @_;

    open my $in, '<', "$Top/$name" or die "$name: $!\n";
    local $/;

    return <$in>;
}

# The loop runs in node and prints a line for each state and message; a line that
# it reads is a command. What has to be done before its next attempt it does by
# itself, in a function of the state and why it is in it.

our ($In, $Out, $Pid);

sub start_loop {
    my ($url, $options, $then) = @_;

    $then //= '() => {}';

    my ($block) = grep { "@{ $_->{words} }" eq 'reconnect.js' }
                       Wsgw::Page->new("$Top/docs/clients.md")->blocks;

    my $program = join "\n", @{ $block->{lines} }, <<"_EOC_";
        globalThis.WebSocket = require('ws');
        const c = connect('$url', { $options
            onMessage: (text) => console.log('message ' + text),
            onState: (state, why = {}) => {
                console.log(state, why.code ?? '', why.delay ?? '');
                ($then)(state, why);
            },
        });
        require('readline').createInterface({ input: process.stdin })
            .on('line', (line) => eval(line))
            .on('close', () => process.exit());
_EOC_

    local $ENV{NODE_PATH} = '/usr/share/nodejs';

    $Pid = open2($Out, $In, 'node', '-e', $program);
    $In->autoflush;
}

sub end_loop {
    close $In;
    waitpid $Pid, 0;
}

# the next line

sub line {
    my $line;

    local $SIG{ALRM} = sub { die "the loop says nothing\n" };
    alarm 60;
    $line = <$Out>;
    alarm 0;

    chomp $line if defined $line;

    return $line;
}

every_block(http_config => 'wsgw_zone zone=z:1m;
                            wsgw_integration_type http_proxy;');

run_tests();

__DATA__

=== TEST 1: the loop comes back, waits longer, and stays away when told
--- config
    location /chat {
        wsgw_api   z;
        wsgw_route $connect /int/connect;
        wsgw_route $default /int/echo;
    }
    location ^~ /chat/@connections { wsgw_management z; }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
    }
--- ws eval
sub {
    my $port = $ENV{TEST_NGINX_PORT};
    my $id = sub { (ledger_events($_[0]))[-1]{headers}{'x-connection-id'} };
    my $delete = sub {
        http(DELETE => '/chat/@connections/' . $id->($_[0]) . $_[1])->status;
    };

    start_loop("ws://127.0.0.1:$port/chat", '',
               '(state, why) => why.code === 1012 && c.now()');

    is line(), 'connecting  ';
    is line(), 'open  ', 'open';

    print $::In "c.send('hello')\n";
    is line(), 'message hello', 'a message goes there and back';

    is $delete->(2, ''), 204, 'the backend ends it';
    like line(), qr/^waiting 1000 (?:2[5-9]\d|[34]\d\d)(?:\.\d+)?$/,
         'it waits for up to half a second';
    is line(), 'connecting  ';
    is line(), 'open  ', 'it is back';

    is $delete->(3, '?code=1012'), 204, 'again';
    like line(), qr/^waiting 1012 (?:[5-9]\d\d)(?:\.\d+)?$/, 'it waits longer';
    is line(), 'connecting  ', 'unless it is told not to';
    is line(), 'open  ';

    is $delete->(4, '?code=4001'), 204, 'with a code of ours';
    is line(), 'closed 4001 ', 'it stays away';

    end_loop();
}


=== TEST 2: a refused handshake is 1006, and close() ends the loop
--- config
    location /chat {
        wsgw_api   z;
        wsgw_route $connect /int;
    }
    location = /int {
        internal;
        return 403;
    }
--- ws eval
sub {
    # the next attempt would come within a second

    start_loop("ws://127.0.0.1:$ENV{TEST_NGINX_PORT}/chat", '', <<'_EOC_');
        (state) => {
            if (state === 'waiting') {
                c.close();
                setTimeout(() => console.log('left'), 1100);
            }
        }
_EOC_

    is line(), 'connecting  ';
    like line(), qr/^waiting 1006 /, 'refused';
    is line(), 'left', 'and no attempt follows';

    end_loop();
}


=== TEST 3: a subprotocol that nobody answers ends the connection
--- config
    location /chat {
        wsgw_api   z;
        wsgw_route $connect /int/connect;
        wsgw_route $default /int/echo;
    }
    location = /int/connect {
        internal;
        add_header Sec-WebSocket-Protocol $chosen;
        return 200;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/;
    }
    set $chosen '';
    if ($arg_v) { set $chosen $arg_v; }
--- ws eval
sub {
    my $url = "ws://127.0.0.1:$ENV{TEST_NGINX_PORT}/chat";

    start_loop("$url?v=v1", "protocols: ['v2', 'v1'],");
    is line(), 'connecting  ';
    is line(), 'open  ', 'one that is answered';
    end_loop();

    start_loop($url, "protocols: ['v2', 'v1'],");
    is line(), 'connecting  ';
    like line(), qr/^waiting 1006/, 'none that is';
    end_loop();
}


=== TEST 4: the tables have each code and each error frame
--- config
--- ws eval
sub {
    my $source = join '', map { ::text($_) }
        map { s{^\Q$::Top\E/}{}r }
        glob "$::Top/src/socket/close.h $::Top/src/pure/protocol.c";
    my %sent = map { $_ => 1 } $source =~
        /#define +(?:NGX_HTTP_WSGW_CLOSE|WSGW_CODE)_\w+ +(\d+)/g;
    my %told = map { $_ => 1 } $::Text =~ /^\| (\d{4}) \| /mg;

    is_deeply [sort keys %told], [sort keys %sent], 'codes';

    my %frame = map { $_ => 1 } ::text('src/event/event.c')
                =~ /\[ngx_http_wsgw_failures_\w+\] = "([A-Z][\w ]+)"/g;
    my ($table) = $::Text =~ /^## Error frames\n(.*?)^## /ms;

    is_deeply [sort $table =~ /^\| `([A-Z][\w ]+)` \|/mg], [sort keys %frame],
              'error frames';
}
