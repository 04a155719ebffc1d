import { conversationOfStream, conversationStream } from '../domain/conversation/conversation-id.ts';
import { emptyConversation } from '../domain/conversation/conversation.ts';
import type { Conversation } from '../domain/conversation/conversation.ts';
import { evolve, readConversationEvent } from '../domain/conversation/kinds.ts';
import type { EventStore, ExpectedRevision, RecordedEvent } from '../event-store/event-store.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import type { Ledger } from './ledger.ts';

/** Events read from the end of a stream at first, and at a time after that. */
const tailEvents = 64;

/** The end of one conversation: enough to decide on it, never its past. */
export interface Head {
  /** Newest revision, -1 where the conversation does not exist. */
  revision: number;
  state: Conversation;
  /** True where `state` was folded from the first event on, so that a missing watermark is 0. */
  whole: boolean;
  /** Every message of the conversation after this position was noted in the ledger; the read model knows the others. */
  since: number;
}

export interface HeadDeps {
  readonly store: EventStore;
  readonly readModel: ReadModelQueries;
  readonly ledger: Ledger;
}

/**
 * Loads a head from the end of the stream: as many events as the read model may not know yet, at least 64, never the
 * whole stream. What they tell of their senders' ids goes into the ledger.
 */
export async function loadHead(conversation: string, { store, readModel, ledger }: HeadDeps): Promise<Head> {
  const stream = conversationStream(conversation);
  const tail = await backwards(store, stream, undefined);
  const newest = tail[0];
  if (newest === undefined) return { revision: -1, state: emptyConversation, whole: true, since: 0 };
  let oldest = tail.at(-1) ?? newest;
  const projected = oldest.revision === 0 ? 0 : await readModel.checkpoint();
  while (oldest.revision > 0 && oldest.position > projected) {
    const more = await backwards(store, stream, oldest.revision - 1);
    tail.push(...more);
    oldest = more.at(-1) ?? oldest;
  }
  const lastSeq = newest.metadata.lastSeq ?? 0;
  const whole = oldest.revision === 0;
  const head: Head = {
    revision: -1,
    state: { ...emptyConversation, lastSeq },
    whole,
    since: whole ? 0 : oldest.position,
  };
  foldInto(head, tail.reverse(), ledger);
  return head;
}

/** Brings a head that fell behind up to the stream's end. */
export async function catchUpHead(conversation: string, head: Head, { store, ledger }: HeadDeps): Promise<void> {
  for (;;) {
    const read = { direction: 'forwards', fromRevision: head.revision + 1, maxCount: tailEvents } as const;
    const events = await store.readStream(conversationStream(conversation), read);
    foldInto(head, events, ledger);
    if (events.length < tailEvents) return;
  }
}

/** Folds recorded events, oldest first, into a head. Kinds that this program does not know only move the revision. */
export function foldInto(head: Head, events: readonly RecordedEvent[], ledger: Ledger): void {
  for (const recorded of events) {
    const { stream, revision, position, type, data, metadata } = recorded;
    const event = readConversationEvent(type, metadata.schemaVersion, data);
    if (event !== undefined) head.state = evolve(head.state, event);
    head.revision = revision;
    if (event?.type === 'MessageSent') {
      const { from, clientId } = event.data;
      ledger.note(from.id, clientId, { conversation: conversationOfStream(stream), revision, position });
    }
  }
}

export function expectedRevision(head: Head): ExpectedRevision {
  return head.revision === -1 ? 'no_stream' : head.revision;
}

/** How far the reader has read, from the head where it knows, from the read model where the event is too old for it. */
export async function watermarkOf(
  conversation: string,
  reader: string,
  head: Head,
  readModel: ReadModelQueries,
): Promise<number> {
  const known = head.state.readSeq.get(reader);
  if (known !== undefined || head.whole) return known ?? 0;
  const document = await readModel.conversation(conversation);
  return document?.members.find(({ id }) => id === reader)?.read_seq ?? 0;
}

async function backwards(store: EventStore, stream: string, from: number | undefined): Promise<RecordedEvent[]> {
  const read = {
    direction: 'backwards',
    maxCount: tailEvents,
    ...(from === undefined ? {} : { fromRevision: from }),
  } as const;
  return [...(await store.readStream(stream, read))];
}
