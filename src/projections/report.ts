import type { Logger } from '../shared/logger.ts';
import { noProgress } from './consumer.ts';
import type { ConsumerProgress, ConsumerState } from './consumer.ts';

export interface Listeners {
  /** At every change of state; for a state that lasts, once. */
  readonly onState?: ((state: ConsumerState) => void) | undefined;
  readonly onProgress?: ((progress: ConsumerProgress) => void) | undefined;
}

/** What a running consumer tells of itself: its state and its counters. */
export interface Report {
  readonly state: ConsumerState;
  readonly progress: ConsumerProgress;
  become(next: ConsumerState): void;
  /** Where it begins, or begins again. */
  startedAt(position: number): void;
  applied(batch: Omit<ConsumerProgress, 'failures'>): void;
  failed(): void;
}

export function createReport({ onState, onProgress }: Listeners): Report {
  let state: ConsumerState = { kind: 'starting' };
  let progress = noProgress;

  function advance(change: Partial<ConsumerProgress>): void {
    progress = { ...progress, ...change };
    onProgress?.(progress);
  }

  onState?.(state);
  return {
    get state() {
      return state;
    },
    get progress() {
      return progress;
    },
    become(next) {
      if (next.kind === state.kind && !('reason' in next)) return;
      state = next;
      onState?.(next);
    },
    startedAt: (position) => advance({ position }),
    applied({ position, events, unknown, foreign }) {
      advance({
        position,
        events: progress.events + events,
        unknown: progress.unknown + unknown,
        foreign: progress.foreign + foreign,
      });
    },
    failed: () => advance({ failures: progress.failures + 1 }),
  };
}

/** Says once that a consumer stands by, however often it looks. */
export function standBy(report: Report, log: Logger, reason: string): void {
  if (report.state.kind !== 'standby') log.info({ reason }, 'standing by');
  report.become({ kind: 'standby', reason });
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
