#!/usr/bin/perl

# Random workers are killed under load: no $disconnect is lost, none is wrong,
# and nobody else notices. WSGW_SEED takes another course of events.

use strict;
use warnings;

use FindBin;

exec "$FindBin::Bin/../chaos/run", '--tap', '--scenario', 'a',
     '--seed', $ENV{WSGW_SEED} // 1, '--kills', 20, '--every', 0.7
    or die "cannot start t/chaos/run: $!\n";
