import { appendBatch } from './append-batch.ts';
import type { AppendDeps } from './append-batch.ts';
import { refusalError, toCommandError } from './command-error.ts';
import { createConflicts } from './conflicts.ts';
import { abandonBatch, decideBatch } from './decide-batch.ts';
import type { DecidedBatch } from './decide-batch.ts';
import type { Head, Heads } from './head.ts';
import type { QueuedCommand } from './queued-command.ts';

/** Commands that go out as one append: well below the megabyte that EventStoreDB takes. */
const maxCommands = 64;
const maxBytes = 256 * 1024;

export interface QueueDeps extends AppendDeps {
  readonly heads: Heads;
  onConflict(): void;
  /** Commands were refused since the log does not hold what it must of the conversation. */
  onDamaged?: ((conversation: string, reason: unknown) => void) | undefined;
}

/**
 * One queue per conversation. While its append is in flight further commands wait, and then go out together as one
 * append: order without locks, and the more load the fewer round trips.
 */
export class ConversationQueues {
  readonly #deps: QueueDeps;
  readonly #queues = new Map<string, QueuedCommand[]>();
  /** Conversations that begin at the end of this turn. */
  #starting: string[] = [];

  constructor(deps: QueueDeps) {
    this.#deps = deps;
  }

  enqueue(conversation: string, command: QueuedCommand): void {
    const queue = this.#queues.get(conversation);
    if (queue !== undefined) {
      queue.push(command);
      return;
    }
    this.#queues.set(conversation, [command]);
    this.#startSoon(conversation);
  }

  /** At the end of the turn: all frames that came in one turn are then in their queues, and share appends. */
  #startSoon(conversation: string): void {
    this.#starting.push(conversation);
    if (this.#starting.length > 1) return;
    setImmediate(() => {
      const due = this.#starting;
      this.#starting = [];
      for (const id of due) void this.#run(id);
    });
  }

  async #run(conversation: string): Promise<void> {
    for (;;) {
      const queue = this.#queues.get(conversation);
      if (queue === undefined || queue.length === 0) break;
      const batch = takeBatch(queue);
      try {
        await settleBatch(conversation, batch, this.#deps);
      } catch (error) {
        this.#deps.heads.forget(conversation);
        const reason = toCommandError(error);
        if (reason.code === 'CONVERSATION_DAMAGED') this.#deps.onDamaged?.(conversation, reason.cause);
        for (const command of batch) command.reject(reason);
      }
    }
    this.#queues.delete(conversation);
  }
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

/** Decides a batch, appends it and gives each command its outcome; decides anew where the conversation has moved on. */
async function settleBatch(conversation: string, batch: readonly QueuedCommand[], deps: QueueDeps): Promise<void> {
  const { heads, onConflict } = deps;
  const known = heads.of(conversation);
  const head = known instanceof Promise ? await known : known;
  const catchUpAfter = createConflicts({
    revision: () => head.revision,
    catchUp: () => heads.catchUp(head),
    onConflict,
  });
  let fresh = false;
  for (;;) {
    const decision = await decideBatch(head, batch);
    let position: number;
    try {
      if (!fresh && refuses(decision)) {
        // Another process may have moved the conversation on: no refusal before the newest state was seen.
        const before = head.revision;
        await heads.catchUp(head);
        fresh = true;
        if (head.revision !== before) {
          abandonBatch(decision);
          continue;
        }
      }
      position = await appendBatch(head, decision, deps);
    } catch (error) {
      abandonBatch(decision);
      await catchUpAfter(error);
      fresh = false;
      continue;
    }
    giveOutcomes(head, decision, position);
    return;
  }
}

function refuses({ decided }: DecidedBatch): boolean {
  return decided.some(({ decision }) => decision.kind === 'refused');
}

/** Every event of the append counts as at the position of its last: who waits for it waits a little long, never too short. */
function giveOutcomes(head: Head, { decided, state }: DecidedBatch, position: number): void {
  head.state = state;
  for (const { command, decision } of decided) {
    switch (decision.kind) {
      case 'accepted':
        head.revision += 1;
        command.appended(head.revision, position);
        break;
      case 'unchanged':
        command.unchanged();
        break;
      case 'refused':
        command.reject(refusalError(decision));
        break;
      case 'failed':
        command.reject(decision.error);
        break;
    }
  }
}
