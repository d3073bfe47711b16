# conf/prometheus and conf/grafana: the rules are what promtool reads, each alert
# fires in its test, and each expression names series and labels that a gateway
# prints which has done a bit of everything, and those of a running demo.

use strict;
use warnings;

use lib 't/lib';
use Cwd qw( abs_path );
use File::Temp ();
use POSIX ();
use Test::Nginx::Wsgw 'no_plan';

use Wsgw::Port;

sub file {
    my ($name) = @_;

    open my $in, '<', $name or die "$name: $!\n";
    local $/;

    return scalar <$in>;
}

# every "expr" of what JSON has become

sub expressions {
    my ($x) = @_;

    return map { expressions($_) } @$x if ref $x eq 'ARRAY';
    return () unless ref $x eq 'HASH';

    return (grep({ defined && !ref } $x->{expr}),
            map { expressions($_) } values %$x);
}

# of the dashboard and the rules: which series this page does not have, with
# their labels; how many expressions there are, and how many series

sub compared {
    my ($text) = @_;

    my (%labels, %unknown, %used);

    for ($text =~ /^(wsgw_\w+\{.*\}) /mg) {
        my ($name, $rest) = /^(\w+)\{(.*)\}$/;
        $labels{$name}{$_} = 1 for $rest =~ /(\w+)="/g;
    }

    my $dashboard = json(file('conf/grafana/wsgw.json'));
    my @all = (expressions($dashboard),
               map({ $_->{query} } grep { $_->{type} eq 'query' }
                   @{ $dashboard->{templating}{list} }),
               file('conf/prometheus/wsgw.rules.yml')
                   =~ /expr: (?:\|\n)?(.*?)\n +(?:for|labels):/gs);

    for (map { /(wsgw_\w+(?:\{[^}]*\})?)/g } @all) {
        my ($name, $matchers) = /^(\w+)(?:\{(.*)\})?$/;

        $used{$name} = 1;
        $unknown{$_} = 1
            if !$labels{$name} || grep { !$labels{$name}{$_} }
                                  ($matchers // '') =~ /(\w+)(?:=~|!~|=|!=)"/g;
    }

    return (join(' ', sort keys %unknown), scalar @all, scalar keys %used);
}

# what promtool says of the values that expressions have for some series

sub valued {
    my ($series, %wanted) = @_;

    my $test = File::Temp->new(SUFFIX => '.yml');

    print $test "tests:\n  - interval: 1m\n    input_series:\n",
        map({ "      - { series: '$_', values: '$series->{$_}' }\n" }
            sort keys %$series),
        "    promql_expr_test:\n",
        map { "      - expr: '$_'\n        eval_time: 5m\n"
              . "        exp_samples: [ $wanted{$_} ]\n" } sort keys %wanted;
    close $test;

    return scalar qx(promtool test rules $test 2>&1);
}

# conf/chat/demo, as "make demo" runs it, until it is told to stop or forgotten

sub demo {
    my (@ports) = @_;

    my $said = "$ENV{TEST_NGINX_SERVROOT}/demo";

    open my $out, '>', $said or die "$said: $!\n";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        setpgrp;
        open STDOUT, '>&', $out;
        open STDERR, '>&', $out;
        $ENV{NGINX_BINARY} = abs_path($ENV{TEST_NGINX_BINARY}
                                      // '/usr/sbin/nginx');
        exec 'conf/chat/demo', @ports or POSIX::_exit(127);
    }

    my $demo = bless { pid => $pid };

    # npm may have to fetch the packages first

    wait_until(sub { file($said) =~ /Ctrl-C ends it|^demo: .*/m }, 120,
               'the demo');

    file($said) =~ /^(demo: .*)/m and die "$1\n";

    return $demo;
}

sub stop {
    my ($demo) = @_;

    local $?;

    my $pid = delete $demo->{pid} // return;

    kill INT => -$pid;
    waitpid $pid, 0;

    return $?;
}

sub DESTROY { $_[0]->stop }

run_tests();

__DATA__

=== TEST 1: rules, their tests, and the series of both
--- http_config
    wsgw_zone zone=z:1m;
    wsgw_redis z redis://127.0.0.1:1;
--- config
    location = /status {
        wsgw_status;
    }
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_ping_interval 500ms;
        wsgw_route $default /id response;
    }
    location ^~ /ws/@connections {
        wsgw_management z;
    }
    location = /id {
        internal;
        return 200 $wsgw_connection_id;
    }
--- ws eval
sub {
    my $rules = qx(cd conf/prometheus && promtool check rules wsgw.rules.yml
                   promtool test rules wsgw.test.yml 2>&1);

    like $rules, qr/SUCCESS: 14 rules found/, 'rules';
    is scalar(() = $rules =~ /SUCCESS/g), 2, 'their tests' or diag $rules;

    my %alerts = map { $_ => 1 }
                 file('conf/prometheus/wsgw.rules.yml') =~ /alert: (\w+)/g;
    my %tested = map { $_ => 1 }
                 file('conf/prometheus/wsgw.test.yml') =~ /alertname="(\w+)"/g;

    is_deeply \%tested, \%alerts, 'each alert is tested';

    my $c = ws_connect('/ws');

    $c->send('who');

    my $id = $c->recv;

    http(POST => "/ws/\@connections/$id", body => 'hello');
    is $c->recv, 'hello';

    my $text;

    wait_until(sub {
        $c->recv(0.05);
        $text = http(GET => '/status?format=prometheus')->body;
        $text =~ /^wsgw_ping_rtt_seconds_count\S* [1-9]/m;
    }, undef, 'a pong');

    my ($unknown, $expressions, $series) = compared($text);

    is $unknown, '', 'all series are there, with their labels';
    cmp_ok $expressions, '>', 50, 'expressions';
    cmp_ok $series, '>', 35, 'series';

    # what the page of documentation has is there, and the other way round

    my %documented = map { $_ => 1 }
        map { /`(wsgw_\w+)`/g } file('docs/monitoring.md') =~ /^\| (`wsgw_.*?) \| (?:counter|gauge|histogram) \|/mg;
    my %printed = map { $_ => 1 } $text =~ /^# TYPE (\w+)/mg;

    is_deeply \%documented, \%printed, 'docs/monitoring.md has all, and no other';
}


=== TEST 2: a worker that is in two zones is drawn as one
--- config
--- ws eval
sub {
    my @of = grep { /wsgw_workers/ }
             expressions(json(file('conf/grafana/wsgw.json')));
    my ($lost, $now) = sort { $b =~ /lost/ <=> $a =~ /lost/ }
                       map { s/\$__rate_interval/2m/r } @of;

    is scalar @of, 2;

    like valued({
        map({ (qq(wsgw_workers{instance="a",zone="$_",state="serving"}) => '2x9',
               qq(wsgw_workers_lost_total{instance="a",zone="$_"}) => '0+1x9') }
            qw( y z )),
        'wsgw_workers{instance="b",zone="z",state="serving"}' => '3x9',
    }, $now => q({ labels: '{state="serving"}', value: 5 }),
       $lost => q({ labels: '{}', value: 2 })), qr/SUCCESS/, 'both';
}


=== TEST 3: a demo has all series
--- config
    location = /unused { return 204; }
--- ws eval
sub {
    my ($port, $back) = map { Wsgw::Port::claim() } 1, 2;
    my $demo = demo($port, $back);
    my $c = Wsgw::Client->open('127.0.0.1', $port, '/dev');

    is $c->status, 101, 'a client';
    $c->send('?');

    my $id = json($c->recv)->{connectionId};

    $c->send('{"action":"onMessage","message":"hi"}');
    is $c->recv, 'Echo: hi', 'an echo, which is a push';
    is http(GET => "/dev/\@connections/$id", port => $back)->status, 200;
    $c->close(1000);
    is $c->close_code, 1000;

    my $text = http(GET => '/status?format=prometheus', port => $back)->body;

    like $text, qr/^wsgw_messages_received_total\{.*"text"\} 2$/m,
         'it has counted';
    like +(compared($text))[0],
         qr/^(?:wsgw_nodes\S*\ )+wsgw_ping_rtt_seconds_bucket\{\S+\ \S+\}
             (?:\ wsgw_redis_\S+)+$/x,
         'all series are there but those of pings and of other nodes';

    is $demo->stop, 0, 'its end';
}
