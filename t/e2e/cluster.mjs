/*
 * The chat across two nodes as its user sees it: a tab at each of them, in which
 * what is written in one appears in the other; one node is left; then Ctrl-C,
 * which leaves nothing behind.
 */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Chromium } from './lib/chromium.mjs';
import { Demo, alive } from './lib/demo.mjs';
import { freePort, until } from './lib/wait.mjs';

const script = fileURLToPath(
    new URL('../../conf/cluster/demo', import.meta.url));

/* the demo takes the first port and others behind it */

const port = await freePort(12);
const demo = new Demo(port, '', {}, '', script);

await demo.started();
await until('both nodes have begun', () =>
    demo.output.match(/Ctrl-C ends it/g)?.length === 2, 60000);

const chromium = new Chromium();

after(() => chromium.close());

const openPage = (at) => chromium.openChat(`http://127.0.0.1:${at}/`);

const shown = (tab, text) =>
    until(`the page shows ${text}`, () => tab.evaluate(
        `[...document.querySelectorAll('#messages .words')]
         .filter((line) => line.textContent === ${JSON.stringify(text)})
         .length === 1`));

test('two tabs chat, one at each node', async () => {
    const [one, two] = [await openPage(port), await openPage(port + 10)];

    for (let n = 1; n < 4; n++) {
        await one.type(`from one, ${n}`);
        await shown(two, `from one, ${n}`);
        await shown(one, `from one, ${n}`);

        await two.type(`from two, ${n}`);
        await shown(one, `from two, ${n}`);
        await shown(two, `from two, ${n}`);
    }

    await two.close();
    await one.type('alone now');
    await shown(one, 'alone now');
    await one.close();
});

test('Ctrl-C ends all processes and leaves no file', async () => {
    const processes = demo.processes();

    assert.ok(processes.length > 6);
    await demo.interrupt();
    await until('all have ended', () => !processes.some(alive), 20000);
    assert.deepEqual(demo.remains(), []);

    /* what Redis' loss or another node's leads to is no part of a quiet chat */

    assert.deepEqual(
        demo.output.split('\n')
            .filter((line) => /\[(warn|error|crit|alert|emerg)\]/.test(line)),
        []);
});
