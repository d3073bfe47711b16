/*
 * The demo as its user sees it: two ws clients and two tabs of headless
 * Chromium chat, one of each leaves; then Ctrl-C, which leaves nothing behind.
 */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { createConnection, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import WebSocket from 'ws';

import { Chromium } from './lib/chromium.mjs';
import { Demo, alive } from './lib/demo.mjs';
import { freePort, until } from './lib/wait.mjs';

const folder = fileURLToPath(new URL('../../conf/chat', import.meta.url));

const HELLO = '{"action":"onMessage","message":"Hello everyone"}';

const chat = new Demo(await freePort(), await freePort());
await chat.started();

/* a client of "ws", with all it received */

class Client {
    received = [];

    constructor({ port }) {
        this.socket = new WebSocket(`ws://127.0.0.1:${port}/dev`);
        this.socket.on('message', (data, binary) => {
            this.received.push(binary ? data : data.toString());
        });
    }

    static async open(demo) {
        const client = new Client(demo);
        await once(client.socket, 'open');

        return client;
    }

    /* the next text frame */

    next() {
        return until('a frame comes', () => this.received.shift());
    }

    /* what $default tells: this connection's id, how many are in the table */

    async ask() {
        this.socket.send('?');
        return JSON.parse(await this.next());
    }

    async leave() {
        const closed = once(this.socket, 'close');
        this.socket.close();
        await closed;
    }
}

const rows = (client, count) =>
    until(`the table has ${count} rows`,
          async () => (await client.ask()).connections === count);

test('one says hello, both get the echo', async () => {
    const [one, two] = [await Client.open(chat), await Client.open(chat)];

    one.socket.send(HELLO);

    for (const client of [one, two]) {
        assert.equal(await client.next(), 'Echo: Hello everyone');
    }

    await one.leave();
    await two.leave();
});

test('one who left is out of the table and gets no more posts', async () => {
    const [stays, leaves] = [await Client.open(chat), await Client.open(chat)];
    const { connectionId } = await leaves.ask();

    await rows(stays, 2);
    await leaves.leave();
    await rows(stays, 1);

    stays.socket.send(HELLO);
    assert.equal(await stays.next(), 'Echo: Hello everyone');
    assert.deepEqual(leaves.received, []);

    const push = await fetch(
        `http://127.0.0.1:${chat.back}/dev/@connections/${connectionId}`,
        { method: 'POST', body: 'too late' });

    assert.equal(push.status, 410);
    assert.equal(push.headers.get('x-amzn-errortype'), 'GoneException');

    await stays.leave();
});

test('what no route takes is answered to its sender alone', async () => {
    const [asks, other] = [await Client.open(chat), await Client.open(chat)];
    const { usage } = await asks.ask();

    assert.deepEqual(usage, JSON.parse(HELLO));

    /* frames are in order: a hint would have come before the echo */
    asks.socket.send(HELLO);
    assert.equal(await other.next(), 'Echo: Hello everyone');

    await asks.leave();
    await other.leave();
});

test('the printed curl line pushes', async () => {
    const client = await Client.open(chat);
    const { connectionId } = await client.ask();

    const command = /^ +push +(curl (?:.*\\\n)?.*)$/m.exec(chat.output)[1]
        .replace(/ID$/, connectionId);

    const { status, stdout } = spawnSync('sh', ['-c', command],
                                         { encoding: 'utf8' });

    assert.deepEqual([status, stdout], [0, '']);
    assert.equal(await client.next(), 'Hello from the back');

    await client.leave();
});


/* the page */

const chromium = new Chromium();

after(() => chromium.close());

const openPage = () => chromium.openChat(`http://127.0.0.1:${chat.port}/`);

const shown = (tab, text) =>
    until(`the page shows ${text}`, () => tab.evaluate(
        `[...document.querySelectorAll('#messages .words')]
         .some((line) => line.textContent === ${JSON.stringify(text)})`));

const read = (tab, selector) => tab.evaluate(
    `document.querySelector(${JSON.stringify(selector)}).textContent`);

test('two tabs chat, one leaves, the other goes on', async () => {
    const [one, two] = [await openPage(), await openPage()];
    const witness = await Client.open(chat);

    await rows(witness, 3);

    await one.type('from the first');
    await shown(one, 'from the first');
    await shown(two, 'from the first');

    await two.type('from the second');
    await shown(one, 'from the second');

    await two.close();
    await rows(witness, 2);

    await one.type('alone now');
    await shown(one, 'alone now');

    await one.close();
    await witness.leave();
});

test('an empty page says what to do, and its curl line pushes', async () => {
    const tab = await openPage();
    const command = await read(tab, '#push');

    assert.match(await read(tab, '#empty'), /Nobody has written yet/);
    assert.ok((await read(tab, '#empty')).includes(command));
    await until('it is counted', async () =>
        await read(tab, '#here') === 'You are alone here');

    const { status } = spawnSync('sh', ['-c', command]);

    assert.equal(status, 0);
    await shown(tab, 'Hello from the back');
    assert.match(await read(tab, '#messages .push'), /^pushed/);
    assert.ok(await tab.evaluate('empty.hidden'));

    await tab.close();
});

test('one\'s own lines are told apart, and who wrote the others', async () => {
    const [one, two] = [await openPage(), await openPage()];
    const client = await Client.open(chat);

    await until('all are counted', async () =>
        await read(one, '#here') === '3 are here');

    await two.evaluate(`document.getElementById('name').value = 'Zoë <b>'`);
    await two.type('hi');
    await shown(one, 'hi');

    assert.match(await read(two, '#messages .own'), /^You/);
    assert.match(await read(one, '#messages li:not(.own)'), /^Zoë <b>/);

    /* by name for who says one, else as in the tutorial */

    const { from, message } = JSON.parse(await client.next());

    assert.deepEqual([from, message], ['Zoë <b>', 'hi']);

    client.socket.send(HELLO);
    await shown(one, 'Echo: Hello everyone');

    await client.leave();
    await until('who leaves is not counted', async () =>
        await read(one, '#here') === '2 are here');

    await one.close();
    await two.close();
});

/* a tab of the page of rooms, and what is said in it */

async function enter(room) {
    const tab = await chromium.openChat(
        `http://127.0.0.1:${chat.port}/room.html`);

    await join(tab, room);

    return tab;
}

async function join(tab, room) {
    await tab.evaluate('panel.open = true; room.focus()');
    await tab.type(room);
    await until('it is joined', () => tab.evaluate(
        `document.getElementById("where").textContent
         === ${JSON.stringify(`Who is in ${room}`)}`));
}

const here = (tab) => tab.evaluate(
    `[...document.querySelectorAll('#who li')].map((one) => one.textContent)`);

test('who is in a room hears what is said in it, and sees who is there',
     async () => {
    const [one, two] = [await enter('#tea'), await enter('#tea')];
    const other = await enter('#lounge');
    const name = await read(two, '#me');

    await until('both are there', async () => (await here(one)).length === 2);
    assert.ok((await here(one)).includes(name));
    assert.ok((await here(two)).includes(`${name} (you)`));
    assert.equal((await here(other)).length, 1);

    await one.type('hello <b>tea</b>');
    await shown(one, 'hello <b>tea</b>');
    await shown(two, 'hello <b>tea</b>');
    assert.match(await read(one, '#messages .own'), /^You/);

    /* one is in two rooms, and hears both */

    await join(other, '#tea');
    await two.type('more');
    await shown(other, 'more');
    await other.evaluate(`document.querySelector('[data-room=lounge]').click()`);
    assert.equal(await other.evaluate('messages.children.length'), 0);

    await two.type('and more');
    await until('it is told of', async () =>
        /•/.test(await read(other, '[data-room=tea]')));
    await other.evaluate(`document.querySelector('[data-room=tea]').click()`);
    await shown(other, 'and more');

    await two.evaluate('leave.click()');
    await until('who leaves is not there', async () =>
        !(await here(one)).includes(name) && (await here(one)).length === 2);
    assert.match(await read(two, '#empty'), /You are in no room/);

    await other.close();
    await until('nor is who has gone', async () =>
        (await here(one)).length === 1);

    await one.close();
    await two.close();
});

test('the page shows what functions got, returned, and how they failed',
     async () => {
    const tab = await openPage();
    const event = (text) => until(`the event has ${text}`, () => tab.evaluate(
        `[...document.querySelectorAll('#events pre')]
         .some((one) => one.textContent.includes(${JSON.stringify(text)}))`));

    await event('"eventType": "CONNECT"');
    await event(`"connectionId": "${await read(tab, '#id')}"`);

    await tab.evaluate(
        `socket.send('{"action":"onMessage","message":{"toString":0}}')`);

    await event('TypeError: Cannot convert object to primitive value');
    await until('the page is told', async () =>
        /^Internal server error \(request/
            .test(await read(tab, '#messages .error')));

    await tab.close();
});

test('"Reconnect now" does not wait', async () => {
    const tab = await openPage();

    /* far beyond what the test waits for */

    await tab.evaluate('retry = 600000; socket.close()');
    await until('the page waits', () => tab.evaluate(
        `!document.getElementById('now').hidden`));

    assert.equal(await read(tab, '#state'), 'Not connected');

    await tab.evaluate(`document.getElementById('now').click()`);
    await until('it is connected', async () =>
        await read(tab, '#state') === 'Connected');

    await tab.close();
});

test('markup is shown as text and never runs', async () => {
    const tab = await openPage();

    for (const markup of [
        '<script>document.title = "run"</script>',
        '<img src=x onerror="document.title = \'run\'">',
    ]) {
        await tab.type(markup);
        await shown(tab, markup);
    }

    assert.deepEqual(
        await tab.evaluate(`[document.title, document.querySelectorAll(
                            '#messages script, #messages img').length]`),
        ['Chat', 0]);

    await tab.close();
});

test('a page whose connection was closed comes back', async () => {
    const tab = await openPage();

    const connectionId = await read(tab, '#id');

    await tab.evaluate(`socket.addEventListener('close', (event) => {
                            window.closeCode = event.code;
                        })`);

    const response = await fetch(
        `http://127.0.0.1:${chat.back}/dev/@connections/${connectionId}`,
        { method: 'DELETE' });

    assert.equal(response.status, 204);
    await until('the page is told', async () =>
        await tab.evaluate('window.closeCode') === 1000);

    await shown(tab, 'Connection closed: 1000 Connection Closed Normally');
    await shown(tab, 'Connected again');
    assert.notEqual(await read(tab, '#id'), connectionId);

    await tab.type('back');
    await shown(tab, 'back');

    await tab.close();
});


/* what a client of AWS's SDK, or of ours, gets from each call */

async function talk(sdk, client) {
    const { connectionId: ConnectionId } = await client.ask();
    const api = new sdk.ApiGatewayManagementApi({
        endpoint: `http://127.0.0.1:${chat.back}/dev`,
        region: 'us-east-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const said = [];

    const tell = async (call) => {
        try {
            const { $metadata, ...result } = await call;
            said.push([$metadata.httpStatusCode, shape(result)]);

        } catch (error) {
            said.push([error.$metadata.httpStatusCode, error.name,
                       error.$fault, error instanceof sdk.GoneException]);
        }
    };

    await tell(api.postToConnection({ ConnectionId, Data: 'text' }));
    await tell(api.postToConnection({ ConnectionId,
                                      Data: Buffer.from('bytes') }));
    await tell(api.getConnection({ ConnectionId }));

    said.push([await client.next(), await client.next()]);

    await tell(api.send(new sdk.DeleteConnectionCommand({ ConnectionId })));
    await tell(api.send(new sdk.PostToConnectionCommand({ ConnectionId,
                                                          Data: 'late' })));
    await tell(api.getConnection({ ConnectionId: 'no id' }));
    api.destroy();

    return said;
}

const shape = (value) => value?.constructor !== Object
    ? value?.constructor.name
    : Object.fromEntries(Object.entries(value)
        .map(([name, of]) => [name, shape(of)])
        .filter(([, of]) => of !== undefined));

test('the client that the runtime provides is as AWS\'s', async () => {
    const require = createRequire(import.meta.url);
    const said = [];

    for (const from of ['node_modules', 'provided']) {
        const sdk = require(path.join(
            folder, from, '@aws-sdk/client-apigatewaymanagementapi'));

        said.push(await talk(sdk, await Client.open(chat)));
    }

    assert.deepEqual(said[1], said[0]);
    assert.equal(said[0][5][3], true);
});


/* starting and ending */

const refused = (port) => new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');

    socket.on('connect', () => { socket.destroy(); resolve(false); });
    socket.on('error', () => resolve(true));
});

test('Ctrl-C closes, ends all processes and leaves no file', async () => {
    const client = await Client.open(chat);
    const closed = once(client.socket, 'close');
    const started = chat.processes();

    assert.ok(started.length >= 3, 'runtime, master and workers run');
    assert.deepEqual(await chat.interrupt(), { code: 0, signal: null });

    assert.equal((await closed)[0], 1001);
    await until('no process is left', () => !started.some(alive));
    assert.equal(await refused(chat.port), true);
    assert.deepEqual(chat.remains(), []);

    /* the last $disconnect still found its function, and nginx had nothing
       to say in all the tests above but of the message that has no text */
    assert.match(chat.output, /lambda: disconnect: \d+ ms\n$/);
    assert.deepEqual(chat.output.split('\n')
        .filter((line) => /\[(warn|error|crit|alert|emerg)\]/.test(line)
                          && !/function error, route "onMessage"/.test(line)),
        []);
    assert.doesNotMatch(chat.output, /deprecat/i);
});

test('Ctrl-\\ ends it as well', async () => {
    const demo = new Demo(await freePort(), await freePort());
    await demo.started();

    const started = demo.processes();

    assert.equal((await demo.interrupt('SIGQUIT')).code, 0);
    await until('no process is left', () => !started.some(alive));
    assert.deepEqual(demo.remains(), []);
});

test('HOST is where the page is, and not where pushes are', async () => {
    const demo = new Demo(await freePort(), await freePort(),
                          {}, '127.0.0.2');
    await demo.started();

    assert.match(demo.output,
                 new RegExp(`page +http://127\\.0\\.0\\.2:${demo.port}/\n`));

    const page = await fetch(`http://127.0.0.2:${demo.port}/here`);

    assert.deepEqual(await page.json(), { count: 0 });
    assert.equal(await refused(demo.port), true);
    assert.equal(await refused(demo.back), false);
    assert.equal((await demo.interrupt()).code, 0);
    assert.deepEqual(demo.remains(), []);
});

/* what a machine without npm has */

test('without npm the page stands, and all hear what one says', async (t) => {
    const bare = fs.mkdtempSync(path.join(os.tmpdir(), 'wsgw-bare.'));

    t.after(() => fs.rmSync(bare, { recursive: true }));

    for (const one of ['chat', 'rooms']) {
        fs.cpSync(path.join(folder, '..', one), path.join(bare, one), {
            recursive: true,
            filter: (file) => path.basename(file) !== 'node_modules',
        });
    }

    const demo = new Demo(await freePort(), await freePort(), {
        MODULE: process.env.MODULE
                ?? path.join(folder, '../../build/ngx_http_wsgw_module.so'),
    }, '', path.join(bare, 'chat/demo'));
    await demo.started();

    const [one, two] = [await Client.open(demo), await Client.open(demo)];

    one.socket.send(HELLO);

    for (const client of [one, two]) {
        assert.equal(await client.next(), 'Echo: Hello everyone');
        await client.leave();
    }

    assert.equal((await demo.interrupt()).code, 0);
    assert.doesNotMatch(demo.output, /npm/);
    assert.deepEqual(demo.remains(), []);
});

test('an address of another host is one line', async () => {
    const demo = new Demo(await freePort(), await freePort(),
                          {}, '192.0.2.1');

    assert.equal((await demo.exit()).code, 1);
    assert.equal(demo.output, 'demo: HOST=192.0.2.1 is no address of this '
                              + 'host, try: make demo HOST=0.0.0.0\n');
    assert.deepEqual(demo.remains(), []);
});

test('a taken port is one line', async () => {
    const taker = createServer().listen(0, '127.0.0.1');
    await once(taker, 'listening');

    const { port } = taker.address();
    const demo = new Demo(port, await freePort());

    assert.equal((await demo.exit()).code, 1);
    assert.equal(demo.output, `demo: port ${port} is taken, `
                              + 'try: make demo PORT=NUMBER\n');
    assert.deepEqual(demo.remains(), []);

    taker.close();
});

test('a dead nginx ends the demo, which says so', async () => {
    const demo = new Demo(await freePort(), await freePort());
    await demo.started();

    const started = demo.processes();
    const master = started.find((pid) =>
        fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
            .startsWith('nginx: master'));

    process.kill(master, 'SIGKILL');

    assert.equal((await demo.exit()).code, 1);
    assert.match(demo.output, /demo: nginx has ended\n$/);

    await until('its workers have ended', () => !started.some(alive));
    assert.deepEqual(demo.remains(), []);
});

test('with REDIS_URL the table is in Redis, without stale ids', async (t) => {
    const port = await freePort();
    const redis = spawn('redis-server', [
        '--port', port, '--bind', '127.0.0.1', '--save', '',
    ], { stdio: 'ignore' });

    t.after(() => redis.kill());

    const cli = (...args) =>
        spawnSync('redis-cli', ['-p', port, ...args], { encoding: 'utf8' })
            .stdout.trim();

    await until('Redis answers', () => cli('ping') === 'PONG');

    const KEY = 'wsgw:chat:connections';
    const demo = new Demo(await freePort(), await freePort(),
                          { REDIS_URL: `redis://127.0.0.1:${port}` });
    await demo.started();

    const client = await Client.open(demo);
    const { connectionId } = await client.ask();

    cli('sadd', KEY, 'AAAAAAAAAAAAAAA=');
    client.socket.send(HELLO);
    assert.equal(await client.next(), 'Echo: Hello everyone');

    await until('the stale id is gone', () =>
        cli('smembers', KEY) === connectionId);

    await client.leave();
    await until('the table is empty', () => cli('scard', KEY) === '0');

    assert.equal((await demo.interrupt()).code, 0);
    assert.deepEqual(demo.remains(), []);
});
