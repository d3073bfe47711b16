#!/usr/bin/perl

# The demo's Lambda runtime answers the Invoke API, and its functions chat
# through the SDK, all without nginx: lambda.mjs speaks TAP.

use strict;
use warnings;

use FindBin;

exec "$FindBin::Bin/run", 'lambda', 'chat' or die "cannot run the test: $!\n";
