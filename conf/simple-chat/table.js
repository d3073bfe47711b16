'use strict';

/*
 * The functions' table. Run as a program, "node table.js PORT" is a DynamoDB
 * of npm's dynalite in memory, with that table in it.
 */

const AWS = require('aws-sdk');

const TableName = process.env.TABLE_NAME ?? 'simplechat_connections';

/* without TABLE_ENDPOINT it is AWS's */

const endpoint = process.env.TABLE_ENDPOINT;

module.exports = {
    TableName,
    table: new AWS.DynamoDB.DocumentClient({ endpoint }),
};

async function serve(port) {
    const server = require('dynalite')({ createTableMs: 0 });

    await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', resolve);
    });

    await new AWS.DynamoDB({ endpoint: `http://127.0.0.1:${port}` })
        .createTable({
            TableName,
            AttributeDefinitions: [
                { AttributeName: 'connectionId', AttributeType: 'S' },
            ],
            KeySchema: [{ AttributeName: 'connectionId', KeyType: 'HASH' }],
            BillingMode: 'PAY_PER_REQUEST',
        })
        .promise();
}

if (require.main === module) {
    serve(Number(process.argv[2] ?? 8000)).catch((error) => {
        console.error(`table: ${error.message}`);
        process.exit(1);
    });
}
