#!/usr/bin/perl

# A zone's number: it is drawn again if it is one that can be seen, and an id
# says whose it is.  The program is t/multi/number.c.

use strict;
use warnings;

use File::Basename qw(dirname);

exec dirname($ENV{MODULE}) . '/multi/number'
    or die "cannot start the program, see \"make multi\": $!\n";
