'use strict';

const http = require('node:http');
const https = require('node:https');

const VERSION = 'first';

let written = 0;

function push(client, url, text) {
    return new Promise((resolve, reject) => {
        client.request(url, { method: 'POST' }, (answer) =>
            answer.resume().on('end', () => resolve(answer.statusCode)))
            .on('error', reject).end(text);
    });
}

exports.life = async ({ requestContext: { eventType } }) => {
    console.log(`life: ${eventType}`);

    return { statusCode: 200 };
};

/* as on AWS, where the domain has TLS, and without */

exports.write = async ({ body, requestContext }) => {
    const { domainName, stage, connectionId, authorizer } = requestContext;
    const id = encodeURIComponent(connectionId);
    const at = `${domainName}/${stage}/@connections/${id}`;

    await push(https, `https://${at}`, 'by TLS');
    await push(http, `http://${at}`, 'without');

    return {
        statusCode: 200,
        body: `${process.env.GREETING} ${authorizer.principalId}, `
              + `${JSON.parse(body).text}, ${VERSION} ${++written}`,
    };
};

exports.fail = async ({ body }) => {
    if (JSON.parse(body).how === 'late') {
        return new Promise(() => {});
    }

    throw new TypeError('no such note');
};
