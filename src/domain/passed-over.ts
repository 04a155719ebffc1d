import { z } from 'zod';
import { isUserId, userStreamPrefix } from './user/user.ts';
import { conversationOfStream, conversationStreamPrefix } from './conversation/conversation-id.ts';
import { readConversationEvent } from './conversation/kinds.ts';
import { readUserEvent } from './user/kinds.ts';

/** Of one of our streams, of conversations and users alike. */
const schema = z.object({
  /** Of the event in the same stream that cannot be read. */
  revision: z.int().nonnegative(),
  /** Why, in the operator's words. */
  reason: z.string(),
  /** Epoch milliseconds. */
  date: z.int(),
});

export type EventPassedOver = z.infer<typeof schema>;

/**
 * An operator decided that an event of the same stream, which cannot be read, counts as if it were not there: the stream
 * goes on behind it, for everybody who reads it. It is told to no client.
 */
export const eventPassedOver = { type: 'EventPassedOver', schemaVersion: 1 } as const;

/** A stored event, as far as reading it goes. */
interface Stored {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: { readonly schemaVersion: number };
}

/** The revision that the event passes over; undefined where it is no such decision. */
export function passedRevision({ type, data, metadata }: Stored): number | undefined {
  if (type !== eventPassedOver.type || metadata.schemaVersion !== eventPassedOver.schemaVersion) return undefined;
  return schema.safeParse(data).data?.revision;
}

/** Revisions that events of one stream pass over. */
export function passedRevisions(events: readonly Stored[]): ReadonlySet<number> {
  const passed = events.filter(({ type }) => type === eventPassedOver.type).map(passedRevision);
  return new Set(passed.filter((revision) => revision !== undefined));
}

/** Whether a stored event of a stream can be read; a kind that is not known can be passed by, so it can. */
export function isReadable({ stream, type, data, metadata }: Stored & { readonly stream: string }): boolean {
  try {
    if (stream.startsWith(userStreamPrefix)) readUserEvent(type, metadata.schemaVersion, data);
    else readConversationEvent(type, metadata.schemaVersion, data);
    return true;
  } catch {
    return false;
  }
}

/** Whether a stream is one of ours, and not one whose name only looks like it. */
export function isOurStream(stream: string): boolean {
  if (stream.startsWith(conversationStreamPrefix)) return conversationOfStream(stream) !== undefined;
  return stream.startsWith(userStreamPrefix) && isUserId(stream.slice(userStreamPrefix.length));
}
