'use strict';

// The gateway that one would write with "ws": a message goes to the backend by
// a POST, and its answer back; a POST to /@connections/ID is a push.
//
//     node gateway.js PORT BACKEND_PORT

const http = require('node:http');
const { WebSocketServer } = require('ws');

const [port, backend] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const sockets = new Map();
let last = 0;

function read(stream, done) {
    const parts = [];

    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => done(Buffer.concat(parts)));
}

function forward(message, done) {
    const request = http.request({
        agent, host: '127.0.0.1', port: backend, method: 'POST', path: '/',
        headers: { 'Content-Type': 'application/json',
                   'Content-Length': message.length },
    }, (response) => read(response, done));

    request.end(message);
}

const server = http.createServer((request, response) => {
    const socket = sockets.get(request.url.split('/').pop());

    read(request, (body) => {
        socket?.send(body, { binary: false });
        response.writeHead(socket ? 200 : 410, { 'Content-Length': 0 });
        response.end();
    });
});

const clients = new WebSocketServer({ server, perMessageDeflate: false });

clients.on('headers', (headers, request) => {
    request.id = String(++last);
    headers.push(`X-Connection-Id: ${request.id}`);
});

clients.on('connection', (socket, request) => {
    sockets.set(request.id, socket);
    socket.on('close', () => sockets.delete(request.id));
    socket.on('message', (message) => forward(message, (body) => {
        socket.send(body, { binary: false });
    }));
});

server.listen(port, '127.0.0.1', 4096);
