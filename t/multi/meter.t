#!/usr/bin/perl

# What is counted in the zone: names and rows of one process, and of several
# that are killed while they count.  The program is t/multi/meter.c.

use strict;
use warnings;

use File::Basename qw(dirname);

exec dirname($ENV{MODULE}) . '/multi/meter'
    or die "cannot start the program, see \"make multi\": $!\n";
