import type { ReadStreamOptions } from '../event-store.ts';
import { ownPrefixes } from '../own-streams.ts';
import { directions } from './proto/protocol.ts';
import type { FilterOptions, Outgoing, ReadReq } from './proto/protocol.ts';

/**
 * Reads and subscriptions in EventStoreDB's protocol. Beside db-client's methods because those cannot filter a read,
 * tell that a subscription has caught up before they hand out the events that come first, and cost a quarter more.
 */
export type ReadRequest = Outgoing<ReadReq>;

/** Events that the server may pass over before it lets go of its reader thread. */
const searchWindow = 1_000;

const textIds = { string: {} };

export function streamRequest(stream: string, { direction, fromRevision, maxCount }: ReadStreamOptions): ReadRequest {
  const streamIdentifier = { streamName: Buffer.from(stream) };
  const end = direction === 'forwards' ? { start: {} } : { end: {} };
  const place = fromRevision === undefined ? end : { revision: fromRevision };
  return {
    options: {
      readDirection: directions[direction],
      uuidOption: textIds,
      stream: { streamIdentifier, ...place },
      count: maxCount,
      noFilter: {},
    },
  };
}

/** The newest event of our own streams. */
export function newestRequest(): ReadRequest {
  return {
    options: {
      readDirection: directions.backwards,
      uuidOption: textIds,
      all: { end: {} },
      count: 1,
      filter: streamFilter(ownPrefixes),
    },
  };
}

/** The first event at a position or after it. */
export function placeRequest(position: number): ReadRequest {
  return {
    options: {
      readDirection: directions.forwards,
      uuidOption: textIds,
      all: { position: { commitPosition: position, preparePosition: position } },
      count: 1,
      noFilter: {},
    },
  };
}

/** Everything after a position, without end. */
export function subscriptionRequest(after: number, prefixes: readonly string[]): ReadRequest {
  const position = { commitPosition: after, preparePosition: after };
  return {
    options: {
      readDirection: directions.forwards,
      uuidOption: textIds,
      all: after === 0 ? { start: {} } : { position },
      subscription: {},
      filter: streamFilter(prefixes),
    },
  };
}

function streamFilter(prefix: readonly string[]): Outgoing<FilterOptions> {
  return { streamIdentifier: { prefix }, max: searchWindow, checkpointIntervalMultiplier: 1 };
}
