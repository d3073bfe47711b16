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
    const { message = '' } = JSON.parse(event.body);
    const ids = await table.scan();

    await Promise.all(ids.map((id) => push(id, `Echo: ${message}`)));

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
