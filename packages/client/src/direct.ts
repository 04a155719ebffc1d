/** Id of the direct conversation of two users. */
export function directConversation(one: string, other: string): string {
  return `dm~${one < other ? `${one}~${other}` : `${other}~${one}`}`;
}

/** The other side of a direct conversation; undefined for a group, or where `me` has no part in it. */
export function peerOf(conversation: string, me: string): string | undefined {
  const [kind, one, other, rest] = conversation.split('~');
  if (kind !== 'dm' || rest !== undefined) return undefined;
  if (one === me) return other;
  return other === me ? one : undefined;
}
