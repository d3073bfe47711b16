'use strict';

/*
 * The table of connection ids, which the tutorial keeps in DynamoDB: in this
 * process, or with REDIS_URL in a Redis set that several runtimes may share.
 */

const KEY = 'wsgw:chat:connections';

module.exports = process.env.REDIS_URL
    ? inRedis(process.env.REDIS_URL)
    : inMemory();

function inMemory() {
    const ids = new Set();

    return {
        put: async (id) => { ids.add(id); },
        delete: async (id) => { ids.delete(id); },
        scan: async () => [...ids],
    };
}

function inRedis(url) {
    const { createClient } = require('@redis/client');

    const redis = createClient({
        url,
        disableOfflineQueue: true,      /* fail at once, the caller may retry */
        socket: { reconnectStrategy },
    });

    redis.on('error', (error) => console.error(`table: Redis: ${error}`));

    const ready = redis.connect().catch(() => process.exit(1));
    let connected = false;

    redis.once('ready', () => { connected = true; });

    /* one that never answered is a mistake in the URL, a lost one returns */

    function reconnectStrategy(attempt, error) {
        return connected ? Math.min(100 * 2 ** attempt, 5000) : error;
    }

    return {
        put: async (id) => { await ready; await redis.sAdd(KEY, id); },
        delete: async (id) => { await ready; await redis.sRem(KEY, id); },
        scan: async () => { await ready; return redis.sMembers(KEY); },
    };
}
