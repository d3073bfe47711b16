package Wsgw::Tutorial;

# What a page tells its reader to do, done: files are written, configurations
# taken by nginx, commands run in one shell, WebSocket sessions played. The
# fence of a block says what it is:
#
#     ```nginx NAME        a configuration, also a file of the reader's folder
#     ```nginx             a part of one, which nginx takes in some context;
#                          "nginx elsewhere" wants another nginx
#     ```LANG NAME         another file; "NAME before TEXT" are lines that go
#                          into it, before the first one that has the text
#     ```sh                commands; "sh or": in place of those above, "sh
#                          elsewhere": bash reads them, on another host they run
#     ```console           lines of "$ " are commands, others what they print,
#                          in this order, perhaps among other lines; "…" is any
#                          text. Behind a WebSocket client "> " is typed and
#                          "< " comes; without a command it is the one above
#     ```yaml              is linted
#     ```LANG              is looked at by those who read
#
# Ports of the page are others here, and so is the id that it has as example.

use strict;
use utf8;
use warnings;

use Cwd qw( getcwd );
use File::Temp qw( tempdir );
use IO::Socket::INET;
use IPC::Open2 qw( open2 );
use Test::More;

use Wsgw::Files;
use Wsgw::Port;
use Wsgw::Wait;

my $EXAMPLE = '3TofAAxSqKWakWQ=';
my $PORTS = qr/\b(?:3001|3002|8080|8081|8082|8443|9000|9001|9002)\b/;

my @running;

sub new {
    my ($class, $page, %opt) = @_;

    my $top = getcwd();
    my $folder = tempdir(CLEANUP => 1);

    # workers are not root, and ../ is the clone

    chmod 0755, $folder;
    mkdir "$folder/hello" or die "mkdir: $!\n";

    symlink "$top/$_", "$folder/$_" or die "$_: $!\n"
        for grep { !/^(?:build|\.)/ } map { s{^\Q$top/}{}r } glob "$top/*";

    symlink "$top/conf/$_", "$folder/hello/$_" or die "$_: $!\n"
        for qw( aws logs );

    mkdir "$folder/build" or die "mkdir: $!\n";
    symlink $ENV{MODULE} || "$top/build/ngx_http_wsgw_module.so",
            "$folder/build/ngx_http_wsgw_module.so" or die "symlink: $!\n";

    my $port = Wsgw::Port::claim(3);

    return bless {
        page => $page, top => $folder, folder => "$folder/hello",
        port => { map { 8080 + $_ => $port + $_ } 0 .. 2 }, said => '', %opt,
    }, $class;
}

# the page, then once more with the first of all alternatives, and so on

sub play {
    my ($class, $page, %opt) = @_;

    for (my $variant = 0; ; $variant++) {
        my $self = $class->new($page, %opt);
        my ($more, @blocks) = $self->chosen($variant);

        $self->block($_) for @blocks;
        $self->end;

        last unless $more;
    }
}

# whether there are more alternatives, and the blocks of this one

sub chosen {
    my ($self, $variant) = @_;

    my ($more, $n, @blocks) = (0, 0);

    for my $block ($self->{page}->blocks) {
        if (($block->{words}[0] // '') ne 'or') {
            push @blocks, $block;
            $n = 0;
            next;
        }

        $n++;
        $blocks[-1] = $block if $n == $variant;
        $more = 1 if $n > $variant;
    }

    return $more, @blocks;
}

sub block {
    my ($self, $block) = @_;

    my ($lang, $name) = ($block->{lang}, $block->{words}[0] // '');
    my $where = "$self->{page}{file}:$block->{at}";
    my $text = $self->here(join '', map { "$_\n" } @{ $block->{lines} });

    return $self->elsewhere($where, $lang, $text) if $name eq 'elsewhere';
    return $self->yaml($where, $name, $text) if $lang eq 'yaml';
    return $self->console($where, $text)   if $lang eq 'console';
    return $self->commands($where, $text)  if $lang eq 'sh';

    return $self->insert($where, $text, @{ $block->{words} })
        if ($block->{words}[1] // '') eq 'before';

    # a configuration that stands where it is on another host

    $text =~ s{\bload_module +modules/\S+;}{load_module $ENV{MODULE};};
    $text =~ s{^pid +/run/}{pid }m;

    $self->write($name, $text) if $name =~ /\./;

    return unless $lang eq 'nginx' || $self->looks_like_nginx($block);

    if ($name =~ /\./) {
        $self->configuration($where, $name);

    } else {
        $self->part($where, $text);
    }
}

# the pages that have no fences: what begins as a directive is nginx's

sub looks_like_nginx {
    my ($self, $block) = @_;

    my ($first) = grep { /^\w/ } @{ $block->{lines} };

    return !$block->{fenced} && defined $first
           && $first =~ /^(?:access_log|add_header|error_log|events|geo|http
                         |include|limit_req_zone|listen|load_module|location
                         |log_format|map|proxy_\w+|server|set|upstream
                         |worker_\w+|wsgw_\w+)\ .*[;{}](?:\ *\#.*)?$/x;
}

# ports and the example's id are others here

sub here {
    my ($self, $text) = @_;

    $text =~ s/($PORTS)/$self->{port}{$1} \/\/= Wsgw::Port::claim()/ge;
    $text =~ s/(\blisten\ +(?:[\w.]+:)?)(80|443)\b
              /$1 . ($self->{port}{$2} \/\/= Wsgw::Port::claim())/gex;

    my ($id) = $self->{said} =~ /.*(?<![\w-])([\w-]{15}=)/s;

    $text =~ s/\Q$EXAMPLE\E/$id/g if defined $id;

    return $text;
}

sub write {
    my ($self, $name, $text) = @_;

    open my $out, '>:encoding(UTF-8)', "$self->{folder}/$name"
        or die "$name: $!\n";
    print $out $text;
    close $out or die "$name: $!\n";
}

sub configuration {
    my ($self, $where, $name) = @_;

    my ($status, $said) = $self->test($name);

    is $status, 0, "$where: nginx takes $name" or diag $said;
    is_deeply [grep { !/ (?:syntax is ok|test is successful)$/ }
               split /\n/, $said], [], "$where: without a word";
}

sub test {
    my ($self, $name) = @_;

    my $command = "$self->{nginx} -e stderr -p $self->{folder} -c $name -t";
    my $said = qx{$command 2>&1};

    return $?, $said;
}

# A part of a configuration: each of its statements goes to the context that it is
# of, and what they only name is there.

my %context = (
    main => qr/^(?:env|error_log|events|http|load_module|pid|user|worker_\w+)$/,
    http => qr/^(?:geo|limit_(?:conn|req)_zone|log_format|map|server|upstream
                |split_clients|wsgw_(?:drain_time|redis|worker_\w+|zone)
                |real_ip_\w+|set_real_ip_from)$/x,
    server => qr/^(?:listen|location|server_name|ssl_\w+)$/,
);

sub part {
    my ($self, $where, $text) = @_;

    my %part = map { $_ => '' } qw( main http server location );

    $text =~ s/^ *\.\.\.\n//mg;
    $text =~ s{/var/log/nginx/|/usr/share/wsgw/}{}g;

    for my $statement (statements($text)) {
        my ($name) = $statement =~ /^(?:\s|#.*\n)*+(\w+)/ or next;

        $name = 'log_format' if $statement =~ /^\s*include +logs/;

        my ($context) = grep { $name =~ $context{$_} } keys %context;

        $part{$context // 'location'} .= $statement;
    }

    my $conf = $part{main};

    $conf .= "events { }\n" if $conf !~ /^events/m;
    $conf .= "http {\n" . named($text) . $part{http}
             . "server {\nlisten 127.0.0.1:" . $self->here(8082) . ";\n"
             . "$part{server}location /part {\n$part{location}}\n}\n}\n"
        if $conf !~ /^http/m;

    $conf = "load_module modules/x;\n$conf" if $conf !~ /^load_module/m;
    $conf =~ s/load_module +\S*;/load_module $ENV{MODULE};/;
    $conf =~ s/(ssl_\w*certificate(?:_key)?) +[^\s\$]+;/$1 part.pem;/g;
    $self->certificate;

    $self->write('push.keys', "KEY:secret\n");
    chmod 0600, "$self->{folder}/push.keys";
    $self->write('part.conf', "pid part.pid;\n$conf\n");

    my ($status, $said) = $self->test('part.conf');

    is $status, 0, "$where: nginx takes it" or diag $conf, $said;
}

# a key and a certificate, made once

my $pem;

sub certificate {
    my ($self) = @_;

    my $file = "$self->{folder}/part.pem";

    my $make = 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256'
               . ' -nodes -days 1 -subj /CN=localhost -keyout - 2>/dev/null';

    $pem //= qx{$make};

    $self->write('part.pem', $pem) unless -f $file;
}

# what the text names and does not declare

sub named {
    my ($text) = @_;

    my %name;

    for my $zone ($text =~ /\bwsgw_(?:api|management) +(\w+)/g) {
        $name{"wsgw_zone zone=$zone:1m;\n"} = $text !~ /wsgw_zone +zone=$zone:/;
    }

    for my $upstream ($text =~ m{_pass +(?:http://)?(\w+)[/;]}g) {
        $name{"upstream $upstream { server 127.0.0.1:9; }\n"}
            = $text !~ /\bupstream +$upstream\b/;
    }

    $name{"wsgw_zone zone=z:1m;\n"} = $text !~ /\bwsgw_zone /
        if $text =~ /\bwsgw_status;/;

    $name{"ssl_certificate part.pem;\nssl_certificate_key part.pem;\n"} = 1
        if $text =~ /\bssl;/ && $text !~ /ssl_certificate/;

    return join '', grep { $name{$_} } sort keys %name;
}

# the statements of a text, those in braces with what is in them

sub statements {
    my ($text) = @_;

    my ($depth, @statements) = (0, '');

    while ($text =~ /\G(#.*\n|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'
                       |\$\{\w+\}|[{};]|\s+|[^\s{};]+)/gcx)
    {
        my $token = $1;

        $depth++ if $token eq '{';
        $depth-- if $token eq '}';

        $statements[-1] .= $token;
        push @statements, "\n" if $depth == 0 && $token =~ /^[;}]$/;
    }

    $statements[-2] .= pop @statements if @statements > 1;

    return @statements;
}

sub insert {
    my ($self, $where, $text, $name, undef, @needle) = @_;

    my $needle = "@needle";
    my @lines = split /^/, read_file("$self->{folder}/$name", ':encoding(UTF-8)');
    my ($i) = grep { index($lines[$_], $needle) >= 0 } 0 .. $#lines;

    defined $i or die "$where: $name has no \"$needle\"\n";

    my ($indent) = $lines[$i] =~ /^( *)/;

    $text =~ s/^(?=.)/$indent/mg;
    $lines[$i] =~ s/^/$text\n/;
    $self->write($name, join '', @lines);
}

sub elsewhere {
    my ($self, $where, $lang, $text) = @_;

    return if $lang ne 'sh';

    open my $bash, '|-', 'bash', '-n' or die "bash: $!\n";
    binmode $bash, ':encoding(UTF-8)';
    print $bash $text;
    close $bash;

    is $?, 0, "$where: bash can read it";
}

sub yaml {
    my ($self, $where, $name, $text) = @_;

    $name ||= 'part.yaml';
    $self->write($name, $text);

    my $said = qx{yamllint -s -d relaxed $self->{folder}/$name 2>&1};

    is $?, 0, "$where: it is YAML" or diag $said;
}

# one shell for the page, as its reader's terminal

sub shell {
    my ($self) = @_;

    return if $self->{shell};

    my $pid = open2(my $out, my $in, 'setsid', 'bash');

    push @running, $pid;
    $self->{shell} = { pid => $pid, in => $in, out => $out, seen => '' };

    my $bin = "$self->{top}/bin";

    mkdir $bin or die "mkdir: $!\n";
    symlink $self->{nginx}, "$bin/nginx" or die "symlink: $!\n";

    $self->tell("exec 2>&1; cd $self->{folder}\n"
                . "PATH=$bin:/usr/bin:/usr/sbin:/bin; export PYTHONUNBUFFERED=1\n");
}

# commands, to their end; their status and what has been printed meanwhile

sub tell {
    my ($self, $commands) = @_;

    my $shell = $self->{shell};
    my $mark = 'end ' . ++$shell->{n} . ' ';

    utf8::encode($commands) if utf8::is_utf8($commands);
    print { $shell->{in} } "$commands\necho \"$mark\$?.\"\n";
    $shell->{in}->flush;

    wait_until(sub { $self->listen; $shell->{seen} =~ /$mark(\d+)\.\n/ }, 120,
               sub { "the end of $commands, after $shell->{seen}" });

    $shell->{seen} =~ s/^(.*?)$mark(\d+)\.\n//s;

    $self->{said} .= $1;

    return $2, $1;
}

sub listen {
    my ($self) = @_;

    read_more($self->{shell}{out}, \$self->{shell}{seen});
    $self->{said} .= '';
}

# what is there, without waiting

sub read_more {
    my ($from, $to) = @_;

    my $ready = '';

    vec($ready, fileno $from, 1) = 1;

    while (select my $r = $ready, undef, undef, 0) {
        sysread $from, $$to, 65536, length $$to or last;
    }
}

sub commands {
    my ($self, $where, $text) = @_;

    $self->shell;

    my ($status, $said) = $self->tell($text);

    is $status, 0, "$where: the commands do it" or diag $said;

    $self->await($text) if $text =~ /&$/m;

    return $said;
}

# a program in the background listens at a port that its file or its command
# has; a reader is not as quick

sub await {
    my ($self, $text) = @_;

    my %file = map { $_ => 1 } grep { -f "$self->{folder}/$_" }
                                    $text =~ /([\w.-]+)/g;

    $text .= read_file("$self->{folder}/$_", ':encoding(UTF-8)') for keys %file;

    for my $port (grep { $text =~ /\b$_\b/ } values %{ $self->{port} }) {
        next if $self->{nginx_port}{$port};

        wait_until(sub {
            IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
        }, 60, "somebody at port $port");
    }
}

sub console {
    my ($self, $where, $text) = @_;

    my @lines = split /\n/, $text;

    while (@lines) {
        my @expected;
        my ($command) = $lines[0] =~ /^\$ (.*)/ ? $1 : ();

        shift @lines if defined $command;
        push @expected, shift @lines while @lines && $lines[0] !~ /^\$ /;

        if (!defined $command || $command =~ /-m websockets|wscat/) {
            $self->session($where, $command, @expected);
            next;
        }

        $self->shell;
        $self->prints($where, ($self->tell($command))[1], @expected);
        $self->await($command) if $command =~ /&$/;
    }
}

# each of the lines is there, in this order

sub prints {
    my ($self, $where, $said, @expected) = @_;

    utf8::decode($said);

    my $any = join '\n(?:.*\n)*?', map { join '.*', map { quotemeta }
                                         split /…/, $_, -1 } @expected;

    ok !@expected || $said =~ /^$any$/m, "$where: prints what it says"
        or diag "expected:\n", (map { "$_\n" } @expected), "said:\n$said";
}

# what is typed into a WebSocket client, and what comes

sub session {
    my ($self, $where, $command, @lines) = @_;

    if (defined $command) {
        $self->leave;
        $self->shell;

        my ($out, $in);
        my $pid = open2($out, $in, 'bash', '-c', "exec 2>&1
            cd $self->{folder}; export PATH=/usr/bin:/bin; exec env $command");

        push @running, $pid;
        $self->{client} = { pid => $pid, in => $in, out => $out, seen => '' };
    }

    my $client = $self->{client} // die "$where: there is no session\n";

    for my $line (@lines) {
        if ($line =~ /^> (.*)/) {
            print { $client->{in} } "$1\n";
            $client->{in}->flush;
            next;
        }

        my $any = join '.*', map { quotemeta } split /…/, $line, -1;

        my $there = eval {
            wait_until(sub {
                read_more($client->{out}, \$client->{seen});
                $client->{seen} =~ s/\e(?:\[\w|[78])|\r//g;
                $client->{seen} =~ s/^.*?(?:^|> )$any$//ms;
            }, 60);
        };

        ok $there, "$where: $line" or diag "came: $client->{seen}";
    }

    $self->said_by_backend;
}

sub said_by_backend {
    my ($self) = @_;

    $self->tell('true');
}

sub leave {
    my ($self) = @_;

    my $client = delete $self->{client} or return;

    close $client->{in};
    kill TERM => $client->{pid};
    waitpid $client->{pid}, 0;
    @running = grep { $_ != $client->{pid} } @running;
}

sub end {
    my ($self) = @_;

    $self->leave;
    end_shell(delete $self->{shell});
    end_nginx($self->{folder});
}

sub end_shell {
    my ($shell) = @_;

    return unless $shell;

    kill TERM => -$shell->{pid};
    close $shell->{in};
    waitpid $shell->{pid}, 0;
    @running = grep { $_ != $shell->{pid} } @running;
}

# those that a page has started and not ended

sub end_nginx {
    my ($folder) = @_;

    for my $file (glob "$folder/*.pid") {
        my ($pid) = (eval { read_file($file) } // '') =~ /^(\d+)$/ or next;

        kill QUIT => $pid;
        wait_until(sub { !kill 0, $pid }, 60, 'the end of nginx');
    }
}

sub end_all {
    kill TERM => map { ($_, -$_) } @running;
}

1;
