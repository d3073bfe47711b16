'use strict';

/*
 * A function that says its name: it lets in who has the token "sesame", pushes
 * to who sends, and answers. Functions of AWS's shapes with nothing of npm's.
 */

const fs = require('node:fs');
const http = require('node:http');

function push({ domainName, stage, connectionId }, text) {
    const id = encodeURIComponent(connectionId);

    return new Promise((resolve, reject) => {
        http.request(`http://${domainName}/${stage}/@connections/${id}`,
                     { method: 'POST' },
                     (answer) => answer.resume().on('end', () =>
                         resolve(answer.statusCode)))
            .on('error', reject)
            .end(text);
    });
}

module.exports = (name) => async (event) => {
    const { eventType, routeKey, connectionId } = event.requestContext;

    if (event.type === 'REQUEST') {
        const values = [...Object.values(event.queryStringParameters),
                        ...Object.values(event.headers)];

        if (!values.includes('sesame')) {
            throw new Error('Unauthorized');
        }

        return {
            principalId: name,
            policyDocument: {
                Statement: { Effect: 'Allow', Action: 'execute-api:Invoke',
                             Resource: event.methodArn },
            },
        };
    }

    const { principalId = '-' } = event.requestContext.authorizer ?? {};
    const { apiKeyId = '-' } = event.requestContext.identity;
    const variables = Object.entries(event.stageVariables ?? {});
    const line = [name, eventType, routeKey, principalId, apiKeyId,
                  variables.map((pair) => pair.join('=')).join() || '-'];

    fs.appendFileSync(process.env.CALLED, `${line.join(' ')}\n`);

    if (eventType === 'MESSAGE') {
        await push(event.requestContext, `${name} pushes ${routeKey}`);
    }

    return { statusCode: 200, body: `${name} answers ${routeKey}` };
};
