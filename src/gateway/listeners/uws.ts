import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
} from 'uWebSockets.js';
import { maxToldFrameBytes } from '../../protocol/limits.ts';
import { OperatorError } from '../../shared/errors.ts';
import { answerTo, refusalBody } from '../admission.ts';
import type { Refusal, UpgradeRequest } from '../admission.ts';
import { leave, receive, silence, unlistenable } from '../listener.ts';
import type { Address, GatewayServer, ServerHandlers } from '../listener.ts';
import type { Session } from '../session.ts';
import type { Uws } from './uws-library.ts';

/** What uWebSockets.js keeps beside a socket. */
interface SocketData {
  session: Session;
}

export async function listenWithUws(uWS: Uws, address: Address, handlers: ServerHandlers): Promise<GatewayServer> {
  const app = uWS.App();
  app.ws<SocketData>('/*', {
    compression: uWS.DISABLED,
    maxPayloadLength: maxToldFrameBytes,
    // The library pings by itself, sixteen seconds before this.
    idleTimeout: silence.goneAfterMs / 1_000,
    // Ours comes first, and closes with 4008. What the library queues by itself, pongs, is bounded by this one.
    maxBackpressure: handlers.maxUnsentBytes,
    closeOnBackpressureLimit: 1,
    upgrade: (res, req, context) => upgrade(handlers, { res, req, context }),
    open(ws: WebSocket<SocketData>) {
      const { session } = ws.getUserData();
      session.connection = ws;
      handlers.open(session);
    },
    message(ws: WebSocket<SocketData>, message: ArrayBuffer, isBinary: boolean) {
      receive(handlers, ws.getUserData().session, { bytes: Buffer.from(message), isBinary });
    },
    close(ws: WebSocket<SocketData>, code: number) {
      // The library tells the filter of connections that end, but not of sockets.
      handlers.budget.leave();
      leave(handlers, ws.getUserData().session, code);
    },
  });
  app.filter((res, count) => {
    if (Number(count) < 0) handlers.budget.leave();
    else if (!handlers.budget.enter()) res.close();
  });
  app.any('/*', (res, req) => refuse(res, answerTo(req.getMethod())));
  const token = await listenOn(app, address);
  return {
    port: uWS.us_socket_local_port(token),
    stopListening: () => uWS.us_listen_socket_close(token),
    close: () => void app.close(),
  };
}

interface Upgrading {
  readonly res: HttpResponse;
  readonly req: HttpRequest;
  readonly context: us_socket_context_t;
}

function upgrade(handlers: ServerHandlers, { res, req, context }: Upgrading): void {
  const admission = handlers.admit(requestOf(res, req));
  if (!('session' in admission)) {
    refuse(res, admission);
    return;
  }
  res.upgrade<SocketData>(
    { session: admission.session },
    req.getHeader('sec-websocket-key'),
    // No subprotocol is spoken here, so none is agreed to.
    '',
    req.getHeader('sec-websocket-extensions'),
    context,
  );
}

function requestOf(res: HttpResponse, req: HttpRequest): UpgradeRequest {
  // The library gives the first of a name only. A proxy may add its line behind the client's.
  const headers = new Map<string, string>();
  req.forEach((name, value) => headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value));
  return {
    method: req.getMethod(),
    path: req.getUrl(),
    header: (name) => headers.get(name),
    remote: Buffer.from(res.getRemoteAddressAsText()).toString('latin1'),
  };
}

function refuse(res: HttpResponse, refusal: Refusal): void {
  const { status, title, headers } = refusal;
  res.cork(() => {
    res.writeStatus(`${status} ${title}`).writeHeader('Content-Type', 'application/problem+json');
    for (const [name, value] of Object.entries(headers ?? {})) res.writeHeader(name, value);
    // And the connection: kept alive it would take up room until it is given up.
    res.end(refusalBody(refusal), true);
  });
}

/** `listen` as it is: the typings leave out the form with a host and options. */
type ListenOn = (
  ...args: [host: string, port: number, options: number, done: (token: us_listen_socket | false) => void]
) => TemplatedApp;

/** One process a port: without this a second one would quietly get half of the sockets. */
const exclusivePort = 1;

function listenOn(app: TemplatedApp, { host, port }: Address): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    const listenTo = app.listen.bind(app) as unknown as ListenOn;
    listenTo(host, port, exclusivePort, (token) => {
      if (token) resolve(token);
      else reject(new OperatorError(unlistenable({ host, port })));
    });
  });
}
