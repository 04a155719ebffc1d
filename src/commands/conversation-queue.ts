import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { conversationStream } from '../domain/conversation/conversation-id.ts';
import type { PriorMessage } from '../domain/conversation/decider.ts';
import { WeiliaoError } from '../shared/errors.ts';
import { EventStoreUnavailableError, WrongExpectedRevisionError } from '../event-store/event-store.ts';
import { abandonBatch, decideBatch } from './decide-batch.ts';
import type { DecidedBatch, QueuedCommand } from './decide-batch.ts';
import { catchUpHead, expectedRevision, loadHead } from './head.ts';
import type { Head, HeadDeps } from './head.ts';
import { toldError } from './told-error.ts';

/** Commands that go out as one append: well below the megabyte that EventStoreDB takes. */
const maxCommands = 64;
const maxBytes = 256 * 1024;
/** Conversations whose head is kept in memory. */
const knownHeads = 100_000;
/** Appends of one batch that may meet a conflict before it is given up. */
const maxConflicts = 20;

export interface QueueDeps extends HeadDeps {
  onConflict(): void;
  /** Seconds one append took until durable, and how many events it held. */
  onAppend(seconds: number, events: number): void;
}

/**
 * One queue per conversation. While its append is in flight further commands wait, and then go out together as one
 * append: order without locks, and the more load the fewer round trips.
 */
export function createConversationQueues(deps: QueueDeps): {
  enqueue(conversation: string, command: QueuedCommand): void;
} {
  const { store, ledger } = deps;
  const heads = new LRUCache<string, Head>({ max: knownHeads });
  const queues = new Map<string, QueuedCommand[]>();
  let starting: string[] = [];

  /** At the end of the turn: all frames that came in one turn are then in their queues, and share appends. */
  function startSoon(conversation: string): void {
    starting.push(conversation);
    if (starting.length > 1) return;
    setImmediate(() => {
      const due = starting;
      starting = [];
      for (const id of due) void run(id);
    });
  }

  async function run(conversation: string): Promise<void> {
    for (;;) {
      const queue = queues.get(conversation);
      if (queue === undefined || queue.length === 0) break;
      const batch = takeBatch(queue);
      try {
        await settle(conversation, batch);
      } catch (error) {
        heads.delete(conversation);
        const told = toldError(error);
        for (const command of batch) command.reject(told);
      }
    }
    queues.delete(conversation);
  }

  async function settle(conversation: string, batch: readonly QueuedCommand[]): Promise<void> {
    const head = heads.get(conversation) ?? (await load(conversation));
    let fresh = false;
    for (let conflicts = 0; ;) {
      const decision = await decideBatch(conversation, head, batch, ledger);
      try {
        if (!fresh && decision.decided.some(({ decision: { kind } }) => kind === 'refused')) {
          // Another process may have moved the conversation on: no refusal before the newest state was seen.
          const before = head.revision;
          await catchUpHead(conversation, head, deps);
          fresh = true;
          if (head.revision !== before) {
            abandonBatch(decision, ledger);
            continue;
          }
        }
        const position = await append(conversation, head, decision);
        head.state = decision.state;
        tell(conversation, head, decision, position);
        return;
      } catch (error) {
        abandonBatch(decision, ledger);
        if (!(error instanceof WrongExpectedRevisionError) || conflicts >= maxConflicts) throw error;
        conflicts += 1;
        deps.onConflict();
        if (conflicts > 1) await delay(Math.random() * 2 ** Math.min(conflicts, 7));
        await catchUpHead(conversation, head, deps);
        fresh = false;
      }
    }
  }

  async function load(conversation: string): Promise<Head> {
    const head = await loadHead(conversation, deps);
    heads.set(conversation, head);
    return head;
  }

  /**
   * Appends until the store has an answer or nobody waits any more; the ids are the same each time. The position of the
   * last event, 0 where there was nothing to append.
   */
  async function append(conversation: string, head: Head, { decided, events }: DecidedBatch): Promise<number> {
    if (events.length === 0) return 0;
    const deadline = Math.max(...decided.map(({ command }) => command.deadline));
    const stream = conversationStream(conversation);
    const started = performance.now();
    for (let tries = 0; ; tries += 1) {
      try {
        const { position } = await store.appendToStream(stream, events, expectedRevision(head));
        deps.onAppend((performance.now() - started) / 1_000, events.length);
        return position;
      } catch (error) {
        const pause = 20 * 2 ** Math.min(tries, 5) * (0.5 + Math.random());
        if (!(error instanceof EventStoreUnavailableError) || Date.now() + pause > deadline) throw error;
        await delay(pause);
      }
    }
  }

  /** Every event of the append counts as at the position of its last: who waits for it waits a little long, never too short. */
  function tell(conversation: string, head: Head, { decided }: DecidedBatch, position: number): void {
    const first = head.revision + 1;
    for (const { command, decision } of decided) {
      switch (decision.kind) {
        case 'accepted': {
          head.revision += 1;
          const { revision } = head;
          if (decision.event.type === 'MessageSent') {
            const { from, clientId } = decision.event.data;
            ledger.note(from.id, clientId, { conversation, revision, position });
          }
          command.resolve({ ...decision, revision, position });
          break;
        }
        case 'duplicate':
          command.resolve({ kind: 'duplicate', prior: locate(decision.prior, decided, { first, position }) });
          break;
        case 'unchanged':
          command.resolve(decision);
          break;
        case 'refused':
          command.reject(new WeiliaoError(decision.code, decision.reason));
          break;
        case 'failed':
          command.reject(decision.error);
          break;
      }
    }
  }

  return {
    enqueue(conversation, command) {
      const queue = queues.get(conversation);
      if (queue !== undefined) {
        queue.push(command);
        return;
      }
      queues.set(conversation, [command]);
      startSoon(conversation);
    },
  };
}

/** A prior of the same batch had no place yet when it was decided on. */
function locate(
  prior: PriorMessage,
  decided: DecidedBatch['decided'],
  { first, position }: { readonly first: number; readonly position: number },
): PriorMessage {
  if (prior.revision >= 0) return prior;
  const appended = decided.flatMap(({ decision }) => (decision.kind === 'accepted' ? [decision.event] : []));
  const index = appended.findIndex(({ type, data }) => type === 'MessageSent' && data.seq === prior.sent.seq);
  return index === -1 ? prior : { ...prior, revision: first + index, position };
}

function takeBatch(queue: QueuedCommand[]): QueuedCommand[] {
  let bytes = 0;
  let count = 0;
  for (const command of queue) {
    bytes += command.bytes;
    if (count > 0 && (count >= maxCommands || bytes > maxBytes)) break;
    count += 1;
  }
  return queue.splice(0, count);
}
