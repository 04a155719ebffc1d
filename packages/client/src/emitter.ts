/** `signal`: takes the listener off again, as the function that `on` returns does. */
export interface ListenOptions {
  readonly signal?: AbortSignal;
}

export type On<Events> = <K extends keyof Events>(
  event: K,
  listener: (payload: Events[K]) => void,
  options?: ListenOptions,
) => () => void;

/** Calls a listener of the application. One that throws is reported as an uncaught error and disturbs nobody else. */
export function callOut(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/**
 * Typed events, told in their order in a microtask of their own: the state holds them by then, and whatever a listener
 * calls finds nothing half done.
 */
export function createEmitter<Events>() {
  const listeners = new Map<keyof Events, Set<(payload: never) => void>>();
  const queue: (() => void)[] = [];

  const on: On<Events> = (event, listener, { signal } = {}) => {
    const set = listeners.get(event) ?? new Set();
    // A function of its own, so that the same listener can listen twice.
    const own = (payload: never): void => listener(payload);
    const off = (): void => {
      set.delete(own);
      signal?.removeEventListener('abort', off);
    };
    if (signal?.aborted === true) return off;
    listeners.set(event, set.add(own));
    signal?.addEventListener('abort', off);
    return off;
  };

  function emit<K extends keyof Events>(event: K, payload: Events[K]): void {
    const tell = (): void => {
      for (const listener of [...(listeners.get(event) ?? [])]) callOut(() => listener(payload as never));
    };
    if (queue.push(tell) > 1) return;
    queueMicrotask(() => {
      for (const each of queue.splice(0)) each();
    });
  }

  return { on, emit };
}

export type Emit<Events> = <K extends keyof Events>(event: K, payload: Events[K]) => void;
