import type { Authenticator } from '../auth/authenticator.ts';
import type { Door } from '../auth/door.ts';
import { createWaitingApi } from '../queries/waiting-api.ts';
import type { Config } from '../shared/config.ts';
import { insist } from '../shared/insist.ts';
import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { RefusalLog } from '../shared/refusal-log.ts';
import type { Lifecycle } from './lifecycle.ts';
import { closerOf, listenOn } from './listen.ts';

/** What can be waited for at the start. */
export type Awaited = 'eventStore' | 'readModel';

/** Where a process waits for stores that are not there when it starts, for as long as it takes. */
export interface WaitingRoom {
  /** Not there, or no more: told at once and every 10 s, and to whoever asks over HTTP meanwhile. */
  missing(store: Awaited, reason: string): void;
  /** There: nothing is told of it any more. */
  there(store: Awaited): void;
  /** Asks a store until it answers. Throws what does not pass by itself. */
  patiently<T>(store: Awaited, ask: () => Promise<T>): Promise<T>;
  /** Over. The port where it listened; undefined where it had no reason to. */
  leave(): Promise<number | undefined>;
}

export interface WaitingDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  readonly authenticator: Authenticator;
  readonly door: Door;
  readonly tellRefusal: RefusalLog;
}

const tellEvery = 10_000;

export function createWaitingRoom(deps: WaitingDeps): WaitingRoom {
  const { config, logger, lifecycle, metrics } = deps;
  metrics.ready.from(() => 0);
  const reasons = new Map<Awaited, string>();
  const toldAt = new Map<Awaited, number>();
  let listening: Promise<number> | undefined;
  const health = () => {
    const checks = [...reasons].map(([store, detail]) => [store, { ok: false, detail }] as const);
    return { ready: false, checks: { process: { ok: false, detail: 'starting' }, ...Object.fromEntries(checks) } };
  };
  const showOperations = config.opsPort === undefined && config.door.loopback;
  let close = (): Promise<void> => Promise.resolve();
  lifecycle.defer('waiting room', () => close());

  async function listen(): Promise<number> {
    const api = createWaitingApi({ ...deps, health, showOperations });
    const closer = closerOf(api, config.commandTimeoutMs);
    try {
      const port = await listenOn(api, config.host, config.httpPort);
      close = once(closer);
      return port;
    } catch (error) {
      logger.fatal({ error }, 'cannot listen');
      await lifecycle.end('could not start', 1);
      throw error;
    }
  }

  async function tell(store: Awaited, reason: string): Promise<void> {
    const httpPort = await (listening ??= listen());
    logger.warn({ component: 'start', store, reason, httpPort }, 'not there yet, waiting');
  }

  function missing(store: Awaited, reason: string): void {
    reasons.set(store, reason);
    const now = performance.now();
    if (now - (toldAt.get(store) ?? -Infinity) < tellEvery || lifecycle.ending) return;
    toldAt.set(store, now);
    tell(store, reason).catch(() => undefined);
  }

  return {
    missing,
    there: (store) => void reasons.delete(store),
    async patiently(store, ask) {
      const answer = await insist(ask, { withinMs: Infinity, onFailure: ({ message }) => missing(store, message) });
      reasons.delete(store);
      return answer;
    },
    async leave() {
      const port = await listening;
      await close();
      return port;
    },
  };
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= action());
}
