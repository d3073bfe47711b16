'use strict';

/* onMessage: push the message to everybody in the table, its sender included */

const {
    ApiGatewayManagementApiClient,
    PostToConnectionCommand,
} = require('@aws-sdk/client-apigatewaymanagementapi');

const table = require('../../table');

/* the endpoint is in AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI */
const api = new ApiGatewayManagementApiClient({});

exports.handler = async (event) => {
    const { connectionId } = event.requestContext;
    const { message = '', name } = JSON.parse(event.body);
    const ids = await table.scan();

    /* the tutorial's echo; who says a name, as the page does, has it told */

    const data = name === undefined
        ? `Echo: ${message}`
        : JSON.stringify({ from: name, connectionId, message });

    await Promise.all(ids.map((id) => push(id, data)));

    return { statusCode: 200 };
};

/* one connection that cannot take it keeps nobody else from being served */

async function push(ConnectionId, Data) {
    try {
        await api.send(new PostToConnectionCommand({ ConnectionId, Data }));

    } catch (error) {
        if (error.name !== 'GoneException') {
            console.error(`onMessage: ${ConnectionId}: ${error}`);
            return;
        }

        await table.delete(ConnectionId);
    }
}
