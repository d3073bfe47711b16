/* conf/authorized as its README starts it: clients with and without rights */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';

import WebSocket from 'ws';

import { WsClient } from './lib/client.mjs';
import { Example } from './lib/example.mjs';

const example = await Example.in('authorized', [8081, 8443, 9000, 9001]);

example.step('./certificates', example.folder);

const pem = (name) =>
    fs.readFileSync(path.join(example.folder, `${name}.pem`));

await example.serve(9001, 'node', ['sessions.js', example.port[9001]]);

const functions = await example.serve(9000, 'node', [
    '../chat/runtime.js', example.port[9000], 'functions',
]);

await example.nginx(8443);

const authority = `localhost:${example.port[8443]}`;
const ca = pem('ca');
const url = (at) => `wss://${authority}${at}`;
const open = (at, options) => WsClient.open(url(at), { ca, ...options });

async function who(at, options) {
    const client = await open(at, options);

    client.send('?');

    const { stage, authorizer } = JSON.parse(await client.next());

    assert.equal(stage, /^\/(\w+)/.exec(at)[1]);
    delete authorizer.integrationLatency;
    await client.leave();

    return authorizer;
}

async function refused(at, options = {}) {
    const socket = new WebSocket(url(at), { ca, ...options });
    const [, answer] = await Promise.race([
        once(socket, 'unexpected-response'),
        once(socket, 'open').then(() => assert.fail(`${at} is let in`)),
    ]);
    let body = '';

    for await (const chunk of answer) {
        body += chunk;
    }

    return [answer.statusCode, JSON.parse(body).message];
}

const session = (id, headers = {}) =>
    ({ headers: { Cookie: `theme=dark; session=${id}; x=1`, ...headers } });

const device = { cert: pem('device'), key: pem('device') };

test('a function knows tokens', async () => {
    assert.deepEqual(await who('/token?token=ann-7f3a'),
                     { principalId: 'ann', plan: 'large', seats: '3' });
    assert.deepEqual(await who('/token?x=1&token=bob-91cc'),
                     { principalId: 'bob', plan: 'small' });

    for (const query of ['', '?token=', '?token=ann', '?token=bob-91cd']) {
        assert.deepEqual(await refused(`/token${query}`),
                         [401, 'Unauthorized'], query);
    }

    assert.deepEqual(await refused('/token?token=eve-0000'),
                     [403, 'User is not authorized to access this resource']);
});

test('a service knows sessions', async () => {
    assert.deepEqual(await who('/session', session('5d2f')), { user: 'ann' });
    assert.deepEqual(await who('/session?token=ann-7f3a', session('c0de')),
                     { user: 'bob' });

    for (const options of [{}, session(''), session('5d2'), device,
                           { headers: { 'X-User': 'ann' } }])
    {
        assert.deepEqual(await refused('/session', options),
                         [401, 'Unauthorized']);
    }

    assert.deepEqual(await who('/session', session('5d2f', {
        Origin: `https://${authority}`,
    })), { user: 'ann' });

    for (const Origin of ['https://evil.example', 'null']) {
        const [status] = await refused('/session', session('5d2f', { Origin }));

        assert.equal(status, 403, 'a foreign page with the cookie');
    }
});

test('a CA knows devices', async () => {
    const { device: subject, serial } = await who('/device', device);

    assert.equal(subject, 'CN=device-17');
    assert.match(serial, /^[0-9A-F]{20,}$/);

    for (const options of [{}, session('5d2f')]) {
        assert.deepEqual(await refused('/device', options),
                         [403, 'Forbidden']);
    }

    /* one of another CA, which has made the same name */

    const other = fs.mkdtempSync(path.join(example.folder, 'other.'));
    example.step('./certificates', other);

    const forged = fs.readFileSync(path.join(other, 'device.pem'));

    assert.deepEqual(await refused('/device', { cert: forged, key: forged }),
                     [400, 'Bad Request']);
});

test('a device may have a token, and what is elsewhere stays there',
     async () => {
    assert.deepEqual(await who('/token?token=ann-7f3a', device),
                     { principalId: 'ann', plan: 'large', seats: '3' });
    assert.deepEqual(await who('/session', { ...device, ...session('5d2f') }),
                     { user: 'ann' });
});

test('who has been let in can be pushed to, from this host', async () => {
    const client = await open('/device', device);

    client.send('?');

    const { connectionId } = JSON.parse(await client.next());
    const push = (stage, id) => new Promise((resolve, reject) => {
        http.request({ host: '127.0.0.1', port: example.port[8081],
                       method: 'POST', path: `/${stage}/@connections/${id}` },
                     (answer) => resolve(answer.resume().statusCode))
            .on('error', reject).end('hello');
    });

    assert.equal(await push('device', connectionId), 200);
    assert.equal(await client.next(), 'hello');
    assert.equal(await push('session', connectionId), 403, 'by another stage');
    assert.equal(await push('device', 'AAAAAAAAAAAAAAA='), 410);

    const [status] = await refused(`/device/@connections/${connectionId}`);

    assert.equal(status, 403, 'not from outside');
    await client.leave();
});

test('without the functions tokens open nothing, the others do', async () => {
    await functions.end();

    assert.deepEqual(await refused('/token?token=ann-7f3a'),
                     [500, 'Internal server error']);
    await (await open('/session', session('5d2f'))).leave();
    await (await open('/device', device)).leave();
});

test('nginx had no reason to warn', async () => {
    assert.deepEqual(await example.end(), []);
});
