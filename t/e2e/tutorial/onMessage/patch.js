/*
 * Lambda's SDK of 2018 did not know the API: applications of that time bring its
 * model, of which this is what a push needs. It replaces the SDK's own.
 */

require('aws-sdk/lib/node_loader');

const AWS = require('aws-sdk/lib/core');

const NAME = 'apigatewaymanagementapi';
const VERSION = '2018-11-29';

const model = {
    metadata: {
        apiVersion: VERSION,
        endpointPrefix: 'execute-api',
        jsonVersion: '1.1',
        protocol: 'rest-json',
        serviceFullName: 'patched',
        serviceId: 'ApiGatewayManagementApi',
        signatureVersion: 'v4',
        signingName: 'execute-api',
        uid: `${NAME}-${VERSION}`,
    },
    operations: {
        PostToConnection: {
            http: {
                requestUri: '/@connections/{connectionId}',
                responseCode: 200,
            },
            input: {
                type: 'structure',
                required: ['Data', 'ConnectionId'],
                payload: 'Data',
                members: {
                    Data: { type: 'blob' },
                    ConnectionId: {
                        location: 'uri',
                        locationName: 'connectionId',
                    },
                },
            },
        },
    },
    paginators: { pagination: {} },
    shapes: {},
};

AWS.apiLoader.services[NAME] = { [VERSION]: model };
AWS.ApiGatewayManagementApi = AWS.Service.defineService(NAME, [VERSION]);

module.exports = AWS.ApiGatewayManagementApi;
