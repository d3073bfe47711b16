'use strict';

/* a class that collects what is allowed and denied, with a context for both */

class Policy {
    constructor(principalId, methodArn) {
        const [, , , region, account, path] = methodArn.split(':');
        const [api, stage] = path.split('/');

        this.principalId = principalId;
        this.base = `arn:aws:execute-api:${region}:${account}:${api}/${stage}`;
        this.resources = { Allow: [], Deny: [] };
    }

    add(effect, route) {
        this.resources[effect].push(`${this.base}/${route}`);
        return this;
    }

    build(context) {
        const Statement = Object.entries(this.resources)
            .filter(([, resources]) => resources.length > 0)
            .map(([Effect, Resource]) => ({
                Action: 'execute-api:Invoke', Effect, Resource,
            }));

        return {
            principalId: this.principalId,
            policyDocument: { Version: '2012-10-17', Statement },
            context,
        };
    }
}

exports.handler = async (event) => {
    const { user = 'nobody', banned } = event.queryStringParameters;
    const policy = new Policy(user, event.methodArn).add('Allow', '*');

    if (banned !== undefined) {
        policy.add('Deny', '$connect').add('Deny', 'send*');
    }

    return policy.build({ reason: banned ?? 'none', at: Date.now() });
};
