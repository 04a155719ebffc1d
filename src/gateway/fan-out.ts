import { conversationOfStream, directMembers } from '../domain/conversation/conversation-id.ts';
import type { MessageSent } from '../domain/conversation/kinds/message-sent.ts';
import { readConversationEvent } from '../domain/conversation/kinds.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import type { Logger } from '../shared/logger.ts';
import { messageFrame, originalMessage, readFrame } from './encode.ts';
import type { EventPlace } from './encode.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import type { Hub } from './hub.ts';
import type { Outboxes, Session } from './session.ts';

export interface FanOutDeps {
  readonly hub: Hub;
  readonly outboxes: Outboxes;
  readonly logger: Logger;
  readonly positions: WirePositions;
  /** A message went to a socket of the original system: it counts as read. */
  onOriginalDelivery(reader: string, conversation: string, seq: number): void;
  onFanOut(sockets: number): void;
}

/** Hands events of conversations to the local sockets of their members. */
export type FanOut = (events: readonly RecordedEvent[]) => void;

/** An event with somebody here to take it. */
interface Local {
  readonly event: RecordedEvent;
  readonly conversation: string;
  readonly members: readonly string[];
}

export function createFanOut({ hub, outboxes, logger, positions, onOriginalDelivery, onFanOut }: FanOutDeps): FanOut {
  function each(members: readonly string[], deliver: (session: Session) => boolean): void {
    let sockets = 0;
    for (const member of members) {
      const held = hub.of(member);
      if (held === undefined) continue;
      if (!Array.isArray(held)) sockets += Number(deliver(held as Session));
      else for (const session of held as readonly Session[]) sockets += Number(deliver(session));
    }
    onFanOut(sockets);
  }

  function deliverMessage(place: EventPlace, position: number, sent: MessageSent, members: readonly string[]): void {
    let frame: string | undefined;
    each(members, (session) => {
      session.position = position;
      if (session.kind === 'v1') {
        outboxes.send(session, (frame ??= messageFrame(place, sent)));
        return true;
      }
      if (session.user === undefined || session.user !== sent.to?.id || session.closed) return false;
      outboxes.send(session, originalMessage(place, sent));
      onOriginalDelivery(session.user, place.conversation, sent.seq);
      return true;
    });
  }

  function deliver(
    { type, data, metadata, position }: RecordedEvent,
    members: readonly string[],
    place: EventPlace,
  ): void {
    const event = readConversationEvent(type, metadata.schemaVersion, data);
    switch (event?.type) {
      case 'MessageSent':
        deliverMessage(place, position, event.data, members);
        break;
      case 'MessagesRead': {
        let frame: string | undefined;
        const read = event.data;
        each(members, (session) => {
          session.position = position;
          if (session.kind !== 'v1') return false;
          outboxes.send(session, (frame ??= readFrame(place, read)));
          return true;
        });
        break;
      }
      default:
        logger.warn({ ...place, type }, 'event of an unknown kind, not delivered');
    }
  }

  return (events) => {
    // Most events are of no local socket where there are many gateways: for those, nothing else is done.
    const local: Local[] = [];
    for (const event of events) {
      const conversation = conversationOfStream(event.stream);
      const members = directMembers(conversation);
      if (members.some((member) => hub.of(member) !== undefined)) local.push({ event, conversation, members });
      else onFanOut(0);
    }
    const cursors = positions.encodeAll(local.map(({ event }) => event.position));
    local.forEach(({ event, conversation, members }, index) => {
      deliver(event, members, { conversation, revision: event.revision, cursor: cursors[index] ?? '' });
    });
  };
}
