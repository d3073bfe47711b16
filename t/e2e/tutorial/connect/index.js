/* as the tutorial's: a callback, the second SDK, its own DynamoDB, no scheme */

const AWS = require('aws-sdk');

const chat = new AWS.DynamoDB.DocumentClient();

exports.handler = (event, context, callback) => {
    chat.put({
        TableName: 'Chat',
        Item: { connectionid: event.requestContext.connectionId },
    }).promise().then(() => callback(null, { statusCode: 200 }));
};
