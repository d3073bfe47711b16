#!/usr/bin/env node
'use strict';

/*
 * A small local Lambda runtime.  It answers the Invoke API,
 *
 *     POST /2015-03-31/functions/NAME/invocations
 *
 * with the handler that FUNCTIONS/NAME/index.js (or .mjs) exports.  All
 * functions run in this process, as many invocations at a time as arrive.  A
 * function whose files have changed is loaded again.  GET /events tells of each
 * invocation, as server-sent events.
 *
 *     node runtime.js SOCKET|PORT [FUNCTIONS]
 */

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { randomUUID } = require('node:crypto');
const { pathToFileURL } = require('node:url');

const PAYLOAD_MAX = 6 * 1024 * 1024;
const TIMEOUT = Number(process.env.AWS_LAMBDA_FUNCTION_TIMEOUT ?? 3) * 1000;
const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

class Refusal extends Error {
    constructor(status, type, message) {
        super(message);
        this.status = status;
        this.type = type;
    }
}

/*
 * FUNCTIONS/NAME/index.* -> a map of NAME to its handler and to the stamp of its
 * files.  One that cannot be loaded is an error: at first the caller's, later it
 * is told and the former handler stays.
 */

async function load(directory, functions = new Map()) {
    const again = functions.size > 0;
    const names = fs.readdirSync(directory);

    for (const name of functions.keys()) {
        if (!names.includes(name)) {
            functions.delete(name);
            console.log(`lambda: ${name}: gone`);
        }
    }

    for (const name of names) {
        const folder = path.resolve(directory, name);
        const index = ['index.js', 'index.mjs']
            .map((file) => path.join(folder, file))
            .find((candidate) => fs.existsSync(candidate));
        const stamp = index && stampOf(folder);
        const former = functions.get(name);

        if (index === undefined || stamp === former?.stamp) {
            continue;
        }

        try {
            functions.set(name, { stamp, handler: await loadOne(index, stamp) });

        } catch (error) {
            if (!again) {
                throw error;
            }

            functions.set(name, { ...former, stamp });
            console.error(`lambda: ${name}: not loaded:`, error);
            continue;
        }

        if (again) {
            console.log(`lambda: ${name}: loaded again`);
        }
    }

    return functions;
}

/* changes when one of the folder's files does */

function stampOf(folder) {
    return fs.readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => {
            const { mtimeMs, size } = fs.statSync(path.join(folder, name));

            return `${name} ${mtimeMs} ${size}`;
        }).join();
}

/* modules are kept by name, with import() by the whole URL */

async function loadOne(index, stamp) {
    const folder = path.dirname(index) + path.sep;

    for (const file of Object.keys(require.cache)) {
        if (file.startsWith(folder)) {
            delete require.cache[file];
        }
    }

    const url = pathToFileURL(index);

    url.search = encodeURIComponent(stamp);

    const module = await import(url);
    const handler = module.handler ?? module.default?.handler;

    if (typeof handler !== 'function') {
        throw new Error(`${index} exports no function "handler"`);
    }

    return handler;
}

/* looks twice a second: where fs.watch() cannot, this can */

function reload(directory, functions) {
    setTimeout(async () => {
        try {
            await load(directory, functions);

        } catch {
            /* a file went while it was looked at */
        }

        reload(directory, functions);
    }, 500).unref();
}

/* NAME, NAME:ALIAS or arn:aws:lambda:REGION:ACCOUNT:function:NAME[:ALIAS] */

function functionName(segment) {
    const parts = decodeURIComponent(segment).split(':');

    return parts[0] === 'arn' ? parts[6] : parts[0];
}

async function readEvent(req) {
    const chunks = [];
    let size = 0;

    for await (const chunk of req) {
        size += chunk.length;

        if (size <= PAYLOAD_MAX) {
            chunks.push(chunk);
        }
    }

    if (size > PAYLOAD_MAX) {
        throw new Refusal(413, 'RequestTooLargeException',
                          `Request is over ${PAYLOAD_MAX} bytes`);
    }

    try {
        return JSON.parse(Buffer.concat(chunks).toString() || '{}');

    } catch (error) {
        throw new Refusal(400, 'InvalidRequestContentException',
                          `The request body is not JSON: ${error.message}`);
    }
}

/*
 * A handler's result is that of its promise, or what it gives its callback.
 * One that does neither ends with null, in Lambda when its event loop is
 * empty; here that is known of a handler that takes no callback, and assumed
 * of one that returns a plain object.
 */

function invoke(handler, event, context) {
    return new Promise((resolve, reject) => {
        const returned = handler(event, context, (error, result) => {
            error ? reject(error) : resolve(result);
        });

        if (typeof returned?.then === 'function') {
            returned.then(resolve, reject);

        } else if (handler.length < 3 || returned?.constructor === Object) {
            resolve(null);
        }
    });
}

async function invokeInTime(handler, event, context) {
    let timer;

    const late = new Promise((resolve, reject) => {
        timer = setTimeout(() => {
            const error = new Error(`${context.awsRequestId} Task timed out `
                                    + `after ${TIMEOUT / 1000} seconds`);
            error.name = 'Sandbox.Timedout';
            reject(error);
        }, TIMEOUT);
    });

    try {
        return await Promise.race([invoke(handler, event, context), late]);

    } finally {
        clearTimeout(timer);
    }
}

function contextOf(name, requestId) {
    const deadline = Date.now() + TIMEOUT;
    const region = process.env.AWS_REGION ?? 'us-east-1';

    return {
        functionName: name,
        functionVersion: '$LATEST',
        invokedFunctionArn:
            `arn:aws:lambda:${region}:000000000000:function:${name}`,
        awsRequestId: requestId,
        callbackWaitsForEmptyEventLoop: true,
        getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    };
}

function functionError(error) {
    return JSON.stringify({
        errorMessage: error?.message ?? String(error),
        errorType: error?.name ?? typeof error,
        trace: String(error?.stack ?? error).split('\n'),
    });
}

/* who listens to GET /events */

const listeners = new Set();

function listen(req, res) {
    res.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
    });

    /* proxies end what is silent */
    const beat = setInterval(() => res.write(':\n\n'), 20_000);

    res.write(':\n\n');
    listeners.add(res);

    res.on('close', () => {
        clearInterval(beat);
        listeners.delete(res);
    });
}

function tell(invocation) {
    for (const res of listeners) {
        res.write(`data: ${JSON.stringify(invocation)}\n\n`);
    }
}

/* one RequestResponse or Event invocation, run, logged and told */

async function run(handler, name, requestId, event) {
    const context = contextOf(name, requestId);
    const headers = { 'X-Amz-Executed-Version': '$LATEST' };
    const start = Date.now();
    let body;

    try {
        const result = await invokeInTime(handler, event, context);
        const ms = Date.now() - start;

        body = JSON.stringify(result) ?? 'null';
        console.log(`lambda: ${name}: ${ms} ms`);
        tell({ name, event, result, ms });

    } catch (error) {
        body = functionError(error);
        headers['X-Amz-Function-Error'] = 'Unhandled';
        console.error(`lambda: ${name}:`, error);
        tell({ name, event, error: String(error?.stack ?? error) });
    }

    return { status: 200, headers, body };
}

async function answerTo(functions, req, requestId) {
    const match = INVOKE.exec(new URL(req.url, 'http://lambda').pathname);

    if (match === null || req.method !== 'POST') {
        throw new Refusal(404, 'UnknownOperationException',
                          `No operation for ${req.method} ${req.url}`);
    }

    const name = functionName(match[1]);
    const handler = functions.get(name)?.handler;

    if (handler === undefined) {
        throw new Refusal(404, 'ResourceNotFoundException',
                          `Function not found: ${name}`);
    }

    const event = await readEvent(req);

    switch (req.headers['x-amz-invocation-type'] ?? 'RequestResponse') {

    case 'RequestResponse':
        return run(handler, name, requestId, event);

    case 'Event':
        run(handler, name, requestId, event);
        return { status: 202 };

    case 'DryRun':
        return { status: 204 };

    default:
        throw new Refusal(400, 'InvalidParameterValueException',
                          'X-Amz-Invocation-Type is RequestResponse, Event '
                          + 'or DryRun');
    }
}

function refused({ status = 500, type = 'ServiceException', message }) {
    return {
        status,
        headers: { 'x-amzn-ErrorType': type },
        body: JSON.stringify({
            Type: status < 500 ? 'User' : 'Service',
            Message: message,
        }),
    };
}

function createServer(functions) {
    const server = http.createServer(async (req, res) => {
        const requestId = randomUUID();

        if (req.method === 'GET' && req.url === '/events') {
            listen(req, res);
            return;
        }

        const { status, headers, body } =
            await answerTo(functions, req, requestId).catch(refused);

        res.statusCode = status;
        res.setHeader('Content-Type', 'application/json');
        res.setHeader('x-amzn-RequestId', requestId);

        for (const name in headers) {
            res.setHeader(name, headers[name]);
        }

        res.end(body);
    });

    /* nginx, whose keepalive ends after 60 s, must be the one that closes */
    server.keepAliveTimeout = 75_000;

    return server;
}

async function main(address, directory = path.join(__dirname, 'functions')) {
    if (address === undefined) {
        throw new Error('usage: runtime.js SOCKET|PORT [FUNCTIONS]');
    }

    const functions = await load(directory);
    const server = createServer(functions);

    reload(directory, functions);

    /* "node --no-warnings" leaves them to us: that others' modules will be
       dropped some day is not what the user of a function has to know */
    process.on('warning', (warning) => {
        if (!/deprecat/i.test(`${warning.name} ${warning.message}`)) {
            console.error('lambda:', warning.stack);
        }
    });

    /* what one function left running must not end the others */
    process.on('uncaughtException', (error) => {
        console.error('lambda: uncaught:', error);
    });

    server.once('error', fatal);

    /* nginx's workers may run as another user: the folder is the fence */
    server.listen(/^\d+$/.test(address)
        ? { host: '127.0.0.1', port: Number(address) }
        : { path: address, readableAll: true, writableAll: true });

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        process.once(signal, () => {
            server.close(() => process.exit(0));
            server.closeAllConnections();
        });
    }
}

function fatal(error) {
    console.error(`lambda: ${error.message}`);
    process.exit(1);
}

main(...process.argv.slice(2)).catch(fatal);
