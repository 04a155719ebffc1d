import { conversationOfStream, conversationStreamPrefix } from '../domain/conversation/conversation-id.ts';
import type { MessageSent } from '../domain/conversation/kinds/message-sent.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import { encodeEvent } from '../protocol/event-frames.ts';
import type { EventPlace } from '../protocol/event-frames.ts';
import { originalMessage } from '../protocol/original-frames.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import type { Aside } from './aside.ts';
import { createEventReader } from './event-reader.ts';
import type { Hub } from './hub.ts';
import { eachOf } from './hub.ts';
import type { Change } from './recent-changes.ts';
import type { Outboxes, Session } from './session.ts';

export interface FanOutDeps {
  readonly hub: Hub;
  readonly rosters: Pick<Rosters, 'directMembers'>;
  readonly outboxes: Outboxes;
  readonly positions: WirePositions;
  /** A message went to a socket of the original system: it counts as read. */
  onOriginalDelivery(reader: string, conversation: string, seq: number): void;
  /** A conversation has changed, whether anybody here takes the event or not. */
  onChange(change: Change): void;
  /** The first message of a direct conversation was delivered. */
  onBegun(members: readonly string[]): void;
  onFanOut(sockets: number): void;
  /** An event that this program cannot deliver: of a kind that a newer one writes, or of a stream that is not ours. */
  onAside(kind: Aside, event: RecordedEvent): void;
}

/** Hands events of conversations to the local sockets of their members. */
export type FanOut = (events: readonly RecordedEvent[]) => void;

/** An event with somebody here to take it. */
interface Local {
  readonly recorded: RecordedEvent;
  readonly conversation: string;
  readonly sessions: readonly Session[];
}

export function createFanOut(deps: FanOutDeps): FanOut {
  const { hub, rosters, outboxes, positions, onOriginalDelivery, onChange, onBegun, onFanOut, onAside } = deps;

  /** Undefined where nobody here takes the event. */
  function localOf(recorded: RecordedEvent): Local | undefined {
    const { stream } = recorded;
    const conversation = stream.slice(conversationStreamPrefix.length);
    const members = rosters.directMembers(conversation);
    if (members === undefined && conversationOfStream(stream) === undefined) {
      onAside('foreign', recorded);
      return undefined;
    }
    onChange({ conversation, members, position: recorded.position });
    const sessions = sessionsOf(hub, conversation, members);
    if (sessions.length > 0) return { recorded, conversation, sessions };
    onFanOut(0);
    return undefined;
  }

  /** To the sockets of the original system: messages to their user, and nothing else. */
  function deliverOriginal(sessions: readonly Session[], place: EventPlace, sent: MessageSent): number {
    const takers = sessions.filter(({ user, closed }) => user !== undefined && user === sent.to?.id && !closed);
    const message = takers.length === 0 ? '' : originalMessage(place, sent);
    for (const session of takers) outboxes.send(session, message);
    const [reader] = takers;
    if (reader?.user !== undefined) onOriginalDelivery(reader.user, place.conversation, sent.seq);
    return takers.length;
  }

  /** What messages lead to beside their frames; to how many sockets more they went. */
  function sent(original: readonly Session[], place: EventPlace, message: MessageSent): number {
    if (message.seq === 1) onBegun(rosters.directMembers(place.conversation) ?? []);
    return original.length === 0 ? 0 : deliverOriginal(original, place, message);
  }

  function deliver({ recorded, sessions }: Local, place: EventPlace): void {
    const { position } = recorded;
    const event = read(recorded);
    if (typeof event === 'string') {
      if (event !== 'passed') onAside(event, recorded);
      return;
    }
    const original = sessions.filter(({ kind }) => kind === 'original');
    let sockets = sessions.length - original.length;
    const frame = sockets === 0 ? '' : encodeEvent(place, event);
    for (const session of sessions) {
      if (position <= session.seen) continue;
      session.position = position;
      if (session.kind === 'v1') outboxes.deliver(session, frame);
    }
    if (event.type === 'MessageSent') sockets += sent(original, place, event.data);
    onFanOut(sockets);
  }

  const read = createEventReader();

  return (events) => {
    // Most events are of no local socket where there are many gateways: for those, nothing else is done.
    const local = events.map(localOf).filter((one) => one !== undefined);
    const cursors = positions.encodeAll(local.map(({ recorded }) => recorded));
    local.forEach((one, index) => {
      const { conversation, recorded } = one;
      deliver(one, { conversation, revision: recorded.revision, cursor: cursors[index] ?? '' });
    });
  };
}

/** Sockets here of those who belong to the conversation. */
function sessionsOf(hub: Hub, conversation: string, members: readonly string[] | undefined): readonly Session[] {
  const sessions: Session[] = [];
  const take = (session: Session): void => void sessions.push(session);
  if (members === undefined) eachOf(hub.ofGroup(conversation), take);
  else for (const member of members) eachOf(hub.ofUser(member), take);
  return sessions;
}
