#!/usr/bin/perl

# The chat across two nodes: make demo-cluster, a tab of headless Chromium at each
# of them; cluster.mjs speaks TAP.

use strict;
use warnings;

use FindBin;

exec "$FindBin::Bin/run", 'cluster', 'chat' or die "cannot run the test: $!\n";
