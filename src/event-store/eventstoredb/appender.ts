import { backOff } from '../../shared/back-off.ts';
import { createAppendCall } from './append-call.ts';
import { appendFrame, readReply } from './append-frames.ts';
import type { AppendReply } from './append-frames.ts';
import type { AppendOutcome, AppendRequest } from './append-protocol.ts';
import type { OnIncident } from './incident.ts';
import type { BatchAppendResp } from './proto/protocol.ts';

export interface AppenderOptions {
  readonly url: string;
  onOutcome(outcome: AppendOutcome): void;
  onIncident: OnIncident;
}

/** Appends over one connection that does nothing else. */
export interface Appender {
  append(appends: readonly AppendRequest[]): void;
  /** Nobody waits for these any more. Where the server gave no sign of life since they went out, it is left. */
  drop(keys: readonly number[]): void;
  close(): void;
}

interface Pending {
  readonly append: AppendRequest;
  /** Transient answers so far. */
  tries: number;
  /** When it last went out; undefined while it waits to. */
  sentAt: number | undefined;
}

/** Keys begin above it. */
const unknownKey = 0;

/**
 * Keeps one batch append call open. What has no answer when it breaks goes out again on the next one, with the same
 * ids at the same revision: the server recognises what it has already. Answers are matched to the frames of this call
 * alone (db-client matches those of all its clients in one table, and throws where an answer is not in it).
 */
export function createAppender({ url, onOutcome, onIncident }: AppenderOptions): Appender {
  /** By key, in the order they came. */
  const pending = new Map<number, Pending>();
  /** Keys by the correlation of the frame that is out for them. */
  const out = new Map<number, number>();
  let correlation = 0;
  const onReply = (reply: BatchAppendResp): void => take(readReply(reply));
  const call = createAppendCall({ url, onOpen: sendAll, onReply, onLost: sendAgain, onIncident });

  function sendAll(): void {
    for (const waiting of pending.values()) send(waiting);
  }

  function send(waiting: Pending): void {
    if (!call.isOpen()) {
      call.open();
      return;
    }
    correlation += 1;
    out.set(correlation, waiting.append.key);
    waiting.sentAt = performance.now();
    call.write(appendFrame(waiting.append, correlation));
  }

  /** Everything, once there is a call again. */
  function sendAgain(): void {
    out.clear();
    for (const waiting of pending.values()) waiting.sentAt = undefined;
    if (pending.size > 0) call.open();
  }

  function take({ correlation: answered, answer }: AppendReply): void {
    const waiting = pending.get(out.get(answered) ?? unknownKey);
    out.delete(answered);
    if (waiting === undefined) return;
    const { key } = waiting.append;
    if (answer.kind !== 'transient') {
      pending.delete(key);
      onOutcome({ ...answer, key });
      return;
    }
    waiting.tries += 1;
    waiting.sentAt = undefined;
    onIncident({ kind: 'append-retried', count: 1, reason: answer.reason });
    setTimeout(() => {
      if (pending.get(key) === waiting && waiting.sentAt === undefined) send(waiting);
    }, backOff(waiting.tries));
  }

  return {
    append(appends) {
      for (const append of appends) {
        const waiting: Pending = { append, tries: 0, sentAt: undefined };
        pending.set(append.key, waiting);
        send(waiting);
      }
    },

    drop(keys) {
      const silent = keys.some((key) => (pending.get(key)?.sentAt ?? -Infinity) > call.heardAt());
      for (const key of keys) pending.delete(key);
      // A frozen leader keeps its connections: only by asking afresh does one learn that another leads.
      if (silent) call.renew();
    },

    close: call.close,
  };
}
