#!/usr/bin/perl

# The console of wsgw-dev as its user sees it, in headless Chromium: console.mjs
# speaks TAP.

use strict;
use warnings;

use FindBin;

exec "$FindBin::Bin/run", 'console' or die "cannot run the test: $!\n";
