/*
 * The console of wsgw-dev: it says what to do, connects, sends, lists frames and
 * events, tells why a handshake was refused and why nobody may connect.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Chromium } from './lib/chromium.mjs';
import { freePort, until } from './lib/wait.mjs';

const top = fileURLToPath(new URL('../..', import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wsgw-console.'));
const project = path.join(folder, 'project');

fs.chmodSync(folder, 0o711);
fs.cpSync(path.join(top, 't/dev/project'), project, { recursive: true });

/* wsgw-dev takes three ports in a row */

const port = await freePort(3);
let output = '';

const dev = spawn(path.join(top, 'conf/tools/wsgw-dev'),
                  [project, '--own', '--port', port], {
    env: {
        ...process.env,
        NGINX_BINARY: process.env.TEST_NGINX_BINARY ?? 'nginx',
        TMPDIR: folder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
});

const ended = once(dev, 'exit');

for (const stream of [dev.stdout, dev.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => { output += text; });
}

process.on('exit', () => dev.kill());

const chromium = new Chromium();

after(async () => {
    await chromium.close();
    dev.kill();
    await ended;
    fs.rmSync(folder, { recursive: true });
});

await until('wsgw-dev starts or ends', () =>
    output.includes('Ctrl-C ends it') || dev.exitCode !== null);
assert.equal(dev.exitCode, null, output);

const page = await chromium.open(`http://127.0.0.1:${port + 2}/`);

const text = (id) => page.evaluate(
    `document.getElementById('${id}').textContent`);

const shows = (id, words) => until(`#${id} shows ${words}`, async () =>
    words.test((await text(id)).replace(/\s+/g, ' ')));

const submit = (form, field, value) => page.evaluate(`
    document.getElementById('${field}').value = ${JSON.stringify(value)};
    document.getElementById('${form}').requestSubmit();`);

const socket = `ws://127.0.0.1:${port}/dev`;

test('before anything is sent it says what to do', async () => {
    await shows('feed', /^live$/);
    await shows('name', /^dev-notes-websockets$/);
    await shows('routes', /write.*fail/);
    assert.equal(await page.evaluate(`document.getElementById('url').value`),
                 `${socket}?token=`);
    assert.match(await text('frames'), /^Connect, then send a message/);
    assert.match(await text('events'), /^What functions get and answer/);
});

test('a refused handshake is told, and the events tell why', async () => {
    await submit('connect', 'url', `${socket}?token=no`);
    await shows('state', /^refused: the events tell why$/);
    await shows('events', /handshake.*401/);
    assert.doesNotMatch(await text('events'), /What functions get/);
});

test('what goes and comes is listed, and what the function got', async () => {
    await submit('connect', 'url', `${socket}?token=sesame`);
    await shows('state', /^connected$/);
    await submit('send', 'text', '{"action":"count"}');
    await shows('frames', /received1 members/);
    await shows('frames', /sent\{ "action": "count" \}/);
    await shows('events', /count → notes-dev-count/);
    await shows('events', /push sentPOST200/);
});

test('a stage to which nobody may connect says so', async () => {
    const file = path.join(project, 'serverless.yml');

    await page.evaluate(`document.getElementById('connect').requestSubmit()`);
    await shows('state', /^closed, 1000/);

    fs.writeFileSync(file, fs.readFileSync(file, 'utf8')
        .replace('name: guard', 'arn: ${cf:other.Guard}'));

    await shows('state', /^nobody may connect: its authorizer is not conv/);
    await shows('refusals', /^2 not converted.*cf:other\.Guard/);
});
