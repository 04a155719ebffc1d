import { eventPassedOver, isOurStream, isReadable, passedRevision, passedRevisions } from '../domain/passed-over.ts';
import { StreamDeletedError } from '../event-store/event-store.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import type { DamageDocument } from '../read-model/documents.ts';
import { foldEvents, UnreadableEventError } from './fold.ts';
import type { Folded } from './fold.ts';

/** Streams that stand still, each with the revision of the event that cannot be read. */
export type Stops = Map<string, number>;

/** Where held back events are read from. */
export type StreamReads = Pick<EventStore, 'readStream'>;

/**
 * What events, in log order, write to the read model. An event that cannot be read stops its own stream and no other:
 * what comes behind it is held back, until an operator's decision passes it over. Then what was held back is read from
 * the stream and written. `stops` is brought up to date.
 *
 * However the log is cut, and however often it is given, the same documents come of it.
 */
export async function foldLog(events: readonly RecordedEvent[], stops: Stops, store: StreamReads): Promise<Folded> {
  const going = stops.size === 0 ? events : events.filter((event) => !isHeld(event, stops));
  const folded = foldSound(going);
  if (folded !== undefined) return folded;
  const sifted = await sift(events, stops, store);
  const { batch, ...left } = foldEvents(sifted.events);
  return { ...left, batch: { ...batch, damages: sifted.damages } };
}

/** Undefined where one of the events needs a closer look. */
export function foldSound(events: readonly RecordedEvent[]): Folded | undefined {
  try {
    const folded = foldEvents(events);
    return folded.passes === 0 ? folded : undefined;
  } catch (error) {
    if (!(error instanceof UnreadableEventError)) throw error;
    return undefined;
  }
}

/** A decision is never held back: it is what ends the stop. */
function isHeld({ stream, revision, type }: RecordedEvent, stops: Stops): boolean {
  const stop = stops.get(stream);
  return stop !== undefined && revision > stop && type !== eventPassedOver.type;
}

interface Sifted {
  /** Those to be folded. */
  readonly events: readonly RecordedEvent[];
  readonly damages: readonly DamageDocument[];
}

async function sift(events: readonly RecordedEvent[], stops: Stops, store: StreamReads): Promise<Sifted> {
  const sound: RecordedEvent[] = [];
  const damages = new Map<string, DamageDocument>();

  /** As the read model does: the later event counts, and of one event the first decision. */
  function note(damage: DamageDocument): void {
    const there = damages.get(damage._id);
    const isNews = there === undefined || damage.revision > there.revision;
    if (isNews || (damage.revision === there.revision && there.passed === null)) damages.set(damage._id, damage);
  }

  function take(event: RecordedEvent): void {
    if (isHeld(event, stops)) return;
    if (!isOurStream(event.stream) || isReadable(event)) {
      sound.push(event);
      return;
    }
    stops.set(event.stream, event.revision);
    note(damageOf(event, null));
  }

  /** What was held back, and all that was not where the decision is given again: it may be written twice. */
  function resume(pass: RecordedEvent, revision: number, held: readonly RecordedEvent[]): void {
    const { stream, position } = pass;
    const stood = stops.delete(stream);
    const passed = new Set([revision, ...passedRevisions(held)]);
    for (const event of held) {
      if (passedRevision(event) !== undefined) continue;
      if (passed.has(event.revision) && !isReadable(event)) note(damageOf(event, position));
      else take(event);
    }
    // The event itself may be gone, or a newer program reads it.
    if (stood) note(damageOf({ ...pass, revision }, position));
  }

  for (const event of events) {
    const revision = isOurStream(event.stream) ? passedRevision(event) : undefined;
    const stop = stops.get(event.stream);
    if (revision === undefined) take(event);
    // It stands still at an event before that: once that one is passed over, this decision is met again.
    else if (stop === undefined || stop >= revision) resume(event, revision, await heldBack(store, event, revision));
  }
  return { events: sound, damages: [...damages.values()] };
}

/** Events read at a time. */
const page = 1_000;

/** Those of a stream from a revision on, up to the decision to pass that one over. */
async function heldBack(store: StreamReads, pass: RecordedEvent, revision: number): Promise<RecordedEvent[]> {
  const held: RecordedEvent[] = [];
  for (let next = revision; next < pass.revision; next = (held.at(-1)?.revision ?? next) + 1) {
    const read = { direction: 'forwards', fromRevision: next, maxCount: Math.min(page, pass.revision - next) } as const;
    const events = await store.readStream(pass.stream, read).catch(unlessDeleted);
    const before = events.filter((event) => event.revision < pass.revision);
    held.push(...before);
    if (before.length === 0) break;
  }
  return held;
}

function unlessDeleted(error: unknown): readonly RecordedEvent[] {
  if (error instanceof StreamDeletedError) return [];
  throw error;
}

function damageOf(
  { stream, revision, position, type, metadata }: RecordedEvent,
  passed: number | null,
): DamageDocument {
  const reason = `${type} of schema version ${metadata.schemaVersion} cannot be read`;
  return { _id: stream, revision, position, reason, passed };
}
