import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldEvents } from '../../dist/projections/fold.js';
import type { RecordedEvent } from '../../dist/event-store/event-store.js';
import { createMemoryLog } from '../support/projection-log.ts';
import type { MemoryLog } from '../support/projection-log.ts';
import { read, registered, sent } from '../support/projection-facts.ts';
import { dump, makeModelFolder } from '../support/projection-model.ts';

/** What the users of a few conversations do: somebody writes, somebody reads up to a part of what is there. */
const actionArbitrary = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('send' as const), who: fc.nat(1), msg: textArbitrary() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), who: fc.nat(1), share: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('register' as const), who: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unknown' as const) }) },
);

function textArbitrary() {
  return fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
}

const conversations = ['dm~u0~u1', 'dm~u1~u2', 'dm~u3~u3', 'group~g'];
const scriptArbitrary = fc.array(fc.tuple(fc.nat(conversations.length - 1), actionArbitrary), { maxLength: 60 });

function play(script: typeof scriptArbitrary extends fc.Arbitrary<infer T> ? T : never): MemoryLog {
  const log = createMemoryLog({ gap: 3 });
  const lastSeq = new Map<string, number>();
  const readSeq = new Map<string, number>();
  for (const [place, action] of script) {
    const conversation = conversations[place]!;
    const group = conversation.startsWith('group');
    const [, one = 'u0', other = 'u1'] = conversation.split('~');
    const seq = lastSeq.get(conversation) ?? 0;
    if (action.kind === 'register') {
      log.push(registered(`u${action.who}`));
    } else if (action.kind === 'unknown') {
      log.push({ stream: `conversation-${conversation}`, type: 'SomethingElse', data: {} });
    } else if (action.kind === 'send') {
      const from = group ? `u${action.who}` : [one, other][action.who]!;
      log.push(sent(conversation, seq + 1, from, group ? null : [other, one][action.who]!, action.msg));
      lastSeq.set(conversation, seq + 1);
    } else {
      const reader = group ? `u${action.who}` : [one, other][action.who]!;
      const after = readSeq.get(`${conversation} ${reader}`) ?? 0;
      const upTo = after + Math.ceil(((seq - after) * action.share) / 100);
      if (upTo === after) continue;
      log.push(read(conversation, reader, after, upTo));
      readSeq.set(`${conversation} ${reader}`, upTo);
    }
  }
  return log;
}

/** A cut of the log into batches; each may overlap the one before and come twice, and the writer be opened anew after it. */
const cutArbitrary = fc.array(
  fc.record({ size: fc.integer({ min: 1, max: 25 }), again: fc.boolean(), crash: fc.boolean() }),
  { minLength: 1, maxLength: 20 },
);

describe('the documents of a log', () => {
  it('are the same byte for byte, however it was cut into batches, repeated and interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(scriptArbitrary, cutArbitrary, async (script, cut) => {
        const { events } = play(script);
        const whole = await projected(events, [{ size: 1_000, again: false, crash: false }]);
        const single = await projected(events, [{ size: 1, again: false, crash: false }]);
        const arbitrary = await projected(events, cut);
        expect(arbitrary).toBe(whole);
        expect(single).toBe(whole);
      }),
      { numRuns: 25 },
    );
  });
});

type Cut = typeof cutArbitrary extends fc.Arbitrary<infer T> ? T : never;

async function projected(events: readonly RecordedEvent[], cut: Cut): Promise<string> {
  const folder = await makeModelFolder();
  try {
    let model = folder.open('write');
    let previous: { events: readonly RecordedEvent[]; after: number } | undefined;
    let turn = 0;
    for (let next = 0, after = 0; next < events.length; turn += 1) {
      const { size, again, crash } = cut[turn % cut.length]!;
      const batch = events.slice(next, next + size);
      const position = batch.at(-1)!.position;
      // A projector that lost its checkpoint begins with a stretch that was applied before, cut elsewhere.
      const from = again && previous !== undefined ? previous : { events: [], after };
      const { batch: folded } = foldEvents([...from.events, ...batch]);
      await model.apply(folded, { after: from.after, position });
      if (again) await model.apply(folded, { after: from.after, position });
      previous = { events: batch, after };
      next += batch.length;
      after = position;
      if (crash) {
        await model.close();
        model = folder.open('write');
        expect(await model.checkpoint()).toBe(position);
      }
    }
    return await dump(model);
  } finally {
    await folder.remove();
  }
}
