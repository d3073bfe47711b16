/*
 * compare.mjs SERVERLESS: one application, in nginx and in serverless-offline,
 * asked by the same clients. A probe's answer is set against the contract's;
 * docs/protocol.md has a table of those in which the two differ.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Example } from '../../e2e/lib/example.mjs';
import { until } from '../../e2e/lib/wait.mjs';

const WebSocket = createRequire(new URL('../package.json',
                                        import.meta.url))('ws');

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

const example = await Example.in('../t/compat/serverless',
                                 [3000, 3001, 3002, 8080, 8081]);

await example.serve(3001, 'node', [process.argv[2], 'offline'], {
    HTTP_PORT: example.port[3000],
    WEBSOCKET_PORT: example.port[3001],
    LAMBDA_PORT: example.port[3002],
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'us-east-1',
    SLS_DEPRECATION_DISABLE: '*',
    SLS_NOTIFICATIONS_MODE: 'off',
    SLS_TELEMETRY_DISABLED: '1',
    SLS_TRACKING_DISABLED: '1',
});
await example.nginx(8080);

const host = '127.0.0.1';
const servers = {
    nginx: { port: example.port[8080], back: example.port[8081], at: '/dev' },
    offline: { port: example.port[3001], back: example.port[3001], at: '' },
};


/* what a probe may do; its clients end with the last one */

const clients = [];

class Client {
    received = [];
    pongs = 0;

    constructor({ port, at }, query, protocols = []) {
        this.socket = new WebSocket(`ws://${host}:${port}${at}/${query}`,
                                    protocols);
        this.socket.on('message', (data) =>
            this.received.push(data.toString()));
        this.socket.on('pong', () => { this.pongs += 1; });
        this.socket.on('upgrade', ({ headers }) => { this.headers = headers; });
        this.closed = once(this.socket, 'close').then(([code]) => code);
        this.closed.catch(() => {});
        clients.push(this);
    }

    /* 101, or the status of a refusal, or what ws had against the answer */

    opened() {
        return new Promise((resolve) => {
            this.socket.on('open', () => resolve(101));
            this.socket.on('error', (error) => resolve(error.message));
            this.socket.on('unexpected-response', (request, answer) => {
                answer.resume();
                resolve(answer.statusCode);
            });
        });
    }

    /* the next message, "silence" if there is none before a ping's answer */

    async next() {
        const { pongs } = this;

        this.socket.ping();
        await until('an answer', () => this.received.length
                                       || this.pongs > pongs, 3000);
        return this.received.shift() ?? 'silence';
    }

    /* what comes behind a message, which is asked of a function */

    ask(text) {
        this.socket.send(text);

        return until('a message', () => this.received.length
                                        && [this.received.shift()], 1500)
            .then(([first]) => first, () => 'silence');
    }
}

async function status(server, query, protocols) {
    const client = new Client(server, query, protocols);
    const opened = await client.opened();

    client.socket.terminate();

    return opened;
}

async function open(server, query = '?token=ann') {
    const client = new Client(server, query);

    assert.equal(await client.opened(), 101);
    client.event = JSON.parse(await client.ask('who?'));
    client.id = client.event.requestContext.connectionId;

    return client;
}

async function call({ back, at }, method, id, body) {
    const request = http.request({
        host, port: back, method,
        path: `${at}/@connections/${encodeURIComponent(id)}`,
    });

    request.end(body);

    const [answer] = await once(request, 'response');
    let text = '';

    for await (const chunk of answer) {
        text += chunk;
    }

    return { status: answer.statusCode, text,
             type: answer.headers['x-amzn-errortype'] ?? 'no type' };
}

const keys = (object) => Object.keys(object ?? {}).sort().join(' ');

const frame = (text) => {
    try {
        const { message, connectionId, requestId } = JSON.parse(text);

        return `${message}${connectionId && requestId ? ', with ids' : ''}`;

    } catch {
        return text;
    }
};

const asked = (text) => async (server) =>
    frame(await (await open(server)).ask(text));

const key = (text) => async (server) => {
    const said = await (await open(server)).ask(text);

    return said === 'silence' ? said : JSON.parse(said).requestContext.routeKey;
};

const member = (of) => async (server) => of((await open(server)).event);

const plain = ({ port, at }) => new Promise((resolve, reject) => {
    http.get({ host, port, path: `${at}/?token=ann` },
             (answer) => resolve(answer.resume().statusCode))
        .on('error', reject);
});

async function ended(server, end) {
    const [leaves, stays] = [await open(server), await open(server)];

    await end(leaves);
    await leaves.closed;

    const told = await until('its end', async () => {
        const event = await stays.ask(`left ${leaves.id}`);

        return event !== 'null' && JSON.parse(event);
    }, 3000).catch(() => null);

    return told;
}

const closing = (...how) => ({ socket }) => socket.close(...how);


/* name, what the contract says, a probe */

const rows = [
    ['no token', 401, (s) => status(s, '')],
    ['an empty token', 401, (s) => status(s, '?token=')],
    ['the authorizer throws `Unauthorized`', 401,
     (s) => status(s, '?token=unknown')],
    ['the authorizer denies', 403, (s) => status(s, '?token=denied')],
    ['the authorizer throws something else', 500,
     (s) => status(s, '?token=broken')],
    ['`$connect` answers 418', 418, (s) => status(s, '?token=a&then=refuse')],
    ['`$connect` throws', 502, (s) => status(s, '?token=a&then=throw')],
    ['a push while `$connect` is pending', 410,
     (s) => status(s, '?token=a&then=push')],
    ['`$connect` chooses a subprotocol', 'chat', async (s) => {
        const client = new Client(s, '?token=a&then=choose', ['x', 'chat']);

        return await client.opened() === 101 ? client.socket.protocol
                                             : client.opened();
    }],
    ['`$connect` chooses none of those offered', 'none', async (s) => {
        const client = new Client(s, '?token=a', ['x', 'chat']);

        return await client.opened() === 101 ? client.socket.protocol : 'none';
    }],
    ['other headers of `$connect` are not seen', 'none', async (s) => {
        const client = new Client(s, '?token=a&then=choose', ['x', 'chat']);

        await client.opened();
        return client.headers['x-room'] ?? 'none';
    }],
    ['a plain GET', 426, plain],

    ['members of a MESSAGE', 'body isBase64Encoded requestContext',
     member(keys)],
    ['`requestContext` of a MESSAGE',
     'apiId authorizer connectedAt connectionId domainName eventType '
     + 'extendedRequestId identity messageDirection messageId requestId '
     + 'requestTime requestTimeEpoch routeKey stage',
     member((e) => keys(e.requestContext))],
    ['`identity` of a client without a User-Agent', 'sourceIp',
     member((e) => keys(e.requestContext.identity))],
    ['`stage` in events', 'dev', member((e) => e.requestContext.stage)],
    ['ids have AWS\'s form', true, member((e) =>
        ['connectionId', 'requestId', 'messageId'].every((name) =>
            /^[\w-]{15}=$/.test(e.requestContext[name])))],
    ['`extendedRequestId` is `requestId`', true,
     member((e) => e.requestContext.requestId
                   === e.requestContext.extendedRequestId)],
    ['the authorizer\'s context is text', '{"admin":"false","seats":"3"}',
     member(({ requestContext: { authorizer: { admin, seats } } }) =>
         JSON.stringify({ admin, seats }))],
    ['`integrationLatency` is a', 'number',
     member((e) => typeof e.requestContext.authorizer.integrationLatency)],

    ['a key without a route', '$default', key('{"type":"other"}')],
    ['the key `$connect`', '$default', key('{"type":"$connect"}')],
    ['no JSON', '$default', key('{"type":"say"')],
    ['a number as the key', '$default', key('{"type":7}')],

    ['a function throws', 'Internal server error, with ids', asked('throw')],
    ['a result with an unknown member', 'Internal server error, with ids',
     asked('unknown')],
    ['a result without a body', '', asked('nothing')],
    ['a null result', 'silence', asked('null')],
    ['`statusCode` 500 of a message', 'sent all the same', asked('status')],

    ['all in a room hear, nobody the result of a one-way route',
     'ann: hi, silence', async (s) => {
        const at = `?token=ann&room=${Math.random()}`;
        const [one, two] = [new Client(s, at), new Client(s, at)];

        await Promise.all([one.opened(), two.opened()]);

        const said = [await one.ask('{"type":"say","text":"hi"}')];

        await until('the other', () => two.received.length, 3000);
        assert.equal(two.received[0], said[0]);
        said.push(await one.next());

        return said.join(', ');
    }],

    ['a binary message', 1003, async (s) => {
        const client = await open(s);

        client.socket.send(Buffer.from('x'));
        return Promise.race([client.closed, until('a reply', () =>
            client.received.length && 'served', 3000)]);
    }],
    ['a message of 131,073 bytes', 1009, async (s) => {
        const client = await open(s);

        for (let i = 0; i < 5; i++) {
            client.socket.send('x'.repeat(i < 4 ? 32768 : 1), {
                fin: i === 4, compress: false,
            });
        }

        return Promise.race([client.closed, until('a reply', () =>
            client.received.length && 'served', 3000)]);
    }],
    ['a frame of 32,769 bytes', 1009, async (s) => {
        const client = await open(s);

        client.socket.send('x'.repeat(32769));
        return Promise.race([client.closed, until('a reply', () =>
            client.received.length && 'served', 3000)]);
    }],

    ['POST to a connection', '200 pushed', async (s) => {
        const client = await open(s);
        const { status } = await call(s, 'POST', client.id, 'pushed');

        return `${status} ${await client.next()}`;
    }],
    ['GET of a connection', '200 connectedAt identity lastActiveAt',
     async (s) => {
        const client = await open(s);
        const { status, text } = await call(s, 'GET', client.id);

        return `${status} ${keys(status === 200 && JSON.parse(text))}`.trim();
    }],
    ['DELETE of a connection', '204, then 1000', async (s) => {
        const client = await open(s);
        const { status } = await call(s, 'DELETE', client.id);

        return `${status}, then ${await client.closed}`;
    }],
    ['POST to one that has ended', '410 GoneException, no body', async (s) => {
        const client = await open(s);

        client.socket.close();
        await client.closed;

        return until('its end', async () => {
            const answer = await call(s, 'POST', client.id, 'x');

            return answer.status >= 400 && `${answer.status} ${answer.type}, `
                                           + (answer.text || 'no body');
        }, 3000);
    }],
    ['a malformed id', '400 BadRequestException', async (s) => {
        const { status, type } = await call(s, 'POST', 'nobody', 'x');

        return `${status} ${type}`;
    }],
    ['POST of 131,073 bytes', 413, async (s) =>
        (await call(s, 'POST', (await open(s)).id, 'x'.repeat(131073))).status],

    ['`$disconnect` after a Close', '4001 "bye"', async (s) => {
        const of = (await ended(s, closing(4001, 'bye')))?.requestContext;

        return of?.disconnectStatusCode === undefined
               ? 'no code'
               : `${of.disconnectStatusCode} "${of.disconnectReason}"`;
    }],
    ['`$disconnect` after a lost connection', 1006, async (s) => {
        const event = await ended(s, ({ socket }) => socket.terminate());

        return event?.requestContext.disconnectStatusCode ?? 'no code';
    }],
    ['headers of `$disconnect`',
     'Host X-Forwarded-For x-api-key x-restapi',
     async (s) => keys((await ended(s, closing(1000)))?.headers)],
];


/* which of them are in the table, as they are there */

const cell = (value) => value === '' ? 'an empty message' : String(value);

const page = fs.readFileSync(file('../../../docs/protocol.md'), 'utf8');

const table = new Map(
    [.../^## Beside serverless-offline$(.*?)^## /sm.exec(page)[1]
            .matchAll(/^\| (.+?) \| (.+?) \| (.+?) \|$/mg)]
        .slice(1)
        .map(([, name, ...cells]) => [name, cells]));

const seen = new Set();

for (const [name, contract, probe] of rows) {
    test(name, async (t) => {
        const is = {};

        for (const [server, of] of Object.entries(servers)) {
            is[server] = await probe(of).catch((error) => error.message);
        }

        t.diagnostic(`${name}: ${JSON.stringify({ contract, ...is })}`);
        assert.equal(is.nginx, contract);

        if (is.offline !== contract) {
            seen.add(name);
            assert.deepEqual(table.get(name), [contract, is.offline].map(cell));
        }
    });
}

test('the table has them all, and nothing else', async () => {
    assert.deepEqual([...table.keys()].sort(), [...seen].sort());
});

after(async () => {
    clients.forEach(({ socket }) => socket.terminate());
    await example.end();
});
