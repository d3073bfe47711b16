'use strict';

/* a token in the query, a callback, and a policy for this very ARN */

const policyOf = (principalId, effect, resource) => {
    const answer = {};
    const statement = {};

    answer.principalId = principalId;
    answer.policyDocument = { Version: '2012-10-17', Statement: [] };

    statement.Action = 'execute-api:Invoke';
    statement.Effect = effect;
    statement.Resource = resource;
    answer.policyDocument.Statement[0] = statement;

    answer.context = { stringKey: 'value', numberKey: 123, booleanKey: true };

    return answer;
};

exports.handler = function (event, context, callback) {
    const parts = event.methodArn.split(':');
    const [, stage, route] = parts[5].split('/');
    const token = event.queryStringParameters.token;

    if (stage === event.requestContext.stage && route === '$connect'
        && token === event.stageVariables.token)
    {
        callback(null, policyOf('me', 'Allow', event.methodArn));

    } else {
        callback('Unauthorized');
    }
};
