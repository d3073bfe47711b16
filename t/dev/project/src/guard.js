'use strict';

exports.handler = async ({ methodArn, queryStringParameters }) => {
    if (queryStringParameters.token !== 'sesame') {
        throw new Error('Unauthorized');
    }

    return {
        principalId: 'ann',
        policyDocument: {
            Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke',
                          Resource: methodArn }],
        },
    };
};
