import type { ConnectionBudget } from '../shared/connection-budget.ts';
import { maxFrameBytes } from '../protocol/limits.ts';
import type { Admission, UpgradeRequest } from './admission.ts';
import type { Session } from './session.ts';

/** A ping goes out after 28 s without a word; a peer that does not answer is gone 16 s later. */
export const silence = { pingAfterMs: 28_000, goneAfterMs: 44_000 } as const;

export interface ServerHandlers {
  readonly budget: ConnectionBudget;
  /** Whether this request gets a socket. */
  admit(request: UpgradeRequest): Admission;
  /** An admitted one that came to nothing. */
  forget(session: Session): void;
  /** Unsent bytes at which the library itself ends a socket: pongs and close frames are among them. */
  readonly maxUnsentBytes: number;
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
