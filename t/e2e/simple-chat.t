#!/usr/bin/perl

# conf/simple-chat, AWS's sample, over TLS with a private CA: who connects is in
# the table and hears what is sent, however its function writes the endpoint.
# simple-chat.mjs speaks TAP.

use strict;
use warnings;

use FindBin;

exec "$FindBin::Bin/run", 'simple-chat', 'simple-chat'
    or die "cannot run the test: $!\n";
