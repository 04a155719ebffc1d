import { conversationStreamPrefix } from '../domain/conversation/conversation-id.ts';
import { userStreamPrefix } from '../domain/user/user.ts';

/**
 * The streams that are ours: what the projections read, and what the log's newest position is of. A log may hold others
 * beside them: the server's own, and other programs'.
 */
export const ownPrefixes: readonly string[] = [conversationStreamPrefix, userStreamPrefix];

export function isOwn(stream: string): boolean {
  return ownPrefixes.some((prefix) => stream.startsWith(prefix));
}
