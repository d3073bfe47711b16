/* what every end-to-end test waits for, bounded */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

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

/* a port that no other suite takes while this process lives, or the first of so
   many in a row: t/lib/Wsgw/Port.pm holds them until its input ends */

let holder;

export async function freePort(n = 1) {
    holder ??= spawn('perl', [
        '-I', fileURLToPath(new URL('../../lib', import.meta.url)),
        '-MWsgw::Port', '-ne', '$| = 1; print Wsgw::Port::claim($_), "\n"',
    ], { stdio: ['pipe', 'pipe', 'inherit'] });

    const handles = [holder, holder.stdin, holder.stdout];

    handles.forEach((handle) => handle.ref());
    holder.stdin.write(`${n}\n`);

    const [port] = await once(holder.stdout, 'data');

    handles.forEach((handle) => handle.unref());

    return Number(port);
}
