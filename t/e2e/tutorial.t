#!/usr/bin/perl

# The chat tutorial as it was written, over TLS: the SDK for JavaScript v2 with
# a patch.js, callbacks, an endpoint without a scheme, no variable of the
# environment that names one. tutorial.mjs speaks TAP.

use strict;
use warnings;

use FindBin;

exec "$FindBin::Bin/run", 'tutorial', 'simple-chat'
    or die "cannot run the test: $!\n";
