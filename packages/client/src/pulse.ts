/** A connection that was silent for so long is asked for a sign of life. Milliseconds. */
const beatMs = 25_000;
/** What the sign may take. */
const signMs = 10_000;
/** The same after a sleep, when the connection is likely dead. */
const wakeSignMs = 3_000;

export interface Pulse {
  /** Something arrived. */
  heard(): void;
  /** The machine or the page may have slept: is the connection still there? */
  check(): void;
  stop(): void;
}

/**
 * Tells a connection that lives from one that only looks so, by what arrives. Timers only ask: a browser holds those of a
 * page in the background back by minutes, and one that comes far too late says nothing about the server.
 */
export function createPulse({ ping, dead }: { ping: () => void; dead: () => void }): Pulse {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let heardAt = Date.now();
  let answered = true;

  function later(ms: number, then: () => void): void {
    const due = Date.now() + ms;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (Date.now() - due > 2 * beatMs) ask(wakeSignMs);
      else then();
    }, ms);
  }

  function beat(): void {
    const silentMs = Date.now() - heardAt;
    // Less than none: the clock was set back.
    if (silentMs >= 0 && silentMs < beatMs) later(beatMs - silentMs, beat);
    else ask(signMs);
  }

  function ask(ms: number): void {
    answered = false;
    ping();
    later(ms, () => (answered ? beat() : dead()));
  }

  beat();
  return {
    heard() {
      heardAt = Date.now();
      answered = true;
    },
    check: () => ask(wakeSignMs),
    stop: () => clearTimeout(timer),
  };
}

type Listener = (event: { readonly type: string }) => void;

/** Calls `wake` when the page is shown again or the network is back. Returns the function that ends it. */
export function onWake(wake: () => void): () => void {
  const { addEventListener, removeEventListener, document } = globalThis as {
    addEventListener?: (name: string, listener: Listener) => void;
    removeEventListener?: (name: string, listener: Listener) => void;
    document?: { readonly visibilityState: string };
  };
  // Node has none.
  if (document === undefined || addEventListener === undefined) return () => undefined;
  const listener: Listener = ({ type }) => {
    if (type !== 'visibilitychange' || document.visibilityState === 'visible') wake();
  };
  // `visibilitychange` bubbles from the document to here.
  const names = ['visibilitychange', 'pageshow', 'online'];
  for (const name of names) addEventListener.call(globalThis, name, listener);
  return () => {
    for (const name of names) removeEventListener?.call(globalThis, name, listener);
  };
}
