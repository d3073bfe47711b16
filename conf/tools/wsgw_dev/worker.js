'use strict';

/*
 * worker.js FD: handlers in Node.js. A line of JSON on FD is a call, { id, file,
 * name, external, event, context }, and a line is its answer, { id, result } or
 * { id, error }, or { sources }, the files that a handler has been built from. The
 * end of FD ends the process, once all calls are answered.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const Module = require('node:module');
const net = require('node:net');
const path = require('node:path');
const readline = require('node:readline');
const tls = require('node:tls');
const { pathToFileURL } = require('node:url');

const channel = new net.Socket({ fd: Number(process.argv[2]),
                                 allowHalfOpen: true });
/* The API's own name on AWS, {apiId}.execute-api.{region}.amazonaws.com, leads
   to the way back here. */

const { WSGW_DEV_API: api, WSGW_DEV_BACK: back } = process.env;
const ours = new RegExp(`^${api}\\.execute-api\\.[a-z0-9-]+\\.amazonaws\\.com$`,
                        'i');
const connect = tls.connect;

tls.connect = (options, ...more) => {
    const { host } = options ?? {};

    return connect(api && ours.test(host)
        ? { servername: host, ...options, host: '127.0.0.1', port: back }
        : options, ...more);
};

/* Lambda has the layers of a function in /opt. */

const layers = (process.env.WSGW_DEV_LAYERS ?? '').split(':').filter(Boolean);
const resolve = Module._resolveFilename;

Module._resolveFilename = (request, ...more) => {
    const inside = request.startsWith('/opt/') && layers
        .map((layer) => path.join(layer, request.slice('/opt/'.length)))
        .find((file) => fs.existsSync(file) || fs.existsSync(`${file}.js`));

    return resolve(inside || request, ...more);
};

let running = 0;
let ending = false;

function contextOf({ deadline, ...context }) {
    return {
        ...context,
        callbackWaitsForEmptyEventLoop: true,
        getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    };
}

/* TypeScript is built by the esbuild of its project, as its deployment does. */

const typed = /\.[cm]?tsx?$/;
const built = new Map();

class Unbuilt extends SyntaxError {}

function compiler(file) {
    return Module._nodeModulePaths(path.dirname(file))
        .map((folder) => path.join(folder, '.bin/esbuild'))
        .find((program) => fs.existsSync(program));
}

function bundle(file, program, external) {
    const meta = { dirname: path.dirname(file), filename: file,
                   url: pathToFileURL(file) };

    const { status, stdout, stderr, error } = spawnSync(program, [
        file, '--bundle', '--platform=node', '--format=cjs',
        `--target=node${process.versions.node}`, '--log-level=warning',
        '--sourcemap=inline', '--sources-content=false',
        `--source-root=${process.cwd()}/`,
        ...['@aws-sdk/*', 'aws-sdk', '/opt/*', ...external]
            .map((name) => `--external:${name}`),
        ...Object.entries(meta).map(([name, value]) =>
            `--define:import.meta.${name}=${JSON.stringify(value)}`),
    ], { encoding: 'utf8', maxBuffer: Infinity });

    if (status !== 0) {
        throw error ?? new Unbuilt(stderr.trim());
    }

    process.stderr.write(stderr);

    const map = stdout.slice(stdout.lastIndexOf(',') + 1);
    const { sources } = JSON.parse(Buffer.from(map, 'base64'));

    channel.write(`${JSON.stringify({
        sources: sources.map((source) => path.resolve(source)) })}\n`);

    return stdout;
}

/* No file is written: the bundle runs under the name of its source, beside which
   are packages, what it reads, and the lines that a stack names. */

function build(file, program, external) {
    const module = new Module(file);

    module.filename = file;
    module.paths = Module._nodeModulePaths(path.dirname(file));
    process.setSourceMapsEnabled(true);
    module._compile(bundle(file, program, external), file, 'commonjs');
    built.set(file, module.exports);

    return module.exports;
}

function load(file, external) {
    const program = typed.test(file) && compiler(file);

    return program ? built.get(file) ?? build(file, program, external)
                   : import(pathToFileURL(file));
}

async function handlerOf(file, name, external) {
    const module = await load(file, external);
    const handler = module[name] ?? module.default?.[name];

    if (typeof handler !== 'function') {
        throw new TypeError(`${file} exports no function "${name}"`);
    }

    return handler;
}

/* a promise, or what the callback gets; without either the result is null */

function invoke(handler, event, context) {
    return new Promise((resolve, reject) => {
        const done = (error, result) => {
            error ? reject(error) : resolve(result);
        };
        const returned = handler(event, { ...context, done,
                                          succeed: resolve, fail: reject },
                                 done);

        if (typeof returned?.then === 'function') {
            returned.then(resolve, reject);

        } else if (handler.length < 3 || returned?.constructor === Object) {
            resolve(null);
        }
    });
}

/* a package that is not there says what to do, not where it was looked for */

function missing(error, file) {
    if (error instanceof Unbuilt) {
        return error.message;
    }

    /* Node.js that takes away types looks for "./x", not for "./x.ts" */

    if (/^ERR_(UNKNOWN_FILE_EXT|UNSUPPORTED_TYPESC)/.test(error?.code)
        || typed.test(file) && /^Cannot find module '\//.test(error?.message))
    {
        return `${path.relative('', file)} is TypeScript that Node.js `
            + `${process.versions.node} does not run: npm install --save-dev `
            + 'esbuild, and wsgw-dev builds it with that; or build it beside '
            + `it or into dist, and start wsgw-dev again (${error.message})`;
    }

    const name = /^Cannot find (?:package|module) '([^./'][^']*)'/
        .exec(error?.message)?.[1];

    if (name === undefined || !/MODULE_NOT_FOUND$/.test(error.code)) {
        return undefined;
    }

    return `the package "${name}" is not there; npm install`
        + (/^(@aws-sdk\/|@smithy\/|aws-sdk$)/.test(name)
            ? ` --no-save ${name}, which Lambda itself brings` : '');
}

async function run({ id, file, name, external, event, context }) {
    try {
        const handler = await handlerOf(file, name, external);
        const result = await invoke(handler, event, contextOf(context));

        return { id, result: result ?? null };

    } catch (error) {
        console.error(missing(error, file) ?? error);

        return { id, error: {
            errorMessage: error?.message ?? String(error),
            errorType: error?.name ?? typeof error,
            trace: String(error?.stack ?? error).split('\n'),
        } };
    }
}

/* what a handler cannot say is an error, not the end of the others */

function line(answer) {
    try {
        return JSON.stringify(answer);

    } catch (error) {
        return JSON.stringify({ id: answer.id, error: {
            errorMessage: `the result is no JSON: ${error.message}`,
            errorType: 'Runtime.MarshalError', trace: [],
        } });
    }
}

readline.createInterface({ input: channel })
    .on('line', async (text) => {
        running++;

        const answer = line(await run(JSON.parse(text)));

        channel.write(`${answer}\n`, () => {
            if (--running === 0 && ending) {
                process.exit();
            }
        });
    })
    .on('close', () => {
        ending = true;

        if (running === 0) {
            process.exit();
        }
    });

channel.on('error', () => process.exit(1));
process.on('uncaughtException', (error) => console.error(error));
