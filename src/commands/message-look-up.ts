import { conversationStream, messageId } from '../domain/conversation/conversation-id.ts';
import { readConversationEvent } from '../domain/conversation/kinds.ts';
import { isReadable } from '../domain/passed-over.ts';
import type { RecordedMessage } from '../domain/conversation/recorded-message.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import type { MessageDocument } from '../read-model/documents.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';

/** Events of the stretch that is read at last, when the place of a message is narrowed down to so few. */
const stretch = 64;
/** Events read at a time to learn how many messages there were by then. Nearly always the first one tells. */
const probe = 8;

/** A place in a conversation's stream, and the seq of the newest message there: what a head tells of the end. */
export interface SeenPlace {
  readonly revision: number;
  readonly lastSeq: number;
}

export interface MessageLookUp {
  /**
   * The message with this seq, as it was sent; undefined where there is none up to the place. Costs one read where
   * nothing but messages came between it and the place, and where the place is the message's own. Otherwise the read
   * model tells where it is, or, where that is behind, the log is bisected: some ten reads in a million events.
   *
   * What it says comes from the log, since a text may have been changed in the read model. Only where the log does not
   * hold the message any more does the read model's copy count.
   */
  messageAt(conversation: string, seq: number, upTo: SeenPlace): Promise<RecordedMessage | undefined>;
}

export interface MessageLookUpDeps {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly readModel: Pick<ReadModelQueries, 'message'>;
}

export function createMessageLookUp({ store, readModel }: MessageLookUpDeps): MessageLookUp {
  return {
    async messageAt(conversation, seq, { revision, lastSeq }) {
      if (seq < 1 || seq > lastSeq) return undefined;
      const log = { store, conversation };
      const newest = revision - (lastSeq - seq);
      const near = await messageIn(log, seq, { from: newest, count: 1 });
      if (near !== undefined) return near;
      const document = await readModel.message(messageId(conversation, seq));
      if (document === undefined) return bisect(log, seq, newest - 1);
      return (await messageIn(log, seq, { from: document.revision, count: 1 })) ?? messageOf(document);
    },
  };
}

interface ConversationLog {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly conversation: string;
}

/** The message with this seq among `count` events from a revision backwards. */
async function messageIn(
  { store, conversation }: ConversationLog,
  seq: number,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<RecordedMessage | undefined> {
  if (from < 0 || count < 1) return undefined;
  const read = { direction: 'backwards', fromRevision: from, maxCount: count } as const;
  for (const recorded of await store.readStream(conversationStream(conversation), read)) {
    const { type, data, metadata, revision, position } = recorded;
    if (!isReadable(recorded)) continue;
    const event = readConversationEvent(type, metadata.schemaVersion, data);
    if (event?.type === 'MessageSent' && event.data.seq === seq) {
      return { conversation, revision, position, sent: event.data };
    }
  }
  return undefined;
}

/** Each event says how many messages there were by then, and each message takes one revision at least. */
async function bisect(log: ConversationLog, seq: number, upTo: number): Promise<RecordedMessage | undefined> {
  let low = seq - 1;
  let high = upTo;
  while (high - low >= stretch) {
    const middle = Math.floor((low + high) / 2);
    const seen = await newestSeen(log, middle, low);
    if (seen !== undefined && seen.lastSeq >= seq) high = seen.revision - (seen.lastSeq - seq);
    else low = middle + 1;
  }
  return messageIn(log, seq, { from: high, count: high - low + 1 });
}

/** The newest event at or before a revision, down to another one, that says how many messages there were. */
async function newestSeen(log: ConversationLog, from: number, downTo: number): Promise<SeenPlace | undefined> {
  const stream = conversationStream(log.conversation);
  for (let next = from; next >= downTo; next -= probe) {
    const read = { direction: 'backwards', fromRevision: next, maxCount: probe } as const;
    const seen = (await log.store.readStream(stream, read)).find(saysLastSeq);
    if (seen !== undefined) return { revision: seen.revision, lastSeq: seen.metadata.lastSeq };
  }
  return undefined;
}

/** Other programs' events in the stream need not say it. */
function saysLastSeq(event: RecordedEvent): event is RecordedEvent & { metadata: { lastSeq: number } } {
  return event.metadata.lastSeq !== undefined;
}

function messageOf(document: MessageDocument): RecordedMessage {
  const { client_id: clientId, conversation, seq, revision, position, from, to, msg, send_date: sendDate } = document;
  return { conversation, revision, position, sent: { clientId, seq, from, to, msg, sendDate } };
}
