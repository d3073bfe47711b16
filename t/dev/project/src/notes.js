'use strict';

const fs = require('node:fs');
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

/* as on AWS, where the domain has TLS, without, and by the API's own name */

exports.write = async ({ body, requestContext }) => {
    const { domainName, stage, connectionId, authorizer } = requestContext;
    const id = encodeURIComponent(connectionId);
    const at = `${domainName}/${stage}/@connections/${id}`;

    await push(https, `https://${at}`, 'by TLS');
    await push(http, `http://${at}`, 'without');
    await push(https, `${process.env.ENDPOINT}/@connections/${id}`, 'by name');

    return {
        statusCode: 200,
        body: `${process.env.GREETING} ${authorizer.principalId}, `
              + `${JSON.parse(body).text}, ${VERSION} ${++written}`,
    };
};

exports.fail = async ({ body }) => {
    switch (JSON.parse(body).how) {
    case 'late':
        return new Promise(() => {});

    case 'package':
        require('@aws-sdk/client-none');
    }

    throw new TypeError('no such note');
};

/* until a file is there */

exports.hold = async ({ body }) => {
    console.log('hold: begun');

    while (!fs.existsSync(JSON.parse(body).until)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
    }

    console.log('hold: ended');

    return { statusCode: 200, body: `held by the ${VERSION}` };
};
