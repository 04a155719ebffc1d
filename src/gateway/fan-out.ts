import { conversationOfStream, directMembers } from '../domain/conversation/conversation-id.ts';
import type { MessageSent } from '../domain/conversation/events.ts';
import { readConversationEvent } from '../domain/conversation/upcasters.ts';
import type { RecordedEvent } from '../event-store/event-store.ts';
import type { Logger } from '../logger.ts';
import { messageFrame, originalMessage, readFrame } from './encode.ts';
import type { EventPlace } from './encode.ts';
import type { WirePositions } from '../wire-position.ts';
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

/** Hands one event of a conversation to the local sockets of its members. */
export type FanOut = (recorded: RecordedEvent) => void;

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

  return ({ stream, type, data, metadata, revision, position }) => {
    const conversation = conversationOfStream(stream);
    const members = directMembers(conversation);
    const place = { conversation, revision, cursor: positions.encode(position) };
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
        logger.warn({ conversation, revision, type }, 'event of an unknown kind, not delivered');
    }
  };
}
