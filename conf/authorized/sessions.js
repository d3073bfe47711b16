#!/usr/bin/env node
'use strict';

/*
 * sessions.js [PORT]: answers nginx's auth_request, 200 with X-User for the
 * cookie of a session, else 401. In an application the login makes sessions.
 */

const http = require('node:http');

const SESSIONS = new Map([['5d2f', 'ann'], ['c0de', 'bob']]);

const server = http.createServer((req, res) => {
    const found = /(?:^|; )session=(\w+)(?:;|$)/.exec(req.headers.cookie);
    const user = SESSIONS.get(found?.[1]);

    res.writeHead(user ? 200 : 401, user ? { 'X-User': user } : {});
    res.end();
});

/* nginx, whose keepalive ends after 60 s, must be the one that closes */
server.keepAliveTimeout = 75_000;

server.listen(Number(process.argv[2] ?? 9001), '127.0.0.1');
