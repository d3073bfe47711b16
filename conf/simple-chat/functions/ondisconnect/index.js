'use strict';

/* $disconnect: no row for who has left, whoever ended it */

const { TableName, table } = require('../../table');

exports.handler = async ({ requestContext: { connectionId } }) => {
    await table.delete({ TableName, Key: { connectionId } }).promise();

    return { statusCode: 200, body: 'Disconnected.' };
};
