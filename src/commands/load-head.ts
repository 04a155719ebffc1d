import { conversationStream } from '../domain/conversation/conversation-id.ts';
import { emptyConversation } from '../domain/conversation/conversation.ts';
import { evolve, readConversationEvent } from '../domain/conversation/kinds.ts';
import type { ConversationEvent } from '../domain/conversation/kinds.ts';
import { passedRevisions } from '../domain/passed-over.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import type { ConversationDocument } from '../read-model/documents.ts';
import type { DamageQueries, ReadModelQueries } from '../read-model/read-model.ts';
import { damaged } from './command-error.ts';
import type { EventPlace, Head } from './head.ts';
import { readRecorded } from './read-recorded.ts';

/** Events read from the end of a stream at first, and at a time after that. */
export const tailEvents = 64;

export interface HeadDeps {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly readModel: Pick<ReadModelQueries & DamageQueries, 'checkpoint' | 'conversation' | 'damage'>;
  /** Called for each event that is read of a conversation, in order, whoever wrote it. */
  observe(event: ConversationEvent, place: EventPlace): void;
}

/**
 * Loads a head from the end of the stream: as many events as the read model may not know yet, at least 64, never the
 * whole stream. Where the stream does not begin at its first event, the read model says what it must hold: a stream
 * that was cut or deleted is no conversation that never was, and no seq is given twice.
 *
 * Throws `CONVERSATION_DAMAGED` where less is there than the read model has seen, and where an event cannot be read that
 * nobody passed over.
 */
export async function loadHead(conversation: string, deps: HeadDeps): Promise<Head> {
  const tail = await readTail(conversation, deps);
  const oldest = tail.at(-1);
  if (oldest?.revision === 0) return foldHead(conversation, { tail, whole: true, lastSeq: 0 }, deps);
  const [known] = await Promise.all([deps.readModel.conversation(conversation), assertGoing(conversation, tail, deps)]);
  if (oldest === undefined && known === undefined) return emptyHead(conversation);
  const head = foldHead(conversation, { tail, whole: false, lastSeq: lastSeqOf(tail, known) }, deps);
  if (known !== undefined) await assertHolds(head, known, deps);
  return head;
}

/** The newest events, newest first: back to what the read model knows, or to where the stream begins. */
async function readTail(conversation: string, { store, readModel }: HeadDeps): Promise<readonly RecordedEvent[]> {
  const stream = conversationStream(conversation);
  const tail = [...(await store.readStream(stream, { direction: 'backwards', maxCount: tailEvents }))];
  let oldest = tail.at(-1);
  if (oldest === undefined || oldest.revision === 0) return tail;
  const projected = await readModel.checkpoint();
  while (oldest.revision > 0 && oldest.position > projected) {
    const read = { direction: 'backwards', fromRevision: oldest.revision - 1, maxCount: tailEvents } as const;
    const more = await store.readStream(stream, read);
    const next = more.at(-1);
    // What comes before was cut off.
    if (next === undefined || next.revision >= oldest.revision) break;
    tail.push(...more);
    oldest = next;
  }
  return tail;
}

/** An event that cannot be read may be far back: the read model stands still there. */
async function assertGoing(conversation: string, tail: readonly RecordedEvent[], deps: HeadDeps): Promise<void> {
  const damage = await deps.readModel.damage(conversationStream(conversation));
  if (damage === undefined || damage.passed !== null || passedRevisions(tail).has(damage.revision)) return;
  throw damaged(`${conversation} stands still at revision ${damage.revision}: ${damage.reason}`);
}

/** Events that we did not write need not say it: then the read model knows, whatever was before them. */
function lastSeqOf(tail: readonly RecordedEvent[], known: ConversationDocument | undefined): number {
  const said = tail.find(({ metadata }) => metadata.lastSeq !== undefined);
  return said?.metadata.lastSeq ?? known?.last_seq ?? 0;
}

function emptyHead(conversation: string): Head {
  return { conversation, revision: -1, state: emptyConversation, whole: true, since: 0 };
}

interface Tail {
  /** Newest first. */
  readonly tail: readonly RecordedEvent[];
  readonly whole: boolean;
  readonly lastSeq: number;
}

function foldHead(conversation: string, { tail, whole, lastSeq }: Tail, deps: HeadDeps): Head {
  const state = { ...emptyConversation, lastSeq };
  const head: Head = { conversation, revision: -1, state, whole, since: whole ? 0 : (tail.at(-1)?.position ?? 0) };
  foldInto(head, tail.toReversed(), deps);
  return head;
}

/**
 * Folds recorded events, oldest first, into a head. Kinds that this program does not know, and what was passed over,
 * only move the revision and the seq. Throws `CONVERSATION_DAMAGED`.
 */
export function foldInto(head: Head, events: readonly RecordedEvent[], { observe }: Pick<HeadDeps, 'observe'>): void {
  const { conversation } = head;
  for (const recorded of events) {
    const { revision, position, metadata } = recorded;
    const event = readRecorded(recorded, events, readConversationEvent);
    head.revision = revision;
    if (event !== undefined) {
      head.state = evolve(head.state, event);
      observe(event, { conversation, revision, position });
    }
    const { lastSeq = 0 } = metadata;
    if (lastSeq > head.state.lastSeq) head.state = { ...head.state, lastSeq };
  }
}

/** What the read model has seen must be there, in the stream itself or in what its newest event says of it. */
async function assertHolds(head: Head, known: ConversationDocument, { store }: HeadDeps): Promise<void> {
  const { conversation, state } = head;
  let { revision } = head;
  if (revision < known.revision) {
    // It may have moved on since it was read.
    const stream = conversationStream(conversation);
    const [newest] = await store.readStream(stream, { direction: 'backwards', maxCount: 1 });
    revision = newest?.revision ?? -1;
  } else if (state.lastSeq < known.last_seq) {
    throw damaged(`${conversation} ends at seq ${state.lastSeq} in the log, ${known.last_seq} was given`);
  }
  if (revision < known.revision) {
    throw damaged(`${conversation} ends at revision ${revision} in the log, ${known.revision} was there`);
  }
}
