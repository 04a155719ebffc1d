import { conversationOfStream, conversationStreamPrefix } from '../domain/conversation/conversation-id.ts';
import { readConversationEvent } from '../domain/conversation/kinds.ts';
import { eventPassedOver } from '../domain/passed-over.ts';
import { isUserId, userStreamPrefix } from '../domain/user/user.ts';
import { readUserEvent } from '../domain/user/kinds.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import type { ReadModelBatch } from '../read-model/read-model.ts';
import { foldConversations } from './fold/conversations.ts';
import { foldConversationEvent } from './fold/effects.ts';
import { foldMemberships } from './fold/memberships.ts';
import { foldMessages } from './fold/messages.ts';
import { foldUsers } from './fold/users.ts';

export interface Folded {
  readonly batch: ReadModelBatch;
  /** Events of our streams of kinds that this program does not know, left aside: a newer program wrote them. */
  readonly unknown: number;
  /** Events of streams whose names only look like ours, left aside: another program's. */
  readonly foreign: number;
  /** Decisions to pass events over: what they say is not in the batch. */
  readonly passes: number;
}

/**
 * What a batch of events, in log order, writes to the read model. Pure. However the log is cut into batches, the same
 * documents come of it.
 *
 * Throws `UnreadableEventError` for an event that does not have the shape its type and version promise.
 */
export function foldEvents(events: readonly RecordedEvent[]): Folded {
  const messages = foldMessages();
  const conversations = foldConversations();
  const memberships = foldMemberships();
  const users = foldUsers();
  // One text for each conversation: maps find a text they have seen much faster than an equal one.
  const names = new Map<string, string | undefined>();
  const left = { unknown: 0, foreign: 0, passes: 0 };

  function foldInto(event: RecordedEvent): keyof typeof left | undefined {
    const { stream, position } = event;
    if (stream.startsWith(conversationStreamPrefix)) {
      let conversation = names.get(stream);
      if (conversation === undefined && !names.has(stream)) {
        conversation = conversationOfStream(stream);
        names.set(stream, conversation);
      }
      if (conversation === undefined) return 'foreign';
      const known = readable(event, readConversationEvent);
      if (known === undefined) return leftAside(event);
      foldConversationEvent({ messages, conversations, memberships }, known, { conversation, place: event });
      return undefined;
    }
    if (!isUserId(stream.slice(userStreamPrefix.length))) return 'foreign';
    const user = readable(event, readUserEvent);
    if (user === undefined) return leftAside(event);
    users.happened(user, position);
    return undefined;
  }

  for (const event of events) {
    const aside = foldInto(event);
    if (aside !== undefined) left[aside] += 1;
  }
  const batch = {
    users: users.users(),
    messages: messages.messages,
    patches: messages.patches,
    conversations: conversations.changes(),
    memberships: memberships.changes(),
    damages: [],
  };
  return { batch, ...left };
}

function leftAside({ type }: RecordedEvent): 'unknown' | 'passes' {
  return type === eventPassedOver.type ? 'passes' : 'unknown';
}

function readable<T>(
  event: RecordedEvent,
  read: (type: string, schemaVersion: number, data: unknown) => T | undefined,
): T | undefined {
  try {
    return read(event.type, event.metadata.schemaVersion, event.data);
  } catch (error) {
    throw new UnreadableEventError(event, error);
  }
}

/** An event whose payload this program cannot read: it was written by another program, or is damaged. */
export class UnreadableEventError extends Error {
  readonly position: number;

  constructor({ type, stream, revision, position }: RecordedEvent, cause: unknown) {
    super(`${type} at position ${position} (revision ${revision} of ${stream}) cannot be read`, { cause });
    this.name = 'UnreadableEventError';
    this.position = position;
  }
}
