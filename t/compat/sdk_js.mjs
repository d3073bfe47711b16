/*
 * sdk_js.mjs HOST:PORT [SCHEME [signed]]: the AWS SDK for JavaScript, v3,
 * against @connections, with "ws" as the clients that it pushes to; one line of
 * JSON for each check, read by t/sdk.t and t/sdk_signed.t. "signed": what is
 * not signed rightly is refused.
 */

import { once } from 'node:events';

import {
    ApiGatewayManagementApiClient, DeleteConnectionCommand,
    GetConnectionCommand, PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';

import { check, connect } from './check.mjs';

const [authority, scheme = 'http', signed] = process.argv.slice(2);

const sdk = (path, credentials) => new ApiGatewayManagementApiClient({
    endpoint: `${scheme}://${authority}${path}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret',
                   ...credentials },
    maxAttempts: 1,
});

const api = sdk('/prod');

const post = (ConnectionId, Data, client = api) =>
    client.send(new PostToConnectionCommand({ ConnectionId, Data }));

const get = (ConnectionId, client = api) =>
    client.send(new GetConnectionCommand({ ConnectionId }));

const remove = (ConnectionId, client = api) =>
    client.send(new DeleteConnectionCommand({ ConnectionId }));

/* a call that fails with this error and status */

const fails = async (name, status, call, what) => {
    try {
        await call();
        check(what, false, 'success');

    } catch (error) {
        check(what,
              error.name === name
              && error.$metadata.httpStatusCode === status
              && error.$metadata.requestId,
              `${error.name} ${error.$metadata?.httpStatusCode}`);
    }
};

const { socket, id } = await connect(authority, scheme);

const pushed = async (Data, client) => {
    const message = once(socket, 'message');
    const answer = await post(id, Data, client);
    const [data, binary] = await message;

    return { status: answer.$metadata.httpStatusCode, data, binary };
};

let seen = await pushed('hello');

check('a text is posted', seen.status === 200 && !seen.binary
                          && String(seen.data) === 'hello');

seen = await pushed(new TextEncoder().encode('κόσμε'));
check('bytes that are text are a text', !seen.binary
                                        && String(seen.data) === 'κόσμε');

seen = await pushed('x'.repeat(100 * 1024));
check('100 KB are one message', seen.data.length === 100 * 1024);

seen = await pushed('x'.repeat(128 * 1024));
check('128 KB, too', seen.data.length === 128 * 1024);

seen = await pushed('slash', sdk('/prod/'));
check('an endpoint that ends in a slash', String(seen.data) === 'slash');

const before = Date.now();
const description = await get(id);

check('connectedAt is a date',
      Math.abs(description.ConnectedAt - before) < 10_000);
check('lastActiveAt is one',
      description.LastActiveAt >= description.ConnectedAt);
check('the address', description.Identity.SourceIp === '127.0.0.1');
check('the user agent', description.Identity.UserAgent === 'check/1');

await fails('PayloadTooLargeException', 413,
            () => post(id, 'x'.repeat(128 * 1024 + 1)), 'a byte too many');
await fails('BadRequestException', 400, () => post('malformed', 'x'),
            'an id of another form');
await fails('ForbiddenException', 403,
            () => post(id, 'x', sdk('/other')), 'another stage');

/* a client that does not read; its queue holds 256 KB */

const slow = await connect(authority, scheme);

slow.socket.pause();

await fails('LimitExceededException', 429, async () => {
    for (let n = 0; n < 500; n++) {
        await post(slow.id, 'x'.repeat(100 * 1024));
    }
}, 'a full queue');

slow.socket.terminate();

/* what changes behind the SDK's back, once the request is signed */

const changes = {
    body: (r) => { r.body = 'Hello'; },
    path: (r) => { r.path = r.path.replace(
        /@connections\/(.)/, (_, digit) =>
            `@connections/${digit === '8' ? '9' : '8'}`); },
    query: (r) => { r.query = { 'X-Amz-A': 'b' }; },
    header: (r) => { r.headers['x-amz-user-agent'] += 'x'; },
    date: (r) => { r.headers['x-amz-date'] = r.headers['x-amz-date'].replace(
        /(\d)Z$/, (_, digit) => `${Number(digit) ^ 1}Z`); },
    key: (r) => { r.headers.authorization = r.headers.authorization.replace(
        'AKIDEXAMPLE', 'SECOND'); },
    signature: (r) => { r.headers.authorization
        = r.headers.authorization.replace(
            /.$/, (digit) => (digit === '0' ? '1' : '0')); },
};

if (signed) {
    for (const [name, change] of Object.entries(changes)) {
        const client = sdk('/prod');

        client.middlewareStack.add((next) => (args) => {
            change(args.request);
            return next(args);
        }, { step: 'deserialize', priority: 'low' });

        await fails('InvalidSignatureException', 403,
                    () => post(id, 'hello', client), `another ${name}`);
    }

    for (const [error, credentials] of [
        ['InvalidSignatureException', { secretAccessKey: 'other' }],
        ['UnrecognizedClientException', { accessKeyId: 'NOBODY' }]])
    {
        const client = sdk('/prod', credentials);

        for (const target of [id, 'malformed', 'AAAAAAAAAAAAAAA=']) {
            await fails(error, 403, () => post(target, 'x', client),
                        `post ${target}`);
            await fails(error, 403, () => get(target, client),
                        `get ${target}`);
            await fails(error, 403, () => remove(target, client),
                        `delete ${target}`);
        }
    }

    for (const credentials of [
        { sessionToken: 'a+/==' },
        { accessKeyId: 'SECOND', secretAccessKey: 'more' }])
    {
        seen = await pushed('allowed', sdk('/prod', credentials));
        check('others may', String(seen.data) === 'allowed');
    }
}

/* closed from here, and from there */

const closed = once(socket, 'close');
const removed = await remove(id);

check('the client is closed', (await closed)[0] === 1000);
check('DELETE is 204', removed.$metadata.httpStatusCode === 204);

const left = await connect(authority, scheme);

left.socket.close();
await once(left.socket, 'close');

for (const gone of [id, left.id, 'AAAAAAAAAAAAAAA=']) {
    await fails('GoneException', 410, () => post(gone, 'x'), `post ${gone}`);
    await fails('GoneException', 410, () => get(gone), `get ${gone}`);
    await fails('GoneException', 410, () => remove(gone), `delete ${gone}`);
}
