# RFC 6455 from the client's side, by the groups of the Autobahn test suite,
# whose numbers the cases bear. Each is played at once and byte by byte.

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use Wsgw::Play;

every_block(http_config => 'wsgw_zone zone=z:1m;', config => <<'_EOC_');
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_max_message_size 4m;
        wsgw_route $default /echo response;
    }
    location = /echo {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT/echo/unwritten;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
_EOC_

our @Lengths = (0, 125, 126, 127, 128, 65535, 65536);

# what Markus Kuhn's "UTF-8 decoder capability and stress test" asks for

our @Valid = (
    "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
    "\0", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80",
    "\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf",
    "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf0\xa0\x80\x80",
    "\xef\xbf\xbe", "\xef\xbb\xbf",
    map({ my $n = $_; map { pack 'C*', @$_ }
          [ 0xf0 | $n >> 2, 0x80 | ($n & 3) << 4 | 0xf, 0xbf, 0xbe ],
          [ 0xf0 | $n >> 2, 0x80 | ($n & 3) << 4 | 0xf, 0xbf, 0xbf ] }
        1 .. 16),
);

our @Invalid = (
    "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80",     # too long
    "\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf",
    "\xfd\xbf\xbf\xbf\xbf\xbf", "\xf4\x90\x80\x80",
    "\x80", "\xbf", map({ "\x80\xbf" x $_ } 1 .. 3),        # continuations
    join('', map { chr } 0x80 .. 0xbf),
    join('', map { chr($_) . ' ' } 0xc0 .. 0xdf),           # first bytes
    join('', map { chr($_) . ' ' } 0xe0 .. 0xef),
    join('', map { chr($_) . ' ' } 0xf0 .. 0xf7),
    "\xf8 \xf9 \xfa \xfb ", "\xfc \xfd ",
    "\xc0", "\xe0\x80", "\xf0\x80\x80", "\xdf",             # cut short
    "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf",
    "\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80",
    "\xfe", "\xff", "\xfe\xfe\xff\xff",                     # impossible
    "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf",         # overlong
    "\xf8\x80\x80\x80\xaf", "\xc1\xbf", "\xe0\x9f\xbf",
    "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xc0\x80",
    "\xe0\x80\x80", "\xf0\x80\x80\x80",
    "\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80",         # surrogates
    "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf",
    "\xed\xa0\x80\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
);

# a message in fragments of a size

our $Fragments = sub {
    my ($opcode, $size, $payload) = @_;

    my @parts = unpack "(a$size)*", $payload;
    my $last = pop @parts;

    return ($opcode eq 'text' ? more(shift @parts) : more_binary(shift @parts))
           . join('', map { cont_more($_) } @parts)
           . cont($last);
};

our $Case = sub { play('/ws', @_) };

run_tests();

__DATA__

=== TEST 1: group 1, frames: texts and octets of every length's encoding
--- ws eval
sub {
    my $n = 1;

    for my $length (@::Lengths) {
        my $text = '*' x $length;
        my $octets = "\xfe" x $length;

        $::Case->("1.1.$n", text($text), [ text => $text ]);
        $::Case->("1.2.$n", binary($octets), [ binary => $octets ]);
        $n++;
    }

    # a multiple of no word's size, so that unmasking ends in the middle

    $::Case->("1.1.8", map { text('*' x $_), [ text => '*' x $_ ] } 1 .. 33);
    $::Case->("1.2.8", binary("\xfe" x 65537), [ binary => "\xfe" x 65537 ]);

    plays('group 1');
}


=== TEST 2: group 2, pings and pongs
--- ws eval
sub {
    my $octets = join '', map { chr } 0 .. 124;

    $::Case->('2.1', ping(''), [ pong => '' ]);
    $::Case->('2.2', ping('Hello'), [ pong => 'Hello' ]);
    $::Case->('2.3', ping("\0\xff\xfe\xfd\xfc\xfb\0\xff"),
              [ pong => "\0\xff\xfe\xfd\xfc\xfb\0\xff" ]);
    $::Case->('2.4', ping($octets), [ pong => $octets ]);
    $::Case->('2.5', ping('*' x 126), [ close => 1002 ]);

    for my $length (0, 1, 125) {
        $::Case->("2.6, $length bytes", ping('*' x $length),
                  [ pong => '*' x $length ]);
    }

    $::Case->('2.7', pong(''));
    $::Case->('2.8', pong('unasked'));
    $::Case->('2.9', pong('unasked'), ping('asked'), [ pong => 'asked' ]);
    $::Case->('2.10', join('', map { ping("ping $_") } 1 .. 10),
              [ map { (pong => "ping $_") } 1 .. 10 ]);
    $::Case->('2.11', map({ ping("ping $_"), [ pong => "ping $_" ] } 1 .. 10));

    plays('group 2');
}


=== TEST 3: group 3, reserved bits
--- ws eval
sub {
    my @hello = (text('hello'), [ text => 'hello' ]);

    $::Case->('3.1', text('hello', rsv => 1), [ close => 1002 ]);
    $::Case->('3.2', @hello, text('hello', rsv => 2), ping(''),
              [ close => 1002 ]);
    $::Case->('3.3', @hello, text('hello', rsv => 3), ping(''),
              [ close => 1002 ]);
    $::Case->('3.4', @hello, text('hello', rsv => 4), ping(''),
              [ close => 1002 ]);
    $::Case->('3.5', binary('hello', rsv => 5), [ close => 1002 ]);
    $::Case->('3.6', ping('hello', rsv => 6), [ close => 1002 ]);
    $::Case->('3.7', bye(1000, '', rsv => 7), [ close => 1002 ]);

    # on a continuation, and on the other control frame

    $::Case->('3.8', more('hel'), cont('lo', rsv => 4), [ close => 1002 ]);
    $::Case->('3.9', pong('', rsv => 1), [ close => 1002 ]);

    plays('group 3');
}


=== TEST 4: group 4, reserved opcodes
--- ws eval
sub {
    my @hello = (text('hello'), [ text => 'hello' ]);

    for my $opcode (3 .. 7, 11 .. 15) {
        my $group = $opcode < 8 ? 1 : 2;
        my $n = $opcode < 8 ? $opcode - 2 : $opcode - 10;

        for my $payload ('', 'reserved') {
            my $frame = Wsgw::Client::frame(opcode => $opcode,
                                            payload => $payload);

            $::Case->("4.$group.$n", $frame, [ close => 1002 ]);
            $::Case->("4.$group.$n behind a message", @hello, $frame,
                      ping(''), [ close => 1002 ]);
        }
    }

    plays('group 4');
}


=== TEST 5: group 5, fragments
--- ws eval
sub {
    my @all = [ text => 'fragment1fragment2' ];
    my $five = join '', map { "fragment$_" } 1 .. 5;
    my @hello = (text('hello'), [ text => 'hello' ]);

    $::Case->('5.1', ping('fragment', fin => 0), cont(''), [ close => 1002 ]);
    $::Case->('5.2', pong('fragment', fin => 0), cont(''), [ close => 1002 ]);
    $::Case->('5.3', more('fragment1') . cont('fragment2'), @all);
    $::Case->('5.4', more('fragment1'), cont('fragment2'), @all);
    $::Case->('5.5', more_binary('fragment1'), cont('fragment2'),
              [ binary => 'fragment1fragment2' ]);
    $::Case->('5.6', more('fragment1'), ping('ping'), cont('fragment2'),
              [ pong => 'ping' ], @all);
    $::Case->('5.7', more('fragment1'), ping('ping'), [ pong => 'ping' ],
              cont('fragment2'), @all);
    $::Case->('5.8', more('fragment1'), pong('pong'), cont('fragment2'), @all);

    for my $frame (cont('orphan'), cont_more('orphan')) {
        $::Case->('5.9', $frame, text('hello'), [ close => 1002 ]);
        $::Case->('5.10', @hello, $frame, text('hello'), [ close => 1002 ]);
    }

    $::Case->('5.11', more('fragment1'), cont('fragment2'), @all,
              cont('orphan'), [ close => 1002 ]);
    $::Case->('5.12', cont('', masked => 1), [ close => 1002 ]);
    $::Case->('5.13', more(''), cont_more(''), cont(''), [ text => '' ]);
    $::Case->('5.14', more_binary(''), cont_more("\xfe"), cont(''),
              [ binary => "\xfe" ]);
    $::Case->('5.15', more('fragment1'), cont('fragment2'), @all,
              cont_more('orphan'), text('hello'), [ close => 1002 ]);
    $::Case->('5.16', (cont_more('orphan'), text('hello')) x 2,
              [ close => 1002 ]);
    $::Case->('5.17', (cont('orphan'), text('hello')) x 2, [ close => 1002 ]);
    $::Case->('5.18', more('fragment1'), text('fragment2'), [ close => 1002 ]);
    $::Case->('5.18, octets', more('fragment1'), binary('fragment2'),
              [ close => 1002 ]);

    for my $wait (0, 1) {
        my @first = map { [ pong => "ping $_" ] } 1, 2;
        my @pings = map { ping("ping $_"), $wait ? shift @first : () } 1, 2;

        $::Case->('5.' . (19 + $wait),
                  more('fragment1') . cont_more('fragment2'), $pings[0],
                  $wait ? $pings[1] : (),
                  cont_more('fragment3') . cont_more('fragment4'),
                  @pings[ ($wait ? 2 : 1) .. $#pings ],
                  cont('fragment5'), @first, [ text => $five ]);
    }

    plays('group 5');
}


=== TEST 6: group 6, UTF-8
--- ws eval
sub {
    my $greek = "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3"
                . "\xa1-UTF-8!!";
    my $kosme = $::Valid[0];
    my $bad = "$kosme\xed\xa0\x80edited";
    my $n = 1;

    $::Case->('6.1.1', text(''), [ text => '' ]);
    $::Case->('6.1.2', more(''), cont_more(''), cont(''), [ text => '' ]);
    $::Case->('6.1.3', more(''), cont_more('middle'), cont(''),
              [ text => 'middle' ]);
    $::Case->('6.2.1', text($greek), [ text => $greek ]);

    for my $size (7, 1) {
        $::Case->("6.2, fragments of $size",
                  $::Fragments->('text', $size, $greek), [ text => $greek ]);
    }

    $::Case->('6.2.4', $::Fragments->('text', 1, $kosme), [ text => $kosme ]);
    $::Case->('6.3.1', text($bad), [ close => 1007 ]);
    $::Case->('6.3.2', $::Fragments->('text', 1, $bad), [ close => 1007 ]);

    # the rest is not waited for: neither a fragment, nor what is missing of
    # a frame

    for my $early ("\xf4\x90", "\xf4\x90\x80\x80", "\xed\xa0", "\xff") {
        $::Case->('6.4, a fragment', more($kosme), cont_more($early),
                  [ close => 1007 ]);
        $::Case->('6.4, part of a frame',
                  substr(text("$kosme$early" . 'x' x 20), 0,
                         6 + length "$kosme$early"), [ close => 1007 ]);
    }

    for my $valid (@::Valid) {
        $::Case->("6, valid " . $n++, text($valid), [ text => $valid ]);
    }

    $n = 1;

    for my $invalid (@::Invalid) {
        $::Case->("6, invalid " . $n, text($invalid), [ close => 1007 ]);
        $::Case->("6, octets " . $n++, binary($invalid),
                  [ binary => $invalid ]);
    }

    # complete only in the next frame, and never

    $::Case->('6, a character in two frames', more("\xf0\x9f"),
              cont("\x98\x80"), [ text => "\xf0\x9f\x98\x80" ]);
    $::Case->('6, a ping inside of a character', more("\xf0\x9f"), ping(''),
              cont("\x98\x80"), [ pong => '', text => "\xf0\x9f\x98\x80" ]);
    $::Case->('6, a character that does not end', more("\xf0\x9f"),
              cont("\x98"), [ close => 1007 ]);

    plays('group 6');
}


=== TEST 7: group 7, closing
--- ws eval
sub {
    my @done = [ close => 1000 ];

    $::Case->('7.1.1', text('hello'), [ text => 'hello' ], bye(1000), @done);
    $::Case->('7.1.2', bye(1000) . bye(1000), @done);
    $::Case->('7.1.3', bye(1000) . ping('late'), @done);
    $::Case->('7.1.4', bye(1000) . text('late'), @done);
    $::Case->('7.1.5', more('fragment'), bye(1000) . cont('late'), @done);
    $::Case->('7.1.6', binary('*' x 262144) . bye(1000) . ping('late'), @done);
    $::Case->('7.1.6, waiting', binary('*' x 262144),
              [ binary => '*' x 262144 ], bye(1000) . ping('late'), @done);

    # more than one read takes: unread bytes would make close() a reset

    $::Case->('7.1.7', bye(1000) . text('*' x 262144), @done);
    $::Case->('7.1.8', text("\xff") . text('*' x 262144), [ close => 1007 ]);

    $::Case->('7.3.1', bye(), [ close => 1005 ]);
    $::Case->('7.3.2', Wsgw::Client::frame(opcode => 8, payload => 'a'),
              [ close => 1002 ]);
    $::Case->('7.3.3', bye(1000), @done);
    $::Case->('7.3.4', bye(1000, 'Hello World!'), @done);
    $::Case->('7.3.5', bye(1000, '*' x 123), @done);
    $::Case->('7.3.6', bye(1000, '*' x 124), [ close => 1002 ]);
    $::Case->('7.5.1', bye(1000, "\xce\xba\xed\xa0\x80"), [ close => 1007 ]);

    for my $code (1001 .. 1003, 1007 .. 1014, 3000, 3999, 4000, 4999) {
        $::Case->("7.7, $code", bye($code), [ close => $code ]);
    }

    for my $code (0, 999, 1004 .. 1006, 1015, 1016, 1100, 2000, 2999) {
        $::Case->("7.9, $code", bye($code), [ close => 1002 ]);
    }

    for my $code (5000, 65535) {
        $::Case->("7.13, $code", bye($code), [ close => 1002 ]);
    }

    plays('group 7');
}


=== TEST 9: group 9, large messages in frames and writes of every size
--- ws eval
sub {
    my %frame = (text => \&text, binary => \&binary);
    my $n;

    for my $opcode (qw( text binary )) {
        my $group = $opcode eq 'text' ? 1 : 2;

        $n = 1;

        for my $size (map { $_ * 1024 } 64, 256, 1024, 4096) {
            my $payload = '*' x $size;

            $::Case->("9.$group.$n", $frame{$opcode}->($payload),
                      [ $opcode => $payload ]);
            $n++;
        }

        # 1 MB in fragments; no more than wsgw_max_fragments of them

        $n = 1;

        for my $size (map { $_ * 1024 } 1, 4, 16, 64, 256) {
            my $payload = '*' x (1024 * 1024);

            $::Case->("9." . ($group + 2) . ".$n",
                      $::Fragments->($opcode, $size, $payload),
                      [ $opcode => $payload ]);
            $n++;
        }
    }

    # many round trips

    $n = 1;

    for my $size (0, 16, 64, 256, 1024) {
        for my $opcode (qw( text binary )) {
            my $payload = '*' x $size;

            $::Case->('9.' . ($opcode eq 'text' ? 7 : 8) . ".$n",
                      ($frame{$opcode}->($payload),
                       [ $opcode => $payload ]) x 50);
        }

        $n++;
    }

    plays('group 9');
}


=== TEST 10: group 10, a message in the frames of a buffering client
--- ws eval
sub {
    my $text = '*' x 65536;

    $::Case->('10.1.1', $::Fragments->('text', 1300, $text),
              [ text => $text ]);

    plays('group 10');
}
