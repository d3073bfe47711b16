'use strict';

/* $connect: remember who is here; any status but 2xx refuses the handshake */

const table = require('../../table');

exports.handler = async (event) => {
    await table.put(event.requestContext.connectionId);

    return { statusCode: 200 };
};
