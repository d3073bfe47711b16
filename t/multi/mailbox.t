#!/usr/bin/perl

# Letters between processes, some of which are killed or stopped: no 200 for
# what was not handled, order, nothing left over.  The program is
# t/multi/mailbox.c; WSGW_LETTERS is the number of them in the busy part.

use strict;
use warnings;

use File::Basename qw(dirname);

exec dirname($ENV{MODULE}) . '/multi/mailbox'
    or die "cannot start the program, see \"make multi\": $!\n";
