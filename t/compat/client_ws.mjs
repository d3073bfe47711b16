/*
 * client_ws.mjs URL [deflate]: the npm client "ws" against an echo stage; one
 * line of JSON for each check, read by t/interop.t.
 */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';

import WebSocket from 'ws';

import { check } from './check.mjs';

const [url, mode] = process.argv.slice(2);

const digest = (data) => createHash('sha256').update(data).digest('hex');

/* the certificate of the test is signed by itself */

const options = {
    perMessageDeflate: mode === 'deflate',
    rejectUnauthorized: false,
};

const socket = new WebSocket(url, options);

await once(socket, 'open');

check('the extension is as asked for',
      socket.extensions.includes('permessage-deflate')
      === (mode === 'deflate'));

/* the echo of what was sent, a text as a text and octets as octets */

const echo = async (name, data) => {
    socket.send(data);

    const [received, binary] = await once(socket, 'message');

    check(name, binary === (typeof data !== 'string')
                && digest(received) === digest(data));
};

for (const size of [0, 1, 125, 126, 65535, 65536, 131072]) {
    await echo(`a text of ${size}`, 'x'.repeat(size));
    await echo(`${size} random octets`, randomBytes(size));
}

await echo('UTF-8', 'κόσμε 🙂 '.repeat(1000));

/* in fragments, with a ping between them */

const whole = once(socket, 'message');
const pong = once(socket, 'pong');

socket.send('fragment 1 ', { fin: false });
socket.ping('ping');
socket.send('fragment 2', { fin: true });

check('a pong', String((await pong)[0]) === 'ping');
check('a fragmented text',
      String((await whole)[0]) === 'fragment 1 fragment 2');

/* many at once come back in order */

const seen = [];
const all = new Promise((done) => {
    socket.on('message', (data) => {
        if (seen.push(String(data)) === 200) {
            done();
        }
    });
});

for (let n = 0; n < 200; n++) {
    socket.send(`message ${n}`);
}

await all;
check('200 in order', seen.every((text, n) => text === `message ${n}`));

const closed = once(socket, 'close');

socket.close(4001, 'done');
check('the close', (await closed)[0] === 4001);

/* what breaks a rule is told why */

const large = new WebSocket(url, options);

await once(large, 'open');
large.send(randomBytes(131073));
check('too large', (await once(large, 'close'))[0] === 1009);
