/* it answers before it has read the table, and posts behind its answer */

const AWS = require('aws-sdk');

require('./patch.js');

const chat = new AWS.DynamoDB.DocumentClient();

exports.handler = (event, context, callback) => {
    const { domainName, stage } = event.requestContext;
    const { message } = JSON.parse(event.body);

    const api = new AWS.ApiGatewayManagementApi({
        apiVersion: '2018-11-29',
        endpoint: domainName + '/' + stage,
    });

    chat.scan({ TableName: 'Chat' }).promise().then(({ Items }) => {
        for (const { connectionid } of Items) {
            api.postToConnection({
                ConnectionId: connectionid,
                Data: `Echo: ${message}`,
            }).promise().catch((error) => console.error(error.message));
        }
    });

    return {};
};
