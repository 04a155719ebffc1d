import { parseConversationId } from './conversation-id.ts';

/** Who belongs to a conversation. */
export interface Roster {
  /** True: one or two users, for ever, as the id says. */
  readonly direct: boolean;
  /** Each once. */
  readonly members: readonly string[];
  /** The seq after which this user sees the conversation, 0: all of it; undefined where the user is no member. */
  joinedSeq(user: string): number | undefined;
}

/**
 * The one place that knows who belongs to a conversation: commands, fan-out and queries ask it. What the id says is
 * answered at once, without a promise.
 */
export interface Rosters {
  /** Members of a direct conversation, each once; undefined for anything else. Never waits. */
  directMembers(conversation: string): readonly string[] | undefined;
  /** Undefined where there is no such conversation. */
  of(conversation: string): Roster | undefined | Promise<Roster | undefined>;
  /** The user's conversations whose members the id does not tell. */
  groupsOf(user: string): readonly string[] | Promise<readonly string[]>;
}

/** Rosters of direct conversations, from their ids. There are no groups yet. */
export const directRosters: Rosters = {
  directMembers(conversation) {
    const parsed = parseConversationId(conversation);
    return parsed?.kind === 'direct' ? eachOnce(parsed.members) : undefined;
  },
  of(conversation) {
    const parsed = parseConversationId(conversation);
    return parsed?.kind === 'direct' ? directRoster(parsed.members) : undefined;
  },
  groupsOf: () => [],
};

function directRoster(pair: readonly [string, string]): Roster {
  const members = eachOnce(pair);
  return { direct: true, members, joinedSeq: (user) => (members.includes(user) ? 0 : undefined) };
}

/** Who writes to oneself is alone in the conversation. */
function eachOnce([one, other]: readonly [string, string]): readonly string[] {
  return one === other ? [one] : [one, other];
}

/** The other one of the members of a direct conversation, oneself where one writes to oneself; null in a group. */
export function peerAmong(members: readonly string[] | undefined, user: string): string | null {
  return members === undefined ? null : (members.find((member) => member !== user) ?? user);
}
