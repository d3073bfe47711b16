/* what every end-to-end test waits for, bounded */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/* until condition() is truthy, which is returned; it may throw meanwhile */

export async function until(what, condition, ms = 30000) {
    const deadline = Date.now() + ms;
    let last;

    for ( ;; ) {
        try {
            const value = await condition();

            if (value) {
                return value;
            }

        } catch (error) {
            last = error;
        }

        if (Date.now() > deadline) {
            throw new Error(`not within ${ms} ms: ${what}`, { cause: last });
        }

        await sleep(20);
    }
}

/* a loopback port that was free a moment ago */

export async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');

    const { port } = server.address();

    server.close();
    await once(server, 'close');

    return port;
}
