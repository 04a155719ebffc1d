import { randomUUID } from 'node:crypto';
import type { RecordedEvent } from 'weiliao/event-store';
import type { Log } from './log.ts';
import { resolve } from './link.ts';
import { pageSize, readStream } from './read-stream.ts';
import { caughtUpResponse, confirmationResponse, eventResponse } from './responses.ts';
import { streamDeleted } from './rpc-errors.ts';
import { isTombstone } from './stored-event.ts';
import { createWakeUp } from './wake-up.ts';

export interface StreamSubscription {
  readonly stream: string;
  /** Exclusive: the last revision already had, -1 for all; `end` for what comes. */
  readonly after: number | 'end';
  readonly resolveLinks: boolean;
  readonly structuredIds: boolean;
  readonly signal: AbortSignal;
}

/** A stream's events without end. Throws `RpcError` where it is deleted for good. */
export async function* subscribeToStream(log: Log, subscription: StreamSubscription): AsyncGenerator<Buffer> {
  const { stream, resolveLinks, structuredIds, signal } = subscription;
  const { head, tombstoned } = log.stateOf(stream);
  if (tombstoned) throw streamDeleted(stream);
  const wakeUp = createWakeUp(log, signal, (event) => event.stream === stream);
  const send = (event: RecordedEvent): Buffer =>
    eventResponse(resolve(log, log.shared(event), resolveLinks), structuredIds);
  try {
    yield confirmationResponse(randomUUID());
    let revision = subscription.after === 'end' ? head : Math.max(subscription.after, head);
    for (const event of pastOf(log, subscription)) {
      yield send(event);
      revision = Math.max(revision, event.revision);
    }
    yield caughtUpResponse();
    for (;;) {
      const page = log.readStream(stream, revision + 1, pageSize);
      for (const event of page) {
        yield send(event);
        if (isTombstone(event)) throw streamDeleted(stream);
        revision = event.revision;
      }
      if (page.length === 0 && !(await wakeUp.next())) return;
    }
  } finally {
    wakeUp.end();
  }
}

function* pastOf(log: Log, { stream, after }: StreamSubscription): Generator<RecordedEvent> {
  if (after === 'end') return;
  const all = { stream, direction: 'forwards', from: after + 1, maxCount: Number.MAX_SAFE_INTEGER } as const;
  for (const page of readStream(log, all) ?? []) yield* page;
}
