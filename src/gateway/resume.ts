import { setTimeout as delay } from 'node:timers/promises';
import { conversationOfStream } from '../domain/conversation/conversation-id.ts';
import { readConversationEvent } from '../domain/conversation/kinds.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import { encodeEvent } from '../protocol/event-frames.ts';
import { liveFrame, resetFrame } from '../protocol/signal-frames.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import { createTurns } from '../shared/turns.ts';
import { findMissed } from './missed.ts';
import type { RecentChanges } from './recent-changes.ts';
import type { Outboxes, Session } from './session.ts';

export interface ResumeDeps {
  readonly store: Pick<EventStore, 'readStream' | 'lastPosition'>;
  readonly readModel: Pick<ReadModelQueries, 'conversationsChangedSince'>;
  readonly recent: RecentChanges;
  readonly outboxes: Outboxes;
  readonly positions: WirePositions;
  feedPosition(): number;
}

/** Where a client goes on. */
export interface Gap {
  readonly user: string;
  readonly groups: readonly string[];
  /** Positions: it has seen everything up to `after`; what is beyond `upTo` comes live. */
  readonly after: number;
  readonly upTo: number;
}

export interface Resume {
  /** The place that a cursor names; undefined where there is none to go on from. */
  placeOf(cursor: string | undefined): Promise<number | undefined>;
  /**
   * Sends what was missed, once and in log order, then `live`, then what came live meanwhile. Rejects where it cannot be
   * found: the session is then to be closed, so that its client comes back with its cursor.
   */
  catchUp(session: Session, gap: Gap): Promise<void>;
}

/** Clients that catch up at a time in this process; the others wait for their turn. */
const catchUpsAtOnce = 16;
/** Bytes of a replay that may be unsent before the next part is made. */
const replayBytes = 128 * 1024;
/** Events of a replay that are encoded in one turn. */
const replayEvents = 50;
/** Milliseconds between two looks at a client that has not taken the last part yet. */
const lookMs = 10;

export function createResume({ store, readModel, recent, outboxes, positions, feedPosition }: ResumeDeps): Resume {
  const turns = createTurns(catchUpsAtOnce);

  async function replay(session: Session, events: readonly RecordedEvent[]): Promise<void> {
    for (let next = 0; next < events.length && !session.closed;) {
      const part = events.slice(next, next + replayEvents);
      next += part.length;
      const cursors = positions.encodeAll(part.map(({ position }) => position));
      part.forEach((event, index) => {
        const frame = frameOf(event, cursors[index] ?? '');
        if (frame !== undefined) outboxes.send(session, frame);
      });
      await taken(session);
    }
  }

  return {
    async placeOf(cursor) {
      const place = cursor === undefined ? undefined : positions.decode(cursor);
      if (place === undefined || place <= feedPosition()) return place;
      // Another gateway may be a little ahead. What is ahead of the log itself is of another log.
      return place <= (await store.lastPosition()) ? place : undefined;
    },

    async catchUp(session, gap) {
      const missed = await turns.take(async () => {
        if (session.closed) return { events: [], tooLong: [] };
        return findMissed({ store, readModel, recent }, gap);
      });
      await replay(session, missed.events);
      if (missed.tooLong.length > 0) outboxes.send(session, resetFrame(missed.tooLong));
      outboxes.send(session, liveFrame(positions.encode(gap.upTo)));
      outboxes.goLive(session);
    },
  };
}

/** Resolves when the client has taken most of what was sent, or is gone. */
async function taken(session: Session): Promise<void> {
  do await delay(session.outbox === undefined ? lookMs : 0);
  while ((session.connection?.getBufferedAmount() ?? 0) > replayBytes && !session.closed);
}

/** Undefined for an event that this program does not know, or cannot read. */
function frameOf({ stream, revision, type, metadata, data }: RecordedEvent, cursor: string): string | undefined {
  const conversation = conversationOfStream(stream);
  if (conversation === undefined) return undefined;
  try {
    const event = readConversationEvent(type, metadata.schemaVersion, data);
    return event && encodeEvent({ conversation, revision, cursor }, event);
  } catch {
    // The feed has told of it, and its conversation stands still until an operator decides.
    return undefined;
  }
}
