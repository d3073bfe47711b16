# conf/prometheus and conf/grafana: the rules are what promtool reads, each alert
# fires in its test, and each expression names series and labels that a gateway
# prints which has done a bit of everything.

use strict;
use warnings;

use lib 't/lib';
use Test::Nginx::Wsgw 'no_plan';

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

run_tests();

__DATA__

=== TEST 1: rules, their tests, and the series of both
--- http_config
    wsgw_zone zone=z:1m;
--- config
    location = /status {
        wsgw_status;
    }
    location /ws {
        wsgw_api z;
        wsgw_integration_type http_proxy;
        wsgw_ping_interval 50ms;
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

    like $rules, qr/SUCCESS: 11 rules found/, 'rules';
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

    my %labels;

    for ($text =~ /^(wsgw_\w+\{.*\}) /mg) {
        my ($name, $rest) = /^(\w+)\{(.*)\}$/;
        $labels{$name}{$_} = 1 for $rest =~ /(\w+)="/g;
    }

    my $dashboard = json(file('conf/grafana/wsgw.json'));
    my @all = (expressions($dashboard),
               map({ $_->{query} } grep { $_->{type} eq 'query' }
                   @{ $dashboard->{templating}{list} }),
               file('conf/prometheus/wsgw.rules.yml') =~ /expr: (?:\|\n)?(.*?)\n +(?:for|labels):/gs);
    my (@unknown, %used);

    for my $expression (@all) {
        for ($expression =~ /(wsgw_\w+(?:\{[^}]*\})?)/g) {
            my ($name, $matchers) = /^(\w+)(?:\{(.*)\})?$/;

            $used{$name} = 1;
            push @unknown, $_
                if !$labels{$name}
                   || grep { !$labels{$name}{$_} }
                      ($matchers // '') =~ /(\w+)(?:=~|!~|=|!=)"/g;
        }
    }

    is "@unknown", '', 'all series are there, with their labels';
    cmp_ok scalar(@all), '>', 50, 'expressions';
    cmp_ok scalar(keys %used), '>', 35, 'series';

    # what the page of documentation has is there, and the other way round

    my %documented = map { $_ => 1 }
        map { /`(wsgw_\w+)`/g } file('docs/monitoring.md') =~ /^\| (`wsgw_.*?) \| (?:counter|gauge|histogram) \|/mg;
    my %printed = map { $_ => 1 } $text =~ /^# TYPE (\w+)/mg;

    # with wsgw_redis, where t/multi/nodes.t asks for them

    $printed{"wsgw_$_"} = 1 for qw( nodes redis_questions_total
                                    redis_reconnects_total redis_up );

    is_deeply \%documented, \%printed, 'docs/monitoring.md has all, and no other';
}
