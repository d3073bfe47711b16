/*
 * sdk_js2.mjs HOST:PORT [SCHEME [signed]]: the AWS SDK for JavaScript, v2,
 * against @connections, with "ws" as the clients that it pushes to; one line of
 * JSON for each check, read by t/sdk_signed.t. "signed": what is not signed
 * rightly is refused.
 */

import { once } from 'node:events';

import AWS from 'aws-sdk';

import { check, connect } from './check.mjs';

const [authority, scheme = 'http', signed] = process.argv.slice(2);

const sdk = (path, options) => new AWS.ApiGatewayManagementApi({
    apiVersion: '2018-11-29',
    endpoint: `${scheme}://${authority}${path}`,
    region: 'us-east-1',
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'secret',
    maxRetries: 0,
    ...options,
});

const api = sdk('/prod');

const post = (ConnectionId, Data, client = api) =>
    client.postToConnection({ ConnectionId, Data }).promise();

const get = (ConnectionId, client = api) =>
    client.getConnection({ ConnectionId }).promise();

const remove = (ConnectionId, client = api) =>
    client.deleteConnection({ ConnectionId }).promise();

/* a call that fails with this error and status */

const fails = async (code, status, call, what) => {
    try {
        await call();
        check(what, false, 'success');

    } catch (error) {
        check(what, error.code === code && error.statusCode === status,
              `${error.code} ${error.statusCode}`);
    }
};

const { socket, id } = await connect(authority, scheme);

const pushed = async (Data, client) => {
    const message = once(socket, 'message');

    await post(id, Data, client);

    return String((await message)[0]);
};

for (const text of ['hello', 'κόσμε', 'x'.repeat(128 * 1024)]) {
    check(`${text.length} are posted`, await pushed(text) === text);
}

check('an endpoint that ends in a slash',
      await pushed('slash', sdk('/prod/')) === 'slash');

const description = await get(id);

check('connectedAt is a date',
      Math.abs(description.ConnectedAt - Date.now()) < 10_000);

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
    query: (r) => { r.path += '?X-Amz-A=b'; },
    date: (r) => { r.headers['X-Amz-Date'] = r.headers['X-Amz-Date'].replace(
        /(\d)Z$/, (_, digit) => `${Number(digit) ^ 1}Z`); },
    key: (r) => { r.headers.Authorization = r.headers.Authorization.replace(
        'AKIDEXAMPLE', 'SECOND'); },
};

if (signed) {
    for (const [name, change] of Object.entries(changes)) {
        await fails('InvalidSignatureException', 403, () => {
            const request = api.postToConnection({ ConnectionId: id,
                                                   Data: 'hello' });

            request.on('sign', () => change(request.httpRequest));

            return request.promise();
        }, `another ${name}`);
    }

    for (const target of [id, 'malformed', 'AAAAAAAAAAAAAAA=']) {
        await fails('InvalidSignatureException', 403,
                    () => get(target, sdk('/prod', { secretAccessKey: 'x' })),
                    `wrong secret for ${target}`);
        await fails('UnrecognizedClientException', 403,
                    () => remove(target, sdk('/prod', { accessKeyId: 'X' })),
                    `unknown key for ${target}`);
    }

    const session = sdk('/prod', { sessionToken: 'a+/==' });

    check('a session may', await pushed('allowed', session) === 'allowed');
}

/* closed from here, and from there */

const closed = once(socket, 'close');

await remove(id);
check('the client is closed', (await closed)[0] === 1000);

for (const gone of [id, 'AAAAAAAAAAAAAAA=']) {
    await fails('GoneException', 410, () => post(gone, 'x'), `post ${gone}`);
    await fails('GoneException', 410, () => get(gone), `get ${gone}`);
    await fails('GoneException', 410, () => remove(gone), `delete ${gone}`);
}
