/*
 * An example of conf/, run as its README says from a folder outside of the
 * tree, at ports of its own.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort, until } from './wait.mjs';

export const conf = fileURLToPath(new URL('../../../conf', import.meta.url));

const module = process.env.MODULE
               ?? path.join(conf, '../build/ngx_http_wsgw_module.so');
const nginx = process.env.TEST_NGINX_BINARY ?? '/usr/sbin/nginx';

/* however this process ends, what it has started ends, too */

const running = new Set();

process.on('exit', () => running.forEach((child) => child.kill()));

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => process.exit(1));
}

export class Example {
    #output = '';
    #served = [];

    /* NAME is a folder of conf/; ports maps those in nginx.conf to free ones */

    static async in(name, ports, change = (text) => text) {
        const example = new Example();

        example.name = name;
        example.port = {};

        for (const port of ports) {
            example.port[port] = await freePort();
        }

        example.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wsgw-e2e.'));

        /* root's nginx has workers that are "nobody" */
        fs.chmodSync(example.folder, 0o711);

        example.#fill(change);

        return example;
    }

    #fill(change) {
        for (const name of ['modules', 'logs']) {
            fs.mkdirSync(path.join(this.folder, name));
        }

        fs.symlinkSync(path.resolve(module),
            path.join(this.folder, 'modules/ngx_http_wsgw_module.so'));
        fs.cpSync(path.join(conf, 'aws'), path.join(this.folder, 'aws'),
                  { recursive: true });

        const text = fs.readFileSync(path.join(conf, this.name, 'nginx.conf'),
                                     'utf8');

        /* what a package puts where only root may write stays here */
        const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
            .map((of) => `${of}_temp_path ${of};`).join('\n');

        fs.writeFileSync(path.join(this.folder, 'nginx.conf'), 'pid nginx.pid;'
            + this.moved(change(text)).replace(/^http \{$/m, `$&\n${temp}`));
    }

    /* a text that names the example's ports, with those of this run */

    moved(text) {
        return text.replace(/(?<=:)\d+\b/g, (port) => this.port[port] ?? port);
    }

    /* the README's step in the example's folder, which ends */

    step(command, ...args) {
        const { status, stderr } = spawnSync(command, args, {
            cwd: path.join(conf, this.name), encoding: 'utf8',
        });

        if (status !== 0) {
            throw new Error(`${command}: ${stderr}`);
        }
    }

    /* a program of the example that serves one of its ports */

    async serve(port, command, args, env = {}) {
        const child = spawn(command, args, {
            cwd: path.join(conf, this.name),
            env: { ...process.env, ...env },
            stdio: ['ignore', 'pipe', 'pipe'],
        });

        running.add(child);
        child.once('exit', () => running.delete(child));

        for (const stream of [child.stdout, child.stderr]) {
            stream.on('data', (chunk) => { this.#output += chunk; });
        }

        await until(`port ${port} answers`, () => new Promise((resolve) => {
            const socket = connect(this.port[port] ?? port, '127.0.0.1');

            socket.on('connect', () => { socket.destroy(); resolve(true); });
            socket.on('error', () => resolve(false));
        }));

        const served = {
            end: async () => {
                if (running.has(child)) {
                    const exit = once(child, 'exit');

                    child.kill();
                    await exit;
                }
            },
        };

        this.#served.unshift(served);

        return served;
    }

    nginx(port) {
        return this.serve(port, nginx, [
            '-e', path.join(this.folder, 'logs/error.log'), '-p', this.folder,
            '-c', 'nginx.conf', '-g', 'daemon off;',
        ]);
    }

    /* ends what still runs, the youngest first; returns what nginx has logged
       that no configuration should bring about */

    async end() {
        for (const served of this.#served) {
            await served.end();
        }

        const log = fs.readFileSync(path.join(this.folder, 'logs/error.log'),
                                    'utf8');

        fs.rmSync(this.folder, { recursive: true });

        return (this.#output + log).split('\n')
            .filter((line) => /\[(?:warn|crit|alert|emerg)\]/.test(line));
    }
}
