import { describe, expect, it } from 'vitest';
import { ConversationQueues } from '../../src/commands/conversation-queue.ts';
import { createHeads } from '../../src/commands/head.ts';
import type { QueuedCommand } from '../../src/commands/queued-command.ts';
import type { ConversationDecision } from '../../src/domain/conversation/kinds.ts';
import { EventStoreUnavailableError, WrongExpectedRevisionError } from '../../src/event-store/event-store.ts';
import type { EventData, EventStore } from '../../src/event-store/event-store.ts';

const person = { id: 'a', username: 'a' };
const sent = { clientId: 'x', from: person, to: person, msg: 'm', sendDate: 1 };

/** A command that the house does not know, which writes down what is asked of it. */
function madeUp(decisions: ConversationDecision[], lookUps: (() => Promise<unknown>)[] = []) {
  const calls: string[] = [];
  let done = (): void => undefined;
  const settled = new Promise<void>((resolve) => (done = resolve));
  const end = (call: string): void => {
    calls.push(call);
    done();
  };
  const command: QueuedCommand = {
    correlationId: 'session',
    causationId: 'x',
    bytes: 1,
    deadline: Infinity,
    prepare(_, { lastSeq }) {
      calls.push(`prepare at ${lastSeq}`);
      return lookUps.shift()?.();
    },
    decide() {
      calls.push('decide');
      return decisions.length > 1 ? decisions.shift()! : decisions[0]!;
    },
    begun: () => void calls.push('begun'),
    abandoned: () => void calls.push('abandoned'),
    appended: (revision, position) => end(`appended ${revision} ${position}`),
    unchanged: () => end('unchanged'),
    reject: ({ code }) => end(code),
  };
  return { command, calls, settled };
}

const accepted = (seq: number): ConversationDecision => {
  return { kind: 'accepted', event: { type: 'MessageSent', data: { ...sent, seq } } };
};
const refused: ConversationDecision = { kind: 'refused', code: 'SEQ_OUT_OF_RANGE', reason: 'no' };

/** Queues over a store that answers appends with the next of `outcomes`, and then well. */
function queuesOver(
  outcomes: Error[] = [],
  read: () => ReturnType<EventStore['readStream']> = () => Promise.resolve([]),
) {
  const appended: EventData[][] = [];
  const store: Pick<EventStore, 'appendToStream' | 'readStream'> = {
    appendToStream(_stream, events) {
      appended.push([...events]);
      const outcome = outcomes.shift();
      return outcome === undefined ? Promise.resolve({ revision: 0, position: 70 }) : Promise.reject(outcome);
    },
    readStream: () => read(),
  };
  const observed: string[] = [];
  const nothing = () => Promise.resolve(undefined);
  const readModel = { checkpoint: () => Promise.resolve(0), conversation: nothing, damage: nothing };
  const heads = createHeads({
    store,
    readModel,
    observe: ({ type }, { revision }) => observed.push(`${type} ${revision}`),
  });
  let conflicts = 0;
  const queues = new ConversationQueues({
    store,
    heads,
    onConflict: () => (conflicts += 1),
    onAppend: () => undefined,
  });
  return { queues, appended, observed, conflicts: () => conflicts };
}

describe('a queued command, whatever it does', () => {
  it('is prepared until it waits for nothing, decided, begun and told its place', async () => {
    const { command, calls, settled } = madeUp([accepted(1)], [() => Promise.resolve(), () => Promise.resolve()]);
    const { queues } = queuesOver();
    queues.enqueue('dm~a~a', command);
    await settled;
    expect(calls).toEqual(['prepare at 0', 'prepare at 0', 'prepare at 0', 'decide', 'begun', 'appended 0 70']);
  });

  it('shares its append with those that came in the same turn, each decided on what the others leave', async () => {
    const all = [madeUp([accepted(1)]), madeUp([{ kind: 'unchanged' }]), madeUp([accepted(2)])];
    const { queues, appended } = queuesOver();
    for (const { command } of all) queues.enqueue('dm~a~a', command);
    await Promise.all(all.map(({ settled }) => settled));
    expect(appended).toMatchObject([[{ metadata: { lastSeq: 1 } }, { metadata: { lastSeq: 2 } }]]);
    expect(all.map(({ calls }) => calls.at(-1))).toEqual(['appended 0 70', 'unchanged', 'appended 1 70']);
    expect(all[2]!.calls[0]).toBe('prepare at 1');
  });

  it('is abandoned and decided anew where the conversation has moved on, and each event on the way is observed', async () => {
    const { command, calls, settled } = madeUp([accepted(1), accepted(2)]);
    const elsewhere = {
      id: 'e',
      type: 'MessageSent',
      data: { ...sent, seq: 1 },
      metadata: { schemaVersion: 1, lastSeq: 1 },
    };
    const recorded = { ...elsewhere, stream: 'conversation-dm~a~a', revision: 0, position: 5, created: 0 };
    const reads = [[], [recorded]];
    const { queues, observed, conflicts } = queuesOver([new WrongExpectedRevisionError('s', 'no_stream', 0)], () =>
      Promise.resolve(reads.shift() ?? []),
    );
    queues.enqueue('dm~a~a', command);
    await settled;
    const once = ['decide', 'begun'];
    expect(calls).toEqual(['prepare at 0', ...once, 'abandoned', 'prepare at 1', ...once, 'appended 1 70']);
    expect(observed).toEqual(['MessageSent 0']);
    expect(conflicts()).toBe(1);
  });

  it('is appended again with the same ids where the store gave no answer', async () => {
    const { command, calls, settled } = madeUp([accepted(1)]);
    const { queues, appended } = queuesOver([
      new EventStoreUnavailableError('gone'),
      new EventStoreUnavailableError('gone'),
    ]);
    queues.enqueue('dm~a~a', command);
    await settled;
    expect(appended).toHaveLength(3);
    expect(new Set(appended.map(([event]) => event!.id)).size).toBe(1);
    expect(calls).toEqual(['prepare at 0', 'decide', 'begun', 'appended 0 70']);
  });

  it('is refused only after the newest state was seen', async () => {
    const { command, calls, settled } = madeUp([refused]);
    let reads = 0;
    const { queues, appended } = queuesOver([], () => {
      reads += 1;
      return Promise.resolve([]);
    });
    queues.enqueue('dm~a~a', command);
    await settled;
    expect(calls.at(-1)).toBe('SEQ_OUT_OF_RANGE');
    expect(reads).toBe(2);
    expect(appended).toEqual([]);
  });

  it('that fails takes no other with it', async () => {
    const failing = madeUp([accepted(1)], [() => Promise.reject(new TypeError('a bug'))]);
    const next = madeUp([accepted(1)]);
    const { queues } = queuesOver();
    queues.enqueue('dm~a~a', failing.command);
    queues.enqueue('dm~a~a', next.command);
    await Promise.all([failing.settled, next.settled]);
    expect(failing.calls.at(-1)).toBe('INTERNAL');
    expect(next.calls.at(-1)).toBe('appended 0 70');
  });
});
