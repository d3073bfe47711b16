/*
 * errors_js.mjs HOST:PORT: the AWS SDK for JavaScript, v3, at endpoints and with
 * ids that no location takes, under conf/aws/errors.conf; one line of JSON for
 * each check, read by t/refuse.t.
 */

import {
    ApiGatewayManagementApiClient, DeleteConnectionCommand,
    GetConnectionCommand, PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';

import { check } from './check.mjs';

const [authority] = process.argv.slice(2);

const id = 'AAAAAAAAAAAAAAA=';
const commands = { PostToConnectionCommand, GetConnectionCommand,
                   DeleteConnectionCommand };

/* an endpoint's path, the id, the error and the status that come of it */

const cases = [
    ['', id, 'ForbiddenException', 403],
    ['/unknown', id, 'ForbiddenException', 403],
    ['/unknown/', id, 'ForbiddenException', 403],
    ['/prod', 'x'.repeat(9000), 'BadRequestException', 414],
    ['/away', id, 'InternalServerErrorException', 502],
    ['/code?c=503', id, 'InternalServerErrorException', 503],
    ['/code?c=500', id, 'InternalServerErrorException', 500],
];

for (const [path, ConnectionId, name, status] of cases) {
    const [endpoint, query] = path.split('?');

    const api = new ApiGatewayManagementApiClient({
        endpoint: `http://${authority}${endpoint}`,
        region: 'us-east-1',
        credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
        maxAttempts: 1,
    });

    if (query) {
        api.middlewareStack.add((next) => (args) => {
            args.request.query = Object.fromEntries(new URLSearchParams(query));
            return next(args);
        }, { step: 'build' });
    }

    for (const command of Object.keys(commands)) {
        const what = `${command} at "${path}"`;

        try {
            await api.send(new commands[command]({ ConnectionId, Data: 'x' }));
            check(what, false, 'success');

        } catch (error) {
            check(what,
                  error.name === name
                  && error.$metadata.httpStatusCode === status
                  && error.$metadata.requestId,
                  `${error.name} ${error.$metadata?.httpStatusCode}`);
        }
    }
}
