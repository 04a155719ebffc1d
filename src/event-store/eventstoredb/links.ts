import { EventStoreUnavailableError } from '../event-store.ts';
import { connect } from './connection.ts';
import type { Connection } from './connection.ts';
import type { OnIncident } from './incident.ts';

/** The connection that reads and subscriptions share: when it is lost, all of them end with an error. */
export interface Link {
  readonly connection: Connection;
  /** Aborted with an `EventStoreUnavailableError` when the link is lost. */
  readonly lost: AbortSignal;
  /** When the server last showed a sign of life, by the clock of `performance.now`. */
  heardAt: number;
  /** Gives the link up: the next use connects afresh and asks anew who leads. */
  drop(error: Error): void;
}

export interface Links {
  /** The link in use, a new one where the last was lost. Throws `EventStoreUnavailableError` once closed. */
  current(): Link;
  /** Gives up the link in use. */
  drop(error: Error): void;
  close(): void;
}

export function createLinks(url: string, onIncident: OnIncident): Links {
  let link: Link | undefined;
  let closed = false;

  function open(): Link {
    const ending = new AbortController();
    const connection = connectNow(url);
    const opened: Link = {
      connection,
      lost: ending.signal,
      heardAt: performance.now(),
      drop(error) {
        if (link !== opened) return;
        link = undefined;
        if (!closed) onIncident({ kind: 'connection-lost', count: 1, reason: `reads: ${error.message}` });
        ending.abort(new EventStoreUnavailableError(`the event store was lost: ${error.message}`, { cause: error }));
        connection.close();
      },
    };
    return opened;
  }

  return {
    current() {
      if (closed) throw new EventStoreUnavailableError('the event store is closed');
      return (link ??= open());
    },
    drop: (error) => link?.drop(error),
    close() {
      closed = true;
      link?.drop(new Error('closed'));
    },
  };
}

/** The files that a connection string names are read each time: they may be away for a moment while they are renewed. */
function connectNow(url: string): Connection {
  try {
    return connect(url);
  } catch (error) {
    throw new EventStoreUnavailableError((error as Error).message, { cause: error });
  }
}
