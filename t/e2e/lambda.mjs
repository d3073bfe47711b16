/*
 * The local Lambda runtime against the Invoke API's contract, and the chat's
 * four functions in it against a recording @connections server.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { freePort, until } from './lib/wait.mjs';

const script = fileURLToPath(
    new URL('../../conf/chat/runtime.js', import.meta.url));

async function startRuntime(env, ...args) {
    const port = await freePort();
    const child = spawn('node', [script, port, ...args],
                        { env: { ...process.env, ...env }, stdio: 'ignore' });

    const base = `http://127.0.0.1:${port}/2015-03-31/functions`;

    const post = (name, body, headers) =>
        fetch(`${base}/${name}/invocations`, { method: 'POST', body, headers });

    await until('the runtime answers', () => post('none', ''));

    return {
        post,

        stop: () => {
            const exit = once(child, 'exit');
            child.kill();
            return exit;
        },
    };
}


/* the contract, with functions of one line each */

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wsgw-lambda.'));
after(() => fs.rmSync(folder, { recursive: true }));

for (const [name, code] of Object.entries({
    promise: 'async (event) => ({ statusCode: 200, body: event.body })',
    nothing: 'async () => {}',
    callback: '(event, context, done) => { setTimeout(done, 1, null, 7); }',
    failing: '(event, context, done) => { done(new TypeError("no")); }',
    throwing: '() => { throw new RangeError("far"); }',
    plain: '(event, context, done) => { return {}; }',
    silent: '(event, context, done) => {}',
    context: 'async (event, context) => '
             + '[context.functionName, context.getRemainingTimeInMillis()]',
})) {
    fs.mkdirSync(path.join(folder, name));
    fs.writeFileSync(path.join(folder, name, 'index.js'),
                     `exports.handler = ${code};\n`);
}

fs.mkdirSync(path.join(folder, 'module'));
fs.writeFileSync(path.join(folder, 'module', 'index.mjs'),
                 'export const handler = async () => "esm";\n');

const lambda = await startRuntime({ AWS_LAMBDA_FUNCTION_TIMEOUT: '0.2' },
                                  folder);
after(() => lambda.stop());

async function invoke(name, functionError = null, body = '{}') {
    const response = await lambda.post(name, body);

    assert.equal(response.status, 200);
    assert.equal(response.headers.get('x-amz-function-error'), functionError);

    return response.json();
}

test('a promise is the result', async () => {
    assert.deepEqual(await invoke('promise', null, '{"body":"é"}'),
                     { statusCode: 200, body: 'é' });
});

test('no value is null', async () => {
    assert.equal(await invoke('nothing'), null);
});

test('a callback gives the result', async () => {
    assert.equal(await invoke('callback'), 7);
});

test('a plain object instead of a promise is null', async () => {
    assert.equal(await invoke('plain'), null);
});

test('an ES module is a function too', async () => {
    assert.equal(await invoke('module'), 'esm');
});

test('the context tells name and remaining time', async () => {
    const [name, left] = await invoke('context');

    assert.equal(name, 'context');
    assert.ok(left > 0 && left <= 200);
});

test('an alias and an ARN name the function', async () => {
    const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:callback';

    assert.equal(await invoke('callback:live'), 7);
    assert.equal(await invoke(encodeURIComponent(arn)), 7);
});

test('an error given to the callback is a function error', async () => {
    const error = await invoke('failing', 'Unhandled');

    assert.equal(error.errorType, 'TypeError');
    assert.equal(error.errorMessage, 'no');
    assert.equal(error.trace[0], 'TypeError: no');
});

test('a thrown error too', async () => {
    const error = await invoke('throwing', 'Unhandled');

    assert.equal(error.errorType, 'RangeError');
});

test('a handler that never ends times out', async () => {
    const error = await invoke('silent', 'Unhandled');

    assert.equal(error.errorType, 'Sandbox.Timedout');
    assert.match(error.errorMessage, /Task timed out after 0.2 seconds/);
});

for (const [type, status] of [['Event', 202], ['DryRun', 204]]) {
    test(`${type} is ${status} without a body`, async () => {
        const response = await lambda.post(
            'silent', '{}', { 'X-Amz-Invocation-Type': type });

        assert.equal(response.status, status);
        assert.equal(await response.text(), '');
    });
}

for (const [title, name, body, status, type] of [
    ['an unknown function', 'none', '{}', 404, 'ResourceNotFoundException'],
    ['no JSON', 'promise', '{', 400, 'InvalidRequestContentException'],
    ['more than 6 MB', 'promise', ' '.repeat(6 * 1024 * 1024 + 1), 413,
     'RequestTooLargeException'],
]) {
    test(`${title} is ${status}`, async () => {
        const response = await lambda.post(name, body);

        assert.equal(response.status, status);
        assert.equal(response.headers.get('x-amzn-errortype'), type);
        assert.equal((await response.json()).Type, 'User');
    });
}

test('SIGTERM ends it', async () => {
    const other = await startRuntime({}, folder);

    assert.deepEqual(await other.stop(), [0, null]);
});


/* the chat */

const gone = new Set();
let posts = [];

const connections = http.createServer(async (req, res) => {
    const [, stage, , id] = decodeURIComponent(req.url).split('/');
    let data = '';

    for await (const chunk of req) {
        data += chunk;
    }

    posts.push({ method: req.method, stage, id, data });

    if (gone.has(id)) {
        res.setHeader('x-amzn-ErrorType', 'GoneException');
        res.statusCode = 410;
    }

    res.end();
});

connections.listen(0, '127.0.0.1');
await once(connections, 'listening');

after(() => {
    connections.close();
    connections.closeAllConnections();
});

const chat = await startRuntime({
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI:
        `http://127.0.0.1:${connections.address().port}/dev`,
});
after(() => chat.stop());

const A = 'AAAAAAAAAAAAAAA=';
const B = 'BBBBBBBBBBBBBBB=';
const C = 'CCCCCCCCCCCCCCC=';

async function event(name, connectionId, body) {
    const response = await chat.post(
        name, JSON.stringify({ requestContext: { connectionId }, body }));

    assert.equal(response.headers.get('x-amz-function-error'), null);

    const result = await response.json();
    assert.equal(result.statusCode, 200);

    return result.body;
}

/* to whom it was posted */

async function say(id, message) {
    posts = [];
    await event('onMessage', id,
                JSON.stringify({ action: 'onMessage', message }));

    return posts.map((post) => post.id).sort();
}

test('a message is posted to all who connected', async () => {
    await event('connect', A);
    await event('connect', B);

    assert.deepEqual(await say(A, 'Hello everyone'), [A, B]);

    for (const { method, stage, data } of posts) {
        assert.deepEqual([method, stage, data],
                         ['POST', 'dev', 'Echo: Hello everyone']);
    }
});

test('and to nobody who disconnected', async () => {
    await event('disconnect', A);

    assert.deepEqual(await say(B, 'still here?'), [B]);
});

test('an id that is gone is forgotten', async () => {
    await event('connect', C);
    gone.add(C);

    assert.deepEqual(await say(B, 'one'), [B, C]);
    assert.deepEqual(await say(B, 'two'), [B]);
});

test('$default answers with a hint', async () => {
    assert.deepEqual(JSON.parse(await event('default', B, 'what?')), {
        usage: { action: 'onMessage', message: 'Hello everyone' },
        connectionId: B,
        connections: 1,
    });
});
