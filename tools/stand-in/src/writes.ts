import { randomUUID } from 'node:crypto';
import type { EmbeddedLog } from 'weiliao/embedded-log';
import type { EventData, RecordedEvent } from 'weiliao/event-store';
import { decide } from './decide.ts';
import type { Decision, Expected, Known } from './decide.ts';
import { makeTombstone, toStored } from './stored-event.ts';
import { isMetadataStream, metadataStreamOf, originalStreamOf } from './stream-names.ts';
import { isShown, softDeleteText, undeleteText } from './stream-states.ts';
import type { StreamStates } from './stream-states.ts';

export type WriteOutcome =
  /**
   * There now, or there already. `revision` -1: nothing was to be written, and there is no stream. Without `position`:
   * there already, and hidden by the stream's metadata.
   */
  | { readonly kind: 'written'; readonly revision: number; readonly position?: number }
  | { readonly kind: 'wrong'; readonly actual: number }
  | { readonly kind: 'deleted' };

/** Writing by EventStoreDB's rules, one write at a time for a stream and its metadata. */
export interface Writes {
  /** Rejects with `EventStoreUnavailableError` where the outcome is unknown. */
  append(stream: string, events: readonly EventData[], expected: Expected): Promise<WriteOutcome>;
  /** `hard`: for good, the stream's name can never be used again. Rejects as `append` does. */
  remove(stream: string, expected: Expected, hard: boolean): Promise<WriteOutcome>;
}

export interface WritesDeps {
  readonly log: Pick<EmbeddedLog, 'appendToStream' | 'readStream'>;
  readonly states: StreamStates;
  readonly find: Known['find'];
  lastPosition(): number;
}

export function createWrites({ log, states, find, lastPosition }: WritesDeps): Writes {
  const inTurn = createTurns();

  function decideOn(stream: string, expected: Expected, ids: readonly string[]): Decision {
    const idAt = (revision: number): string | undefined => read(stream, revision)?.id;
    return decide({ stream, expected, ids }, { state: states.of(stream), idAt, find });
  }

  function read(stream: string, revision: number): RecordedEvent | undefined {
    const [event] = log.readStream(stream, { direction: 'forwards', fromRevision: revision, maxCount: 1 });
    return event?.revision === revision ? event : undefined;
  }

  async function write(stream: string, events: readonly EventData[]): Promise<WriteOutcome> {
    const { head } = states.of(stream);
    if (events.length === 0) return { kind: 'written', revision: head, position: lastPosition() };
    const written = await log.appendToStream(stream, events, head === -1 ? 'no_stream' : head);
    return { kind: 'written', ...written };
  }

  async function setMetadata(stream: string, text: string): Promise<WriteOutcome> {
    return write(metadataStreamOf(stream), [metadataEvent(text)]);
  }

  /** Takes a deleted stream up again: what was there before stays hidden. */
  async function undelete(stream: string, firstShown: number): Promise<void> {
    await setMetadata(stream, undeleteText(states.of(stream).metadataText, firstShown));
  }

  function repeated(stream: string, revision: number): WriteOutcome {
    const event = read(stream, revision);
    const shown = event !== undefined && isShown(event, states.of(stream));
    return { kind: 'written', revision, ...(shown && { position: event.position }) };
  }

  async function append(stream: string, events: readonly EventData[], expected: Expected): Promise<WriteOutcome> {
    const ids = events.map(({ id }) => id);
    const decision = decideOn(stream, expected, ids);
    if (decision.kind === 'repeated') return repeated(stream, decision.revision);
    if (decision.kind !== 'append') return decision;
    const original = originalStreamOf(stream);
    const { head, metadata } = states.of(original);
    const outcome = await write(stream, events);
    if (decision.undelete) await undelete(stream, head + 1);
    else if (isMetadataStream(stream) && metadata.softDeleted === true) await undelete(original, head + 1);
    return outcome;
  }

  async function remove(stream: string, expected: Expected, hard: boolean): Promise<WriteOutcome> {
    const id = randomUUID();
    const decision = decideOn(stream, expected, [id]);
    if (decision.kind === 'deleted' || decision.kind === 'wrong') return decision;
    if (hard) return write(stream, [makeTombstone(id)]);
    const { head, metadataHead } = states.of(stream);
    if (head < 0 && metadataHead < 0) return { kind: 'wrong', actual: -1 };
    return setMetadata(stream, softDeleteText);
  }

  return {
    append: (stream, events, expected) => inTurn(stream, () => append(stream, events, expected)),
    remove: (stream, expected, hard) => inTurn(stream, () => remove(stream, expected, hard)),
  };
}

function metadataEvent(text: string): EventData {
  const content = { data: Buffer.from(text), metadata: Buffer.alloc(0) };
  return toStored({ id: randomUUID(), type: '$metadata', json: true, ...content });
}

/** One write at a time for a stream and its metadata: each is decided by what the one before left. */
function createTurns(): <T>(stream: string, write: () => Promise<T>) => Promise<T> {
  const turns = new Map<string, Promise<unknown>>();
  return (stream, write) => {
    const key = originalStreamOf(stream);
    const turn = (turns.get(key) ?? Promise.resolve()).then(write);
    const over = turn.then(leave, leave);
    function leave(): void {
      if (turns.get(key) === over) turns.delete(key);
    }
    turns.set(key, over);
    return turn;
  };
}
