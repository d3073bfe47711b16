'use strict';

/* $connect: a row for who comes; what fails is 502, and nobody is let in */

const { TableName, table } = require('../../table');

exports.handler = async ({ requestContext: { connectionId } }) => {
    await table.put({ TableName, Item: { connectionId } }).promise();

    return { statusCode: 200, body: 'Connected.' };
};
