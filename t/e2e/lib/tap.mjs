/* TAP as prove reads it: one line a test, its error as comments */

export default async function* tap(source) {
    let count = 0;

    for await (const { type, data } of source) {
        switch (type) {

        case 'test:pass':
        case 'test:fail': {
            const ok = type === 'test:pass' ? 'ok' : 'not ok';
            const skip = data.skip === undefined ? '' : ` # SKIP ${data.skip}`;

            yield `${ok} ${++count} - ${data.name}${skip}\n`;

            if (type === 'test:fail') {
                const error = data.details.error.cause ?? data.details.error;
                yield `${error.stack ?? error}`.replace(/^/gm, '# ') + '\n';
            }

            break;
        }

        case 'test:diagnostic':
            yield `# ${data.message}\n`;
            break;
        }
    }

    yield `1..${count}\n`;
}
