import { maxFrameBytes } from '../protocol/limits.ts';
import { Session } from './session.ts';

/** A ping goes out after 28 s without a word; a peer that does not answer is gone 16 s later. */
export const silence = { pingAfterMs: 28_000, goneAfterMs: 44_000 } as const;

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

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a request for a socket leads to. */
export type Admission =
  { readonly session: Session } | { readonly status: 400 | 404 | 503; readonly title: string; readonly detail: string };

/** Whether a request to this path gets a socket. */
export function admit(path: string, handlers: ServerHandlers): Admission {
  const uid = /^\/ws\/([^/]*)$/.exec(path)?.[1];
  if (path !== '/v1/ws' && uid === undefined) {
    return { status: 404, title: 'Not Found', detail: 'no socket here: /v1/ws or /ws/{uid}' };
  }
  if (uid !== undefined && !handlers.original) {
    return { status: 404, title: 'Not Found', detail: 'this socket is served in auth mode none only' };
  }
  if (uid !== undefined && !/^[0-9]{1,64}$/.test(uid)) {
    return { status: 400, title: 'Bad Request', detail: 'uid must be a number' };
  }
  const number = handlers.admit();
  if (number === undefined) {
    return { status: 503, title: 'Service Unavailable', detail: 'this gateway is draining' };
  }
  const session = new Session(number, uid === undefined ? 'v1' : 'original');
  session.user = uid;
  return { session };
}

/** The body of a refusal (RFC 9457). */
export function refusalBody({ status, title, detail }: Exclude<Admission, { session: Session }>): string {
  return JSON.stringify({ type: 'about:blank', title, status, detail });
}

/** Hands a message to its session's protocol. `message` is only good until this returns. */
export function receive(
  { violation, frame }: Pick<ServerHandlers, 'violation' | 'frame'>,
  session: Session,
  { bytes, isBinary }: { readonly bytes: Buffer; readonly isBinary: boolean },
): void {
  if (session.closed || session.ending) return;
  if (isBinary) violation(session, 'binary frames are not taken');
  else if (bytes.byteLength > maxFrameBytes) violation(session, `a frame is over ${maxFrameBytes} bytes`);
  else frame(session, bytes.toString('utf8'));
}

/** The session's socket is gone. */
export function leave({ closed }: Pick<ServerHandlers, 'closed'>, session: Session, code: number): void {
  session.closed = true;
  session.connection = undefined;
  session.outbox = undefined;
  closed(session, code);
}

/** Why there is no listener. */
export function unlistenable({ host, port }: Address): string {
  return `HOST, WS_PORT: cannot listen on ${host}:${port}; is it in use, or of another machine?`;
}
