'use strict';

/*
 * Stands for a DNS that leads AWS's host names to this host, and their port 443
 * to HERE_PORT: "node --require here.cjs".
 */

const https = require('node:https');

const { createConnection } = https.Agent.prototype;

https.Agent.prototype.createConnection = function (options, done) {
    const aws = /\.amazonaws\.com$/.test(options.host);

    const here = {
        host: '127.0.0.1',
        port: Number(process.env.HERE_PORT),
        servername: options.host,
    };

    return createConnection.call(this, { ...options, ...(aws ? here : {}) },
                                 done);
};
