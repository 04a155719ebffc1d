import { setTimeout as delay } from 'node:timers/promises';
import { conversationStreamPrefix } from '../domain/conversation/conversation-id.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import { closeCodes } from '../protocol/close-codes.ts';
import { encodeEvent } from '../protocol/event-frames.ts';
import { liveFrame, resetFrame } from '../protocol/signal-frames.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import { createTurns } from '../shared/turns.ts';
import { createEventReader } from './event-reader.ts';
import { findMissed } from './missed.ts';
import type { RecentChanges } from './recent-changes.ts';
import type { Outboxes, Session } from './session.ts';

export interface ResumeDeps {
  readonly store: Pick<EventStore, 'readStream' | 'eventAt'>;
  readonly readModel: Pick<ReadModelQueries, 'conversationsChangedSince'>;
  readonly recent: RecentChanges;
  readonly outboxes: Outboxes;
  readonly positions: WirePositions;
  /** Milliseconds in which a client that takes nothing of its replay is too slow, default 30,000. */
  readonly patienceMs?: number;
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
  /** The place that a cursor names; undefined where there is none to go on from. Throws `EventStoreUnavailableError`. */
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
/** Conversations that one frame resets. */
const resetsPerFrame = 1_000;
/** Milliseconds between two looks at a client that has not taken the last part yet. */
const lookMs = 10;

export function createResume(deps: ResumeDeps): Resume {
  const { store, readModel, recent, outboxes, positions, patienceMs = 30_000 } = deps;
  const turns = createTurns(catchUpsAtOnce);

  async function replay(session: Session, events: readonly RecordedEvent[]): Promise<void> {
    const read = createEventReader();
    for (let next = 0; next < events.length && !session.closed;) {
      const part = events.slice(next, next + replayEvents);
      next += part.length;
      const cursors = positions.encodeAll(part);
      part.forEach((event, index) => {
        const known = read(event);
        // The feed has told of what is left aside.
        if (typeof known === 'string') return;
        const conversation = event.stream.slice(conversationStreamPrefix.length);
        const place = { conversation, revision: event.revision, cursor: cursors[index] ?? '' };
        outboxes.send(session, encodeEvent(place, known));
      });
      await taken(session);
    }
  }

  /** Resolves when the client has taken most of what was sent, or is gone: one that takes nothing holds up memory. */
  async function taken(session: Session): Promise<void> {
    let least = Infinity;
    let since = performance.now();
    for (;;) {
      await delay(session.outbox === undefined ? lookMs : 0);
      const unsent = session.connection?.getBufferedAmount() ?? 0;
      if (unsent <= replayBytes || session.closed) return;
      if (unsent < least) since = performance.now();
      least = Math.min(least, unsent);
      if (performance.now() - since > patienceMs) outboxes.close(session, closeCodes.tooSlow, 'too slow');
    }
  }

  return {
    async placeOf(cursor) {
      const told = cursor === undefined ? undefined : positions.decode(cursor);
      if (told === undefined || told.position === 0) return told?.position;
      if (told.holds !== undefined) return told.holds ? told.position : undefined;
      // The log may have been put back to an older state since.
      const event = await store.eventAt(told.position);
      if (event === undefined || !told.isOf(event)) return undefined;
      positions.note([event]);
      return told.position;
    },

    async catchUp(session, gap) {
      const missed = await turns.take(async () => {
        if (session.closed) return { events: [], tooLong: [] };
        return findMissed({ store, readModel, recent }, gap);
      });
      await replay(session, missed.events);
      for (let next = 0; next < missed.tooLong.length && !session.closed; next += resetsPerFrame) {
        outboxes.send(session, resetFrame(missed.tooLong.slice(next, next + resetsPerFrame)));
        await taken(session);
      }
      outboxes.send(session, liveFrame(positions.encode(gap.upTo)));
      outboxes.goLive(session);
    },
  };
}
