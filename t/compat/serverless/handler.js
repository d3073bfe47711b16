'use strict';

const {
    ApiGatewayManagementApiClient, PostToConnectionCommand,
} = require('@aws-sdk/client-apigatewaymanagementapi');

const rooms = new Map();        /* connection id -> who, and in which room */
const left = new Map();         /* connection id -> the event of its end */

/* serverless-offline's domain has no port, and its API none of its stage */

function endpoint({ domainName, stage }) {
    return domainName === 'localhost'
           ? `http://127.0.0.1:${process.env.WEBSOCKET_PORT ?? 3001}`
           : `http://${domainName}/${stage}`;
}

function push(requestContext, ConnectionId, Data) {
    return new ApiGatewayManagementApiClient({
        endpoint: endpoint(requestContext), maxAttempts: 1,
    }).send(new PostToConnectionCommand({ ConnectionId, Data }));
}

exports.authorize = async ({ methodArn, queryStringParameters }) => {
    const { token } = queryStringParameters;

    if (token === 'unknown') {
        throw new Error('Unauthorized');
    }

    if (token === 'broken') {
        throw new TypeError('no such table');
    }

    return {
        principalId: token,
        policyDocument: {
            Version: '2012-10-17',
            Statement: [{
                Action: 'execute-api:Invoke', Resource: methodArn,
                Effect: token === 'denied' ? 'Deny' : 'Allow',
            }],
        },
        context: { admin: false, seats: 3, plan: 'free' },
    };
};

exports.connect = async ({ requestContext, queryStringParameters = {} }) => {
    const { connectionId, authorizer } = requestContext;
    const { room = 'lobby', then } = queryStringParameters;

    switch (then) {

    case 'refuse':
        return { statusCode: 418 };

    case 'throw':
        throw new Error('no such room');

    case 'choose':
        return {
            statusCode: 200,
            headers: { 'Sec-WebSocket-Protocol': 'chat', 'X-Room': room },
        };

    case 'push':
        return push(requestContext, connectionId, 'too early')
            .then(() => ({ statusCode: 200 }),
                  (error) => ({ statusCode: error.$metadata.httpStatusCode }));
    }

    rooms.set(connectionId, { room, who: authorizer.principalId });

    return { statusCode: 200 };
};

exports.disconnect = async (event) => {
    rooms.delete(event.requestContext.connectionId);
    left.set(event.requestContext.connectionId, event);
};

/* what has no route: the sender is told what its function knows */

exports.other = async (event) => {
    const { body } = event;

    switch (body) {

    case 'throw':
        throw new Error('no such command');

    case 'nothing':
        return { statusCode: 200 };

    case 'null':
        return null;

    case 'unknown':
        return { statusCode: 200, body: 'x', status: 'sent' };

    case 'status':
        return { statusCode: 500, body: 'sent all the same' };
    }

    const id = /^left (.*)$/.exec(body)?.[1];

    return { statusCode: 200,
             body: JSON.stringify(id === undefined ? event
                                                   : left.get(id) ?? null) };
};

exports.say = async ({ body, requestContext }) => {
    const { who, room } = rooms.get(requestContext.connectionId);
    const { text } = JSON.parse(body);

    await Promise.all([...rooms]
        .filter(([, at]) => at.room === room)
        .map(([id]) => push(requestContext, id, `${who}: ${text}`)));

    return { statusCode: 200, body: 'this goes nowhere' };
};
