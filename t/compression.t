# permessage-deflate (RFC 7692) without context takeover: what is negotiated,
# groups 12 and 13 of the Autobahn test suite in other words, what may be in
# a compressed message and what ends the connection.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Compress::Raw::Zlib qw( Z_BUF_ERROR Z_FULL_FLUSH Z_OK Z_SYNC_FLUSH );
use Wsgw::Play;
use Wsgw::Usage;

our $Http = <<'_EOC_';
    wsgw_zone zone=z:1m;
_EOC_

# a stage at /ws that echoes, and compresses unless told otherwise

sub stage {
    my ($directives) = @_;

    return <<"END";
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_compression on;
        wsgw_route \$default /echo response;
        $directives
    }
    location = /echo {
        internal;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_LEDGER_PORT/echo/unwritten;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
END
}

# the answer to an offer (one value, or a list: a header line each)

sub answer {
    my (@lines) = @_;

    my $c = ws_connect('/ws', headers =>
                       [ map { ('Sec-WebSocket-Extensions' => $_) } @lines ]);
    my $answer = $c->status == 101
                 ? $c->header('Sec-WebSocket-Extensions') // 'none'
                 : $c->status;

    $c->drop;

    return $answer;
}

our $Both = 'permessage-deflate; server_no_context_takeover; '
            . 'client_no_context_takeover';

sub compressing {
    my ($offer) = @_;

    my $c = ws_connect('/ws', extensions => $offer // 'permessage-deflate');

    is substr($c->header('Sec-WebSocket-Extensions') // '', 0,
              length $::Both), $::Both, 'compression is agreed';

    return $c;
}

# a message's payload, and back

our $Tail = "\0\0\xff\xff";

sub deflated {
    my ($data, %options) = @_;

    my $z = Compress::Raw::Zlib::Deflate->new(
        -WindowBits => -15, -AppendOutput => 1, %options);
    my $out = '';

    $z->deflate($data, $out);
    $z->flush($out, Z_SYNC_FLUSH);

    return substr $out, 0, -4;
}

# undef unless it is whole, and within the window: inflate() looks back as far
# as it has written in a call, hence the small portions

sub inflated {
    my ($bytes, $bits) = @_;

    my $z = Compress::Raw::Zlib::Inflate->new(
        -WindowBits => -($bits // 15), -AppendOutput => 1);
    my $out = '';

    for my $in (unpack '(a8)*', $bytes . $::Tail) {
        my $rc = $z->inflate($in, $out);

        return undef if $rc != Z_OK && $rc != Z_BUF_ERROR || length $in;
    }

    return $out;
}

# so many bytes a write: one, in long frames a few

sub few { return 1 + int(length($_[0]) / 2000) }

# the next message's frame; payload inflated, compressed tells whether

sub received {
    my ($c, $bits) = @_;

    my $f = $c->recv_frame // { fin => 0, rsv => 0, payload => '' };

    $f->{compressed} = $f->{rsv} == 4;
    $f->{wire} = $f->{payload};
    $f->{payload} = inflated($f->{wire}, $bits) if $f->{compressed};

    return $f;
}

# the frames' bytes end the connection, with a code and reason, however they
# arrive

sub ends {
    my ($what, $bytes, $code, $reason) = @_;

    for my $step (undef, 1) {
        my $c = ws_connect('/ws', extensions => 'permessage-deflate');
        my $way = $step ? 'byte by byte' : 'at once';

        $c->send_raw($bytes, $step);

        my $f = $c->recv_frame;

        is frame($f), "8 $code $reason", "$what, $way";
        ok $c->eof(2), "$what, $way: the end";
        $c->drop;
    }
}

sub frame {
    my ($f) = @_;

    return 'none' unless $f;
    return $f->{opcode} == Wsgw::Client::CLOSE
           ? join ' ', 8, unpack 'n a*', $f->{payload}
           : "$f->{opcode} $f->{payload}";
}

# as "ends", but the message comes back, text or octets

sub echoes {
    my ($what, $bytes, $message) = @_;

    for my $step (undef, 1) {
        my $c = ws_connect('/ws', extensions => 'permessage-deflate');

        $c->send_raw($bytes, $step);
        is received($c)->{payload}, $message,
           $what . ($step ? ', byte by byte' : ', at once');
        is $c->close(1000), 1000, "$what: then it is closed";
    }
}

# texts of a size: of words, that get shorter, and of characters by chance

srand 7692;

my @words = map { join '', map { chr 97 + rand 26 } 0 .. 2 + rand 8 } 1 .. 400;

sub words {
    my ($size) = @_;

    my $text = '';
    $text .= $words[rand @words] . ' ' while length $text < $size;

    return substr $text, 0, $size;
}

sub noise {
    my ($size) = @_;
    return pack 'C*', map { rand 256 } 1 .. $size;
}

# of the one process that there is

sub kilobytes {
    my ($field) = @_;

    open my $file, '<', "/proc/@{[ master_pid() ]}/status"
        or die "no status: $!\n";

    return (map { /^$field:\s+(\d+)/ } <$file>)[0];
}

every_block(http_config => $Http);

run_tests();

__DATA__

=== TEST 1: offers and what is agreed
--- config eval: main::stage('')
--- ws eval
sub {
    my $pd = 'permessage-deflate';

    my @cases = (
        [ $pd => '' ],
        [ "$pd; server_no_context_takeover" => '' ],
        [ "$pd; client_no_context_takeover" => '' ],
        [ "$pd; client_no_context_takeover; server_no_context_takeover"
          => '' ],
        [ "$pd; client_max_window_bits" => '; client_max_window_bits=15' ],
        map({ [ "$pd; client_max_window_bits=$_"
                => "; client_max_window_bits=$_" ] } 8 .. 15),
        map({ [ "$pd; server_max_window_bits=$_"
                => "; server_max_window_bits=$_" ] } 9 .. 15),
        [ "$pd; client_max_window_bits=9; server_max_window_bits=10"
          => '; server_max_window_bits=10; client_max_window_bits=9' ],
        [ "$pd; server_max_window_bits=\"12\""
          => '; server_max_window_bits=12' ],
        [ "$pd ;\tserver_max_window_bits = 12 "
          => '; server_max_window_bits=12' ],
        [ 'Permessage-Deflate; SERVER_MAX_WINDOW_BITS=12'
          => '; server_max_window_bits=12' ],

        # the first that can be had of several, in one line or more

        [ "$pd; server_max_window_bits=10, $pd"
          => '; server_max_window_bits=10' ],
        [ "$pd; server_max_window_bits=8, $pd; server_max_window_bits=9"
          => '; server_max_window_bits=9' ],
        [ "$pd; unknown, $pd; client_max_window_bits=11"
          => '; client_max_window_bits=11' ],
        [ "x-other; a=b, , $pd" => '' ],
    );

    is answer($_->[0]), $::Both . $_->[1], $_->[0] for @cases;

    is answer("$pd; server_max_window_bits=7", 'x-other',
              "$pd; server_max_window_bits=11", $pd),
       "$::Both; server_max_window_bits=11", 'in four lines';
}


=== TEST 2: offers that cannot be had are passed over, broken ones refused
--- config eval: main::stage('')
--- ws eval
sub {
    my $pd = 'permessage-deflate';

    for my $bits (qw( 0 7 8 16 99 015 09 -9 1e1 abc 9x x9 "16" )) {
        is answer("$pd; server_max_window_bits=$bits"), 'none',
           "server_max_window_bits=$bits";
    }

    for my $bits (qw( 0 7 16 99 08 abc 256 4294967305 )) {
        is answer("$pd; client_max_window_bits=$bits"), 'none',
           "client_max_window_bits=$bits";
    }

    for my $offer ("$pd; server_max_window_bits", "$pd; unknown",
                   "$pd; server_no_context_takeover=1",
                   "$pd; client_no_context_takeover=yes",
                   "$pd; server_no_context_takeover; "
                   . 'server_no_context_takeover',
                   "$pd; client_max_window_bits; client_max_window_bits=9",
                   'x-webkit-deflate-frame', 'permessage-deflat',
                   'permessage-deflated')
    {
        is answer($offer), 'none', $offer;
    }

    for my $broken ("$pd; server_max_window_bits=", "$pd;", "; $pd",
                    "$pd; =9", "$pd $pd", "$pd; server_max_window_bits=\"9",
                    "$pd; a=\"b c\"", "$pd, \@")
    {
        is answer($broken), 400, $broken;
    }

    is answer('none offered'), 400, 'two tokens';
    is answer(), 'none', 'no offer';
}


=== TEST 3: without wsgw_compression nothing is agreed, and RSV1 is an error
--- config eval: main::stage('wsgw_compression off;') =~ s/wsgw_compression on;//r
--- ws eval
sub {
    is answer('permessage-deflate'), 'none';

    ends('RSV1', text(deflated('hello'), rsv => 4), 1002, 'Reserved bit set');
}


=== TEST 4: RSV1 is on the first frame of a data message, and nowhere else
--- config eval: main::stage('')
--- ws eval
sub {
    my $z = deflated('hello');

    ends('on a ping', ping('x', rsv => 4), 1002, 'Reserved bit set');
    ends('on a pong', pong('x', rsv => 4), 1002, 'Reserved bit set');
    ends('on a Close', bye(1000, '', rsv => 4), 1002, 'Reserved bit set');
    ends("RSV$_->[0]", text($z, rsv => $_->[1]), 1002, 'Reserved bit set')
        for [ 2, 2 ], [ 3, 1 ], [ '1 and 2', 6 ], [ '1 to 3', 7 ];
    ends('on a continuation', more($z, rsv => 4) . cont('', rsv => 4), 1002,
         'Reserved bit set');
    ends('on a continuation of a plain message', more('x') . cont($z, rsv => 4),
         1002, 'Reserved bit set');

    # an agreement is no duty (RFC 7692, 6)

    echoes('a plain message', text('hello'), 'hello');
    echoes('a plain message in parts', more('hel') . cont('lo'), 'hello');

    my $c = compressing();

    $c->send_raw(text('plain') . text($z, rsv => 4) . text('plain')
                 . more($z, rsv => 4) . cont(''));
    is $c->recv, $_, 'one after the other' for qw( plain hello plain hello );
}


=== TEST 5: groups 12 and 13: sizes, both types, every window
--- config eval
main::stage('wsgw_max_message_size 140k; wsgw_max_queue_size 1m;')
--- ws eval
sub {
    my $pd = 'permessage-deflate';

    for my $bits (undef, 9 .. 15) {
        my $offer = $bits ? "$pd; server_max_window_bits=$bits; "
                            . "client_max_window_bits=$bits" : $pd;
        my $c = compressing($offer);

        for my $size (16, 63, 64, 65, 256, 1024, 4096, 8192, 16384, 32768,
                      65536, 131072)
        {
            my $text = words($size);
            my @option = $bits ? (-WindowBits => -$bits) : ();

            for my $slow (0, 1) {
                my $frame = text(deflated($text, @option), rsv => 4);

                $c->send_raw($frame, $slow ? few($frame) : undef);

                my $f = received($c, $bits);

                is $f->{payload} eq $text, 1,
                   "$size bytes, window " . ($bits // 'of 15');
                is $f->{opcode}, Wsgw::Client::TEXT, 'a text';
                is $f->{compressed}, $size >= 256 || $f->{compressed},
                   'compressed';
                cmp_ok length $f->{wire}, '<=', $size, 'and no longer';
            }

            my $octets = noise($size);

            for my $slow (0, 1) {
                my $frame = binary(deflated($octets, @option), rsv => 4);

                $c->send_raw($frame, $slow ? few($frame) : undef);

                my $f = received($c, $bits);

                is $f->{payload} eq $octets, 1, "$size octets";
                is $f->{opcode}, Wsgw::Client::BINARY, 'octets';
                ok !$f->{compressed}, 'that do not get shorter go plain';
            }
        }

        is $c->close(1000), 1000;
    }
}


=== TEST 6: messages stand alone, in either direction
--- config eval: main::stage('')
--- ws eval
sub {
    my $c = compressing();
    my $text = words(2000);
    my %wire;

    for (1 .. 3) {
        $c->send_raw(text(deflated($text), rsv => 4));
        $wire{ received($c)->{wire} } = 1;
    }

    is scalar(keys %wire), 1, 'the same bytes each time';

    # RFC 7692, 7.2.3.2: the second refers to the first

    my $hello = "\xf2\x48\xcd\xc9\xc9\x07\0";

    $c->send_raw(text($hello, rsv => 4));
    is $c->recv, 'Hello';
    $c->send_raw(text("\xf2\0\x11\0\0", rsv => 4));
    is $c->close_code, 1007, 'a reference to another message';
}


=== TEST 7: fragments, with control frames between them
--- config eval: main::stage('wsgw_max_fragments 5000;')
--- ws eval
sub {
    my $text = words(3000);
    my $z = deflated($text);

    for my $size (1, 2, 7, 64, 500, length($z) - 1) {
        my @parts = unpack "(a$size)*", $z;
        my $last = pop @parts;

        echoes("fragments of $size bytes",
               more(shift @parts, rsv => 4)
               . join('', map { cont_more($_) } @parts) . cont($last),
               $text);
    }

    echoes('an empty first and an empty last fragment',
           more('', rsv => 4) . cont_more($z) . cont_more('') . cont(''),
           $text);

    for my $step (undef, 1) {
        my $c = compressing();

        $c->send_raw(more(substr($z, 0, 5), rsv => 4) . ping('between')
                     . cont_more(substr $z, 5, 100) . pong('')
                     . ping('again') . cont(substr $z, 105), $step);

        is frame($c->recv_frame), "10 $_", "a pong, $_" for qw( between again );
        is received($c)->{payload}, $text, 'then the message';
        $c->drop;
    }

    ends('a new message inside of one',
         more(substr($z, 0, 9), rsv => 4) . text($z, rsv => 4), 1002,
         'New message inside a fragmented one');
}


=== TEST 8: empty messages, and those not worth it, go plain
--- config eval: main::stage('')
--- ws eval
sub {
    my $c = compressing();

    for my $empty ("\0", "\x02\0", "\0\0\0\xff\xff\0", "\x03\0", "\1\0\0\xff\xff") {
        $c->send_raw(text($empty, rsv => 4));

        my $f = received($c);

        is $f->{payload}, '', 'empty: ' . unpack 'H*', $empty;
        is $f->{rsv}, 0, 'plain';
    }

    $c->send_raw(text('a' x 63));
    is received($c)->{rsv}, 0, '63 bytes';
    $c->send_raw(text('a' x 64));
    is received($c)->{rsv}, 4, '64 bytes';
}


=== TEST 9: the blocks of RFC 7692, 7.2.3, final ones included
--- config eval: main::stage('')
--- ws eval
sub {
    my $sends = sub {
        my ($what, $payload, $message) = @_;
        echoes($what, text($payload, rsv => 4), $message);
    };

    my $final = "\xf3\x48\xcd\xc9\xc9\x07\0";
    my $stored = pack 'C v v a*', 0, 5, ~5 & 0xffff, 'Hello';

    $sends->('7.2.3.1: one block', "\xf2\x48\xcd\xc9\xc9\x07\0", 'Hello');
    $sends->('7.2.3.3: no compression', "$stored\0", 'Hello');
    $sends->('7.2.3.4: a final block', "$final\0", 'Hello');
    $sends->('7.2.3.5: two blocks',
             "\xf2\x48\x05\0\0\0\xff\xff\xca\xc9\xc9\x07\0", 'Hello');

    $sends->('a final block with nothing behind it', $final, 'Hello');
    $sends->('final blocks', "$final$final$final\0", 'Hello' x 3);
    $sends->('a final block and others', "$final$stored\0", 'Hello' x 2);
    $sends->('many final blocks', "\x03\0" x 10000 . "$final\0", 'Hello');

    my $many = '';
    my $z = Compress::Raw::Zlib::Deflate->new(-WindowBits => -15,
                                              -AppendOutput => 1);

    for my $n (1 .. 50) {
        $z->deflate("part $n ", $many);
        $z->flush($many, $n % 2 ? Z_SYNC_FLUSH : Z_FULL_FLUSH);
    }

    $sends->('50 flushed parts', substr($many, 0, -4),
             join '', map { "part $_ " } 1 .. 50);
}


=== TEST 10: what a deflate does not write ends the connection with 1007
--- config eval: main::stage('')
--- ws eval
sub {
    my $bad = sub {
        my ($what, $payload) = @_;
        ends($what, text($payload, rsv => 4), 1007, 'Invalid compressed data');
    };

    $bad->('a block of type 3', "\x06");
    $bad->('a stored block whose lengths differ', "\0\5\0\0\0Hello\0");
    $bad->('a distance beyond the start', "\xf2\0\x11\0\0");
    $bad->('a code that is none', "\xff" x 10);
    $bad->('text', 'not compressed at all');
    $bad->('rubbish behind a final block', "\xf3\x48\xcd\xc9\xc9\x07\0\xff");
    $bad->('zlib\'s header', "\x78\x9c" . deflated('hello'));
    $bad->('nothing', '');

    # cut anywhere it is no message, though nothing in it is wrong

    $bad->('half a stored block', "\0\x20\0\xdf\xffHello");
    $bad->('half its lengths', "\0\x20\0");

    for my $whole ("\xf2\x48\xcd\xc9\xc9\x07\0", deflated(words(200))) {
        for my $n (1 .. length($whole) - 1) {
            my $c = ws_connect('/ws', extensions => 'permessage-deflate');

            $c->send_raw(text(substr($whole, 0, $n), rsv => 4));
            is frame($c->recv_frame), '8 1007 Invalid compressed data',
               "$n bytes of " . length $whole;
            $c->drop;
        }
    }

    my $c = compressing();

    $c->send_raw(text(deflated('hello'), rsv => 4));
    is $c->recv, 'hello', 'others are not affected';
}


=== TEST 11: UTF-8 is judged as inflated, of texts only
--- config eval: main::stage('')
--- ws eval
sub {
    my $euro = "\xe2\x82\xac";

    for my $broken ("\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                    "ok \xe2\x82", "\xe2\x82", "$euro\x80")
    {
        ends('not UTF-8: ' . unpack('H*', $broken),
             text(deflated($broken), rsv => 4), 1007, 'Invalid UTF-8');
        echoes('as octets: ' . unpack('H*', $broken),
               binary(deflated($broken), rsv => 4), $broken);
    }

    # neither are the compressed bytes, nor is a fragment, a text

    my $z = deflated($euro x 100);
    my @parts = unpack '(a3)*', $z;

    echoes('characters over fragments',
           more(shift @parts, rsv => 4)
           . join('', map { cont_more($_) } @parts) . cont(''), $euro x 100);
}


=== TEST 12: a message ends at its limit, whatever it would inflate to
--- config eval
main::stage('wsgw_max_message_size 1000;')
--- ws eval
sub {
    for my $size (999, 1000) {
        my $text = 'a' x $size;
        echoes("$size bytes", text(deflated($text), rsv => 4), $text);
    }

    for my $size (1001, 1002, 4095, 4096, 4097, 100_000) {
        ends("$size bytes", text(deflated('a' x $size), rsv => 4), 1009,
             'Message too long');
    }

    # bytes on the wire may be an eighth more, and 64, for what gets longer

    my $noise = noise(1000);

    echoes('1000 octets by chance', binary(deflated($noise), rsv => 4), $noise);
    ends('1190 bytes on the wire', substr(text("\0" x 1190, rsv => 4), 0, 8),
         1009, 'Max frame length of 1189 has been exceeded.');

    my $empty = "\0\0\0\xff\xff" x 100;

    ends('1500 bytes in fragments', more($empty, rsv => 4)
         . cont_more($empty) . cont_more($empty), 1009, 'Message too long');
}


=== TEST 13: a bomb takes no more memory than two messages of the limit
--- config eval
main::stage('wsgw_max_message_size 4m; wsgw_max_queue_size 4m;')
--- ws eval
sub {
    # a MB of zeros, as often as 1 MB on the wire allows: 1 GB

    my $z = Compress::Raw::Zlib::Deflate->new(-WindowBits => -15,
                                              -AppendOutput => 1);
    my $one = '';

    $z->deflate("\0" x (1 << 20), $one);
    $z->flush($one, Z_FULL_FLUSH);

    my $times = int((1 << 20) / length $one);
    my $bomb = substr $one x $times, 0, -4;

    cmp_ok $times, '>', 950, "$times MB in " . length $bomb;

    my $c = compressing();

    $c->send_raw(text(deflated(words(100_000)), rsv => 4));
    is length received($c)->{payload}, 100_000, 'the states are made';

    my $before = kilobytes('VmHWM');

    for (1 .. 5) {
        my $c = ws_connect('/ws', extensions => 'permessage-deflate');

        $c->send_raw(binary($bomb, rsv => 4));
        is $c->close_code, 1009, 'a bomb';
        $c->drop;
    }

    my $grown = kilobytes('VmHWM') - $before;

    Test::More::note("peak $grown kB above the start, for 4096 kB");

    cmp_ok $grown, '<', 8192, 'kB at the peak' if memory_counts();
}


=== TEST 14: memory is flat over rounds of clients
--- config eval: main::stage('')
--- ws eval
sub {
    my @rss;

    for my $round (1 .. 6) {
        my @c = map { ws_connect('/ws', extensions => 'permessage-deflate') }
                1 .. 60;

        for my $message (1 .. 5) {
            my $z = text(deflated(words(2000)), rsv => 4);

            $_->send_raw($z) for @c;
            $_->recv_frame or fail 'an echo' for @c;
        }

        $_->drop for @c;

        # the last one's end is behind theirs

        is compressing()->close(1000), 1000, "round $round";

        push @rss, kilobytes('VmRSS');
    }

    Test::More::note("resident kB: @rss");

    # how much is inflated at once differs, but 300 clients leave no 4 kB each

    cmp_ok $rss[-1], '<', $rss[0] + 1200, 'as in the first'
        if memory_counts();
}


=== TEST 15: nothing stays counted for wsgw_worker_memory
--- http_config eval: "$::Http wsgw_worker_memory 1;"
--- config eval: main::stage('')
--- ws eval
sub {
    # with a byte left over no client would come in

    my $z = deflated(words(5000));

    for my $what (
        [ 'a whole message', text($z, rsv => 4) ],
        [ 'fragments', more(substr($z, 0, 99), rsv => 4)
                       . cont(substr $z, 99) ],
        [ 'half a message', more(substr($z, 0, 99), rsv => 4) . ping('') ],
        [ 'half a frame', ping('') . substr(text($z, rsv => 4), 0, 500) ],
        [ 'rubbish', text('rubbish', rsv => 4) ],
        [ 'a bomb', text(deflated('a' x 200_000), rsv => 4) ],
        [ 'no UTF-8', text(deflated("\xff" x 5000), rsv => 4) ],
        [ 'nothing', text("\0", rsv => 4) ])
    {
        my $c = ws_connect('/ws', extensions => 'permessage-deflate');

        is $c->status, 101, 'nothing is counted';
        $c->send_raw($what->[1]);
        ok $c->recv_frame, "an answer to $what->[0]";
        $c->drop;

        ok wait_until(sub { http(GET => '/ws', headers => [
                Upgrade => 'websocket', Connection => 'Upgrade',
                'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ==',
                'Sec-WebSocket-Version' => 13 ])->status == 101 }),
           "$what->[0]: nothing stays";
    }
}


=== TEST 16: a client that keeps its context is told in the log what it does
--- config eval: main::stage('')
--- ws eval
sub {
    # what Mojolicious and Tornado do: one deflate for all their messages

    my $client = sub {
        my (%options) = @_;

        my $z = Compress::Raw::Zlib::Deflate->new(
            -WindowBits => -15, -AppendOutput => 1, %options);

        return sub {
            my $out = '';

            $z->deflate($_[0], $out);
            $z->flush($out, Z_SYNC_FLUSH);

            return substr $out, 0, -4;
        };
    };

    my $told = sub { scalar(() = error_log() =~ /client_no_context_tak/g) };

    my $refused = sub {
        my ($what, $count, @payloads) = @_;

        my $c = compressing();
        my $last = pop @payloads;

        for (@payloads) {
            $c->send_raw(ref $_ ? $$_ : text($_, rsv => 4));
            ok defined $c->recv, "$what: a message before it";
        }

        $c->send_raw(text($last, rsv => 4));
        is frame($c->recv_frame), '8 1007 Invalid compressed data', $what;
        $c->drop;
        is $told->(), $count, "$what: the log";
    };

    my $hello = "hello, hello, here I am again";
    my $says = $client->();

    $refused->('the same once more', 1, $says->($hello), $says->($hello));

    $says = $client->();
    $refused->('a third one', 2, $says->('{"action":"first"}'),
               $says->('0123456789'), $says->('{"action":"third"}'));

    $says = $client->();
    $refused->('behind plain ones and long ones', 3, \text('plain'),
               $says->(words(2000)), \text('plain'), $says->(words(2000)));

    $says = $client->(-WindowBits => -9);
    $refused->('of a small window', 4, $says->('abcdefgh' x 4),
               $says->('abcdefgh' x 4));

    # anything else that is wrong is not that

    my $back = "\xf2\0\x11\0\0";

    $refused->('a distance beyond the start', 4, $back);
    $refused->('behind plain messages only', 4, \text('plain'), $back);
    $refused->('a code that is none', 4, deflated($hello), "\xff" x 10);
    $refused->('cut short', 4, deflated($hello),
               substr(deflated($hello), 0, -3));
    $refused->('not compressed', 4, deflated($hello), 'not compressed');

    like error_log(), qr/client\ broke\ the\ protocol:\ 1007
                         \ "Invalid\ compressed\ data";\ the\ client\ does
                         \ not\ keep\ to\ client_no_context_takeover,
                         \ write\ "wsgw_compression\ off"/x;
}
