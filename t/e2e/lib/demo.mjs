/* conf/chat/demo as its user starts and ends it, in a folder of its own */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { until } from './wait.mjs';

const script = fileURLToPath(
    new URL('../../../conf/chat/demo', import.meta.url));

/* however this process ends, the demos it started end too */

const running = new Set();

process.on('exit', () => {
    for (const child of running) {
        child.kill();
    }
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => process.exit(1));
}

process.stdout.on('error', () => process.exit(1));

export class Demo {
    output = '';
    #child;
    #exit;

    constructor(port, back, env = {}, host = '', demo = script) {
        this.port = port;
        this.back = back;
        this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wsgw-e2e.'));

        /* root's nginx has workers that are "nobody" */
        fs.chmodSync(this.folder, 0o711);

        /* the leader of a process group, as a shell's foreground job is */
        this.#child = spawn(demo, [port, back, host], {
            detached: true,
            env: {
                ...process.env,
                NGINX_BINARY: process.env.TEST_NGINX_BINARY ?? 'nginx',

                /* a busy machine takes seconds to load the SDK */
                AWS_LAMBDA_FUNCTION_TIMEOUT: '30',
                ...env,
                TMPDIR: this.folder,
            },
            stdio: ['ignore', 'pipe', 'pipe'],
        });

        running.add(this.#child);
        this.#child.once('exit', () => running.delete(this.#child));
        this.#exit = once(this.#child, 'close');

        for (const stream of [this.#child.stdout, this.#child.stderr]) {
            stream.setEncoding('utf8');
            stream.on('data', (chunk) => { this.output += chunk; });
        }
    }

    /* npm may have to fetch the packages first */

    async started() {
        const welcome = () => this.output.includes('Ctrl-C ends it');

        await until('the demo starts or ends', () =>
            welcome() || this.#child.exitCode !== null, 120000);

        assert.ok(welcome(), `the demo does not start: ${this.output}`);
    }

    interrupt(signal = 'SIGINT') {
        process.kill(-this.#child.pid, signal);
        return this.exit();
    }

    async exit() {
        const [code, signal] = await this.#exit;

        return { code, signal };
    }

    /* pids of all that the demo started and that still runs */

    processes() {
        return descendants(this.#child.pid);
    }

    /* what stands in its TMPDIR, which is removed */

    remains() {
        const names = fs.readdirSync(this.folder);
        fs.rmSync(this.folder, { recursive: true });

        return names;
    }
}

function descendants(root) {
    const parents = new Map();

    for (const pid of fs.readdirSync('/proc').filter(Number).map(Number)) {
        try {
            const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
            const [, parent] = /\) \S (\d+)/.exec(stat);

            parents.set(pid, Number(parent));

        } catch {
            /* ended meanwhile */
        }
    }

    const found = [root];

    for (const ancestor of found) {
        for (const [pid, parent] of parents) {
            if (parent === ancestor) {
                found.push(pid);
            }
        }
    }

    return found.slice(1);
}

export function alive(pid) {
    return fs.existsSync(`/proc/${pid}`);
}
