/*
 * conf/simple-chat as its README starts it: clients of npm's "ws" and of
 * python3-websockets, functions that write their endpoint in every way that
 * applications do.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { PythonClient, WsClient } from './lib/client.mjs';
import { Example, conf } from './lib/example.mjs';
import { until } from './lib/wait.mjs';

const AWS_HOST = 'api1234567.execute-api.us-east-1.amazonaws.com';
const here = fileURLToPath(new URL('lib/here.cjs', import.meta.url));

const example = await Example.in('simple-chat', [8000, 8443, 9000]);
const port = example.port[8443];

/* "./certificate" and ". ./environment" in nginx's folder */

const ca = path.join(example.folder, 'ca.pem');

example.step('./certificate', example.folder);
example.step('sh', '-c', `here=$PWD; cd ${example.folder}; `
                         + '. $here/environment; export -p >environment.sh');

for (const [, name, value] of
     fs.readFileSync(path.join(example.folder, 'environment.sh'), 'utf8')
       .matchAll(/^export ((?:AWS|TABLE)_\w+)='(.*)'$/mg))
{
    process.env[name] = example.moved(value);
}

process.env.NODE_EXTRA_CA_CERTS = ca;
process.env.HERE_PORT = String(port);

const { TableName, table } =
    createRequire(import.meta.url)(path.join(conf, 'simple-chat/table.js'));

await example.serve(8000, 'node', ['table.js', example.port[8000]]);

await example.nginx(8443);

const runtime = (form) => example.serve(9000, 'node', [
    '--require', here, '../chat/runtime.js', example.port[9000], 'functions',
], form === undefined ? {} : { API_ENDPOINT: form });

const rows = async () =>
    (await table.scan({ TableName }).promise())
        .Items.map((row) => row.connectionId).sort();

const send = (client, data) =>
    client.send(JSON.stringify({ action: 'sendmessage', data }));

const url = `wss://localhost:${port}/Prod`;
const open = {
    ws: () => WsClient.open(url, { ca: fs.readFileSync(ca) }),
    python: () => PythonClient.open(url, ca),
    'AWS\'s host': () => WsClient.open(`wss://${AWS_HOST}/Prod`, {
        ca: fs.readFileSync(ca), port,
    }),
};

async function broadcast(...kinds) {
    const clients = [];

    for (const kind of kinds) {
        clients.push(await open[kind]());
    }

    assert.equal((await rows()).length, clients.length, 'a row for each');

    for (const [i, sender] of clients.entries()) {
        for (const data of [`from ${i}`, 'h\u00e9llo "all"', '\u{1f600}']) {
            send(sender, data);

            for (const client of clients) {
                assert.equal(await client.next(), data);
            }
        }
    }

    for (const client of clients) {
        await client.leave();
    }

    await until('no row is left', async () => (await rows()).length === 0);
}

for (const [form, ...kinds] of [
    [undefined, 'ws', 'python', 'ws'],
    ['https://{domainName}/{stage}', 'ws', 'python'],
    ['https://{apiId}.execute-api.{region}.amazonaws.com/{stage}',
     'python', 'ws', 'AWS\'s host'],
    ['{domainName}/{stage}', 'AWS\'s host', 'AWS\'s host'],
]) {
    test(`${kinds.join(', ')}: ${form ?? 'as it is'}`, async () => {
        const functions = await runtime(form);

        await broadcast(...kinds);
        await functions.end();
    });
}

test('a row whose connection has ended is deleted by its 410', async () => {
    const functions = await runtime();
    const [stays, leaves] = [await open.ws(), await open.python()];
    const all = await rows();

    await leaves.leave();
    await until('one row is left', async () => (await rows()).length === 1);

    const [alive] = await rows();
    const gone = all.find((id) => id !== alive);

    for (const connectionId of [gone, 'AAAAAAAAAAAAAAA=']) {
        await table.put({ TableName, Item: { connectionId } }).promise();
    }

    send(stays, 'who is there?');
    assert.equal(await stays.next(), 'who is there?');
    await until('it alone is left',
                async () => String(await rows()) === alive);

    await stays.leave();
    await functions.end();
});

test('a client cannot push, and what has no route is Forbidden', async () => {
    const functions = await runtime();
    const client = await open.ws();
    const [id] = await rows();

    for (const [method, headers, type] of [
        ['POST', {}, 'MissingAuthenticationTokenException'],
        ['DELETE', {}, 'MissingAuthenticationTokenException'],
        ['GET', { Authorization: 'AWS4-HMAC-SHA256 x' },
         'IncompleteSignatureException'],
    ]) {
        const request = https.request({
            host: 'localhost', port, method, headers,
            path: `/Prod/@connections/${encodeURIComponent(id)}`,
            ca: fs.readFileSync(ca),
        });

        request.end();

        const [answer] = await once(request, 'response');

        answer.resume();
        assert.equal(answer.statusCode, 403);
        assert.equal(answer.headers['x-amzn-errortype'], type);
    }

    for (const text of ['?', '{"action":"other"}', '{"action":"$connect"}']) {
        client.send(text);
        assert.match(await client.next(), /^\{"message": "Forbidden"/);
    }

    await client.leave();
    await until('no row is left', async () => (await rows()).length === 0);
    await functions.end();
});

test('without the functions nobody is let in', async () => {
    for (const kind of ['ws', 'AWS\'s host']) {
        await assert.rejects(open[kind](), /502/);
    }
});

test('nginx had no reason to warn', async () => {
    assert.deepEqual(await example.end(), []);
});
