# Several messages in one call: who gets which, in four workers, what is said of
# each id, and what is wrong with a batch or with one of its messages alone.

use strict;
use warnings;

use File::Temp qw( tempdir );
use JSON::PP ();
use MIME::Base64 qw( encode_base64 encode_base64url );
use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';
use Wsgw::Signer;

our $Dir;

BEGIN {
    $Dir = tempdir('wsgw-keys-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $Dir;
    $ENV{TEST_NGINX_KEYS} = "$Dir/keys";

    open my $file, '>', "$Dir/keys" or die "$Dir/keys: $!\n";
    print $file "AKIDEXAMPLE:secret\n";
    close $file or die "$Dir/keys: $!\n";
    chmod 0600, "$Dir/keys";
}

master_on();
workers(4);

our $Config = <<'_EOC_';
    wsgw_integration_type http_proxy;

    location /dev {
        wsgw_api z;
        wsgw_group $arg_rooms;
        wsgw_compression on;
        add_header X-Id $wsgw_connection_id always;
        add_header X-Worker $pid always;
    }

    location /aws {
        wsgw_api z;
        wsgw_profile aws;
        add_header X-Id $wsgw_connection_id always;
        add_header X-Worker $pid always;
    }

    location ^~ /dev/@connections {
        wsgw_management z groups broadcast;
        add_header X-Worker $pid always;
    }

    location ^~ /aws/@connections { wsgw_management z; }
    location ^~ /plain/@connections { wsgw_management z stage=dev; }
    location ^~ /grouped/@connections { wsgw_management z stage=dev groups; }

    location ^~ /awsm/@connections {
        wsgw_profile aws;
        wsgw_management z stage=dev;
    }

    location ^~ /awsg/@connections {
        wsgw_profile aws;
        wsgw_management z stage=dev groups;
    }

    location ^~ /small/@connections {
        wsgw_management z stage=dev groups broadcast;
        wsgw_max_message_size 100;
    }

    location ^~ /tiny/@connections {
        wsgw_management z stage=dev;
        wsgw_max_message_size 100;
        client_max_body_size 1000;
    }

    location /int/ {
        internal;
        add_header X-Worker $pid;
        proxy_set_header X-Worker $pid;
        proxy_set_header X-Connection-Id $wsgw_connection_id;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

every_block(http_config => 'wsgw_zone zone=z:4m;', config => $Config);

our $Never = 'AAAAAAAAAAAAAAA=';

sub client { return ws_held(@_ ? @_ : '/dev') }
sub clients { return ws_spread($_[0], '/dev') }

sub ids { return [ map { $_->{id} } @_ ] }

sub post {
    my ($body, %opt) = @_;

    my $stage = delete $opt{stage} // 'dev';

    return http(POST => "/$stage/\@connections?batch", body => $body,
                headers => [ 'Content-Type' => 'application/json' ], %opt);
}

sub encoded { return JSON::PP->new->canonical->encode({ messages => [ @_ ] }) }

sub batch {
    my ($messages, %opt) = @_;
    return post(encoded(@$messages), %opt);
}

# what was said of each message; what is not named is 0, or nobody

sub said {
    my ($messages, $results, $what, %opt) = @_;

    my $r = batch($messages, %opt);

    is $r->status, 200, "$what: status";
    is $r->header('Content-Type'), 'application/json', "$what: type";
    is_deeply json($r->body), { results => [ map { result($_) } @$results ] },
              $what;

    return $r;
}

sub result {
    my ($said) = @_;

    return { error => $said } if !ref $said;

    return { sent => 0, full => 0, unknown => 0, gone => [], forbidden => [],
             fullIds => [], %$said };
}

sub got {
    my ($clients, @texts) = @_;

    for my $client (@$clients) {
        is $client->{c}->recv, $_, 'got' for @texts;
    }
}

sub is_error {
    my ($r, $status, $type, $what) = @_;

    is $r->status, $status, "$what: status";
    is $r->header('x-amzn-ErrorType'), $type, "$what: type";
}

run_tests();

__DATA__

=== TEST 1: each gets what is for it, in the order of the batch
--- ws eval
sub {
    my @all = clients(12);
    my @even = @all[grep { $_ % 2 == 0 } 0 .. $#all];
    my @odd = @all[grep { $_ % 2 } 0 .. $#all];
    my $in = client('/dev?rooms=red');

    said([
        { to => ids(@all), data => 'all' },
        { to => ids(@even), data => 'even' },
        { group => 'red', data => 'red' },
        { to => ids(@odd, $in), data => 'odd' },
        { all => JSON::PP::true, data => 'everybody',
          except => [ $odd[0]{id} ] },
        { to => ids(@all), data => 'end', except => ids(@even[0, 1]) },
        { to => [], data => 'nobody' },
        { group => 'blue', data => 'nobody' },
    ], [
        { sent => scalar @all }, { sent => scalar @even }, { sent => 1 },
        { sent => @odd + 1 }, { sent => scalar @all },
        { sent => @all - 2 }, {}, {},
    ], 'in order');

    got([ @even[0, 1] ], 'all', 'even', 'everybody');
    got([ @even[2 .. $#even] ], 'all', 'even', 'everybody', 'end');
    got([ $odd[0] ], 'all', 'odd', 'end');
    got([ @odd[1 .. $#odd] ], 'all', 'odd', 'everybody', 'end');
    got([ $in ], 'red', 'odd', 'everybody');

    # pushes share the queue

    for my $n (1 .. 20) {
        http(POST => "/dev/\@connections/$all[0]{id}", body => "push $n");
        said([ { to => ids($all[0]), data => "batch $n" } ], [ { sent => 1 } ],
             'between pushes');
    }

    said([ { to => ids($even[0]), data => 'last' } ], [ { sent => 1 } ],
         'last');
    got([ $all[0] ], (map { ("push $_", "batch $_") } 1 .. 20), 'last');
}



=== TEST 2: of ids that are gone, another stage's, or there twice
--- ws eval
sub {
    my @all = clients(6);
    my ($closed, $deleted) = splice @all, 0, 2;
    my $aws = client('/aws');

    $closed->{c}->close;
    $closed->{c}->recv_frame;
    is http(DELETE => "/dev/\@connections/$deleted->{id}")->status, 204;

    my @gone = ($::Never, $closed->{id}, $deleted->{id}, 'zzzzzzzzzzzzzzw=',
                substr($all[0]{id}, 0, 12) . 'AAA=');

    for my $stage (qw( dev plain small awsg )) {
        said([
            { to => [ @gone[0 .. 2], $aws->{id}, map { ($_, $_) }
                      @{ ids(@all) }, @gone[3, 4], $gone[0] ],
              data => $stage },
            { to => [ $aws->{id}, $::Never, $aws->{id} ], data => 'x' },
        ], [
            { sent => scalar @all, gone => \@gone,
              forbidden => [ $aws->{id} ] },
            { gone => [ $::Never ], forbidden => [ $aws->{id} ] },
        ], "by $stage", stage => $stage);
    }

    got(\@all, 'dev', 'plain', 'small', 'awsg');

    is_error(batch([], stage => 'awsm'), 404, 'NotFoundException',
             'AWS has no batch');
    is_error(http(POST => '/dev/@connections', body => '{"messages":[]}'), 404,
             'NotFoundException', 'nothing says that it is a batch');
}



=== TEST 3: text, bytes, nothing, and strings in all their forms
--- ws eval
sub {
    my @all = clients(3);
    my @deflate = map { client('/dev', extensions => 'permessage-deflate') }
                      1, 2;
    my $to = JSON::PP->new->encode(ids(@all));
    my $bytes = "\xff\x00\xfe";

    my @strings = (
        [ '"plain"', 'plain' ],
        [ '""', '' ],
        [ '"caf\u00e9 \"\\\\\/\b\f\n\r\t"', "caf\xc3\xa9 \"\\/\b\f\n\r\t" ],
        [ '"\ud83d\ude00"', "\xf0\x9f\x98\x80" ],
        [ "\"\xf0\x9f\x98\x80\"", "\xf0\x9f\x98\x80" ],
        [ '"a\ud83db\ude00c"', "a\xef\xbf\xbdb\xef\xbf\xbdc" ],
        [ '"\u0000"', "\0" ],
    );

    my $r = post('{"messages":[' . join(',', map {
        "{ \"data\" : $_->[0] ,\n\"t\\u006f\": $to, \"base64\" :false}"
    } @strings) . ']}');

    is_deeply json($r->body), { results => [
        map { result({ sent => scalar @all }) } @strings
    ] };

    got(\@all, map { $_->[1] } @strings);

    # an id may be written with escapes, as some encoders do

    my ($first, $rest) = $all[0]{id} =~ /^(.)(.*)=$/;
    $first = sprintf '\u%04x', ord $first;

    is_deeply json(post(qq({"messages":[{"to":["$first$rest\\u003d"],)
                        . '"data":"escaped"}]}')->body), {
        results => [ result({ sent => 1 }) ]
    };
    got([ $all[0] ], 'escaped');

    said([
        map { { to => ids(@all), base64 => JSON::PP::true, data => $_ } }
            encode_base64($bytes, ''), encode_base64("text", ''), '',
            'YQ', 'YWI=', 'YQ==',
    ], [ map { { sent => scalar @all } } 1 .. 6 ], 'base64');

    for my $client (@all) {
        my @f = map { $client->{c}->recv_frame } 1 .. 6;

        is_deeply [ map { $_->{payload} } @f ],
                  [ $bytes, 'text', '', 'a', 'ab', 'a' ], 'bytes';
        is_deeply [ map { $_->{opcode} } @f ], [ 2, 1, 1, 1, 1, 1 ],
                  'binary where it is no text';
    }

    # who can inflate gets it compressed

    my $long = 'abcdefgh' x 500;

    said([ { to => ids(@deflate, @all), data => $long } ],
         [ { sent => @all + 2 } ], 'compressed');
    is $_->{c}->recv_frame->{rsv}, 4, 'compressed' for @deflate;
    got(\@all, $long);
}



=== TEST 4: a message that cannot be sent stands in nobody's way
--- ws eval
sub {
    my $c = client();
    my $aws = client('/aws');
    my $id = $c->{id};
    my $one = 'Invalid message: it needs one of to, group and all';
    my $is_to = 'Invalid to: it is an array of connectionIds';
    my $no_to = 'Invalid to: it has what is no connectionId';
    my $is_but = 'Invalid except: it is an array of connectionIds';
    my $no_but = 'Invalid except: it has what is no connectionId';
    my $no_object = 'Invalid message: it is no object';
    my $unknown = 'Invalid message: it has an unknown member';
    my $is_data = 'Invalid data: it is a string';
    my $is_64 = 'Invalid base64: it is true or false';
    my $no_64 = 'Invalid data: it is not base64';

    my @bad = (
        [ '1', $no_object ], [ '"x"', $no_object ], [ 'null', $no_object ],
        [ '[]', $no_object ], [ 'true', $no_object ],
        [ '{}', $one ], [ '{"data":"x"}', $one ],
        [ qq({"to":["$id"],"group":"r","data":"x"}), $one ],
        [ qq({"to":["$id"],"all":true,"data":"x"}), $one ],
        [ '{"group":"r","all":true,"data":"x"}', $one ],
        [ qq({"to":"$id","data":"x"}), $is_to ],
        [ '{"to":null,"data":"x"}', $is_to ],
        [ '{"to":{},"data":"x"}', $is_to ],
        [ '{"to":[1],"data":"x"}', $no_to ],
        [ qq({"to":["$id",null],"data":"x"}), $no_to ],
        [ qq({"to":["$id","x"],"data":"x"}), $no_to ],
        [ qq({"to":["$id",["$id"]],"data":"x"}), $no_to ],
        [ qq({"to":["${id}x"],"data":"x"}), $no_to ],
        [ '{"to":["' . '\u0061' x 17 . '"],"data":"x"}', $no_to ],
        [ '{"group":1,"data":"x"}', 'Invalid group: it is a string' ],
        [ '{"group":["r"],"data":"x"}', 'Invalid group: it is a string' ],
        [ '{"group":"","data":"x"}', 'Invalid group: it is no name' ],
        [ '{"group":"a b","data":"x"}', 'Invalid group: it is no name' ],
        [ '{"group":"a/../b","data":"x"}', 'Invalid group: it is no name' ],
        [ '{"group":"\u0000","data":"x"}', 'Invalid group: it is no name' ],
        [ '{"group":"' . 'g' x 129 . '","data":"x"}',
          'Invalid group: it is no name' ],
        [ '{"all":false,"data":"x"}', 'Invalid all: it is true' ],
        [ '{"all":"true","data":"x"}', 'Invalid all: it is true' ],
        [ qq({"to":["$id"]}), $is_data ],
        [ qq({"to":["$id"],"data":1}), $is_data ],
        [ qq({"to":["$id"],"data":null}), $is_data ],
        [ qq({"to":["$id"],"data":{"a":1}}), $is_data ],
        [ qq({"to":["$id"],"data":"x","base64":1}), $is_64 ],
        [ qq({"to":["$id"],"data":"x","base64":null}), $is_64 ],
        [ qq({"to":["$id"],"data":"x","base64":"true"}), $is_64 ],
        [ qq({"to":["$id"],"data":"x","except":"$id"}), $is_but ],
        [ qq({"to":["$id"],"data":"x","except":["x"]}), $no_but ],
        [ qq({"all":true,"data":"x","except":[3]}), $no_but ],
        [ qq({"to":["$id"],"data":"x","excep":["$id"]}), $unknown ],
        [ qq({"to":["$id"],"data":"x","connectionId":"$id"}), $unknown ],
        [ qq({"to":["$id"],"data":"x","":1}), $unknown ],
        [ qq({"to":["$id"],"data":"x","data\\u0000":1}), $unknown ],
        [ qq({"to":["$id"],"data":"x","to":[]}),
          'Invalid message: it has a member twice' ],
        [ qq({"to":["$id"],"data":"x","d\\u0061ta":"y"}),
          'Invalid message: it has a member twice' ],
        (map { [ qq({"to":["$id"],"data":"$_","base64":true}), $no_64 ] }
             'a', 'abcde', 'ab-_', 'a b=', 'YQ=', 'YQ===', 'YQ==YQ==',
             'YQ==junk', '====', '\u00e9\u00e9', 'YQ\n'),
    );

    my $good = qq({"to":["$id"],"data":"good"});
    my $r = post('{"messages":[' . join(',', $good, map({ $_->[0] } @bad),
                                        $good) . ']}');

    is $r->status, 200;

    my $results = json($r->body)->{results};

    is_deeply $results->[0], result({ sent => 1 }), 'the first one is sent';
    is_deeply $results->[-1], result({ sent => 1 }), 'and the last one';

    is_deeply $results->[$_ + 1], { error => $bad[$_][1] }, $bad[$_][0]
        for 0 .. $#bad;

    # by what the stage takes

    my @long = map { { to => [ $id ], data => 'x' x $_ } } 131072, 131073;

    said(\@long, [ { sent => 1 }, 'Payload Too Large' ], 'a message size');

    said([ map { { to => [ $id ], data => 'x' x $_ } } 100, 101 ],
         [ { sent => 1 }, 'Payload Too Large' ], "this location's message size",
         stage => 'small');

    said([ { to => [ $aws->{id} ], data => '/w==', base64 => JSON::PP::true },
           { to => [ $aws->{id} ], data => 'YQ==', base64 => JSON::PP::true } ],
         [ 'Data is not UTF-8', { sent => 1 } ], 'a stage of AWS takes text',
         stage => 'awsb');

    # by the flags

    my @many = map { { %$_, data => 'many' } } { group => 'r' },
               { all => JSON::PP::true }, { to => [ $id ] };

    said(\@many,
         [ 'This message needs the flag groups of wsgw_management',
           'This message needs the flag broadcast of wsgw_management',
           { sent => 1 } ], 'no flag', stage => 'plain');

    said(\@many,
         [ {}, 'This message needs the flag broadcast of wsgw_management',
           { sent => 1 } ], 'groups', stage => 'grouped');

    got([ $c ], 'good', 'good', 'x' x 131072, 'x' x 100, 'many', 'many');
    got([ $aws ], 'a');
}
--- config eval
"$::Config
    location ^~ /awsb/\@connections { wsgw_management z stage=aws; }"



=== TEST 5: what is no batch is refused as a whole
--- ws eval
sub {
    my $c = client();
    my $m = qq({"to":["$c->{id}"],"data":"x"});
    my $deep = '[' x 2000 . ']' x 2000;

    for my $body ('', ' ', 'x', '{', '{}', '[]', 'null', '"messages"', '1',
                  "[$m]", $m, '{"messages":null}', '{"messages":{}}',
                  qq({"messages":$m}), qq({"messages":"$c->{id}"}),
                  qq({"message":[$m]}), qq({"messages":[$m],"more":1}),
                  qq({"Messages":[$m]}), qq({"messages":[$m],}),
                  qq({"messages":[$m,]}), qq({"messages":[,$m]}),
                  qq({"messages":[$m $m]}), qq({"messages":[$m]),
                  qq({"messages":[$m]}x), qq({"messages":[$m]}\0),
                  qq({'messages':[$m]}), qq(\xef\xbb\xbf{"messages":[$m]}),
                  qq({"messages":[$m,{"to":["\xff"]}]}),
                  qq({"messages":[$m,{"data":"\xed\xa0\x80"}]}),
                  qq({"messages":[$m,{"data":"\\ud8"}]}),
                  qq({"messages":[$m,{"data":"\\x"}]}),
                  qq({"messages":[$m,{"data":"a\nb"}]}),
                  qq({"messages":[$m,{"data":"a}]}),
                  qq({"messages":[$m,{"data":tru}]}),
                  qq({"messages":[$m,{"n":01}]}), qq({"messages":[$m,1.]}),
                  qq({"messages":[$m,NaN]}), qq({"messages":[$m,$deep]}),
                  '{"messages":[' . join(',', ($m) x 101) . ']}',
                  '{"messages":[' . join(',', ('0') x 101) . ']}')
    {
        is_error(post($body), 400, 'BadRequestException', substr $body, 0, 60);
    }

    for my $query ('batch=1', 'batch&batch', 'batch&all', 'batch&group=r',
                   "batch&except=$c->{id}", 'batch&type=text',
                   'batch&receipt=none', 'batch&to=x', 'batches')
    {
        is_error(http(POST => "/dev/\@connections?$query",
                      body => qq({"messages":[$m]})), 400,
                 'BadRequestException', $query);
    }

    is_error(http(POST => "/dev/\@connections/$c->{id}?batch", body => 'x'),
             400, 'BadRequestException', 'not to an id');
    is_error(http(GET => '/plain/@connections?batch'), 403,
             'ForbiddenException', 'not by GET');

    is post(qq({"messages":[]}))->body, '{"results":[]}', 'none';
    is post(qq( { "messages" : [ ] } \n))->body, '{"results":[]}', 'spaces';
    is post('{"messages":[0],"messages":[]}')->body, '{"results":[]}',
       'the last one counts';
    is scalar @{ json(post('{"messages":[' . join(',', ($m) x 100)
                           . ']}')->body)->{results} }, 100, 'a hundred';

    got([ $c ], ('x') x 100);
}



=== TEST 6: as many ids, and as large a body, as there may be
--- ws eval
sub {
    my @all = clients(20);
    my @ids = @{ ids(@all) };

    # ids that never were, each another one

    my @never = map { sprintf '%07d%07dw=', $_, $_ } 1 .. 10_001;

    my $r = batch([ { to => [ @never[1 .. 5000] ], data => 'x' },
                    { to => [ @ids, @never[1 .. 4980] ], data => 'y' } ]);

    is $r->status, 200, '10,000 ids';

    my $results = json($r->body)->{results};

    is_deeply $results->[0]{gone}, [ @never[1 .. 5000] ], 'of each it is said';
    is_deeply $results->[1], result({ sent => 20,
                                      gone => [ @never[1 .. 4980] ] });
    got(\@all, 'y');

    is_error(batch([ { to => [ @never[1 .. 5000] ], data => 'x' },
                     { to => [ @ids, @never[1 .. 4981] ], data => 'y' } ]),
             400, 'BadRequestException', '10,001 ids');
    is_error(batch([ { to => [ ($never[0]) x 10_001 ], data => 'x' } ]),
             400, 'BadRequestException', '10,001 times the same');

    my @but = map { { to => \@ids, data => 'z', except => $_ } }
        [ ($never[0]) x 16 ], [ ($never[0]) x 17 ];

    said(\@but, [ { sent => 20 },
                  'Invalid except: it has more than 16 connectionIds' ],
         'except');

    # a batch of 1,600 bytes, and one more

    my $body = qq({"messages":[{"to":["$ids[0]"],"data":"fits"}]);
    my $pad = sub { $body . ' ' x ($_[0] - 1 - length $body) . '}' };

    for my $chunked (0, 1) {
        my $send = sub {
            my ($size, $stage) = @_;
            my $text = $pad->($size);
            return post($text, stage => $stage,
                        $chunked ? (chunks => [ $text =~ /.{1,300}/gs ]) : ());
        };

        is $send->(1600, 'small')->status, 200, '16 times a message';
        is_error($send->(1601, 'small'), 413, 'PayloadTooLargeException',
                 'one byte more');
        is $send->(1000, 'tiny')->status, 200, "what nginx's limit allows";
        is_error($send->(1001, 'tiny'), 413, 'PayloadTooLargeException',
                 'one byte more than that');
        is $send->(131072 * 16, 'dev')->status, 200, '2 MB';
        is_error($send->(131072 * 16 + 1, 'dev'), 413,
                 'PayloadTooLargeException', 'over 2 MB');
    }

    # nothing else may be as large

    for my $target ("/small/\@connections/$ids[0]",
                    '/small/@connections?group=r', '/small/@connections?all')
    {
        for my $chunks ([], [ 'x' x 101 ]) {
            is_error(http(POST => $target,
                          @$chunks ? (chunks => $chunks)
                                   : (body => 'x' x 101)),
                     413, 'PayloadTooLargeException', "$target: 101 bytes");
        }
    }

    got([ $all[0] ], 'z', ('fits') x 6);
}



=== TEST 7: a batch that is signed
--- config eval
"$::Config
    location ^~ /signed/\@connections {
        wsgw_management z stage=dev;
        wsgw_sigv4 \$TEST_NGINX_KEYS;
    }"
--- ws eval
sub {
    my @all = clients(3);
    my $body = JSON::PP->new->encode({
        messages => [ { to => ids(@all), data => 'signed' . 'x' x 100_000 },
                      { to => ids(@all), data => 'x' x 100_000 } ]
    });

    my @signed = Wsgw::Signer::headers(
        POST => '/signed/@connections?batch', host => 'localhost',
        body => $body, key => 'AKIDEXAMPLE', secret => 'secret');

    is_error(post($body, stage => 'signed'), 403,
             'MissingAuthenticationTokenException', 'not signed');
    is http(POST => '/signed/@connections?batch', body => $body,
            host => 'localhost', headers => \@signed)->status, 200, 'signed';

    got(\@all, 'signed' . 'x' x 100_000, 'x' x 100_000);
}



=== TEST 8: who does not read is full, and nobody waits for it
--- http_config
    wsgw_zone zone=z:4m;
    wsgw_max_queue_size 300k;
--- ws eval
sub {
    my @all = clients(3);
    my $slow = client('/dev', rcvbuf => 4096);
    my $text = join '', map { chr 33 + rand 90 } 1 .. 100_000;
    my ($sent, $full) = (0, 0);

    for (1 .. 200) {
        my $json = json(batch([ { to => ids($slow, @all),
                                  data => $text } ])->body)->{results}[0];

        if ($json->{full}) {
            is_deeply $json->{fullIds}, [ $slow->{id} ], 'the slow one';
            $full++;
        }

        $sent += $json->{sent} - @all;

        ok $_->{c}->recv eq $text, 'the others get it' for @all;
        last if $full > 2;
    }

    cmp_ok $full, '>', 2, 'the slow one is full';

    my $got = 0;

    for (1 .. $sent) {
        $got++ if $slow->{c}->recv eq $text;
    }

    is $got, $sent, 'no less than it was said';
}



=== TEST 9: more than a turn serves, in order
--- ws eval
sub {
    my @all = map { client('/dev?rooms=r') } 1 .. 40;
    my @ids = @{ ids(@all) };
    my $large = 'x' x 60_000;       # 17 of them are a megabyte

    for my $to ([ to => \@ids ], [ group => 'r' ], [ all => JSON::PP::true ]) {
        said([ map { { @$to, data => "$_$large" } } 1 .. 9 ],
             [ ({ sent => 40 }) x 9 ], "large: $to->[0]");

        for my $client (@all) {
            is join('', map { substr $client->{c}->recv, 0, 1 } 1 .. 9),
               '123456789';
        }
    }

    # small ones of both kinds, 4,000 frames

    said([ map { { $_ % 3 ? (group => 'r') : (to => \@ids), data => "$_" } }
           1 .. 100 ], [ ({ sent => 40 }) x 100 ], 'small');

    for my $client (@all) {
        is join(' ', map { $client->{c}->recv } 1 .. 100),
           join(' ', 1 .. 100);
    }

    said([ map { { to => [ @ids[$_ % 40, ($_ + 1) % 40] ], data => "$_" } }
           1 .. 100 ], [ ({ sent => 2 }) x 100 ], 'many');

    for my $i (0 .. 39) {
        my @own = grep { $_ % 40 == $i || ($_ + 1) % 40 == $i } 1 .. 100;

        is join(' ', map { $all[$i]{c}->recv } @own), "@own", 'in order';
    }
}



=== TEST 10: the connection of a call goes on after it
--- ws eval
sub {
    my $client = client();
    my $stream = stream();

    for my $n (1 .. 3) {
        ask($stream, POST => '/dev/@connections?batch',
            encoded({ to => ids($client), data => "batch $n" }));
        is answer($stream)->status, 200, "batch $n";

        # its length is not said

        $stream->write(Wsgw::HTTP::message(
            "POST /dev/\@connections/$client->{id} HTTP/1.1",
            Host => 'localhost', 'Transfer-Encoding' => 'chunked')
            . "6\r\nchunk \r\n1\r\n$n\r\n0\r\n\r\n");
        is answer($stream)->status, 200, "chunk $n";
    }

    got([ $client ], map { ("batch $_", "chunk $_") } 1 .. 3);
}



=== TEST 11: a worker that is silent is unknown, one that was killed is not
--- tolerate: exited on signal 9
--- ws eval
sub {
    my @all = clients(16);
    my $stopped = $all[0]{worker};
    my @held = grep { $_->{worker} == $stopped } @all;
    my @rest = grep { $_->{worker} != $stopped } @all;

    my $stream = stream_past($stopped, '/dev/@connections');

    kill STOP => $stopped;
    ask($stream, POST => '/dev/@connections?batch', encoded(
        { to => ids(@all), data => 'first' },
        { to => ids(@held), data => 'second' },
        { to => ids(@rest), data => 'third' }));
    my $r = answer($stream);
    kill CONT => $stopped;

    is $r->status, 200;
    is $r->header('Retry-After'), 1;
    is_deeply json($r->body), { results => [
        result({ sent => scalar @rest, unknown => scalar @held }),
        result({ unknown => scalar @held }),
        result({ sent => scalar @rest }),
    ] };

    got(\@rest, 'first', 'third');

    kill KILL => $stopped;
    wait_until(sub { !grep { $_ == $stopped } worker_pids() }, undef, 'dead');

    my $after = said([ { to => ids(@all), data => 'after' } ],
         [ { sent => scalar @rest, gone => ids(@held) } ], 'after');
    ok !defined $after->header('Retry-After'), 'all is known';
    got(\@rest, 'after');
}



=== TEST 12: a caller that leaves, and a reload
--- ws eval
sub {
    my @all = map { client() } 1 .. 6;

    eval { batch([ ({ to => ids(@all), data => "left $_" }) x 50 ],
                 timeout => 0.001) } for 1 .. 5;

    reload_nginx();

    said([ { to => ids(@all), data => 'after' } ], [ { sent => 6 } ],
         'by new workers');

    for my $client (@all) {
        my $text;
        do { $text = $client->{c}->recv } until $text !~ /^left/;
        is $text, 'after';
    }
}



=== TEST 13: more than the zone has room for at a time
--- http_config
    wsgw_zone zone=z:1m;
--- ws eval
sub {
    my @all = ws_spread(8, '/dev?rooms=r');
    my %of = map { $_->{worker} => $_ } @all;

    while (@all < 200 && keys %of < 3) {
        push @all, client('/dev?rooms=r');
        $of{ $all[-1]{worker} } = $all[-1];
    }

    my $end = 'x' x 8000;

    for my $to ([ group => 'r' ], [ all => JSON::PP::true ]) {
        said([ map { { @$to, data => "$_$end" } } 1 .. 100 ],
             [ ({ sent => scalar @all }) x 100 ], "to many: $to->[0]");
        got(\@all, map { "$_$end" } 1 .. 100);
    }

    # one to each worker; of three, two at least get a letter

    my @each = values %of;
    $end = 'x' x 120_000;

    said([ map { { to => ids($each[$_ % @each]), data => "$_$end" } } 1 .. 6 ],
         [ ({ sent => 1 }) x 6 ], 'by ids');
    got([ $each[$_ % @each] ], "$_$end") for 1 .. 6;
}



=== TEST 14: ids of an instance that has ended: others have their turn meanwhile
--- http_config
    wsgw_zone zone=z:4m state=state;
--- ws eval
sub {
    my $path = '/dev/@connections';

    # it is looked for again for each of them

    my @ids = map { encode_base64url(pack 'C3 N2', 0, 0, 0, $_, $_) . '=' }
              1 .. 10_000;

    my ($stream, $other) = (stream());

    ask($stream, GET => $path);
    my $worker = answer($stream)->header('X-Worker');

    for (1 .. 200) {
        $other = stream();
        ask($other, GET => $path);
        last if answer($other)->header('X-Worker') == $worker;
    }

    ask($stream, POST => "$path?batch",
        encoded(map { { to => [ splice @ids, 0, 100 ], data => 'x' } }
                    1 .. 100));

    my $meanwhile = 0;

    while ($meanwhile < 500 && !defined $stream->fill(0)) {
        ask($other, GET => $path);
        answer($other);
        $meanwhile++;
    }

    my $r = answer($stream);

    is scalar(map { @{ $_->{gone} } } @{ json($r->body)->{results} }), 10_000,
       'all are gone';
    cmp_ok $meanwhile, '>', 20, 'calls that were answered meanwhile';
}
