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
}

const prefix = 'signal-';
/** Milliseconds that signals wait for others, to go out together. */
const gatherMs = 50;
/** Older ones are of a moment that has passed, in milliseconds. */
const freshMs = 60_000;
/** What the store keeps of a gateway's stream: events, and seconds. */
const kept = { $maxCount: 1_000, $maxAge: 60 };
/** Signals that wait at most: where the store does not take them, the oldest are of no use any more. */
const maxWaiting = 10_000;

/** Signals through a short-lived stream of each gateway, in the log that all of them follow. */
export function createSignals({ store, gatewayId, logger, onSignal }: SignalsDeps): Signals {
  const stream = `${prefix}${gatewayId}`;
  const ending = new AbortController();
  const { signal: ended } = ending;
  let waiting: Signal[] = [];
  let sending: Promise<void> | undefined;
  let expected: ExpectedRevision = 'no_stream';
  const bounded = keepShort(store, stream).catch((error: unknown) => {
    logger.warn({ component: 'signals', error }, 'the stream of signals could not be bounded');
  });

  async function append(signals: readonly Signal[]): Promise<void> {
    await bounded;
    const event = { id: crypto.randomUUID(), type: 'Signals', data: { signals }, metadata: { schemaVersion: 1 } };
    for (let tries = 0; tries < 3; tries += 1) {
      try {
        ({ revision: expected } = await store.appendToStream(stream, [event], expected));
        return;
      } catch (error) {
        if (!(error instanceof WrongExpectedRevisionError)) throw error;
        const [newest] = await store.readStream(stream, { direction: 'backwards', maxCount: 1 });
        expected = newest?.revision ?? 'no_stream';
      }
    }
  }

  async function send(): Promise<void> {
    await delay(gatherMs);
    const signals = waiting;
    waiting = [];
    await append(signals).catch((error: unknown) => {
      logger.debug({ component: 'signals', error }, 'signals were not told');
    });
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) await send();
    sending = undefined;
  }

  const running = followAgain((went) => followSignals({ store, onSignal }, { own: stream, signal: ended, went }), {
    signal: ended,
    onLost: (error) => logger.debug({ component: 'signals', error }, 'signals are not heard now'),
  });
  return {
    tell(signal) {
      if (waiting.length < maxWaiting) waiting.push(signal);
      sending ??= drain();
    },
    async stop() {
      await sending;
      ending.abort();
      await running;
    },
  };
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
