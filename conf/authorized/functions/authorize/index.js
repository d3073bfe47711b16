'use strict';

/* the authorizer of /token: who the token belongs to, and what it may */

const TOKENS = {
    'ann-7f3a': { principalId: 'ann', context: { plan: 'large', seats: 3 } },
    'bob-91cc': { principalId: 'bob', context: { plan: 'small' } },
    'eve-0000': { principalId: 'eve', blocked: true },
};

exports.handler = async ({ queryStringParameters, methodArn }) => {
    const user = TOKENS[queryStringParameters.token];

    if (user === undefined) {
        throw new Error('Unauthorized');        /* 401, by this very text */
    }

    return {
        principalId: user.principalId,
        policyDocument: {
            Version: '2012-10-17',
            Statement: [{
                Effect: user.blocked ? 'Deny' : 'Allow',        /* 403 */
                Action: 'execute-api:Invoke',
                Resource: methodArn,
            }],
        },
        context: user.context ?? {},
    };
};
