import type { Connection } from './connection.ts';
import type { CloseCode } from '../protocol/close-codes.ts';

/**
 * One WebSocket. Kept small: there are many, and most say nothing. `closed` is set before the socket goes away, since
 * touching a socket that is gone throws.
 */
export class Session {
  connection: Connection | undefined = undefined;
  /** Undefined until the client said who it is. */
  user: string | undefined = undefined;
  /** Position of the newest event sent to this socket. */
  position = 0;
  /** Commands without an answer. */
  pending = 0;
  badFrames = 0;
  closed = false;
  /** Nothing it says is heard any more; it is closed once it has its answers. */
  ending = false;
  /** Its client had seen everything up to this position when it came. */
  seen = 0;
  /** Live frames that wait until what was missed is sent; undefined: none has to wait. */
  held: string[] | undefined = undefined;
  /** Characters of them. */
  heldSize = 0;
  /** Frames that go out at the end of the turn; undefined while there are none. */
  outbox: string[] | undefined = undefined;
  /** Names it to its client and in what it writes; made when it is first asked for. */
  name: string | undefined = undefined;
  /** The user whom the proxy in front named; mode proxy. */
  vouched: string | undefined = undefined;
  /** When its token ends, epoch milliseconds. */
  expires = Infinity;
  /** When its token was made, epoch milliseconds; 0: unknown. */
  issued = 0;
  /** What it counts under where sockets of an address are limited. */
  address = '';
  readonly kind: 'v1' | 'original';

  constructor(kind: 'v1' | 'original') {
    this.kind = kind;
  }
}

/**
 * The same text in one piece. V8 keeps a text put together from many as a tree of them until a character of it is
 * asked for; uWebSockets.js, handed the tree, takes twice as long to copy it as V8 takes to lay it out first.
 */
function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}

export interface Outboxes {
  /** Sends at the end of the turn, together with whatever else the turn has for this socket. */
  send(session: Session, frame: string): void;
  /** Sends a live frame, or keeps it until what was missed is sent. */
  deliver(session: Session, frame: string): void;
  /** What was missed is sent: live frames that wait follow now. */
  goLive(session: Session): void;
  /** Sends what is there and closes the socket. */
  close(session: Session, code: CloseCode, reason: string): void;
}

export interface OutboxOptions {
  /** Unsent bytes a socket may have, then it is closed as too slow. */
  readonly maxBufferedBytes: number;
  onSent(frames: number): void;
  onTooSlow(session: Session): void;
}

/**
 * Frames leave at the end of the turn of the event loop: whatever a commit brings to one socket, its acks and its
 * messages, is then one system call.
 */
export function createOutboxes({ maxBufferedBytes, onSent, onTooSlow }: OutboxOptions): Outboxes {
  let dirty: Session[] = [];

  function flushAll(): void {
    const due = dirty;
    dirty = [];
    for (const session of due) flush(session);
  }

  function flush(session: Session): void {
    const { connection, outbox } = session;
    session.outbox = undefined;
    if (outbox === undefined || connection === undefined || session.closed) return;
    if (exceeds(connection, outbox)) {
      onTooSlow(session);
      return;
    }
    const [first] = outbox;
    if (outbox.length === 1 && first !== undefined) connection.send(flat(first));
    else connection.cork(() => outbox.forEach((frame) => connection.send(flat(frame))));
    onSent(outbox.length);
  }

  function exceeds(connection: Connection, outbox: readonly string[]): boolean {
    const buffered = connection.getBufferedAmount();
    if (buffered === 0) return false;
    return outbox.reduce((sum, frame) => sum + Buffer.byteLength(frame), buffered) > maxBufferedBytes;
  }

  function send(session: Session, frame: string): void {
    if (session.closed) return;
    if (session.outbox !== undefined) {
      session.outbox.push(frame);
      return;
    }
    session.outbox = [frame];
    if (dirty.push(session) === 1) setImmediate(flushAll);
  }

  return {
    send,

    deliver(session, frame) {
      if (session.held === undefined) {
        send(session, frame);
        return;
      }
      session.heldSize += frame.length;
      if (session.heldSize > maxBufferedBytes) onTooSlow(session);
      else session.held.push(frame);
    },

    goLive(session) {
      const frames = session.held ?? [];
      session.held = undefined;
      session.heldSize = 0;
      for (const frame of frames) send(session, frame);
    },

    close(session, code, reason) {
      if (session.closed) return;
      flush(session);
      session.closed = true;
      session.connection?.end(code, reason);
    },
  };
}
