import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { RpcError } from './rpc-errors.ts';
import { notLeader, notReady, tooBusy } from './rpc-errors.ts';

/** What is to go wrong, until it is set otherwise. */
export interface FaultSettings {
  /** Milliseconds before a request is looked at. */
  readonly delayMs: number;
  /**
   * Take requests and never answer them; running subscriptions fall silent. What comes meanwhile is not done, also not
   * later; subscriptions go on once it is over.
   */
  readonly mute: boolean;
  /** So many writes from now on are done, and their answers kept back. */
  readonly dropAnswers: number;
  /** Refuse requests as a server that is too busy or still starting, or as a follower that names the leader. */
  readonly refuse: 'busy' | 'not-ready' | { readonly leader: { readonly host: string; readonly port: number } } | null;
}

const noFaults: FaultSettings = { delayMs: 0, mute: false, dropAnswers: 0, refuse: null };

/** Faults of a stand-in, for tests of those who use it. */
export interface Faults {
  readonly settings: FaultSettings;
  /** Changes what is named and leaves the rest. */
  set(settings: Partial<FaultSettings>): void;
  /** Ends all of the above. */
  clear(): void;
  /** Cuts all connections; new ones are taken. */
  cut(): void;
  /** Forgets the ids by which appends at `any` are recognised, as a restart does. */
  forgetIds(): void;
}

/** The faults, seen from the calls that they hit. */
export interface FaultGate {
  /** Resolves false where the request is to be left without an answer. Throws `RpcError` where it is refused. */
  admit(): Promise<boolean>;
  /** Whether a write that was done is to be answered. Once for each. */
  answers(): boolean;
  /** Resolves once answers may be sent. */
  audible(signal: AbortSignal): Promise<void>;
}

export interface FaultSource extends FaultGate {
  readonly faults: Faults;
}

export function createFaults(actions: Pick<Faults, 'cut' | 'forgetIds'>): FaultSource {
  const changes = new EventEmitter().setMaxListeners(0);
  let settings = noFaults;

  function set(changed: Partial<FaultSettings>): void {
    settings = { ...settings, ...changed };
    changes.emit('change');
  }

  return {
    faults: {
      get settings() {
        return settings;
      },
      set,
      clear: () => set(noFaults),
      ...actions,
    },

    async admit() {
      if (settings.delayMs > 0) await delay(settings.delayMs);
      if (settings.mute) return false;
      if (settings.refuse !== null) throw refusal(settings.refuse);
      return true;
    },

    answers() {
      if (settings.mute) return false;
      if (settings.dropAnswers === 0) return true;
      set({ dropAnswers: settings.dropAnswers - 1 });
      return false;
    },

    async audible(signal) {
      while (settings.mute && !signal.aborted) await once(changes, 'change', { signal }).catch(() => undefined);
    },
  };
}

function refusal(refuse: NonNullable<FaultSettings['refuse']>): RpcError {
  if (refuse === 'busy') return tooBusy();
  if (refuse === 'not-ready') return notReady();
  return notLeader(refuse.leader.host, refuse.leader.port);
}
