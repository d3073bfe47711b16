const AWS = require('aws-sdk');

const chat = new AWS.DynamoDB.DocumentClient();

exports.handler = (event, context, callback) => {
    chat.delete({
        TableName: 'Chat',
        Key: { connectionid: event.requestContext.connectionId },
    }).promise().then(() => callback(null, { statusCode: 200 }));
};
