import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { OperatorError } from '../shared/errors.ts';

/** Where operators are served, and nobody else. */
export const opsHost = '127.0.0.1';

/** Makes the API listen; the port it got. Throws `OperatorError` where the address cannot be had. */
export async function listenOn(api: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await api.listen({ host, port });
  } catch (error) {
    throw new OperatorError(`HOST, HTTP_PORT: cannot listen on ${host}:${port}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const address = api.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** How often connections are looked at while the API closes, in milliseconds. */
const lookMs = 50;
/** Longest that a client may take to send the rest of a request meanwhile, in milliseconds. */
const restMs = 2_000;
/** Longest that an answer may take beyond the time of a command, in milliseconds. */
const answerMs = 5_000;

/**
 * Keeps an eye on the requests of an API that is not listening yet. The function closes it: answers the requests that are
 * under way, and ends each connection as soon as nothing is under way on it. Left to themselves they would hold the end
 * up for as long as their clients like: those kept alive, those opened ahead by a browser, and half of a request.
 */
export function closerOf(api: FastifyInstance, commandTimeoutMs: number): () => Promise<void> {
  const connections = new Set<Socket>();
  const underWay = new Map<Socket, IncomingMessage[]>();
  api.server.on('connection', (socket) => {
    // A connection whose `Upgrade` was left aside comes once more.
    if (connections.has(socket)) return;
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  api.server.on('request', (request, response) => {
    const { socket } = request;
    underWay.set(socket, [...(underWay.get(socket) ?? []), request]);
    response.once('close', () => {
      const others = (underWay.get(socket) ?? []).filter((other) => other !== request);
      if (others.length > 0) underWay.set(socket, others);
      else underWay.delete(socket);
    });
  });
  return async () => {
    const begun = performance.now();
    const timer = setInterval(() => {
      const elapsed = performance.now() - begun;
      for (const socket of connections) {
        const requests = underWay.get(socket) ?? [];
        const answering = requests.some(({ complete }) => complete);
        const patience = answering ? commandTimeoutMs + answerMs : restMs;
        if (requests.length === 0 || elapsed >= patience) socket.destroy();
      }
    }, lookMs);
    await api.close().finally(() => clearInterval(timer));
  };
}

type TakeOver = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Hands on the connections that ask for a socket. Clients that offer another protocol, as some do HTTP/2, do not insist
 * on it, but Node takes each `Upgrade` for the end of HTTP once anybody listens: theirs are read again, without it.
 */
export function onSocketRequest(server: Server, takeOver: TakeOver): void {
  server.on('upgrade', (request, socket, head) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      takeOver(request, socket, head);
      return;
    }
    socket.unshift(Buffer.concat([headWithoutUpgrade(request), head]));
    server.emit('connection', socket);
  });
}

function headWithoutUpgrade({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (!/^(upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${value}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
