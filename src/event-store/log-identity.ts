import { StreamDeletedError, WrongExpectedRevisionError } from './errors.ts';
import type { EventStore, ExpectedRevision, RecordedEvent } from './event-store.ts';

/** Which log this is. */
export interface LogIdentity {
  /** UUID, the same for as long as the log lives, copies of it included. */
  readonly log: string;
  /** UUID, another one each time that the log was put back to an older state and somebody noticed. */
  readonly epoch: string;
}

type Log = Pick<EventStore, 'readStream' | 'appendToStream'>;

/** A system stream, in the log itself: neither projections nor feeds see it. Its first event names the log, its last the epoch. */
const identityStream = '$weiliao-log';

/** Undefined where nobody has given the log one yet. Throws `EventStoreUnavailableError`. */
export async function identityOf(store: Pick<Log, 'readStream'>): Promise<LogIdentity | undefined> {
  return (await readIdentity(store))?.identity;
}

/** The log's identity, made where it has none: the first process that comes makes it for all. */
export async function ensureIdentity(store: Log): Promise<LogIdentity> {
  return (await identityOf(store)) ?? begin(store, 'the log begins', 'no_stream');
}

/** From here on, places that were told to anybody before are of another epoch. `reason` is kept with it. */
export async function beginEpoch(store: Log, reason: string): Promise<LogIdentity> {
  return begin(store, reason, (await readIdentity(store))?.revision ?? 'no_stream');
}

async function begin(store: Log, reason: string, expected: ExpectedRevision): Promise<LogIdentity> {
  const event = { id: crypto.randomUUID(), type: 'EpochBegan', data: { reason }, metadata: { schemaVersion: 1 } };
  try {
    await store.appendToStream(identityStream, [event], expected);
  } catch (error) {
    // Another process was faster: its epoch is as new.
    if (!(error instanceof WrongExpectedRevisionError)) throw error;
  }
  return ensureIdentity(store);
}

async function readIdentity({ readStream }: Pick<Log, 'readStream'>) {
  const [newest] = await readStream(identityStream, { direction: 'backwards', maxCount: 1 });
  if (newest === undefined) return undefined;
  const [first = newest] = await readStream(identityStream, { direction: 'forwards', maxCount: 1 });
  return { revision: newest.revision, identity: { log: first.id, epoch: newest.id } };
}

/** An event that was seen at its place: what a place in the log is recognised by. */
export interface Landmark extends Pick<RecordedEvent, 'stream' | 'revision' | 'id' | 'created'> {
  /** Of its log, null where that had none yet. */
  readonly log: string | null;
}

/** `log`: of its identity, undefined where it has none. */
export function landmarkOf({ stream, revision, id, created }: RecordedEvent, log: string | undefined): Landmark {
  return { log: log ?? null, stream, revision, id, created };
}

/** Of the event at this position; undefined where there is none. Throws `EventStoreUnavailableError`. */
export async function landmarkAt(
  store: Pick<EventStore, 'eventAt' | 'readStream'>,
  position: number,
): Promise<Landmark | undefined> {
  const event = position === 0 ? undefined : await store.eventAt(position);
  return event && landmarkOf(event, (await identityOf(store))?.log);
}

/**
 * False where the log holds another event there, or none. True also where the stream was cut, so that nobody can tell.
 * Throws `EventStoreUnavailableError`.
 */
export async function isStillThere(
  { readStream }: Pick<Log, 'readStream'>,
  { stream, revision, id, created, position }: Omit<Landmark, 'log'> & Pick<RecordedEvent, 'position'>,
): Promise<boolean> {
  try {
    const [event] = await readStream(stream, { direction: 'backwards', fromRevision: revision, maxCount: 1 });
    if (event?.revision === revision)
      return event.id === id && event.created === created && event.position === position;
    // What was set for a stream is in a stream of its own.
    const [cut] = await readStream(`$$${stream}`, { direction: 'backwards', maxCount: 1 });
    return cut !== undefined;
  } catch (error) {
    if (error instanceof StreamDeletedError) return true;
    throw error;
  }
}
