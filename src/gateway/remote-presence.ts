import type { Signal, Signals } from './signals.ts';

export interface RemotePresenceDeps {
  readonly signals: Pick<Signals, 'tell'>;
  /** Users with a socket here. */
  here(): Iterable<string>;
  /** `lastSeen`: where it is known. */
  onChange(user: string, lastSeen?: number | null): void;
}

export interface RemotePresence {
  isOnline(user: string): boolean;
  heard(gateway: string, signal: Signal): void;
  /** Something was missed, here or there: all is told and asked for anew. */
  again(): void;
  stop(): void;
}

/** A gateway says this often that it lives; one that was silent for so long is gone. Milliseconds. */
const aliveMs = 15_000;
const goneMs = 40_000;
/** Users in one signal. */
const part = 1_000;

/** Who is online at the other gateways, as they tell. */
export function createRemotePresence({ signals, here, onChange }: RemotePresenceDeps): RemotePresence {
  const gateways = new Map<string, { readonly users: Set<string>; heardAt: number }>();
  /** How many gateways each user is online at. */
  const counts = new Map<string, number>();

  function count(user: string, by: 1 | -1): void {
    const now = (counts.get(user) ?? 0) + by;
    if (now === 0) counts.delete(user);
    else counts.set(user, now);
  }

  function forget(gateway: string): void {
    for (const user of gateways.get(gateway)?.users ?? []) {
      count(user, -1);
      onChange(user, Date.now());
    }
    gateways.delete(gateway);
  }

  function tellAll(): void {
    const users = [...here()].map((user) => ({ user, online: true, lastSeen: null }));
    for (let from = 0; from < users.length; from += part) {
      signals.tell({ type: 'presence', users: users.slice(from, from + part) });
    }
  }

  const timer = setInterval(() => {
    signals.tell({ type: 'alive' });
    const now = performance.now();
    for (const [gateway, { heardAt }] of gateways) if (now - heardAt > goneMs) forget(gateway);
  }, aliveMs).unref();

  function again(): void {
    signals.tell({ type: 'who' });
    tellAll();
  }

  again();
  return {
    again,
    isOnline: (user) => counts.has(user),

    heard(gateway, signal) {
      let known = gateways.get(gateway);
      if (known === undefined) gateways.set(gateway, (known = { users: new Set(), heardAt: 0 }));
      known.heardAt = performance.now();
      if (signal.type === 'who') {
        // A gateway that begins has nobody yet, whatever one of its name said before; one that begins anew says whom.
        forget(gateway);
        tellAll();
      }
      if (signal.type !== 'presence') return;
      for (const { user, online, lastSeen } of signal.users) {
        if (online === known.users.has(user)) continue;
        if (online) known.users.add(user);
        else known.users.delete(user);
        count(user, online ? 1 : -1);
        onChange(user, lastSeen);
      }
    },

    stop: () => clearInterval(timer),
  };
}
