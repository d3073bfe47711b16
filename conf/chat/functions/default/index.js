'use strict';

/* $default: a message no route has a key for; the answer goes to its sender */

const table = require('../../table');

exports.handler = async (event) => {
    const ids = await table.scan();

    const hint = {
        usage: { action: 'onMessage', message: 'Hello everyone' },
        connectionId: event.requestContext.connectionId,
        connections: ids.length,
    };

    return { statusCode: 200, body: JSON.stringify(hint) };
};
