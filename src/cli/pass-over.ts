import { randomUUID } from 'node:crypto';
import { eventPassedOver, isReadable, passedRevisions } from '../domain/passed-over.ts';
import type { EventPassedOver } from '../domain/passed-over.ts';
import { WrongExpectedRevisionError } from '../event-store/event-store.ts';
import type { EventMetadata, EventStore, RecordedEvent } from '../event-store/event-store.ts';
import { OperatorError } from '../shared/errors.ts';

/** What an operator decides of an event of a stream. */
export type Decision = EventPassedOver & { readonly stream: string };

type Log = Pick<EventStore, 'readStream' | 'appendToStream'>;

/** Events read at a time. */
const page = 1_000;

/**
 * Puts the decision at the stream's end. Throws `OperatorError` where there is no such event, where it can be read, or
 * where it is passed over already.
 */
export async function passOver(store: Log, { stream, ...data }: Decision): Promise<void> {
  for (;;) {
    const events = await eventsFrom(store, stream, data.revision);
    const newest = assertPassable(stream, data.revision, events);
    const metadata: EventMetadata = {
      schemaVersion: eventPassedOver.schemaVersion,
      ...(await lastSeqOf(store, stream)),
    };
    try {
      const event = { id: randomUUID(), type: eventPassedOver.type, data, metadata };
      await store.appendToStream(stream, [event], newest.revision);
      return;
    } catch (error) {
      // Somebody wrote meanwhile.
      if (!(error instanceof WrongExpectedRevisionError)) throw error;
    }
  }
}

function assertPassable(stream: string, revision: number, events: readonly RecordedEvent[]): RecordedEvent {
  const [event] = events;
  const newest = events.at(-1);
  const what = `revision ${revision} of ${stream}`;
  if (event?.revision !== revision || newest === undefined) throw new OperatorError(`${what}: there is no such event`);
  if (isReadable(event)) throw new OperatorError(`${what}: this program can read it`);
  if (passedRevisions(events).has(revision)) throw new OperatorError(`${what}: it is passed over already`);
  return newest;
}

async function eventsFrom(store: Log, stream: string, revision: number): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let next = revision; ;) {
    const found = await store.readStream(stream, { direction: 'forwards', fromRevision: next, maxCount: page });
    events.push(...found);
    next = (found.at(-1)?.revision ?? next) + 1;
    if (found.length < page) return events;
  }
}

/** Seq of the newest message, as the newest event says that says it: it stays what it is. */
async function lastSeqOf(store: Log, stream: string): Promise<Pick<EventMetadata, 'lastSeq'>> {
  for (let next: number | undefined; next === undefined || next >= 0;) {
    const from = next === undefined ? {} : { fromRevision: next };
    const events = await store.readStream(stream, { direction: 'backwards', maxCount: page, ...from });
    const saying = events.find(({ metadata }) => metadata.lastSeq !== undefined);
    if (saying?.metadata.lastSeq !== undefined) return { lastSeq: saying.metadata.lastSeq };
    if (events.length < page) break;
    next = (events.at(-1)?.revision ?? 0) - 1;
  }
  return {};
}
