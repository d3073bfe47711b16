'use strict';

/* "Authorization: Bearer USER", in any letter case; async, and it throws */

exports.handler = async (event) => {
    const headers = Object.fromEntries(
        Object.entries(event.headers)
            .map(([name, value]) => [name.toLowerCase(), value]));

    const [, user] = /^Bearer (\w+)$/.exec(headers.authorization ?? '') ?? [];

    if (user === undefined) {
        throw new Error('Unauthorized');
    }

    if (user === 'broken') {
        throw new TypeError('cannot read a key');
    }

    return {
        principalId: user,
        policyDocument: {
            Version: '2012-10-17',
            Statement: [
                { Sid: 'connect', Effect: 'Allow', Action: ['execute-api:*'],
                  Resource: [event.methodArn.replace('$connect', '*')] },
            ],
        },
        context: { scope: 'read write', admin: false },
        usageIdentifierKey: `key-of-${user}`,
    };
};
