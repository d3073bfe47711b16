/*
 * The functions of t/e2e/tutorial in the place of conf/simple-chat's. The hosts
 * of AWS that they call, of the API and of DynamoDB, are this nginx.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { PythonClient, WsClient } from './lib/client.mjs';
import { Example, conf } from './lib/example.mjs';
import { until } from './lib/wait.mjs';

const API = 'api1234567.execute-api.us-east-1.amazonaws.com';
const DYNAMODB = 'dynamodb.us-east-1.amazonaws.com';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const require = createRequire(path.join(conf, 'simple-chat/table.js'));

const example = await Example.in('simple-chat', [8000, 8443, 9000], (text) =>
    text.replace(/\bProd\b/g, 'Test')
        .replace(/\bsendmessage\b/g, 'onMessage')
        .replace(/\bon(connect|disconnect)\b/g, '$1')
        .replace(/^    server \{$/m, `
    server {
        listen 127.0.0.1:8443 ssl;
        server_name ${DYNAMODB};
        ssl_certificate server.pem;
        ssl_certificate_key server.pem;
        location / { proxy_pass http://127.0.0.1:8000; }
    }

$&`));

const port = example.port[8443];
const ca = path.join(example.folder, 'ca.pem');

example.step('./certificate', example.folder, DYNAMODB);
fs.writeFileSync(path.join(example.folder, 'push.keys'), 'AKIDEXAMPLE:secret\n',
                 { mode: 0o600 });

/* the table "Chat" */

const dynamodb = require('dynalite')({ createTableMs: 0 });

await new Promise((done) => dynamodb.listen(example.port[8000], done));

const AWS = require('aws-sdk');

AWS.config.update({ region: 'us-east-1', accessKeyId: 'AKIDEXAMPLE',
                    secretAccessKey: 'secret',
                    dynamodb: {
                        endpoint: `http://127.0.0.1:${example.port[8000]}`,
                    } });

await new AWS.DynamoDB().createTable({
    TableName: 'Chat',
    AttributeDefinitions: [{ AttributeName: 'connectionid',
                             AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'connectionid', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
}).promise();

const rows = (count) => until(`${count} rows`, async () => {
    const { Count } = await new AWS.DynamoDB.DocumentClient()
        .scan({ TableName: 'Chat' }).promise();

    return Count === count;
});

await example.nginx(8443);
await example.serve(9000, 'node', [
    '--require', file('lib/here.cjs'), '../chat/runtime.js',
    example.port[9000], file('tutorial'),
], {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: '1',
    HERE_PORT: port,
    NODE_EXTRA_CA_CERTS: ca,
    NODE_PATH: path.join(conf, 'simple-chat/node_modules'),
});

const open = {
    ws: () => WsClient.open(`wss://${API}/Test`,
                            { ca: fs.readFileSync(ca), port }),
    here: () => WsClient.open(`wss://localhost:${port}/Test`,
                              { ca: fs.readFileSync(ca) }),
    python: () => PythonClient.open(`wss://localhost:${port}/Test`, ca),
};

after(() => dynamodb.close());

for (const kinds of [['ws', 'ws'], ['here', 'python', 'here'],
                     ['python', 'python']]) {
    test(`everybody is told: ${kinds.join(', ')}`, async () => {
        const clients = [];

        for (const kind of kinds) {
            clients.push(await open[kind]());
        }

        await rows(clients.length);

        for (const client of clients) {
            client.send('{"action" : "onMessage" , '
                        + '"message" : "Hello everyone"}');

            for (const other of clients) {
                assert.equal(await other.next(), 'Echo: Hello everyone');
            }
        }

        for (const [i, client] of clients.entries()) {
            await client.leave();
            await rows(clients.length - 1 - i);
        }
    });
}

test('nginx had no reason to warn', async () => {
    assert.deepEqual(await example.end(), []);
});
