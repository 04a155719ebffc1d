import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { WrongExpectedRevisionError } from '../event-store/event-store.ts';
import type { EventStore, ExpectedRevision } from '../event-store/event-store.ts';
import { followAgain } from '../shared/follow-again.ts';
import type { Logger } from '../shared/logger.ts';

const userSignal = z.object({ user: z.string(), online: z.boolean(), lastSeen: z.int().nullable() });

const signalSchema = z.discriminatedUnion('type', [
  /** Users whose first socket opened at this gateway, or whose last one closed. */
  z.object({ type: z.literal('presence'), users: z.array(userSignal) }),
  /** A gateway has begun: the others tell it who is online with them. */
  z.object({ type: z.literal('who') }),
  /** A gateway that says nothing for a while is gone. */
  z.object({ type: z.literal('alive') }),
  z.object({ type: z.literal('typing'), conversation: z.string(), user: z.string(), on: z.boolean() }),
]);

/** What gateways tell each other of the moment. Never stored for anybody, never replayed. */
export type Signal = z.infer<typeof signalSchema>;

export interface Signals {
  /** Tells the other gateways, soon; where that fails, they do not hear of it. */
  tell(signal: Signal): void;
  stop(): Promise<void>;
}

/** Where there is no other gateway. */
export const noSignals: Signals = { tell: () => undefined, stop: () => Promise.resolve() };

export interface SignalsDeps {
  readonly store: Pick<EventStore, 'appendToStream' | 'readStream' | 'subscribeToAll' | 'lastPosition'>;
  readonly gatewayId: string;
  readonly logger: Logger;
  onSignal(from: string, signal: Signal): void;
  /** Something was not told, or not heard, and now it can be again. */
  onGap(): void;
}

const prefix = 'signal-';
/** Milliseconds that signals wait for others, to go out together. */
const gatherMs = 50;
/** Older ones are of a moment that has passed, in milliseconds. */
const freshMs = 60_000;
/** What the store keeps of a gateway's stream: events, and seconds. */
const kept = { $maxCount: 1_000, $maxAge: 60 };
/** Signals that wait at most. */
const maxWaiting = 10_000;
/** Characters of one append, about. A server takes a megabyte. */
const maxCharacters = 256 * 1024;

/** Signals through a short-lived stream of each gateway, in the log that all of them follow. */
export function createSignals({ store, gatewayId, logger, onSignal, onGap }: SignalsDeps): Signals {
  const stream = `${prefix}${gatewayId}`;
  const ending = new AbortController();
  const { signal: ended } = ending;
  const waiting: Signal[] = [];
  let untold = false;
  let unheard = false;
  let sending: Promise<void> | undefined;
  const append = appendTo(stream, { store, logger });

  async function send(): Promise<void> {
    await delay(gatherMs);
    try {
      await append(takeSome(waiting));
      if (!untold) return;
      untold = false;
      onGap();
    } catch (error) {
      // All is told anew once something can be told again.
      untold = true;
      waiting.length = 0;
      logger.debug({ component: 'signals', error }, 'signals were not told');
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) await send();
    sending = undefined;
  }

  function follow(went: () => void): Promise<void> {
    const heard = (): void => {
      went();
      if (!unheard) return;
      unheard = false;
      onGap();
    };
    return followSignals({ store, onSignal }, { own: stream, signal: ended, went: heard });
  }

  const running = followAgain(follow, {
    signal: ended,
    onLost(error) {
      unheard = true;
      logger.debug({ component: 'signals', error }, 'signals are not heard now');
    },
  });
  return {
    tell(signal) {
      if (waiting.length < maxWaiting) waiting.push(signal);
      else untold = true;
      sending ??= drain();
    },
    async stop() {
      await sending;
      ending.abort();
      await running;
    },
  };
}

/** Appends signals to the stream of a gateway, which is bounded first. */
function appendTo(
  stream: string,
  { store, logger }: Pick<SignalsDeps, 'store' | 'logger'>,
): (signals: readonly Signal[]) => Promise<void> {
  let expected: ExpectedRevision = 'no_stream';
  const bounded = keepShort(store, stream).catch((error: unknown) => {
    logger.warn({ component: 'signals', error }, 'the stream of signals could not be bounded');
  });
  return async (signals) => {
    await bounded;
    const event = { id: crypto.randomUUID(), type: 'Signals', data: { signals }, metadata: { schemaVersion: 1 } };
    for (let tries = 1; ; tries += 1) {
      try {
        ({ revision: expected } = await store.appendToStream(stream, [event], expected));
        return;
      } catch (error) {
        if (!(error instanceof WrongExpectedRevisionError) || tries === 3) throw error;
        const [newest] = await store.readStream(stream, { direction: 'backwards', maxCount: 1 });
        expected = newest?.revision ?? 'no_stream';
      }
    }
  };
}

/** The first of them, as many as go out together. */
function takeSome(waiting: Signal[]): readonly Signal[] {
  let size = 0;
  const count = waiting.findIndex((signal) => (size += JSON.stringify(signal).length) > maxCharacters);
  return waiting.splice(0, count < 0 ? waiting.length : Math.max(1, count));
}

interface Hearing {
  /** The stream that nothing is heard from. */
  readonly own: string;
  readonly signal: AbortSignal;
  went(): void;
}

/** Hands on what other gateways tell from now on. */
async function followSignals(
  { store, onSignal }: Pick<SignalsDeps, 'store' | 'onSignal'>,
  { own, signal, went }: Hearing,
): Promise<void> {
  const after = await store.lastPosition();
  for await (const { events } of store.subscribeToAll({ after, prefixes: [prefix], signal })) {
    went();
    for (const { stream, data, created } of events) {
      if (stream === own || Date.now() - created > freshMs) continue;
      const parsed = z.object({ signals: z.array(signalSchema) }).safeParse(data);
      for (const one of parsed.data?.signals ?? []) onSignal(stream.slice(prefix.length), one);
    }
  }
}

/** Bounds what the store keeps of the stream. */
async function keepShort(store: Pick<EventStore, 'appendToStream'>, stream: string): Promise<void> {
  const event = { id: crypto.randomUUID(), type: '$metadata', data: kept, metadata: { schemaVersion: 1 } };
  try {
    await store.appendToStream(`$$${stream}`, [event], 'no_stream');
  } catch (error) {
    // It was bounded before.
    if (!(error instanceof WrongExpectedRevisionError)) throw error;
  }
}
