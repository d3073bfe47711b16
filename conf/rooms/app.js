'use strict';

/*
 * app.js [PORT | SOCKET]: rooms as an ordinary HTTP backend that keeps nothing.
 *
 * nginx calls POST /connect and /message.  "join ROOM" and "leave ROOM" are
 * answered with a header, and nginx does it; "say ROOM TEXT" is one POST to the
 * room; "who ROOM" asks nginx who is there, and for the groups of each, of which
 * one is his name.
 */

const http = require('http');

const at = process.argv[2] ?? '9000';

async function answer(verb, room, text, name, callback) {
    if (!room || room.length > 100) {
        return [{ usage: 'join ROOM, leave ROOM, say ROOM TEXT, who ROOM' }];
    }

    const group = encodeURIComponent('room:' + room);
    const rooms = `${callback}/@connections?group=${group}`;

    switch (verb) {

    case 'join':
        return [{ room, you: 'joined' }, { 'X-Wsgw-Join': 'room:' + room }];

    case 'leave':
        return [{ room, you: 'left' }, { 'X-Wsgw-Leave': 'room:' + room }];

    case 'say':
        const body = JSON.stringify({ room, from: name, text });
        const { sent } = await ask(rooms, { method: 'POST', body });

        return [{ room, sent }];

    case 'who':
        const { connections } = await ask(`${rooms}&details&count=100`);

        return [{ room, here: connections.map((one) => nameOf(one.groups)) }];

    default:
        return [{ usage: 'join, leave, say or who' }];
    }
}

async function ask(url, options) {
    const response = await fetch(url, options);

    return response.ok ? response.json() : { sent: 0, connections: [] };
}

function nameOf(groups = []) {
    const own = groups.find((group) => group.startsWith('user:'));

    return own?.slice('user:'.length) || 'somebody';
}

http.createServer(async (request, response) => {
    let body = '';

    for await (const piece of request.setEncoding('utf8')) {
        body += piece;
    }

    if (request.url.startsWith('/connect')) {
        response.end();
        return;
    }

    const [, verb, room, text] = /^(\S*) ?([\w.-]*) ?(.*)$/s.exec(body);

    try {
        const [value, headers] = await answer(verb, room, text,
            nameOf(request.headers['x-groups']?.split(',')),
            request.headers['x-callback-url']);

        response.writeHead(200, headers);
        response.end(JSON.stringify(value));

    } catch (error) {
        console.error(error);
        response.writeHead(502);
        response.end();
    }
}).listen(/^\d+$/.test(at) ? { port: at, host: '127.0.0.1' }
                        : { path: at, readableAll: true, writableAll: true });
