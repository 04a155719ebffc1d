import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { ServerOptions, WebSocket } from 'ws';
import { maxHeadBytes, maxToldFrameBytes } from '../../protocol/limits.ts';
import { withinBudget } from '../../shared/connection-budget.ts';
import { OperatorError } from '../../shared/errors.ts';
import type { Connection } from '../connection.ts';
import { answerTo, refusalBody } from '../admission.ts';
import type { Refusal } from '../admission.ts';
import { leave, receive, silence, unlistenable } from '../listener.ts';
import type { Address, GatewayServer, ServerHandlers } from '../listener.ts';
import type { Session } from '../session.ts';

/** Milliseconds that a peer has to answer a close frame. */
const closeTimeoutMs = 5_000;
/** A request has ten seconds to be whole, as with the other library. Milliseconds. */
const requestTimes = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
const serverOptions = { ...requestTimes, maxHeaderSize: maxHeadBytes };

/** How long a peer may say nothing, in milliseconds. */
type Patience = Readonly<Record<keyof typeof silence, number>>;

/** The typings leave `closeTimeout` out. */
const options: ServerOptions & { readonly closeTimeout: number } = {
  noServer: true,
  // Pongs are sent by ourselves: nobody bounds how many the library queues for a client that does not read.
  autoPong: false,
  // No subprotocol is spoken here, so none is agreed to.
  handleProtocols: () => false,
  maxPayload: maxToldFrameBytes,
  perMessageDeflate: false,
  clientTracking: false,
  closeTimeout: closeTimeoutMs,
};

/** A socket that says nothing any more is pinged, and then given up. */
interface Peer {
  readonly ws: WebSocket;
  /** Of the last word heard, monotonic milliseconds. */
  heard: number;
  pinged: boolean;
}

/** Sockets of requests that come to a server of Node. */
export interface Upgrades {
  /** Takes over a connection that asks for a socket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends what is still open. */
  close(): void;
}

/** Takes sockets over `ws`: no binary, so it runs wherever Node does, for more processor time a frame. */
export function createUpgrades(handlers: ServerHandlers, patience: Patience = silence): Upgrades {
  const sockets = new WebSocketServer(options);
  const peers = new Set<Peer>();
  const timer = setInterval(() => peers.forEach((peer) => lookAt(peer, patience)), patience.pingAfterMs / 7);
  timer.unref();
  return {
    upgrade(request, socket, head) {
      const admission = handlers.admit({
        method: request.method ?? '',
        path: (request.url ?? '').replace(/\?.*$/s, ''),
        header: (name) => headerOf(request, name),
        remote: request.socket.remoteAddress ?? '',
      });
      if (!('session' in admission)) {
        refuse(socket, admission);
        return;
      }
      const { session } = admission;
      const opened = new Set<Session>();
      sockets.handleUpgrade(request, socket, head, (ws) => {
        opened.add(session);
        const peer: Peer = { ws, heard: performance.now(), pinged: false };
        peers.add(peer);
        ws.once('close', () => peers.delete(peer));
        serve({ peer, socket, session }, handlers);
      });
      // Where the handshake is no good the library has answered by itself.
      if (!opened.has(session)) handlers.forget(session);
    },

    close() {
      clearInterval(timer);
      for (const { ws } of peers) ws.terminate();
    },
  };
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The same listener over `ws`. */
export async function listenWithWs(
  address: Address,
  handlers: ServerHandlers,
  patience: Patience = silence,
): Promise<GatewayServer> {
  const server = createServer(serverOptions, ({ method }, response) => {
    const refusal = answerTo(method);
    response.writeHead(refusal.status, { 'Content-Type': 'application/problem+json', ...refusal.headers });
    response.end(refusalBody(refusal));
  });
  const upgrades = createUpgrades(handlers, patience);
  server.on('upgrade', upgrades.upgrade);
  withinBudget(server, handlers.budget);
  await listenOn(server, address);
  return {
    port: (server.address() as AddressInfo).port,
    stopListening: () => void server.close(),
    close() {
      server.closeAllConnections();
      upgrades.close();
    },
  };
}

function lookAt(peer: Peer, { pingAfterMs, goneAfterMs }: Patience): void {
  const silent = performance.now() - peer.heard;
  if (silent >= goneAfterMs) peer.ws.terminate();
  else if (silent >= pingAfterMs && !peer.pinged) {
    peer.pinged = true;
    peer.ws.ping();
  }
}

interface Opened {
  readonly peer: Peer;
  readonly socket: Duplex;
  readonly session: Session;
}

function serve({ peer, socket, session }: Opened, handlers: ServerHandlers): void {
  const { ws } = peer;
  let gone = false;
  const end = (code: number): void => {
    if (gone) return;
    gone = true;
    leave(handlers, session, code);
  };
  const hear = (): void => {
    peer.heard = performance.now();
    peer.pinged = false;
  };
  ws.on('message', (data: Buffer, isBinary: boolean) => {
    hear();
    receive(handlers, session, { bytes: data, isBinary });
  });
  ws.on('ping', (data: Buffer) => {
    hear();
    if (ws.bufferedAmount > handlers.maxUnsentBytes) ws.terminate();
    else ws.pong(data);
  });
  ws.on('pong', hear);
  ws.on('close', end);
  // `close` follows; without a listener an error of one socket would end the process.
  ws.on('error', () => undefined);
  session.connection = connectionOf(ws, socket, end);
  handlers.open(session);
}

function connectionOf(ws: WebSocket, socket: Duplex, ended: (code: number) => void): Connection {
  return {
    send: (text) => ws.send(text),
    cork(write) {
      socket.cork();
      write();
      socket.uncork();
    },
    getBufferedAmount: () => ws.bufferedAmount,
    end(code, reason) {
      ws.close(code, reason);
      ended(code);
    },
  };
}

function refuse(socket: Duplex, refusal: Refusal): void {
  const { status, title, headers } = refusal;
  const body = refusalBody(refusal);
  const lines = Object.entries({
    ...headers,
    Connection: 'close',
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(body)),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => socket.destroy());
  // A peer that leaves its own side open must not keep the connection.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${body}`);
}

function listenOn(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new OperatorError(unlistenable({ host, port }), { cause })));
    server.listen({ host, port, exclusive: true }, resolve);
  });
}
