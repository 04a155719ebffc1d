import type { Connection } from '../../src/gateway/connection.ts';
import { Session } from '../../src/gateway/session.ts';

/** A connection that keeps what it is given. */
export class FakeConnection implements Connection {
  readonly sent: string[] = [];
  /** Frames by the write they went out with. */
  readonly writes: string[][] = [];
  readonly ended: { code: number; reason: string }[] = [];
  buffered = 0;
  #corked: string[] | undefined;

  send(text: string): void {
    this.sent.push(text);
    if (this.#corked === undefined) this.writes.push([text]);
    else this.#corked.push(text);
  }

  cork(write: () => void): void {
    this.#corked = [];
    write();
    this.writes.push(this.#corked);
    this.#corked = undefined;
  }

  getBufferedAmount(): number {
    return this.buffered;
  }

  end(code: number, reason: string): void {
    this.ended.push({ code, reason });
  }
}

/** A session of a user on a connection that is open. */
export function sessionOf(
  user?: string,
  kind: Session['kind'] = 'v1',
): { session: Session; connection: FakeConnection } {
  const connection = new FakeConnection();
  const session = new Session(kind);
  session.connection = connection;
  session.user = user;
  return { session, connection };
}
