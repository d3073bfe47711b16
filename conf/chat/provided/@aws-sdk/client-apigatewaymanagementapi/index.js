'use strict';

/*
 * Lambda gives AWS's SDK to functions that bring none; so does this runtime, but
 * of the SDK only the client that pushes.  It is found through NODE_PATH, after
 * each node_modules: a real one that is installed comes first.  Nothing is signed
 * and nothing is tried again.
 */

const http = require('node:http');
const https = require('node:https');

const TIMEOUT = 10_000;

class ApiGatewayManagementApiServiceException extends Error {
    constructor({ name, message, $metadata }) {
        super(message);
        this.name = name;
        this.$fault = $metadata.httpStatusCode < 500 ? 'client' : 'server';
        this.$metadata = $metadata;
    }
}

class GoneException extends ApiGatewayManagementApiServiceException {}
class ForbiddenException extends ApiGatewayManagementApiServiceException {}
class LimitExceededException extends ApiGatewayManagementApiServiceException {}
class PayloadTooLargeException
    extends ApiGatewayManagementApiServiceException {}

const exceptions = {
    403: ForbiddenException,
    410: GoneException,
    413: PayloadTooLargeException,
    429: LimitExceededException,
};

/* a command says how it is asked for, and what of the answer is its result */

class Command {
    constructor(input) {
        this.input = input;
    }

    result() {
        return {};
    }
}

class PostToConnectionCommand extends Command {
    method = 'POST';
}

class DeleteConnectionCommand extends Command {
    method = 'DELETE';
}

class GetConnectionCommand extends Command {
    method = 'GET';

    result({ connectedAt, lastActiveAt, identity }) {
        return {
            ConnectedAt: new Date(connectedAt),
            LastActiveAt: new Date(lastActiveAt),
            Identity: {
                SourceIp: identity.sourceIp,
                UserAgent: identity.userAgent,
            },
        };
    }
}

class ApiGatewayManagementApiClient {
    #endpoint;
    #library;
    #agent;

    constructor({ endpoint } = {}) {
        this.#endpoint = endpoint
            ?? process.env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI
            ?? process.env.AWS_ENDPOINT_URL;

        if (this.#endpoint === undefined) {
            throw new Error('no endpoint: give one, or set '
                            + 'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI');
        }

        this.#library = this.#endpoint.startsWith('https:') ? https : http;
        this.#agent = new this.#library.Agent({ keepAlive: true });
    }

    async send(command) {
        const { ConnectionId, Data } = command.input;
        const id = encodeURIComponent(ConnectionId);
        const url = `${this.#endpoint.replace(/\/$/, '')}/@connections/${id}`;
        const { status, headers, text } =
            await this.#ask(url, command.method, Data);

        const $metadata = {
            httpStatusCode: status,
            requestId: headers['x-amzn-requestid'],
            attempts: 1,
        };

        if (status >= 300) {
            const Exception = exceptions[status]
                ?? ApiGatewayManagementApiServiceException;

            throw new Exception({
                name: headers['x-amzn-errortype'] ?? Exception.name,
                message: text || 'UnknownError',
                $metadata,
            });
        }

        return { $metadata, ...command.result(JSON.parse(text || '{}')) };
    }

    #ask(url, method, body) {
        return new Promise((resolve, reject) => {
            const req = this.#library.request(url, {
                method, agent: this.#agent, timeout: TIMEOUT,
            }, async (res) => {
                try {
                    let text = '';

                    for await (const chunk of res.setEncoding('utf8')) {
                        text += chunk;
                    }

                    resolve({ status: res.statusCode, headers: res.headers,
                              text });

                } catch (error) {
                    reject(error);
                }
            });

            req.on('timeout', () => req.destroy(new Error('no answer')));
            req.on('error', reject);
            req.end(body);
        });
    }

    destroy() {
        this.#agent.destroy();
    }
}

/* the same with a method for each command */

class ApiGatewayManagementApi extends ApiGatewayManagementApiClient {
    postToConnection(input) {
        return this.send(new PostToConnectionCommand(input));
    }

    deleteConnection(input) {
        return this.send(new DeleteConnectionCommand(input));
    }

    getConnection(input) {
        return this.send(new GetConnectionCommand(input));
    }
}

module.exports = {
    ApiGatewayManagementApi,
    ApiGatewayManagementApiClient,
    ApiGatewayManagementApiServiceException,
    DeleteConnectionCommand,
    ForbiddenException,
    GetConnectionCommand,
    GoneException,
    LimitExceededException,
    PayloadTooLargeException,
    PostToConnectionCommand,
};
