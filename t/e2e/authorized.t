#!/usr/bin/perl

# conf/authorized: an authorizer's function, auth_request and client certificates
# let in whom they know, and integrations learn who that is. authorized.mjs speaks
# TAP.

use strict;
use warnings;

use FindBin;

exec "$FindBin::Bin/run", 'authorized' or die "cannot run the test: $!\n";
