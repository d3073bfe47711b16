'use strict';

/* any message: tells its sender what the gateway knows of it */

exports.handler = async ({ requestContext }) => {
    const { stage, connectionId, authorizer } = requestContext;

    return {
        statusCode: 200,
        body: JSON.stringify({ stage, connectionId, authorizer }),
    };
};
