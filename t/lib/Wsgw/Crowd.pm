package Wsgw::Crowd;

# Clients of several nginx, in rooms, and what is sent to all who are in them.
#
#     my $crowd = Wsgw::Crowd->new;
#
#     $crowd->enter($one, 'r', 3);                 # three clients of one nginx
#     $crowd->send($two, 'group=r', 'hello');      # '200 3 0 0'
#     $crowd->heard;                               # { 'r' => 'hello' }
#
# The stage of these nginx says wsgw_group $arg_rooms and has a header X-Id.

use strict;
use warnings;

use JSON::PP qw( decode_json encode_json );
use MIME::Base64 qw( decode_base64url );
use Test::More;

use Wsgw::Wait;

our %SETUP = (
    stage => 'add_header X-Id $wsgw_connection_id always;
              wsgw_group $arg_rooms;',
    management => 'groups broadcast list',
);

sub new { return bless { clients => [], marks => 0 }, $_[0] }

sub enter {
    my ($self, $nginx, $rooms, $n) = @_;

    my @new = map {
        my $c = $nginx->connect("?rooms=$rooms");

        { c => $c, id => $c->header('X-Id'), nginx => $nginx, rooms => $rooms }
    } 1 .. $n // 1;

    push @{ $self->{clients} }, @new;

    return @new;
}

sub clients {
    my ($self, $which) = @_;

    return grep { !$which || $which->() } @{ $self->{clients} };
}

sub forget {
    my ($self, $which) = @_;

    @{ $self->{clients} } = grep { !$which->() } @{ $self->{clients} };
}

# The status, and how many it was sent to, were full, and are unknown.

sub send {
    my ($self, $nginx, $query, $text) = @_;

    my $answer = $nginx->call(POST => "?$query", $text);
    my $said = eval { decode_json($answer->body) } // {};

    return join ' ', $answer->status,
                     map { $said->{$_} // '-' } qw( sent full unknown );
}

# A batch: how many each message was sent to, were full, are unknown and gone.

sub batch {
    my ($self, $nginx, @messages) = @_;

    my $answer = $nginx->call(POST => '?batch',
                              encode_json({ messages => \@messages }));
    my $said = eval { decode_json($answer->body) } // {};

    return join ', ', $answer->status, map {
        join ' ', @$_{qw( sent full unknown )}, scalar @{ $_->{gone} }
    } @{ $said->{results} };
}

# What each client has got since the last time, counted: a push to each is the
# end of it. Clients that are alike, by their nginx and rooms, are said once if
# they have got the same.

sub heard {
    my ($self) = @_;

    my $mark = 'mark ' . ++$self->{marks};
    my %heard;

    $_->{nginx}->push($_->{id}, $mark) for $self->clients;

    for my $client ($self->clients) {
        my @texts;

        while (defined(my $text = $client->{c}->recv)) {
            last if $text eq $mark;
            CORE::push @texts, $text;
        }

        my $who = ($client->{nginx}{name} // $client->{nginx}{port})
                  . " $client->{rooms}";

        $heard{$who}{join ' ', @texts}++;
    }

    return { map { $_ => join ' or ', sort keys %{ $heard{$_} } }
             keys %heard };
}

# What ?count says, and how many of the nodes have counted.

sub count {
    my ($self, $nginx, $query) = @_;

    my $answer = $nginx->call(GET => '?count' . ($query // ''));
    my $said = eval { decode_json($answer->body) } // {};

    return join ' ', $answer->status, $said->{count} // '-',
                     map { "$_->{answered}/$_->{known}" } $said->{nodes} // ();
}

# All that a listing has, page by page: ids, in their order; each page is asked
# of the next nginx, and "between" is called before it.

sub listed {
    my ($self, $query, @nginx) = @_;

    my @ids;
    my $cursor;

    for my $page (1 .. 1000) {
        my $nginx = $nginx[$page % @nginx];

        $self->{between}->() if $self->{between};

        my $answer = $nginx->call(GET => '?' . join '&',
                                  grep { length } $query,
                                  defined $cursor ? "cursor=$cursor" : ());

        return 'status ' . $answer->status unless $answer->status == 200;

        my $said = decode_json($answer->body);

        CORE::push @ids, map { $_->{connectionId} } @{ $said->{connections} };
        $cursor = $said->{cursor} // return @ids;
        $cursor =~ s/=/%3D/g;
    }

    return 'no end';
}

# Ids, sorted: of clients, and of a listing.

sub ids { return [ sort map { $_->{id} } $_[0]->clients($_[1]) ] }

sub sorted {
    my ($self, $query, @nginx) = @_;

    return [ sort $self->listed($query, @nginx) ];
}

# Tests of what lists promise: each client is on them once, whichever of the
# nginx is asked for a page, also while others come to the room r and leave.

sub test_lists {
    my ($self, @nginx) = @_;

    my $in_room = sub { $_->{rooms} =~ /r/ };

    for my $query ('', 'count=1', 'count=3', 'count=1000', 'details&count=2') {
        is_deeply($self->sorted($query, @nginx), $self->ids,
                  "all are listed once: $query");
    }

    is_deeply($self->sorted('group=r&count=2', @nginx), $self->ids($in_room),
              'so are members of a group');
    is_deeply($self->sorted('group=nobody', @nginx), [], 'nobody');

    my @order = map { unpack 'H*', decode_base64url($_) }
                $self->listed('count=2', @nginx);

    s/^(.)/sprintf '%x', hex($1) & 7/e for @order;
    is_deeply(\@order, [ sort @order ], 'in the order of their ids');

    my $all = decode_json($nginx[0]->call(GET => '?details&count=1000')->body);
    my %detail = map { $_->{connectionId} => $_ } @{ $all->{connections} };

    for my $client ($self->clients) {
        my $detail = $detail{ $client->{id} };

        is(join(',', sort keys %$detail),
           'connectedAt,connectionId,groups,identity,lastActiveAt',
           'with details');
        like($detail->{connectedAt}, qr/^20\d\d-.*Z$/, 'a time');
        is($detail->{identity}{sourceIp}, '127.0.0.1', 'an address');
        is_deeply($detail->{groups}, [ split /,/, $client->{rooms} ],
                  'and groups');
    }

    my @others;

    local $self->{between} = sub {
        for my $nginx (@nginx) {
            CORE::push @others, $nginx->connect('?rooms=r');
            (shift @others)->drop if @others > 9;
        }
    };

    for my $query (('count=2') x 10, ('group=r&count=2') x 10) {
        my %times;
        $times{$_}++ for $self->listed($query, @nginx);

        my @twice = grep { $times{$_} > 1 } keys %times;
        my @missing = grep { !$times{$_} } map { $_->{id} }
                      $self->clients($query =~ /group/ ? $in_room : ());

        is("@twice @missing", ' ', "others come and go: $query");
    }

    $_->drop for @others;

    my $stay = $self->clients;

    for my $nginx (@nginx) {
        wait_until(sub { $self->count($nginx) =~ /^200 $stay\b/ }, 10,
                   'their end');
    }
}

1;
