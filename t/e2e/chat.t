#!/usr/bin/perl

# The demo as its user sees it: started, chatted with by WebSocket clients and
# by two tabs of headless Chromium, and ended by Ctrl-C: chat.mjs speaks TAP.

use strict;
use warnings;

use FindBin;

exec "$FindBin::Bin/run", 'chat', 'chat' or die "cannot run the test: $!\n";
