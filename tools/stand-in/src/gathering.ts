import type { Expected } from './decide.ts';
import type { WireEvent } from './stored-event.ts';

/** An append whose events come in one request or more. */
export interface Gathered {
  readonly stream: string;
  readonly expected: Expected;
  readonly events: WireEvent[];
  /** Bytes, as EventStoreDB reckons them: neither the type nor the metadata counts. */
  size: number;
}

/** Appends that are being gathered, by their correlation id. */
export interface Gathering {
  get(id: string): Gathered | undefined;
  /** `timeoutMs`: after it the append is let go, and told to be late. */
  begin(id: string, append: Pick<Gathered, 'stream' | 'expected'>, timeoutMs: number): Gathered;
  /** It is gathered, or no use any more. */
  end(id: string): void;
  clear(): void;
}

export function createGathering(onLate: (id: string, append: Gathered) => void): Gathering {
  const pending = new Map<string, Gathered & { readonly timer: NodeJS.Timeout }>();
  return {
    get: (id) => pending.get(id),
    begin(id, { stream, expected }, timeoutMs) {
      const timer = setTimeout(() => {
        if (pending.delete(id)) onLate(id, begun);
      }, timeoutMs);
      const begun = { stream, expected, events: [], size: 0, timer };
      pending.set(id, begun);
      return begun;
    },
    end(id) {
      clearTimeout(pending.get(id)?.timer);
      pending.delete(id);
    },
    clear() {
      for (const { timer } of pending.values()) clearTimeout(timer);
      pending.clear();
    },
  };
}
