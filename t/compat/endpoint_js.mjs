/*
 * endpoint_js.mjs HOST:PORT: what handlers build their endpoint from, with the
 * AWS SDK for JavaScript, v3, over TLS: the event's domainName and stage, or
 * the API's id and AWS's domain, which a DNS of one's own leads here. One line
 * of JSON for each check, read by t/protocol_page.t.
 */

import { once } from 'node:events';
import https from 'node:https';
import tls from 'node:tls';

import {
    ApiGatewayManagementApiClient, DeleteConnectionCommand,
    GetConnectionCommand, PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import WebSocket from 'ws';

import { check } from './check.mjs';

const [authority] = process.argv.slice(2);
const port = Number(authority.split(':')[1]);

const socket = new WebSocket(`wss://${authority}/prod`);

await once(socket, 'open');
socket.send('who');

const event = JSON.parse(String((await once(socket, 'message'))[0]));

check('domainName has the port', event.domainName === authority,
      event.domainName);

/* stands for the DNS, and for port 443 */

class Here extends https.Agent {
    createConnection(options) {
        return tls.connect({ ...options, host: '127.0.0.1', port,
                             servername: options.servername || options.host });
    }
}

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const region = 'us-east-1';

const clients = {
    domainName: new ApiGatewayManagementApiClient({
        endpoint: `https://${event.domainName}/${event.stage}`,
        region, credentials, maxAttempts: 1,
    }),
    'apiId and region': new ApiGatewayManagementApiClient({
        endpoint: `https://${event.apiId}.execute-api.${region}.amazonaws.com/`
                  + event.stage,
        region, credentials, maxAttempts: 1,
        requestHandler: new NodeHttpHandler({ httpsAgent: new Here() }),
    }),
};

for (const [name, client] of Object.entries(clients)) {
    try {
        const message = once(socket, 'message');
        const ConnectionId = event.connectionId;

        await client.send(new PostToConnectionCommand({ ConnectionId,
                                                        Data: name }));
        check(`post by ${name}`, String((await message)[0]) === name);

        const got = await client.send(new GetConnectionCommand(
            { ConnectionId }));
        check(`get by ${name}`, got.Identity.SourceIp === '127.0.0.1');

    } catch (error) {
        check(`by ${name}`, false, String(error));
    }
}

const closed = once(socket, 'close');

await clients.domainName.send(new DeleteConnectionCommand(
    { ConnectionId: event.connectionId }));
check('delete', (await closed)[0] === 1000);
