#!/usr/bin/perl

# What dead processes leave in the zone is taken over whole, also when the heir
# dies while it does so.  See t/multi/adopt.c.

use strict;
use warnings;

use File::Basename qw(dirname);

exec dirname($ENV{MODULE}) . '/multi/adopt'
    or die "cannot start the program, see \"make multi\": $!\n";
