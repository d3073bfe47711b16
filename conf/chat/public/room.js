'use strict';

/*
 * The page of the rooms: one WebSocket, whose backend is conf/rooms/app.js.  What
 * is said to it is a line of words, what it says is JSON.
 */

const RETRY = 2000;
const LOOK = 2000;

const [state, me, rooms, empty, messages, form, text, send, panel, join, room,
       where, nobody, who, leave] =
    ['state', 'me', 'rooms', 'empty', 'messages', 'form', 'text', 'send',
     'panel', 'join', 'room', 'where', 'nobody', 'who', 'leave']
    .map((one) => document.getElementById(one));

const url = new URL('rooms', location.href);
url.protocol = url.protocol.replace('http', 'ws');

let socket;
let now;                        /* the room that is shown */
const joined = new Map();       /* its lines, of each room */

/* a tab has a name of its own, so that two tabs are two people */

me.textContent = kept('name')
                 ?? keep('name', `Guest-${100 + Math.floor(Math.random() * 900)}`);
url.searchParams.set('name', me.textContent);

function kept(key) {
    try {
        return sessionStorage.getItem(key);
    } catch {
        return null;
    }
}

function keep(key, value) {
    try {
        sessionStorage.setItem(key, value);
    } catch {
        /* the browser keeps nothing */
    }

    return value;
}

function connect() {
    show('connecting', 'Connecting…');

    socket = new WebSocket(url);

    /* a connection that ends leaves its rooms, so a new one joins them again */
    socket.onopen = () => {
        show('open', 'Connected');
        [...joined.keys()].forEach((one) => say('join', one));
    };

    socket.onmessage = ({ data }) => receive(JSON.parse(data));

    socket.onclose = () => {
        show('waiting', 'Not connected');
        setTimeout(connect, RETRY);
    };
}

function show(is, words) {
    state.textContent = words;
    state.dataset.is = is;
    text.disabled = send.disabled = is !== 'open' || now === undefined;
}

function say(...words) {
    if (socket.readyState === WebSocket.OPEN) {
        socket.send(words.join(' '));
    }
}

function receive(told) {

    if (told.you === 'joined') {
        if (!joined.has(told.room)) {
            joined.set(told.room, []);
            go(told.room);

            /* a phone has room for one of both */
            panel.open = !matchMedia('(max-width: 55rem)').matches;
        }

        say('who', told.room);

    } else if (told.you === 'left') {
        joined.delete(told.room);
        go([...joined.keys()].at(-1));

    } else if (told.from !== undefined) {
        hear(told);

    } else if (told.here && told.room === now) {
        look(told.here);
    }
}

/* what others wrote is text, never markup */

function hear(told) {
    const own = told.from === me.textContent;
    const line = document.createElement('li');
    const from = document.createElement('span');
    const body = document.createElement('span');

    line.className = own ? 'own' : '';
    from.className = 'who';
    from.textContent = `${own ? 'You' : told.from} · `
                       + new Date().toLocaleTimeString([], { timeStyle: 'short' });
    body.className = 'words';
    body.textContent = told.text;
    line.append(from, body);

    joined.get(told.room)?.push(line);

    if (told.room === now) {
        messages.append(line);
        line.scrollIntoView();

    } else {
        button(told.room)?.append(' •');
    }
}

function button(one) {
    return [...rooms.children].find((other) => other.dataset.room === one);
}

function go(one) {
    now = one;

    rooms.replaceChildren(...[...joined.keys()].map((other) => {
        const tab = document.createElement('button');

        tab.type = 'button';
        tab.dataset.room = other;
        tab.textContent = `#${other}`;
        tab.ariaPressed = other === now;
        tab.onclick = () => go(other);

        return tab;
    }));

    messages.replaceChildren(...joined.get(now) ?? []);
    empty.hidden = now !== undefined;
    leave.hidden = now === undefined;
    leave.textContent = `Leave #${now}`;
    look([]);
    show(state.dataset.is, state.textContent);

    if (now !== undefined) {
        say('who', now);
        text.placeholder = `Message to #${now}`;
        text.focus();
    }
}

function look(here) {
    where.textContent = now === undefined ? 'Who is here'
                                          : `Who is in #${now}`;
    nobody.hidden = now !== undefined;
    who.replaceChildren(...here.sort().map((name) => {
        const line = document.createElement('li');

        line.textContent = name === me.textContent ? `${name} (you)` : name;
        return line;
    }));
}

join.onsubmit = (event) => {
    event.preventDefault();

    const one = room.value.replace('#', '');

    room.value = '';
    joined.has(one) ? go(one) : say('join', one);
};

form.onsubmit = (event) => {
    event.preventDefault();
    say('say', now, text.value);
    text.value = '';
    text.focus();
};

leave.onclick = () => say('leave', now);

/* nobody tells who comes and goes */

setInterval(() => now !== undefined && say('who', now), LOOK);

connect();
