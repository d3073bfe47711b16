#!/usr/bin/perl

# How many connections a key has: tallies of one process, and of several that
# race and are killed.  The program is t/multi/tally.c.

use strict;
use warnings;

use File::Basename qw(dirname);

exec dirname($ENV{MODULE}) . '/multi/tally'
    or die "cannot start the program, see \"make multi\": $!\n";
