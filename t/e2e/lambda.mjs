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

    const base = `http://127.0.0.1:${port}`;

    const post = (name, body, headers) =>
        fetch(`${base}/2015-03-31/functions/${name}/invocations`,
              { method: 'POST', body, headers });

    await until('the runtime answers', () => post('none', ''));

    return {
        base,
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

/* functions whose files change are loaded again; one that cannot be is not */

test('a changed function is loaded again, not one with a mistake', async () => {
    const index = path.join(folder, 'changing', 'index.js');
    const write = (text) => fs.writeFileSync(index, text);
    const answer = async () =>
        (await lambda.post('changing', '{}')).text();

    fs.mkdirSync(path.dirname(index));
    write('exports.handler = async () => require("./part.js");\n');
    fs.writeFileSync(path.join(folder, 'changing', 'part.js'),
                     'module.exports = "one";\n');
    await until('a new function is there', async () =>
        await answer() === '"one"');

    fs.writeFileSync(path.join(folder, 'changing', 'part.js'),
                     'module.exports = "another";\n');
    await until('a part of it has changed', async () =>
        await answer() === '"another"');

    write('exports.handler = async () => "changed";\n');
    await until('it has changed', async () => await answer() === '"changed"');

    /* the next change is seen behind the mistake, so that was seen */

    write('exports.handler = async () => {{{;\n');
    fs.writeFileSync(path.join(folder, 'module', 'index.mjs'),
                     'export const handler = async () => "esm again";\n');
    await until('a module has changed', async () =>
        await (await lambda.post('module', '{}')).text() === '"esm again"');
    assert.equal(await answer(), '"changed"');

    fs.rmSync(path.dirname(index), { recursive: true });
    await until('it is gone', async () =>
        (await lambda.post('changing', '{}')).status === 404);

    fs.writeFileSync(path.join(folder, 'module', 'index.mjs'),
                     'export const handler = async () => "esm";\n');
    await until('as it was', async () =>
        await (await lambda.post('module', '{}')).text() === '"esm"');
});

test('who listens to /events is told of each invocation', async () => {
    const response = await fetch(`${lambda.base}/events`);
    const reader = response.body.pipeThrough(new TextDecoderStream())
        .getReader();
    let seen = '';

    const told = async (what) => {
        while (!seen.includes(what)) {
            seen += (await reader.read()).value;
        }
    };

    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    await told(':\n\n');

    await lambda.post('promise', '{"body":"x"}');
    await told('{"name":"promise","event":{"body":"x"},'
               + '"result":{"statusCode":200,"body":"x"},"ms":');

    await lambda.post('throwing', '{}');
    await told('"error":"RangeError: far');

    await reader.cancel();
});

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
    const requestContext = {
        connectionId, domainName: '127.0.0.1:8081', stage: 'dev',
    };

    const response = await chat.post(
        name, JSON.stringify({ requestContext, body }));

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
        push: `http://127.0.0.1:8081/dev/@connections/${B}`,
    });
});
