'use strict';

/* $default: a message no route has a key for; the answer goes to its sender */

const table = require('../../table');

exports.handler = async (event) => {
    const { connectionId, domainName, stage } = event.requestContext;
    const ids = await table.scan();

    const hint = {
        usage: { action: 'onMessage', message: 'Hello everyone' },
        connectionId,
        connections: ids.length,
        push: `http://${domainName}/${stage}/@connections/${connectionId}`,
    };

    return { statusCode: 200, body: JSON.stringify(hint) };
};
