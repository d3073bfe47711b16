#!/usr/bin/perl

# The zone: what fits into it, slots and records, the life of workers, and
# what a reload takes over.  The program is t/multi/registry.c.

use strict;
use warnings;

use File::Basename qw(dirname);

exec dirname($ENV{MODULE}) . '/multi/registry'
    or die "cannot start the program, see \"make multi\": $!\n";
