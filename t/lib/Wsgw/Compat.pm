package Wsgw::Compat;

# Runs a client's program of t/compat: each line that it prints is a check,
# {"name": .., "ok": true}, and it has to end well.

use strict;
use warnings;

use Exporter qw( import );
use JSON::PP ();
use Test::More;

our @EXPORT = qw( compat );

sub compat {
    my ($program, @arguments) = @_;

    open my $out, '-|', 't/compat/run', $program, @arguments
        or die "t/compat/run: $!\n";

    my $checks = 0;

    while (my $line = <$out>) {
        my $check = eval { JSON::PP::decode_json($line) };

        if (!$check) {
            diag $line;
            next;
        }

        ok $check->{ok}, "$program: $check->{name}";
        diag "got: $check->{got}" if !$check->{ok} && defined $check->{got};
        $checks++;
    }

    close $out;

    is $?, 0, "$program ends well";
    cmp_ok $checks, '>', 0, "$program has checked something";
}

1;
