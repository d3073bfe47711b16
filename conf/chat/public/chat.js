'use strict';

/*
 * The page of the chat: one WebSocket, and beside it what the runtime tells of
 * the events that its functions got (nginx.conf has both locations).
 */

const RETRY_MIN = 500;
const RETRY_MAX = 15000;
const KEPT = 500;
const EVENTS_KEPT = 50;

const [state, now, here, empty, pushEmpty, messages, form, name, text, send,
       panel, id, push, noEvents, events] =
    ['state', 'now', 'here', 'empty', 'push-empty', 'messages', 'form', 'name',
     'text', 'send', 'panel', 'id', 'push', 'no-events', 'events']
    .map((one) => document.getElementById(one));

/* the stage "dev" beside this page: http becomes ws, https becomes wss */
const url = new URL('dev', location.href);
url.protocol = url.protocol.replace('http', 'ws');

let socket;
let retry = RETRY_MIN;
let timer;
let me;                         /* the id of this connection, once it is known */
const mine = new Set();         /* and of those before */


/* the connection */

function connect() {
    clearTimeout(timer);
    show('connecting', 'Connecting…');

    const one = socket = new WebSocket(url);

    /* no key of a route: $default answers who this is */
    one.onopen = () => one.send(JSON.stringify({ action: 'whoami' }));

    one.onmessage = ({ data }) => receive(data);

    /* a failed handshake ends here too */
    one.onclose = ({ code, reason }) => {
        if (one !== socket) {
            return;
        }

        if (me !== undefined) {
            note(`Connection closed: ${code} ${reason}`.trimEnd());
        }

        const wait = retry * (0.5 + Math.random() / 2);

        retry = Math.min(2 * retry, RETRY_MAX);
        known(undefined);
        show('waiting', 'Not connected');
        timer = setTimeout(connect, wait);
    };
}

now.onclick = () => {
    retry = RETRY_MIN;
    connect();
};

addEventListener('online', () => now.hidden || now.onclick());

function show(is, words) {
    state.textContent = words;
    state.dataset.is = is;
    now.hidden = is !== 'waiting';
    here.hidden = is !== 'open';
    send.disabled = is !== 'open';
}

/* what $default has told of this connection, or that there is none */

function known(hint) {
    me = hint?.connectionId;

    const line = hint && `curl -d 'Hello from the back' ${hint.push}`;

    id.textContent = me ?? '–';
    push.textContent = line ?? '–';
    pushEmpty.textContent = line ?? '';

    for (const button of document.querySelectorAll('.copy')) {
        button.disabled = !hint;
    }

    if (hint) {
        retry = RETRY_MIN;

        if (mine.size > 0 && !mine.has(me)) {
            note('Connected again');
        }

        mine.add(me);

        /* its first event was there before */
        for (const line of events.children) {
            line.classList.toggle('mine', mine.has(line.dataset.id));
        }

        show('open', 'Connected');
        count();
    }
}

async function count() {
    try {
        const response = await fetch('here');
        const { count } = await response.json();

        here.textContent = count === 1 ? 'You are alone here'
                                       : `${count} are here`;
    } catch {
        here.textContent = '';
    }
}

for (const button of document.querySelectorAll('.copy')) {
    button.onclick = async () => {
        const from = document.getElementById(button.dataset.copy);

        try {
            await navigator.clipboard.writeText(from.textContent);
            button.textContent = 'Copied';

        } catch {
            getSelection().selectAllChildren(from);
            button.textContent = 'Selected';
        }

        setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    };
}


/* what comes: of the functions, of the gateway, or by hand */

function receive(data) {
    let told;

    try {
        told = JSON.parse(data);
    } catch {
        told = undefined;
    }

    if (told?.usage && told.connectionId) {
        known(told);

    } else if (told?.from !== undefined) {
        append(mine.has(told.connectionId) ? 'own' : '', told.message, told.from);

    } else if (told?.message && told.requestId) {
        append('error', `${told.message} (request ${told.requestId})`);

    } else if (String(data).startsWith('Echo: ')) {
        append('', data, 'somebody without a name');

    } else {
        append('push', data, 'pushed');
    }
}

function note(words) {
    append('note', words);
}

/* what others wrote is text, never markup */

function append(kind, words, who) {
    const line = document.createElement('li');
    const body = document.createElement('span');
    const at = new Date();

    line.className = kind;
    line.title = at.toLocaleString();

    if (who !== undefined) {
        const from = document.createElement('span');

        from.className = 'who';
        from.textContent = `${kind === 'own' ? 'You' : who} · `
                           + at.toLocaleTimeString([], { timeStyle: 'short' });
        line.append(from);
    }

    body.className = 'words';
    body.textContent = words;
    line.append(body);

    const atEnd = messages.scrollHeight - messages.scrollTop
                  - messages.clientHeight < 80;

    empty.hidden = true;
    messages.append(line);

    if (messages.children.length > KEPT) {
        messages.firstChild.remove();
    }

    if (atEnd || kind === 'own') {
        line.scrollIntoView();
    }
}

form.onsubmit = (event) => {
    event.preventDefault();

    if (socket.readyState !== WebSocket.OPEN) {
        return;
    }

    remember('name', name.value);
    socket.send(JSON.stringify({
        action: 'onMessage', message: text.value, name: name.value,
    }));
    text.value = '';
    text.focus();
};

/* a tab has a name of its own, so that two tabs are two people */

function remember(key, value) {
    try {
        sessionStorage.setItem(key, value);
    } catch {
        /* the browser keeps nothing */
    }
}

function remembered(key) {
    try {
        return sessionStorage.getItem(key);
    } catch {
        return null;
    }
}

name.value = remembered('name')
             ?? `Guest ${100 + Math.floor(Math.random() * 900)}`;


/* what the backend gets */

function watch() {
    const source = new EventSource('events');

    source.onmessage = ({ data }) => event(JSON.parse(data));

    /* the runtime is there before the first event, or there are none to see */
    return new Promise((resolve) => {
        source.onopen = source.onerror = resolve;
    });
}

function event({ name, event, result, error, ms }) {
    const context = event.requestContext ?? {};
    const line = document.createElement('li');
    const details = document.createElement('details');
    const summary = document.createElement('summary');
    const body = document.createElement('pre');

    const part = (kind, words) => {
        const span = document.createElement('span');

        span.className = kind;
        span.textContent = words;
        summary.append(span);
    };

    line.dataset.id = context.connectionId;
    line.classList.toggle('failed', error !== undefined);
    line.classList.toggle('mine', mine.has(context.connectionId));

    part('type', context.eventType ?? name);
    part('route', context.routeKey ?? '');
    part('took', error ? 'failed' : `${ms} ms`);

    body.textContent =
        `functions/${name} got\n${JSON.stringify(event, null, 2)}\n\n`
        + (error ? `and failed\n${error}`
                 : `and returned\n${JSON.stringify(result, null, 2)}`);

    details.append(summary, body);
    line.append(details);
    events.prepend(line);
    noEvents.hidden = true;

    if (events.children.length > EVENTS_KEPT) {
        events.lastChild.remove();
    }

    if (me !== undefined && context.eventType !== 'MESSAGE') {
        count();
    }
}


if (matchMedia('(max-width: 55rem)').matches) {
    panel.open = false;
}

watch().then(connect);
