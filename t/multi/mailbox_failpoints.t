#!/usr/bin/perl

# A process dies at each failpoint of the mailbox: the others go on, no letter
# goes wrong, nothing is left over.  See t/multi/mailbox_failpoints.c.

use strict;
use warnings;

use File::Basename qw(dirname);

exec dirname($ENV{MODULE}) . '/multi/mailbox_failpoints'
    or die "cannot start the program, see \"make multi\": $!\n";
