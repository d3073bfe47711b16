'use strict';

// The functions of serverless.yml: a message comes back; who asks for it is
// told his connection's id.

exports.on = async () => ({ statusCode: 200 });

exports.message = async ({ body }) => ({ statusCode: 200, body });

exports.id = async ({ requestContext }) => ({
    statusCode: 200, body: requestContext.connectionId,
});
