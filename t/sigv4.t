# wsgw_sigv4: who has signed is served, in a management location and in a
# stage; whoever has not, or not rightly, learns nothing. Requests are signed
# by t/lib/Wsgw/Signer.pm; t/sdk_signed.t has real clients.
#
#   keys        the file's text, and mode its permissions

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

use File::Temp qw( tempdir );
use Wsgw::Signer;

our ($Dir, $Keys);

BEGIN {
    $Dir = tempdir('wsgw-keys-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $Dir;
    $Keys = "$Dir/keys";
    $ENV{TEST_NGINX_KEYS} = $Keys;
}

our $Text = <<'_EOC_';
# a comment: of a key
AKIDEXAMPLE:secret

  OTHER.key_1@x:wJalr/XUtn+FEMI:K7=#MDENG
_EOC_

our $Http = <<'_EOC_';
    wsgw_zone zone=z:4m;
    log_format push '$request_method $status $wsgw_push_result';
_EOC_

our $Config = <<'_EOC_';
    access_log $TEST_NGINX_SERVER_ROOT/logs/push.log push;

    location /prod {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
    }
    location ^~ /prod/@connections {
        wsgw_management z;
        wsgw_sigv4 $TEST_NGINX_KEYS;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

our $Iam = <<'_EOC_';
    wsgw_sigv4 $TEST_NGINX_KEYS;

    location /prod {
        wsgw_api z;
        wsgw_route $connect /int/connect;
        wsgw_route $disconnect /int/disconnect;
        wsgw_route $default /int/message;
    }
    location ^~ /prod/@connections {
        wsgw_management z;
    }
    location /int/ {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_LEDGER_PORT;
    }
_EOC_

our %Secret = ('AKIDEXAMPLE'   => 'secret',
               'OTHER.key_1@x' => 'wJalr/XUtn+FEMI:K7=#MDENG');

sub write_keys {
    my ($text, $mode) = @_;

    unlink $Keys;
    open my $file, '>', $Keys or die "$Keys: $!\n";
    print $file $text;
    close $file;
    chmod oct($mode // '640'), $Keys;
}

every_block(http_config => $Http, config => $Config,
            backend => sub { '{"statusCode":200}' });

add_block_preprocessor(sub {
    my ($block) = @_;
    write_keys($block->keys // $Text, $block->mode);
});

sub host { return '127.0.0.1:' . Test::Nginx::Wsgw::port() }

sub signer {
    my (%opt) = @_;

    $opt{key} //= 'AKIDEXAMPLE';

    return (host => host(), secret => $Secret{ $opt{key} } // 'x', %opt);
}

# A signed request; "sent" is what is sent in place of what was signed.

sub signed {
    my ($method, $path, %opt) = @_;

    my $sent = delete $opt{sent} // {};
    my @headers = Wsgw::Signer::headers($method, $path, signer(%opt));

    @headers = $sent->{headers}->(@headers) if $sent->{headers};

    return http($sent->{method} // $method, $sent->{path} // $path,
                host => $sent->{host} // host(), headers => \@headers,
                body => $sent->{body} // $opt{body});
}

sub is_error {
    my ($r, $type, $what) = @_;

    my %message = (
        MissingAuthenticationTokenException =>
            qr/^Missing Authentication Token$/,
        IncompleteSignatureException =>
            qr/^The request signature does not conform to AWS standards\.$/,
        UnrecognizedClientException =>
            qr/^The security token included in the request is invalid\.$/,
        InvalidSignatureException =>
            qr/^The request signature we calculated does not match /,
    );

    is $r->status, 403, "$what: status";
    is $r->header('x-amzn-ErrorType'), $type, "$what: type";
    is $r->header('Content-Type'), 'application/json', "$what: JSON";
    like json($r->body)->{message}, $message{$type}, "$what: message";
    ok !grep({ $_ eq 'Retry-After' } $r->headers), "$what: not to be repeated";
}

sub is_wrong { return is_error($_[0], 'InvalidSignatureException', $_[1]) }

# What a process can write to: bytes, the mapping, and whether a core has it.

sub memory {
    my ($pid) = @_;

    no warnings 'portable';     # addresses have 64 bits

    open my $maps, '<', "/proc/$pid/smaps" or die "smaps: $!\n";
    open my $mem, '<:raw', "/proc/$pid/mem" or die "mem: $!\n";

    my @all;

    while (my $line = <$maps>) {
        if ($line =~ /^([0-9a-f]+)-([0-9a-f]+) rw\S+ \S+ \S+ \S+ *(.*)/) {
            my ($from, $to, $name) = (hex $1, hex $2, $3);

            # a sanitizer's own are as large as what there is to address

            my $size = $to - $from < 1 << 28 ? $to - $from : 0;

            sysseek $mem, $from, 0;
            sysread $mem, my $bytes, $size;
            push @all, { bytes => $bytes // '', name => $name || $1 };

        } elsif ($line =~ /^[0-9a-f]+-/) {
            push @all, { bytes => '', name => '' };

        } elsif ($line =~ /^VmFlags:(.*)/) {
            $all[-1]{dumped} = $1 !~ /\bdd\b/;
        }
    }

    return @all;
}

our $seen = 0;

sub connected {
    my ($path, %opt) = @_;

    my $c = ws_connect($path // '/prod', %opt);

    is $c->status, 101, 'connected';

    my @events = ledger_events(++$seen, qr{/int/connect});

    return ($c, $events[-1]{headers}{'x-connection-id'});
}

add_block_preprocessor(sub { $seen = 0 });

master_on();

run_tests();

__DATA__

=== TEST 1: whoever signs may post, ask and close
--- ws eval
sub {
    my ($c, $id) = connected();

    for my $body ('hello', '', "\xce\xba", 'x' x 131072) {
        is signed(POST => "/prod/\@connections/$id", body => $body)->status,
           200, 'posted';
        is $c->recv, $body, 'received';
    }

    my $r = signed(GET => "/prod/\@connections/$id");
    is $r->status, 200, 'described';
    is json($r->body)->{identity}{sourceIp}, '127.0.0.1', 'who it is';

    is signed(DELETE => "/prod/\@connections/$id", body => '')->status, 204,
       'closed';
    is $c->close_code, 1000, 'its client is told';

    $r = signed(POST => "/prod/\@connections/$id", body => 'x');
    is $r->status, 410, 'gone';
    is $r->header('x-amzn-ErrorType'), 'GoneException', 'its type';

    my ($first) = error_log() =~ /secret/g;
    is $first, undef, 'no secret is logged';
}


=== TEST 2: a path is signed as the client sends it
--- ws eval
sub {
    my ($c, $id) = connected();
    my $escaped = $id =~ s/=/%3D/r;

    for my $path ("/prod/\@connections/$id", "/prod/\@connections/$escaped",
                  "/prod/%40connections/$escaped",
                  "/prod//\@connections/$escaped",
                  "//prod///%40connections//$escaped",
                  "/prod/\@connections/$escaped?b=2&a=1&a=0&X-Amz-Foo",
                  "/prod/\@connections/" . ($id =~ s/=/%3d/r))
    {
        my $r = signed(POST => $path, body => $path);

        is $r->status, $path =~ /\?b/ ? 400 : 200, "POST $path";
        is $c->recv, $path, 'received' if $r->status == 200;
    }

    for my $query ('code=4001&reason=a%20b', 'reason=a+b&code=4001',
                   'reason=%61%20b&&code=4001', 'code=4001&reason=a%20b&')
    {
        my ($d, $other) = connected();

        is signed(DELETE => "/prod/\@connections/$other?$query")->status, 204,
           "DELETE $query";
        is $d->close_code, 4001, 'its code';
    }
}


=== TEST 3: who has not signed is told so, and nothing else
--- ws eval
sub {
    my ($c, $id) = connected();

    for my $path ("/prod/\@connections/$id", '/prod/@connections/malformed',
                  '/prod/@connections/AAAAAAAAAAAAAAA=',
                  '/prod/@connections', '/prod/@connections/a/b',
                  "/prod/\@connections/$id?unknown=1")
    {
        for my $method (qw( POST GET DELETE PUT HEADX )) {
            my $r = http($method, $path, body => 'x');

            is_error($r, 'MissingAuthenticationTokenException',
                     "$method $path");
            is $r->header('Allow'), undef, 'no methods';
        }

        is_wrong(signed(POST => $path, body => 'x', secret => 'other'),
                 "wrong secret for $path");
    }

    is http(POST => "/prod/\@connections/$id",
            body => 'x' x 131073)->status, 413, 'but a size is looked at first';

    is signed(PUT => "/prod/\@connections/$id", body => 'x')->status, 405,
       'who has signed is told more';
    is signed(POST => '/prod/@connections/malformed', body => 'x')->status,
       400, 'and more';
}
--- error_log
@connections refuses the caller: there is no Authorization


=== TEST 4: what cannot be read is told apart
--- ws eval
sub {
    my %right = Wsgw::Signer::headers(GET => '/prod/@connections/x', signer());

    my $change = sub {
        my ($name, $from, $to) = @_;
        return [ map { $_ => $_ eq $name ? $right{$_} =~ s/$from/$to/r
                                         : $right{$_} } keys %right ];
    };

    my @rows = (
        [ 'another scheme', Authorization => qr/.*/, 'Bearer abc' ],
        [ 'an empty one', Authorization => qr/.*/, '' ],
        [ 'no signature', Authorization => qr/, Signature.*/, '' ],
        [ 'a short one', Authorization => qr/.$/, '' ],
        [ 'no key', Authorization => qr/AKIDEXAMPLE/, '' ],
        [ 'another end', Authorization => qr/aws4_request/, 'aws5_request' ],
        [ 'host not signed', Authorization => qr/host;/, '' ],
        [ 'date not signed', Authorization => qr/;x-amz-date/, '' ],
        [ 'upper case', Authorization => qr/=host/, '=Host' ],
        [ 'no date', 'X-Amz-Date' => qr/.*/, '' ],
        [ 'another form', 'X-Amz-Date' => qr/.*/,
          'Sun, 22 Nov 2026 10:28:04 GMT' ],
        [ 'no such month', 'X-Amz-Date' => qr/^(....)../, '202613' ],
    );

    for my $row (@rows) {
        my ($what, @change) = @$row;

        is_error(http(GET => '/prod/@connections/x',
                      headers => $change->(@change)),
                 'IncompleteSignatureException', $what);
    }

    is_error(http(GET => '/prod/@connections/x',
                  headers => [ %right, 'X-Amz-Date' => $right{'X-Amz-Date'} ]),
             'IncompleteSignatureException', 'a date twice');
}


=== TEST 5: an unknown key is one, whatever is signed with it
--- ws eval
sub {
    for my $key ('AKIDEXAMPLF', 'A', 'x' x 128, 'AKIDEXAMPLE2', 'AKIDEXAMPL',
                 'akidexample', '#', 'secret')
    {
        for my $secret ('', 'secret', '0') {
            is_error(signed(POST => '/prod/@connections/x', body => 'hello',
                            key => $key, secret => $secret),
                     'UnrecognizedClientException', "$key, \"$secret\"");
        }
    }
}
--- error_log
access key "AKIDEXAMPLF" is not in the file of wsgw_sigv4


=== TEST 6: one byte that is not what was signed
--- ws eval
sub {
    my ($c, $id) = connected();

    my $path = "/prod/\@connections/$id";
    my $other = $path =~ s{/(.)(.{15})$}{'/' . ($1 eq '8' ? '9' : '8') . $2}er;

    my $header = sub {
        my ($name, $change) = @_;

        return sub {
            my @headers = @_;

            for (my $i = 0; $i < @headers; $i += 2) {
                $headers[$i + 1] = $change->($headers[$i + 1])
                    if $headers[$i] eq $name;
            }

            return @headers;
        };
    };

    my @signed = (body => 'hello', headers => [ 'X-Mine' => 'a  b' ]);

    is signed(POST => $path, @signed)->status, 200, 'the right one';
    is $c->recv, 'hello', 'is received';

    my @rows = (
        [ 'body', { body => 'hellp' } ],
        [ 'body, one byte more', { body => 'hello ' } ],
        [ 'body, none', { body => '' } ],
        [ 'path', { path => $other } ],
        [ 'path, another form', { path => $path =~ s/=$/%3D/r } ],
        [ 'path, upper case', { path => $path =~ s/prod/Prod/r =~
                                        s/Prod/prod/r . '/' } ],
        [ 'query', { path => "$path?a=1" } ],
        [ 'query, no value', { path => "$path?X" } ],
        [ 'method', { method => 'PUT' } ],
        [ 'Host', { host => host() =~ s/127/localhost/r } ],
        [ 'Host without port', { host => '127.0.0.1' } ],
        [ 'header', { headers => $header->('X-Mine', sub { 'a c' }) } ],
        [ 'header, none', { headers => sub { @_[2 .. $#_] } } ],
        [ 'header, twice', { headers => sub { (@_, 'X-Mine' => 'a b') } } ],
        [ 'date', { headers => $header->('X-Amz-Date', sub {
              $_[0] =~ s/(\d)Z/($1 + 1) % 10 . 'Z'/er }) } ],
        [ 'signature', { headers => $header->('Authorization', sub {
              $_[0] =~ s/(.)$/$1 eq '0' ? '1' : '0'/er }) } ],
        [ 'region', { headers => $header->('Authorization', sub {
              $_[0] =~ s/us-east-1/us-east-2/r }) } ],
        [ 'day', { headers => $header->('Authorization', sub {
              $_[0] =~ s{/20(\d\d)}{'/20' . ($1 + 1)}er }) } ],
        [ 'key', { headers => $header->('Authorization', sub {
              $_[0] =~ s/AKIDEXAMPLE/OTHER.key_1\@x/r }) } ],
        [ 'headers', { headers => $header->('Authorization', sub {
              $_[0] =~ s/;x-mine/;x-mine;z/r }) } ],
    );

    is_wrong(signed(POST => $path, @signed, sent => $_->[1]), $_->[0])
        for @rows;

    is signed(POST => $path, @signed, sent => {
        headers => $header->('X-Mine', sub { "\t a b  " }) })->status, 200,
       'blanks are no difference';
    is $c->recv, 'hello', 'nothing came in between';
}


=== TEST 7: another query, and none
--- ws eval
sub {
    my ($c, $id) = connected();
    my $path = "/prod/\@connections/$id";

    is_wrong(signed(DELETE => "$path?code=4001",
                    sent => { path => "$path?$_" }), "DELETE $_")
        for 'code=4002', 'code=4001&code=4001', 'code=4001&reason=',
            'Code=4001', '';

    is signed(DELETE => "$path?code=4001",
              sent => { path => "$path?code=%34001" })->status, 204,
       'an escape is no difference';
    is $c->close_code, 4001, 'closed';
}


=== TEST 8: X-Amz-Content-Sha256 is the body's
--- ws eval
sub {
    my ($c, $id) = connected();

    my $post = sub {
        my ($sha, @more) = @_;
        return signed(POST => "/prod/\@connections/$id", body => 'hello',
                      headers => [ 'X-Amz-Content-Sha256' => $sha, @more ]);
    };

    my $hello = '2cf24dba5fb0a30e26e83b2ac5b9e29e'
              . '1b161e5c1fa7425e73043362938b9824';

    is $post->($hello)->status, 200, 'the right one';
    is $c->recv, 'hello', 'received';

    is_wrong($post->($_), $_) for
        'UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', '',
        uc $hello, $hello =~ s/4$/5/r, substr($hello, 1);

    is_wrong($post->($hello, 'X-Amz-Content-Sha256' => $hello), 'twice');
    is_wrong(signed(POST => "/prod/\@connections/$id", body => 'hello',
                    sent => { headers => sub {
                        (@_, 'X-Amz-Content-Sha256' => 'UNSIGNED-PAYLOAD')
                    } }), 'not signed');
}
--- error_log
signed another body: its X-Amz-Content-Sha256 is not the body's


=== TEST 9: a body in a file, and one in chunks
--- config eval
$::Config =~ s/wsgw_sigv4/wsgw_max_message_size 1m; wsgw_sigv4/r
          =~ s/wsgw_api z;/wsgw_api z; wsgw_max_message_size 1m;
                           wsgw_max_queue_size 4m;/r
--- ws eval
sub {
    my ($c, $id) = connected();

    my $path = "/prod/\@connections/$id";
    my $large = join '', map { chr(97 + $_ % 26) } 1 .. 700_000;

    is signed(POST => $path, body => $large)->status, 200, 'of a file';
    ok $c->recv eq $large, 'received';

    is_wrong(signed(POST => $path, body => $large,
                    sent => { body => substr($large, 0, -1) . '!' }),
             'its last byte');

    for my $n (5, 300_000) {
        my $text = substr $large, 0, $n;
        my @headers = Wsgw::Signer::headers(POST => $path,
                                            signer(body => $text));
        my $body = join '', map { sprintf "%x\r\n%s\r\n", length, $_ }
                            unpack('(A4096)*', $text), '';

        my $s = stream();

        $s->write(Wsgw::HTTP::message("POST $path HTTP/1.1",
            Host => host(), 'Transfer-Encoding' => 'chunked', @headers)
            . $body);
        is(Wsgw::HTTP->response($s, time + 5, 'POST')->status, 200,
           "$n bytes in chunks");
        ok $c->recv eq $text, 'received';
    }
}


=== TEST 10: a signature is right for a while
--- ws eval
sub {
    my $get = sub {
        return signed(GET => '/prod/@connections/AAAAAAAAAAAAAAA=', @_);
    };

    is $get->(time => time + $_)->status, 410, "$_ s" for -290, -1, 1, 290;
    is_wrong($get->(time => time + $_), "$_ s")
        for -310, 310, -86400, 86400, -1_000_000_000;

    is_wrong($get->(day => '20200101'), 'another day');
    is_wrong($get->(service => 's3'), 'another service');
    is $get->(region => $_)->status, 410, "region $_"
        for 'eu-central-1', 'x', 'us-east-1', 'x' x 64;
}
--- error_log
which is longer ago than skew= of wsgw_sigv4
which is further ahead than skew= of wsgw_sigv4
which is not the day of its Credential
signed for another service than "execute-api"


=== TEST 11: skew= says for how long
--- config eval
$::Config =~ s/(wsgw_sigv4 \S+);/$1 skew=1h;/r
--- ws eval
sub {
    my $get = sub {
        return signed(GET => '/prod/@connections/AAAAAAAAAAAAAAA=', @_);
    };

    is $get->(time => time + $_)->status, 410, "$_ s" for -3590, 3590;
    is_wrong($get->(time => time + $_), "$_ s") for -3610, 3610;
}


=== TEST 12: a path that a rewrite has changed is signed as it was sent
--- config eval
$::Config . '
    location /outer/ {
        rewrite ^/outer/(.*) /prod/@connections/$1 last;
    }
'
--- ws eval
sub {
    my $path = '/outer/AAAAAAAAAAAAAAA=';

    is signed(GET => $path)->status, 410, 'as sent';
    is_wrong(signed(GET => '/prod/@connections/AAAAAAAAAAAAAAA=',
                    sent => { path => $path }), 'as rewritten');
}


=== TEST 13: access rules come first
--- config eval
$::Config =~ s/wsgw_management z;/wsgw_management z; deny all;/r
--- ws eval
sub {
    my $r = signed(GET => '/prod/@connections/AAAAAAAAAAAAAAA=');

    is $r->status, 403, 'denied';
    is $r->header('x-amzn-ErrorType'), 'ForbiddenException', 'its type';
}


=== TEST 14: callers need not be local, and an outer level's file counts
--- http_config eval
$::Http . "wsgw_sigv4 $::Keys; set_real_ip_from 127.0.0.1;"
--- config eval
$::Config =~ s/wsgw_sigv4 [^;]*;//r
          =~ s/location \/prod/location \/open { wsgw_api z; wsgw_sigv4 off; }
               location ^~ \/open\/\@connections {
                   wsgw_management z; wsgw_sigv4 off;
               }
               location \/prod/r
--- ws eval
sub {
    my @far = ('X-Real-IP' => '192.0.2.1', 'X-Forwarded-For' => '192.0.2.1');
    my $id = 'AAAAAAAAAAAAAAA=';

    is signed(GET => "/prod/\@connections/$id", headers => \@far)->status, 410,
       'signed';
    is_error(http(GET => "/prod/\@connections/$id", headers => \@far),
             'MissingAuthenticationTokenException', 'unsigned');

    is http(GET => "/open/\@connections/$id")->status, 410, 'off';
    is http(GET => "/open/\@connections/$id", headers => \@far)->status, 403,
       'off is not public';
    is ws_connect('/open')->status, 101, 'off in a stage';
    is ws_connect('/prod')->status, 403, 'and not off';
}


=== TEST 15: several keys, and a reload brings others
--- ws eval
sub {
    my $get = sub {
        return signed(GET => '/prod/@connections/AAAAAAAAAAAAAAA=', @_);
    };

    # a signing key is kept for each: they take turns, with two regions

    for (1 .. 2) {
        for my $region ('us-east-1', 'eu-west-1') {
            is $get->(key => $_, region => $region)->status, 410, "$_, $region"
                for sort keys %::Secret;
        }
    }

    write_keys("NEW:fresh\nOTHER.key_1\@x:changed");
    reload_nginx();

    is $get->(key => 'NEW', secret => 'fresh')->status, 410, 'the new one';
    is $get->(key => 'OTHER.key_1@x', secret => 'changed')->status, 410,
       'one that has changed, without a newline behind it';
    is_wrong($get->(key => 'OTHER.key_1@x'), 'its former secret');
    is_error($get->(), 'UnrecognizedClientException', 'one that is gone');

    # what is wrong leaves the former ones in place

    write_keys('NEW');
    kill HUP => master_pid();
    wait_log(qr/line 1 of "\Q$::Keys\E" has no colon/);
    is $get->(key => 'NEW', secret => 'fresh')->status, 410, 'as before';
}
--- tolerate: has no colon


=== TEST 16: what the access log says of a refusal
--- ws eval
sub {
    signed(GET => '/prod/@connections/AAAAAAAAAAAAAAA=', secret => 'x');
    signed(GET => '/prod/@connections/AAAAAAAAAAAAAAA=');

    is_deeply [ log_lines('push.log', 2) ],
              [ 'GET 403 forbidden', 'GET 410 gone' ], 'both';
}


=== TEST 17: a stage lets in who has signed, by header or query
--- config eval: $::Iam
--- ws eval
sub {
    my @rows = (
        [ '/prod' ], [ '/prod/' ], [ '/prod?a=b&token=x%20y' ],
        [ '/prod', key => 'OTHER.key_1@x' ], [ '/prod', region => 'x' ],
    );

    for my $row (@rows) {
        my ($path, %opt) = @$row;

        my @headers = Wsgw::Signer::headers(GET => $path, signer(%opt));
        is ws_connect($path, headers => \@headers)->status, 101,
           "header, $path @{[%opt]}";

        for my $expires (undef, 60, 604800) {
            my $url = Wsgw::Signer::presigned($path,
                          signer(%opt, expires => $expires));
            is ws_connect($url)->status, 101, "query, $url";
        }
    }

    my @events = ledger_events(20, qr{/int/connect});
    is_deeply json($events[0]{body})->{requestContext}{identity},
       { accessKey => 'AKIDEXAMPLE', sourceIp => '127.0.0.1',
         userArn => 'arn:aws:iam::000000000000:user/AKIDEXAMPLE' },
       'who has signed is in the event';
}


=== TEST 18: and nobody else
--- config eval: $::Iam
--- ws eval
sub {
    my $refused = sub {
        my ($what, $path, @opt) = @_;

        my $c = ws_connect($path, @opt);
        is $c->status, 403, $what;
    };

    my $url = Wsgw::Signer::presigned('/prod?a=b', signer(expires => 60));

    $refused->('unsigned', '/prod');
    $refused->('a query', '/prod?a=b');
    $refused->('another argument', $url =~ s/a=b/a=c/r);
    $refused->('one more', "$url&c=d");
    $refused->('another path', $url =~ s{/prod}{/prod/}r);
    $refused->('another Host', $url, host => 'localhost');
    $refused->('another key', $url =~ s/AKIDEXAMPLE/AKIDEXAMPLF/r);
    $refused->('longer', $url =~ s/Expires=60/Expires=61/r);
    $refused->('for ever', $url =~ s/Expires=60/Expires=604801/r);
    $refused->('no signature', $url =~ s/&X-Amz-Signature.*//r);
    $refused->('another one', $url =~ s/(.)$/$1 eq '0' ? 1 : 0/er);
    $refused->('a bearer besides', $url,
               headers => [ Authorization => 'Bearer x' ]);

    $refused->('expired', Wsgw::Signer::presigned('/prod',
               signer(time => time - 70, expires => 60)));
    $refused->('too long ago', Wsgw::Signer::presigned('/prod',
               signer(time => time - 310)));
    $refused->('of the future', Wsgw::Signer::presigned('/prod',
               signer(time => time + 310, expires => 60)));

    is ws_connect(Wsgw::Signer::presigned('/prod',
           signer(time => time - 86400, expires => 90000)))->status, 101,
       'for longer than skew=';

    my @events = ledger_events(1, qr{/int/connect});
    is @events, 1, 'no integration is called for those';
}
--- error_log
handshake is not signed as wsgw_sigv4 wants it: there is neither Authorization nor a presigned query


=== TEST 19: a message and a $disconnect say who it was
--- config eval: $::Iam
--- ws eval
sub {
    my $c = ws_connect(Wsgw::Signer::presigned('/prod', signer()));

    $c->send('hello');
    my @events = ledger_events(2, qr{/int});
    $c->close(1000);
    @events = ledger_events(3, qr{/int});

    for my $event (map { json($_->{body})->{requestContext} } @events) {
        is $event->{identity}{accessKey}, 'AKIDEXAMPLE',
           "$event->{eventType}: the key";
        is $event->{identity}{userArn},
           'arn:aws:iam::000000000000:user/AKIDEXAMPLE',
           "$event->{eventType}: the user";
    }
}


=== TEST 20: also of a worker that was killed
--- config eval: $::Iam
--- tolerate: exited on signal 9
--- ws eval
sub {
    my $c = ws_connect(Wsgw::Signer::presigned('/prod',
                           signer(key => 'OTHER.key_1@x')));
    ledger_events(1, qr{/int});

    kill KILL => worker_pids();

    my @events = ledger_events(2, qr{/int});
    my $context = json($events[1]{body})->{requestContext};

    is $context->{eventType}, 'DISCONNECT', 'an event';
    is $context->{identity}{accessKey}, 'OTHER.key_1@x', 'of that key';
    is $context->{identity}{userArn},
       'arn:aws:iam::000000000000:user/OTHER.key_1@x', 'and user';
}


=== TEST 21: what is signed elsewhere says nothing of who it is
--- config eval: $::Iam =~ s/wsgw_sigv4[^;]*;//r
--- ws eval
sub {
    my $c = ws_connect(Wsgw::Signer::presigned('/prod', signer()));
    is $c->status, 101, 'connected';

    my ($event) = ledger_events(1, qr{/int});
    is_deeply json($event->{body})->{requestContext}{identity},
              { sourceIp => '127.0.0.1' }, 'an address and no more';
}


=== TEST 22: many headers and arguments
--- config eval: $::Iam
--- ws eval
sub {
    my @many = map { sprintf('X-%02d', $_) => "v$_" } 1 .. 61;
    my $query = join '&', map { "a$_" } reverse 1 .. 500;

    my @headers = Wsgw::Signer::headers(GET => "/prod?$query",
                                        signer(headers => \@many));
    is ws_connect("/prod?$query", headers => \@headers)->status, 101,
       '63 names, 500 arguments';

    @headers = Wsgw::Signer::headers(GET => '/prod', signer(
                   headers => [ @many, 'X-a' => 1, 'X-b' => 2 ]));
    is ws_connect('/prod', headers => \@headers)->status, 403, '65 names';

    @headers = Wsgw::Signer::headers(GET => '/prod', signer(headers => [
                   'X-M' => 'a', 'X-M' => ' b  c', 'X-M' => '' ]));
    is ws_connect('/prod', headers => \@headers)->status, 101,
       'a header of three lines';
}


=== TEST 23: the file has to be there
--- config eval: $::Config =~ s/wsgw_sigv4 [^;]*;/wsgw_sigv4 nowhere;/r
--- must_die
--- error_log eval
['[emerg]', qr/open\(\) "\S+nowhere" failed .* in \S+nginx.conf:\d+/]


=== TEST 24: everybody may read it
--- mode: 644
--- must_die
--- error_log
[emerg]
has secrets and can be read or written by everybody; "chmod o=


=== TEST 25: everybody may write it
--- mode: 602
--- must_die
--- error_log
[emerg]
has secrets and can be read or written by everybody


=== TEST 26: a line without a colon
--- keys
A:b
# a:c

AKIDEXAMPLE secret
--- must_die
--- error_log eval
['[emerg]', qr/line 4 of "\Q$::Keys\E" has no colon, it is KEY:SECRET in \S+/]
--- no_error_log
secret in


=== TEST 27: a line without a key
--- keys
:secret
--- must_die
--- error_log
[emerg]
has no key of 1 to 128 letters, digits


=== TEST 28: a key that is none
--- keys
A:b
A/B:secret
--- must_die
--- error_log eval
['[emerg]', qr/line 2 of "\Q$::Keys\E" has no key of 1 to 128 letters/]


=== TEST 29: a key of 129 bytes
--- keys eval: ('x' x 128) . ":secret\n" . ('y' x 129) . ':secret'
--- must_die
--- error_log eval
['[emerg]', qr/line 2 of "\Q$::Keys\E" has no key of 1 to 128 letters/]


=== TEST 30: a line without a secret
--- keys eval: "A:b\nB:\n"
--- must_die
--- error_log eval
['[emerg]', qr/line 2 of "\Q$::Keys\E" has no secret of 1 to 256 bytes/]


=== TEST 31: a secret of 257 bytes
--- keys eval: 'A:' . ('x' x 256) . "\nB:" . ('x' x 257)
--- must_die
--- error_log eval
['[emerg]', qr/line 2 of "\Q$::Keys\E" has no secret of 1 to 256 bytes/]


=== TEST 32: a blank in a secret
--- keys eval: "A:b \n"
--- must_die
--- error_log
[emerg]
without blanks and control characters


=== TEST 33: a file of another system
--- keys eval: "A:b\r\nB:c\r\n"
--- must_die
--- error_log eval
['[emerg]', qr/line 1 of "\Q$::Keys\E" has no secret .* a carriage return included/]


=== TEST 34: a key twice
--- keys
B:1
# A:x
A:2
B:3
--- must_die
--- error_log eval
['[emerg]', qr/line [14] of "\Q$::Keys\E" has a key that is in it twice, "B"/]


=== TEST 35: no key at all
--- keys
# A:b
--- must_die
--- error_log
[emerg]
has no key, so that nobody could call; a line is KEY:SECRET


=== TEST 36: an empty file
--- keys eval: ''
--- must_die
--- error_log
[emerg]
has no key, so that nobody could call


=== TEST 37: a directory
--- config eval: $::Config =~ s/wsgw_sigv4 [^;]*;/wsgw_sigv4 $::Dir;/r
--- must_die
--- error_log
[emerg]
is no regular file


=== TEST 38: skew= is a time
--- config eval: $::Config =~ s/(wsgw_sigv4 [^;]*);/$1 skew=long;/r
--- must_die
--- error_log
[emerg]
invalid time "long"


=== TEST 39: skew= is no end of all limits
--- config eval: $::Config =~ s/(wsgw_sigv4 [^;]*);/$1 skew=off;/r
--- must_die
--- error_log
[emerg]
"skew=off" is too short: clocks differ, and without a limit


=== TEST 40: another parameter
--- config eval: $::Config =~ s/(wsgw_sigv4 [^;]*);/$1 region=x;/r
--- must_die
--- error_log
[emerg]
invalid parameter "region=x", write "wsgw_sigv4 FILE [skew=TIME]"


=== TEST 41: twice
--- config eval: $::Config =~ s/(wsgw_sigv4 [^;]*;)/$1 wsgw_sigv4 off;/r
--- must_die
--- error_log
[emerg]
"wsgw_sigv4" directive is duplicate


=== TEST 42: a secret is in no log, and in no memory that a core would have
--- log_level: debug
--- config eval: $::Iam
--- ws eval
sub {
    my $secret = $::Secret{'OTHER.key_1@x'};
    my @who = (key => 'OTHER.key_1@x');

    is signed(GET => '/prod/@connections/AAAAAAAAAAAAAAA=', @who)->status, 410,
       'a call';
    is ws_connect(Wsgw::Signer::presigned('/prod', signer(@who)))->status, 101,
       'a handshake';
    is_wrong(signed(GET => '/prod/@connections/AAAAAAAAAAAAAAA=', @who,
                    secret => 'x'), 'another secret');

    for my $pid (master_pid(), worker_pids()) {
        my @found = grep { index($_->{bytes}, $secret) >= 0 } memory($pid);

        cmp_ok scalar(@found), '>', 0, 'it is somewhere';
        is join(' ', map { $_->{name} } grep { $_->{dumped} } @found), '',
           "and nowhere else in $pid";
    }

    unlike error_log(), qr/\Q$secret\E/, 'it is not logged';
    like error_log(), qr/wsgw signature verdict:4 key:"OTHER.key_1\@x"/,
         'what it has signed is';
}


=== TEST 43: a call cannot be presigned
--- ws eval
sub {
    my $url = Wsgw::Signer::presigned('/prod/@connections/AAAAAAAAAAAAAAA=',
                                      signer(expires => 60));

    is_error(http(GET => $url), 'MissingAuthenticationTokenException',
             'a query');
}


=== TEST 44: the account is the authorizer's, whom the signature comes before
--- config eval
$::Iam =~ s{wsgw_api z;}{wsgw_api z;
        wsgw_authorizer /int/authorize arn=eu-west-1:123456789012;}r
--- backend eval
sub {
    my ($r) = @_;

    return '{"statusCode":200}' if $r->{uri} !~ /authorize/;

    return json({ principalId => 'me', policyDocument => {
        Version   => '2012-10-17',
        Statement => [ { Action   => 'execute-api:Invoke',
                         Effect   => 'Allow',
                         Resource => '*' } ] } });
}
--- ws eval
sub {
    is ws_connect('/prod')->status, 403, 'unsigned';

    my $c = ws_connect(Wsgw::Signer::presigned('/prod', signer()));
    is $c->status, 101, 'signed';

    my @events = ledger_events(2, qr{/int});
    $c->close(1000);
    @events = ledger_events(3, qr{/int});

    is $events[0]{uri}, '/int/authorize', 'nobody is asked for the unsigned';

    for my $event (map { json($_->{body})->{requestContext} } @events) {
        is $event->{identity}{accessKey}, 'AKIDEXAMPLE', 'the key';
        is $event->{identity}{userArn},
           'arn:aws:iam::123456789012:user/AKIDEXAMPLE', 'the user';
    }
}
