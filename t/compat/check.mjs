/*
 * What the programs in JavaScript have in common: a line of JSON for each check,
 * as Wsgw::Compat reads it, and a client of a stage that answers "who".
 */

import { once } from 'node:events';

import WebSocket from 'ws';

export const check = (name, ok, got) =>
    process.stdout.write(JSON.stringify({ name, ok: Boolean(ok), got }) + '\n');

/* it knows its id from the reply to its first message */

export async function connect(authority, scheme) {
    const url = `${scheme.replace('http', 'ws')}://${authority}/prod`;
    const socket = new WebSocket(url, { headers: { 'User-Agent': 'check/1' } });

    await once(socket, 'open');
    socket.send('who');

    const [id] = await once(socket, 'message');

    return { socket, id: String(id) };
}
