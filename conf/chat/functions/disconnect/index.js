'use strict';

/* $disconnect: the connection has ended, whoever ended it */

const table = require('../../table');

exports.handler = async (event) => {
    await table.delete(event.requestContext.connectionId);

    return { statusCode: 200 };
};
