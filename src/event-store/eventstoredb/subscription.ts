import type { EventBatch, RecordedEvent, SubscribeOptions } from '../event-store.ts';
import { openRead } from './collect.ts';
import { createInbox } from './inbox.ts';
import type { Inbox } from './inbox.ts';
import type { Links } from './links.ts';
import type { ReadAnswer } from './read-frames.ts';
import { subscriptionRequest } from './read-request.ts';
import { watchLink } from './watch.ts';

const defaultBatch = 1_000;

/** The log from a position on, read no further ahead than gRPC's own small buffers: beyond them the server waits. */
export async function* followLog(links: Links, options: SubscribeOptions): AsyncGenerator<EventBatch> {
  const { after, prefixes, signal, maxBatch = defaultBatch } = options;
  if (signal.aborted) return;
  const link = links.current();
  const inbox = createInbox<ReadAnswer>(() => openRead(link, subscriptionRequest(after, prefixes)), {
    link,
    signal,
    most: maxBatch,
  });
  const unwatch = watchLink(link);
  try {
    yield* batchesOf(inbox);
  } finally {
    unwatch();
    inbox.end();
  }
}

/** An empty batch tells once that nothing more is there. */
async function* batchesOf(inbox: Inbox<ReadAnswer>): AsyncGenerator<EventBatch> {
  let caughtUp = false;
  let told = false;
  while (await inbox.wait()) {
    const { items, more } = inbox.take();
    const events: RecordedEvent[] = [];
    for (const answer of items) {
      if (answer.event !== undefined) events.push(answer.event);
      caughtUp = answer.caughtUp ?? caughtUp;
    }
    const all = caughtUp && !more;
    if (events.length === 0 && (told || !all)) continue;
    told = all;
    yield { events, caughtUp: all };
  }
}
