import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { ServerOptions, WebSocket } from 'ws';
import { maxToldFrameBytes } from '../../protocol/limits.ts';
import { OperatorError } from '../../shared/errors.ts';
import type { Connection } from '../connection.ts';
import { admit, leave, receive, refusalBody, silence, unlistenable } from '../listener.ts';
import type { Address, Admission, GatewayServer, ServerHandlers } from '../listener.ts';
import type { Session } from '../session.ts';

/** Milliseconds that a peer has to answer a close frame. */
const closeTimeoutMs = 5_000;
/** A request has ten seconds to be whole, as with the other library. Milliseconds. */
const requestTimes = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/** How long a peer may say nothing, in milliseconds. */
type Patience = Readonly<Record<keyof typeof silence, number>>;

/** The typings leave `closeTimeout` out. */
const options: ServerOptions & { readonly closeTimeout: number } = {
  noServer: true,
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

/** The same listener over `ws`: no binary, so it runs wherever Node does, for more processor time a frame. */
export async function listenWithWs(
  address: Address,
  handlers: ServerHandlers,
  patience: Patience = silence,
): Promise<GatewayServer> {
  const server = createServer(requestTimes, (_request, response) => {
    const refusal = { status: 404, title: 'Not Found', detail: 'no socket here: /v1/ws or /ws/{uid}' } as const;
    response.writeHead(404, { 'Content-Type': 'application/problem+json' }).end(refusalBody(refusal));
  });
  const sockets = new WebSocketServer(options);
  const peers = new Set<Peer>();

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const admission = admit((request.url ?? '').replace(/\?.*$/s, ''), handlers);
    if (!('session' in admission)) {
      refuse(socket, admission);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const peer: Peer = { ws, heard: performance.now(), pinged: false };
      peers.add(peer);
      ws.once('close', () => peers.delete(peer));
      serve({ peer, socket, session: admission.session }, handlers);
    });
  });

  const timer = setInterval(() => peers.forEach((peer) => lookAt(peer, patience)), patience.pingAfterMs / 7);
  await listenOn(server, address);
  return {
    port: (server.address() as AddressInfo).port,
    stopListening: () => void server.close(),
    close() {
      clearInterval(timer);
      server.closeAllConnections();
      for (const { ws } of peers) ws.terminate();
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
  ws.on('ping', hear);
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

function refuse(socket: Duplex, refusal: Exclude<Admission, { session: Session }>): void {
  const { status, title } = refusal;
  const body = refusalBody(refusal);
  const head = `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: application/problem+json`;
  socket.on('error', () => socket.destroy());
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function listenOn(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new OperatorError(unlistenable({ host, port }), { cause })));
    server.listen({ host, port, exclusive: true }, resolve);
  });
}
