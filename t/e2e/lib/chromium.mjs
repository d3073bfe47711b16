/*
 * Headless Chromium through its DevTools pipe: JSON texts, each ended by a
 * NUL, to its descriptor 3 and from its descriptor 4.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { until } from './wait.mjs';

export class Chromium {
    #profile = fs.mkdtempSync(path.join(os.tmpdir(), 'wsgw-profile.'));
    #child;
    #answers = new Map();
    #partial = '';
    #id = 0;

    constructor() {
        this.#child = spawn(process.env.CHROMIUM ?? 'chromium', [
            '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
            '--disable-dev-shm-usage', '--no-first-run', '--disable-sync',
            '--disable-background-networking', '--disable-component-update',
            '--remote-debugging-pipe', `--user-data-dir=${this.#profile}`,
        ], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });

        this.#child.once('error', (error) => this.#fail(error));
        this.#child.once('exit', () => this.#fail(new Error('Chromium ended')));

        this.#child.stdio[3].on('error', () => {});
        this.#child.stdio[4].setEncoding('utf8');
        this.#child.stdio[4].on('data', (chunk) => this.#read(chunk));
    }

    #read(chunk) {
        const texts = (this.#partial + chunk).split('\0');
        this.#partial = texts.pop();

        for (const { id, result, error } of texts.map(JSON.parse)) {
            const answer = this.#answers.get(id);
            this.#answers.delete(id);

            if (error) {
                answer?.reject(new Error(error.message));
            } else {
                answer?.resolve(result);
            }
        }
    }

    #fail(error) {
        for (const answer of this.#answers.values()) {
            answer.reject(error);
        }
    }

    send(method, params = {}, sessionId = undefined) {
        return new Promise((resolve, reject) => {
            const id = ++this.#id;

            this.#answers.set(id, { resolve, reject });
            this.#child.stdio[3].write(
                `${JSON.stringify({ id, method, params, sessionId })}\0`);
        });
    }

    async open(url) {
        const { targetId } = await this.send('Target.createTarget', { url });
        const { sessionId } = await this.send('Target.attachToTarget',
                                              { targetId, flatten: true });

        return new Tab(this, targetId, sessionId);
    }

    /* a page of the chat, once its socket is open */

    async openChat(url) {
        const tab = await this.open(url);

        await until('the page is connected', () => tab.evaluate(
            'document.getElementById("state").textContent === "Connected"'));

        return tab;
    }

    async close() {
        const exit = once(this.#child, 'exit');
        await this.send('Browser.close');
        await exit;
        fs.rmSync(this.#profile, { recursive: true });
    }
}

class Tab {
    #browser;
    #target;
    #session;

    constructor(browser, target, session) {
        this.#browser = browser;
        this.#target = target;
        this.#session = session;
    }

    #send(method, params) {
        return this.#browser.send(method, params, this.#session);
    }

    async evaluate(expression) {
        const { result, exceptionDetails } = await this.#send(
            'Runtime.evaluate', { expression, returnByValue: true });

        if (exceptionDetails) {
            throw new Error(exceptionDetails.exception?.description
                            ?? exceptionDetails.text);
        }

        return result.value;
    }

    /* as a user does it: into what has the focus, then Enter */

    async type(text) {
        await this.#send('Input.insertText', { text });

        for (const type of ['keyDown', 'keyUp']) {
            await this.#send('Input.dispatchKeyEvent', {
                type, key: 'Enter', code: 'Enter', text: '\r',
                windowsVirtualKeyCode: 13,
            });
        }
    }

    close() {
        return this.#browser.send('Target.closeTarget',
                                  { targetId: this.#target });
    }
}
