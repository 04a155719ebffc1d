import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMessageLookUp } from '../../src/commands/message-look-up.ts';
import type { SeenPlace } from '../../src/commands/message-look-up.ts';
import type { EventMetadata, ReadStreamOptions, RecordedEvent } from '../../src/event-store/event-store.ts';
import { foldEvents } from '../../src/projections/fold.ts';
import { emptyBatch } from '../../src/read-model/read-model.ts';
import type { ReadModelBatch } from '../../src/read-model/read-model.ts';
import { createInMemoryReadModel } from '../support/in-memory-read-model.ts';

const conversation = 'dm~a~b';
const stream = `conversation-${conversation}`;
const from = { id: 'a', username: 'name of a' };
const to = { id: 'b', username: 'name of b' };

/** `newer`: a kind that a newer program wrote. `foreign`: an event of another program, which says nothing of seqs. */
type Kind = 'message' | 'read' | 'newer' | 'foreign';

function eventsOf(kinds: readonly Kind[]): RecordedEvent[] {
  let seq = 0;
  return kinds.map((kind, revision) => {
    if (kind === 'message') seq += 1;
    return { ...contentOf(kind, seq), id: `${revision}`, stream, revision, position: 10 + revision, created: 0 };
  });
}

function contentOf(kind: Kind, seq: number): { type: string; data: unknown; metadata: EventMetadata } {
  const metadata = { schemaVersion: 1, lastSeq: seq };
  if (kind === 'message') return { type: 'MessageSent', data: sent(seq), metadata };
  if (kind === 'read') return { type: 'MessagesRead', data: { reader: 'b', after: 0, seq, readDate: 1 }, metadata };
  return { type: kind, data: {}, metadata: kind === 'newer' ? metadata : { schemaVersion: 1 } };
}

function sent(seq: number) {
  return { clientId: `c${seq}`, seq, from, to, msg: `text ${seq}`, sendDate: 1_000 + seq };
}

/** A look-up over a log and a read model that has applied `batch`; counts what it reads. */
async function lookUpOver(events: readonly RecordedEvent[], batch: ReadModelBatch = emptyBatch) {
  const readModel = createInMemoryReadModel();
  await readModel.apply(batch, { after: 0, position: 1 });
  const cost = { reads: 0, events: 0 };
  const store = {
    readStream(_: string, { fromRevision, maxCount }: ReadStreamOptions) {
      const last = fromRevision ?? events.length - 1;
      const found = events.slice(Math.max(0, last - maxCount + 1), last + 1).reverse();
      cost.reads += 1;
      cost.events += found.length;
      return Promise.resolve(found);
    },
  };
  const { messageAt } = createMessageLookUp({ store, readModel });
  return { cost, at: (seq: number, upTo = endOf(events)) => messageAt(conversation, seq, upTo) };
}

/** What a head would tell of the end. */
function endOf(events: readonly RecordedEvent[]): SeenPlace {
  const lastSeq = events.filter(({ type }) => type === 'MessageSent').length;
  return { revision: events.length - 1, lastSeq };
}

function repeat(count: number, ...kinds: Kind[]): Kind[] {
  return Array.from({ length: count }, () => kinds).flat();
}

describe('the message at a seq', () => {
  it('is found by one read where the head tells its place', async () => {
    const look = await lookUpOver(eventsOf(['read', ...repeat(100, 'message')]));
    for (const seq of [100, 99, 1]) {
      look.cost.reads = 0;
      expect(await look.at(seq)).toEqual({ conversation, revision: seq, position: 10 + seq, sent: sent(seq) });
      expect(look.cost.reads).toBe(1);
    }
  });

  it('is found by the place that the read model tells', async () => {
    const events = eventsOf(repeat(1_000, 'message', 'read'));
    const look = await lookUpOver(events, foldEvents(events).batch);
    expect(await look.at(300)).toMatchObject({ revision: 598, sent: { msg: 'text 300' } });
    expect(look.cost).toEqual({ reads: 2, events: 2 });
  });

  it('is told as it was sent, whatever the read model says of its text by now', async () => {
    const events = eventsOf(['message', 'read', 'read']);
    const { messages, ...rest } = foldEvents(events).batch;
    const look = await lookUpOver(events, { ...rest, messages: messages.map((each) => ({ ...each, msg: '' })) });
    expect(await look.at(1)).toMatchObject({ sent: { msg: 'text 1' } });
  });

  it('is told by the read model alone where the log does not hold it any more', async () => {
    const events = eventsOf(repeat(10, 'message'));
    const look = await lookUpOver([], foldEvents(events).batch);
    const expected = { conversation, revision: 3, position: 13, sent: sent(4) };
    expect(await look.at(4, endOf(events))).toEqual(expected);
  });

  it('is found in the log alone, deep in a long conversation, by few reads', async () => {
    const kinds = [
      ...repeat(30_000, 'message'),
      ...repeat(40_000, 'read'),
      ...repeat(10_000, 'message', 'read', 'read'),
    ];
    const look = await lookUpOver(eventsOf(kinds));
    for (const seq of [1, 7, 29_999, 30_000, 30_001, 35_000, 40_000]) {
      Object.assign(look.cost, { reads: 0, events: 0 });
      expect(await look.at(seq)).toMatchObject({ sent: sent(seq) });
      expect(look.cost.reads).toBeLessThan(20);
      expect(look.cost.events).toBeLessThan(200);
    }
  });

  it('is found between events of kinds that this program does not know, and of other programs', async () => {
    const look = await lookUpOver(
      eventsOf(['foreign', 'message', ...repeat(500, 'foreign'), 'newer', 'message', 'newer']),
    );
    expect(await look.at(1)).toMatchObject({ revision: 1, sent: sent(1) });
    expect(await look.at(2)).toMatchObject({ revision: 503, sent: sent(2) });
  });

  it('is found wherever it is', async () => {
    const kind = fc.constantFrom<Kind>('message', 'read', 'newer', 'foreign');
    const run = fc.tuple(kind, fc.integer({ min: 1, max: 300 })).map(([each, count]) => repeat(count, each));
    const events = fc.array(run, { maxLength: 8 }).map((runs) => eventsOf(runs.flat()));
    await fc.assert(
      fc.asyncProperty(events, fc.nat(), async (log, pick) => {
        const end = endOf(log);
        fc.pre(end.lastSeq > 0);
        const seq = (pick % end.lastSeq) + 1;
        expect(await (await lookUpOver(log)).at(seq)).toMatchObject({ sent: sent(seq) });
      }),
    );
  });

  it('is nothing beyond the end, before the beginning, and where nothing holds it', async () => {
    const events = eventsOf(repeat(3, 'message', 'read'));
    const look = await lookUpOver(events);
    for (const seq of [4, 0, -1]) expect(await look.at(seq)).toBeUndefined();
    expect(look.cost.reads).toBe(0);
    const cut = await lookUpOver([]);
    for (const seq of [1, 2, 3]) expect(await cut.at(seq, endOf(events))).toBeUndefined();
  });
});
