'use strict';

/* sendmessage: "data" is for all in the table, its sender included */

const AWS = require('aws-sdk');

const { TableName, table } = require('../../table');

/*
 * Applications differ in how they write the endpoint; the SDK puts "https://"
 * before one without a scheme.
 */

const FORM = process.env.API_ENDPOINT ?? '{domainName}/{stage}';

exports.handler = async ({ body, requestContext }) => {
    const of = { region: process.env.AWS_REGION, ...requestContext };
    const endpoint = FORM.replace(/\{(\w+)\}/g, (all, name) => of[name]);

    const api = new AWS.ApiGatewayManagementApi({ endpoint });
    const { data } = JSON.parse(body);
    const { Items } = await table.scan({ TableName }).promise();

    await Promise.all(Items.map(({ connectionId }) =>
        push(api, connectionId, data)));

    return { statusCode: 200, body: 'Data sent.' };
};

async function push(api, connectionId, Data) {
    try {
        await api.postToConnection({ ConnectionId: connectionId, Data })
                 .promise();

    } catch (error) {
        if (error.statusCode !== 410) {
            throw error;
        }

        /* it has ended, and its $disconnect is lost or on its way */
        await table.delete({ TableName, Key: { connectionId } }).promise();
    }
}
