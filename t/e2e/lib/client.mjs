/* clients over TLS, each with what it has received and nobody has looked at */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

import WebSocket from 'ws';

import { until } from './wait.mjs';

class Client {
    received = [];

    /* the next message */

    next() {
        return until('a message comes', () => this.received.length
                                              && [this.received.shift()])
            .then(([message]) => message);
    }
}

export class WsClient extends Client {

    /* a port is that of this host, whatever the URL says; others are ws's */

    static async open(url, { port, ...options }) {
        const client = new WsClient();

        const createConnection = (of) => tls.connect({
            ...of, host: '127.0.0.1', port, path: undefined,
            servername: new URL(url).hostname,
        });

        client.socket = new WebSocket(url, {
            ...options, ...(port === undefined ? {} : { createConnection }),
        });
        client.socket.on('message', (data) =>
            client.received.push(data.toString()));

        await once(client.socket, 'open');

        return client;
    }

    send(text) {
        this.socket.send(text);
    }

    async leave() {
        const closed = once(this.socket, 'close');

        this.socket.close();
        await closed;
    }
}

export class PythonClient extends Client {

    static async open(url, ca) {
        const client = new PythonClient();
        const program = fileURLToPath(new URL('client.py', import.meta.url));

        client.child = spawn('/usr/bin/python3', [program, url, ca],
                             { stdio: ['pipe', 'pipe', 'inherit'] });

        createInterface({ input: client.child.stdout })
            .on('line', (line) => client.received.push(line));

        if (await client.next() !== 'open') {
            throw new Error('the client is not connected');
        }

        return client;
    }

    send(text) {
        this.child.stdin.write(`${text}\n`);
    }

    async leave() {
        const exit = once(this.child, 'exit');

        this.child.stdin.end();
        await exit;
    }
}
