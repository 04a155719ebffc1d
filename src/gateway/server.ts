import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
} from 'uWebSockets.js';
import { OperatorError } from '../shared/errors.ts';
import { maxFrameBytes } from '../protocol/client-frames.ts';
import { loadLibrary } from './library.ts';
import { Session } from './session.ts';
import type { SocketData } from './session.ts';

/**
 * uWebSockets.js drops a socket without a word when a frame is over its limit; ours is told why (4500), so the
 * library's limit is above ours.
 */
const maxPayloadBytes = 1024 * 1024;
/** A ping goes out after 28 s without a word; a peer that does not answer is gone 16 s later. */
const idleSeconds = 44;

export interface ServerHandlers {
  /** Next session number, or undefined while no more sockets are taken (draining). */
  admit(): number | undefined;
  /** Whether `/ws/{uid}` is served: auth mode none. */
  readonly original: boolean;
  open(session: Session): void;
  frame(session: Session, text: string): void;
  /** A frame that no protocol takes: binary, or over 64 KiB. */
  violation(session: Session, reason: string): void;
  /** Called once per opened session, after its last frame. `code`: what was sent or received, 1006 without either. */
  closed(session: Session, code: number): void;
}

export interface GatewayServer {
  readonly port: number;
  /** Takes no further sockets; those that are open stay. */
  stopListening(): void;
  /** Ends what is still open. */
  close(): void;
}

/** The WebSocket listener. Throws `OperatorError` where the address cannot be had, or there is no library for it. */
export async function listen(host: string, port: number, handlers: ServerHandlers): Promise<GatewayServer> {
  const uWS = await loadLibrary();
  const app = uWS.App();
  const behavior = {
    compression: uWS.DISABLED,
    maxPayloadLength: maxPayloadBytes,
    idleTimeout: idleSeconds,
    // No limit of the library's own: it would drop frames in silence. Ours closes with 4008.
    maxBackpressure: 0,
    open(ws: WebSocket<SocketData>) {
      const { session } = ws.getUserData();
      session.ws = ws;
      handlers.open(session);
    },
    message(ws: WebSocket<SocketData>, message: ArrayBuffer, isBinary: boolean) {
      const { session } = ws.getUserData();
      if (session.closed || session.ending) return;
      if (isBinary) handlers.violation(session, 'binary frames are not taken');
      else if (message.byteLength > maxFrameBytes)
        handlers.violation(session, `a frame is over ${maxFrameBytes} bytes`);
      else handlers.frame(session, Buffer.from(message).toString('utf8'));
    },
    close(ws: WebSocket<SocketData>, code: number) {
      const { session } = ws.getUserData();
      session.closed = true;
      session.ws = undefined;
      session.outbox = undefined;
      handlers.closed(session, code);
    },
  };
  app.ws<SocketData>('/v1/ws', {
    ...behavior,
    upgrade: (res, req, context) => upgrade(handlers, res, req, context, (number) => new Session(number, 'v1')),
  });
  app.ws<SocketData>('/ws/:uid', {
    ...behavior,
    upgrade: (res, req, context) => upgradeOriginal(handlers, res, req, context),
  });
  app.any('/*', (res) => refuse(res, '404 Not Found', 'no socket here: /v1/ws or /ws/{uid}'));
  const token = await listenOn(app, host, port);
  return {
    port: uWS.us_socket_local_port(token),
    stopListening: () => uWS.us_listen_socket_close(token),
    close: () => void app.close(),
  };
}

function upgradeOriginal(
  handlers: ServerHandlers,
  res: HttpResponse,
  req: HttpRequest,
  context: us_socket_context_t,
): void {
  const uid = req.getParameter(0);
  if (!handlers.original) refuse(res, '404 Not Found', 'this socket is served in auth mode none only');
  else if (!/^[0-9]{1,64}$/.test(uid)) refuse(res, '400 Bad Request', 'uid must be a number');
  else {
    upgrade(handlers, res, req, context, (number) => {
      const session = new Session(number, 'original');
      session.user = uid;
      return session;
    });
  }
}

function upgrade(
  handlers: ServerHandlers,
  res: HttpResponse,
  req: HttpRequest,
  context: us_socket_context_t,
  create: (number: number) => Session,
): void {
  const number = handlers.admit();
  if (number === undefined) {
    refuse(res, '503 Service Unavailable', 'this gateway is draining');
    return;
  }
  res.upgrade<SocketData>(
    { session: create(number) },
    req.getHeader('sec-websocket-key'),
    req.getHeader('sec-websocket-protocol'),
    req.getHeader('sec-websocket-extensions'),
    context,
  );
}

function refuse(res: HttpResponse, status: string, detail: string): void {
  const body = JSON.stringify({
    type: 'about:blank',
    title: status.slice(4),
    status: Number(status.slice(0, 3)),
    detail,
  });
  res.cork(() => res.writeStatus(status).writeHeader('Content-Type', 'application/problem+json').end(body));
}

/** `listen` as it is: the typings leave out the form with a host and options. */
type ListenOn = (
  host: string,
  port: number,
  options: number,
  done: (token: us_listen_socket | false) => void,
) => TemplatedApp;

/** One process a port: without this a second one would quietly get half of the sockets. */
const exclusivePort = 1;

function listenOn(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    const listenTo = app.listen.bind(app) as unknown as ListenOn;
    listenTo(host, port, exclusivePort, (token) => {
      if (token) resolve(token);
      else
        reject(
          new OperatorError(`HOST, WS_PORT: cannot listen on ${host}:${port}; is it in use, or of another machine?`),
        );
    });
  });
}
