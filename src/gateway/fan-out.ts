import { conversationOfStream, conversationStreamPrefix } from '../domain/conversation/conversation-id.ts';
import { readConversationEvent } from '../domain/conversation/kinds.ts';
import type { ConversationEvent } from '../domain/conversation/kinds.ts';
import type { MessageSent } from '../domain/conversation/kinds/message-sent.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import { encodeEvent } from '../protocol/event-frames.ts';
import type { EventPlace } from '../protocol/event-frames.ts';
import { originalMessage } from '../protocol/original-frames.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import type { Hub } from './hub.ts';
import { eachOf } from './hub.ts';
import type { Outboxes, Session } from './session.ts';

export interface FanOutDeps {
  readonly hub: Hub;
  readonly rosters: Pick<Rosters, 'directMembers'>;
  readonly outboxes: Outboxes;
  readonly positions: WirePositions;
  /** A message went to a socket of the original system: it counts as read. */
  onOriginalDelivery(reader: string, conversation: string, seq: number): void;
  onFanOut(sockets: number): void;
  /** An event that this program cannot deliver: of a kind that a newer one writes, or of a stream that is not ours. */
  onAside(kind: 'unknown' | 'foreign', event: RecordedEvent): void;
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
  const { hub, rosters, outboxes, positions, onOriginalDelivery, onFanOut, onAside } = deps;

  /** Sockets here of those who belong to the conversation. */
  function sessionsOf(conversation: string, members: readonly string[] | undefined): readonly Session[] {
    const sessions: Session[] = [];
    const take = (session: Session): void => void sessions.push(session);
    if (members === undefined) eachOf(hub.ofGroup(conversation), take);
    else for (const member of members) eachOf(hub.ofUser(member), take);
    return sessions;
  }

  /** Undefined where nobody here takes the event. */
  function localOf(recorded: RecordedEvent): Local | undefined {
    const { stream } = recorded;
    const conversation = stream.slice(conversationStreamPrefix.length);
    const members = rosters.directMembers(conversation);
    if (members === undefined && conversationOfStream(stream) === undefined) {
      onAside('foreign', recorded);
      return undefined;
    }
    const sessions = sessionsOf(conversation, members);
    if (sessions.length > 0) return { recorded, conversation, sessions };
    onFanOut(0);
    return undefined;
  }

  /** True where the session takes it. */
  function deliverOriginal(
    session: Session,
    { conversation }: EventPlace,
    event: ConversationEvent,
    text: () => string,
  ) {
    if (event.type !== 'MessageSent' || session.user === undefined || session.closed) return false;
    if (session.user !== event.data.to?.id) return false;
    outboxes.send(session, text());
    onOriginalDelivery(session.user, conversation, event.data.seq);
    return true;
  }

  function deliver({ recorded, sessions }: Local, place: EventPlace): void {
    const { type, metadata, data, position } = recorded;
    const event = readConversationEvent(type, metadata.schemaVersion, data);
    if (event === undefined) {
      onAside('unknown', recorded);
      return;
    }
    const frame = once(() => encodeEvent(place, event));
    const original = once(() => originalMessage(place, event.data as MessageSent));
    let sockets = 0;
    for (const session of sessions) {
      session.position = position;
      if (session.kind === 'v1') outboxes.send(session, frame());
      else if (!deliverOriginal(session, place, event, original)) continue;
      sockets += 1;
    }
    onFanOut(sockets);
  }

  return (events) => {
    // Most events are of no local socket where there are many gateways: for those, nothing else is done.
    const local = events.map(localOf).filter((one) => one !== undefined);
    const cursors = positions.encodeAll(local.map(({ recorded }) => recorded.position));
    local.forEach((one, index) => {
      const { conversation, recorded } = one;
      deliver(one, { conversation, revision: recorded.revision, cursor: cursors[index] ?? '' });
    });
  };
}

/** A text that is made where it is first asked for: once, however many sockets it goes to. */
function once(make: () => string): () => string {
  let text: string | undefined;
  return () => (text ??= make());
}
