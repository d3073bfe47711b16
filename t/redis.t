#!/usr/bin/perl

# wsgw_redis: what a configuration may say, and that nginx -t talks to nobody;
# logging in, TLS, what a server is, and names that are resolved again; each
# failure is a line of the log that says what it is.

use strict;
use warnings;

use lib 't/lib';

use IO::Socket::INET;
use JSON::PP qw( decode_json );
use Test::More;

use Wsgw::Datastore;
use Wsgw::HTTP;
use Wsgw::Nginx;
use Wsgw::Port;

my $nginx = Wsgw::Nginx->new(
    workers => 1,
    server => 'location = /cluster { return 200 $wsgw_cluster; }');

my $dir = $nginx->{root};

sub file {
    my ($name, $text) = @_;

    $nginx->write($name, $text);
    chmod 0644, "$dir/$name";

    return "$dir/$name";
}

# what nginx -t says of a line

sub said {
    my ($line) = @_;

    $nginx->configure(http => $line);
    $nginx->run('-t');

    return $nginx->{said};
}

# a build without hiredis does all but that

if (($ENV{WSGW_WITHOUT} // '') eq 'hiredis') {
    like(said('wsgw_redis conns redis://127.0.0.1;'),
         qr/\[emerg\].* in this build: .* without hiredis,.*nginx\.conf:\d+/,
         'wsgw_redis is refused');

    $nginx->start(http => '', server => '');

    my $c = $nginx->connect;

    is($c->status, 101, 'a stage works');
    is($nginx->push($nginx->wait_ids(CONNECT => 1), 'x')->status, 200,
       'and so does a push');
    is($c->recv, 'x', 'which arrives');
    $nginx->stop;
    done_testing();
    exit;
}

my $secret = file('secret', "secret\n");
my $empty = file('empty', "\n");
my $token = file('token', 't' x 4096 . "\n");
my $long = file('long', 'l' x 4097);
my $lines = file('lines', "secret\nother\n");

# who listens here hears nothing of nginx -t

my $port = Wsgw::Port::claim();
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5,
                                     LocalPort => $port, ReuseAddr => 1)
    or die "listen: $!\n";

my $url = "redis://127.0.0.1:$port";

for my $line ("$url", "$url/3", "$url $url/1", "redis://[::1]:$port",
              "redis://127.0.0.1", "rediss://127.0.0.1:$port",
              "$url prefix=staging name=web-1.example takeover=1m",
              "$url takeover=off disconnects=off fence=off",
              "redis://app\@127.0.0.1:$port/2 password_file=$secret",
              "redis://app\@example.com\@127.0.0.1 password_file=$secret",
              "$url password_file=$secret", "$url password_file=$token",
              "$url/007")
{
    like(said("wsgw_redis conns $line;"), qr/test is successful/, $line);
}

vec(my $bits = '', fileno $listener, 1) = 1;
is(select($bits, undef, undef, 0), 0, 'nginx -t talks to no Redis');

for (
    [ '', 'number of arguments' ],
    [ 'conns', 'number of arguments' ],
    [ "other $url", 'refers to unknown zone "other", the only one is "conns"; '
                    . 'write that, or add "wsgw_zone zone=other:16m;"' ],
    [ "conn $url", 'unknown zone "conn", did you mean "conns"?' ],
    [ "conns prefix=x", 'no Redis is named' ],
    [ "conns http://127.0.0.1", 'invalid address "http://127.0.0.1", write it '
                                . 'as "redis://HOST:6379"' ],
    [ "conns redis://", 'invalid address' ],
    [ "conns redis:///1", 'invalid address' ],
    [ "conns redis://127.0.0.1:0", 'invalid address' ],
    [ "conns redis://127.0.0.1:99999", 'invalid address' ],
    [ "conns redis://127.0.0.1:x", 'invalid address' ],
    [ "conns $url/db", 'invalid address' ],
    [ "conns $url/-1", 'invalid address' ],
    [ "conns redis://unix:/tmp/redis.sock", 'invalid address' ],
    [ "conns redis://app:hidden\@127.0.0.1", 'has a password, write it into '
                                             . 'a file' ],
    [ "conns redis://app:hid\@hidden\@127.0.0.1", 'ending with "\@127.0.0.1" has '
                                                 . 'a password' ],
    [ "conns valkey://app:hidden\@127.0.0.1", 'has a password' ],
    [ "conns redis://app:hidden\@a redis://app:hidden\@a", 'has a password' ],
    [ "conns $url password=hidden", 'in every copy .* "password_file=FILE"' ],
    [ "conns redis://\@127.0.0.1 password_file=$secret", 'no user before' ],
    [ "conns redis://app\@127.0.0.1", 'the password of user "app" is missing, '
                                      . 'write "password_file=FILE"' ],
    [ "conns $url password_file=$dir/none", 'cannot read ".*none"' ],
    [ "conns $url password_file=$dir", 'cannot read' ],
    [ "conns $url password_file=$long", 'of at most 4096 bytes' ],
    [ "conns $url password_file=$empty", 'there is no password in' ],
    [ "conns $url password_file=$lines", 'no password in .* as its one line' ],
    [ 'conns redis://$host', 'invalid address "redis://\$host"' ],
    [ "conns $url password_file=", 'invalid parameter' ],
    [ "conns $url trusted_certificate=$secret", 'is for TLS, write '
                                                . '"rediss://"' ],
    [ "conns rediss://127.0.0.1 trusted_certificate=$dir/none",
      'trusted_certificate=.*none" cannot be used, write' ],
    [ 'conns ' . $url . ' "prefix={x}"', 'invalid prefix "\{x\}"' ],
    [ "conns $url prefix=", 'invalid prefix' ],
    [ 'conns ' . $url . ' "name=a b"', 'invalid name "a b" of a node' ],
    [ "conns $url takeover=5s", 'too short.*at least "takeover=10s"' ],
    [ "conns $url takeover=x", 'invalid time "x"' ],
    [ "conns $url prefix=a prefix=b", 'is duplicate' ],
    [ "conns $url $url", 'is duplicate' ],
    [ "conns $url disconnects=on", 'is not in this version' ],
    [ "conns $url fence=on", 'is not in this version' ],
    [ "conns $url node=3", 'invalid parameter "node=3", write "wsgw_redis' ],
    [ "conns $url; wsgw_redis conns $url/1", 'of zone "conns" is duplicate, '
                                             . 'the first is in .*:\d+' ],
    [ "conns redis://no.such.host.invalid", 'host not found' ],
) {
    my ($line, $why) = @$_;

    my $said = said("wsgw_redis $line;");

    like($said, qr/\[emerg\].*$why.* in \S*nginx\.conf:\d+|$why/s,
         "wsgw_redis $line");
    unlike($said, qr/hidden/, 'no password is shown')
        if $line =~ /hidden/;
}

like(said("wsgw_redis conns redis://localhost:$port;"),
     qr/\[warn\].*"localhost" of wsgw_redis is looked up once/,
     'a name without a resolver: a warning');

close $listener;

# what is found out at the connect

my $redis = Wsgw::Datastore->new;

sub state_of {
    my $body = Wsgw::HTTP->request('127.0.0.1', $nginx->{port}, 'GET',
                                   '/cluster')->body;

    return length $body ? decode_json($body) : {};
}

sub is_ready {
    my ($name, $line, %opt) = @_;

    $nginx->start(http => "wsgw_redis conns $line;", %opt);
    eval { $nginx->wait(sub { state_of()->{node} eq 'registered' }, 'it') };
    is(state_of()->{state}, 'ready', $name);
    $nginx->stop;
}

sub says {
    my ($name, $line, $why, %opt) = @_;

    $nginx->start(http => "wsgw_redis conns $line;", %opt);
    eval { $nginx->wait(sub { $nginx->log =~ $why }, 'a line') };
    my $log = join '', grep { /redis/ } $nginx->log =~ /^.*\n/mg;
    like($log, $why, $name);
    isnt(state_of()->{state}, 'ready', 'and it is not ready');
    is($nginx->connect->status, 101, 'clients are let in');
    $nginx->stop;
}

$redis->start(requirepass => 'secret', auth => [ '-a', 'secret' ],
              user => 'app on >other ~wsgw:* &wsgw:* +@all');

is_ready('a password', $redis->url . " password_file=$secret");
says('no password', $redis->url,
     qr/\[error\].*is lost: it wants a password, write "password_file=FILE"/);
says('a wrong password', $redis->url . ' password_file='
     . file('wrong', 'wrong'), qr/\[error\].*is lost: WRONGPASS/);

$redis->cli(qw( acl setuser app@example.com on ), '>' . 't' x 4096,
            qw( ~wsgw:* &wsgw:* +@all ));
is_ready('a user of another host, whose password is a token',
         "redis://app\@example.com\@127.0.0.1:@{[ $redis->port ]}/02 "
         . "password_file=$token");

my $rotated = file('rotated', 'other');

is_ready('a user', "redis://app\@127.0.0.1:@{[ $redis->port ]}/2 "
                   . "password_file=$rotated");

# a password that changes, without a reload

$nginx->start(http => "wsgw_redis conns redis://app\@127.0.0.1:"
                      . $redis->port . " password_file=$rotated;");
$nginx->wait(sub { state_of()->{state} eq 'ready' }, 'ready');
$redis->cli(qw( acl setuser app resetpass >third ));
file('rotated', "third\n");
$redis->cli(qw( client kill user app ));
$nginx->wait(sub { (() = $nginx->log =~ /is ready/g) >= 2 }, 'ready again');
$nginx->wait(sub { state_of()->{state} eq 'ready' }, 'ready again');
pass('a password is read again at each connect');
$nginx->stop;

# rights that are missing

$redis->cli(qw( acl setuser nochannel on >other ~wsgw:* resetchannels +@all ));
says('no channels', "redis://nochannel\@127.0.0.1:@{[ $redis->port ]} "
     . 'password_file=' . file('other', 'other'),
     qr/\[error\].*user "nochannel" may not use channel wsgw:\{conns\}:\*/);

# memory that may run out

sub warns_of_eviction {
    my ($line) = @_;

    $nginx->start(http => "wsgw_redis conns $line;");
    $nginx->wait(sub { state_of()->{node} eq 'registered' }, 'it');

    # INFO was asked before it registered

    my $warns = $nginx->log =~ /\[warn\].* may evict our keys/;
    my $refused = $nginx->log =~ /refuses a command/;

    $nginx->stop;
    $nginx->write('error.log', '');

    return ($warns ? 'warns' : '') . ($refused ? 'refused' : '');
}

my $here = $redis->url . " password_file=$secret";

$redis->cli(qw( config set maxmemory-policy allkeys-lru ));
is(warns_of_eviction($here), '', 'memory without a limit: nothing is said');
$redis->cli(qw( config set maxmemory 100mb ));
is(warns_of_eviction($here), 'warns', 'keys may be evicted: a warning');
$redis->cli(qw( config set maxmemory-policy volatile-lru ));
is(warns_of_eviction($here), '', 'others than ours may be: nothing is said');
$redis->cli(qw( config set maxmemory-policy allkeys-lru ));
$redis->cli(qw( acl setuser noinfo on >other ~wsgw:* &wsgw:* +@all -info ));
is(warns_of_eviction("redis://noinfo\@127.0.0.1:@{[ $redis->port ]} "
                     . "password_file=$dir/other"), '',
   'a user who may not ask: nothing is said');
$redis->cli(qw( config set maxmemory 0 ));

my $acl = 'resetkeys ~wsgw:* resetchannels &wsgw:* -@all +hello +auth +ping '
    . '+client|setname +multi +exec +hget +hset +hsetnx +hdel +hgetall +hlen '
    . '+hscan +zadd +zscore +zremrangebyscore +get +set +publish +subscribe '
    . '+unsubscribe +spublish +ssubscribe +sunsubscribe +info';

$redis->cli('acl', 'setuser', 'least', 'on', '>other', split ' ', $acl);
is_ready('the rights of docs/cluster.md', "redis://least\@127.0.0.1:"
         . $redis->port . " password_file=$dir/other");
$redis->stop;

# what a server is

$redis->start(replicaof => '127.0.0.1 1');
says('a replica', $redis->url, qr/\[error\].*is lost: it is a replica now/);

my $primary = Wsgw::Datastore->new->start;

is_ready('a list with a replica', $redis->url . ' ' . $primary->url);
is_ready('a list with nobody', 'redis://127.0.0.1:1 ' . $primary->url);
$redis->stop;
$primary->stop;

# a Redis Cluster: two nodes that have half of the slots each

my @shards = map {
    Wsgw::Datastore->new->start('cluster-enabled' => 'yes',
                                'cluster-port' => Wsgw::Port::claim())
} 0, 1;

$shards[0]->cli(qw( cluster addslotsrange 0 8191 ));
$shards[1]->cli(qw( cluster addslotsrange 8192 16383 ));
$shards[0]->cli(qw( cluster meet 127.0.0.1 ), $shards[1]->port,
                $shards[1]->cli(qw( config get cluster-port )) =~ /(\d+)/);

for my $shard (@shards) {
    $nginx->wait(sub {
        $shard->cli(qw( cluster info )) =~ /cluster_state:ok/
            && $shard->cli(qw( cluster slots )) =~ /16383/
    }, 'a cluster', 30);
}

is_ready('a Redis Cluster, by way of ' . ($_ ? 'the other one' : 'one'),
         $shards[$_]->url) for 0, 1;

$_->stop for @shards;

# TLS

sub openssl {
    system("cd $dir && openssl @_ >openssl.log 2>&1") == 0
        or die "openssl @_ failed\n";
}

openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca "
        . '-keyout ca.key -out ca.crt');
openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost "
        . '-keyout redis.key -out redis.csr');
file('names', "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
openssl('x509 -req -in redis.csr -CA ca.crt -CAkey ca.key -CAcreateserial '
        . '-days 2 -extfile names -out redis.crt');

my $tls = Wsgw::Port::claim();

$redis->start('tls-port' => $tls, 'tls-cert-file' => "$dir/redis.crt",
              'tls-key-file' => "$dir/redis.key", 'tls-auth-clients' => 'no',
              'tls-ca-cert-file' => "$dir/ca.crt");

my $trusted = "trusted_certificate=$dir/ca.crt";

is_ready('TLS to an address', "rediss://127.0.0.1:$tls $trusted");
is_ready('TLS to a name', "rediss://localhost:$tls $trusted");
says('a certificate that nobody trusts', "rediss://localhost:$tls",
     qr/\[error\].*is lost: (?:self|unable|certificate).*certificate/i);
says('TLS to a port without', 'rediss://127.0.0.1:' . $redis->port
     . " $trusted", qr/\[error\].*is lost: (?:TLS failed|cannot connect)/);
$redis->stop;

file('names', "subjectAltName=DNS:elsewhere\n");
openssl('x509 -req -in redis.csr -CA ca.crt -CAkey ca.key -CAcreateserial '
        . '-days 2 -extfile names -out redis.crt');
$redis->start('tls-port' => $tls, 'tls-cert-file' => "$dir/redis.crt",
              'tls-key-file' => "$dir/redis.key", 'tls-auth-clients' => 'no',
              'tls-ca-cert-file' => "$dir/ca.crt");
says('a certificate of another host', "rediss://localhost:$tls $trusted",
     qr/\[error\].*is lost: the certificate is of another host/);
$redis->stop;

unlike($nginx->log, qr/\[alert\]|Sanitizer|runtime error:/, 'a clean log');

done_testing();
