import { LRUCache } from 'lru-cache';

/**
 * Rows that one writer remembers, so that they are changed without being read first, and written once for many changes:
 * at the next `flush`, or when they have to make room.
 */
export interface KeptRows<Row> {
  readonly get: (key: string) => Row | undefined;
  readonly add: (key: string, row: Row) => Row;
  /** It is to be written. */
  readonly changed: (row: Row) => void;
  readonly flush: () => void;
  /** To be called after a rollback. */
  readonly forget: () => void;
}

/** Rows written in one call. */
const writtenAtOnce = 1_000;

export function createKeptRows<Row extends object>(most: number, write: (rows: readonly Row[]) => void): KeptRows<Row> {
  const changed = new Set<Row>();
  const known = new LRUCache<string, Row>({
    max: most,
    dispose: (row) => changed.delete(row) && write([row]),
  });
  return {
    get: (key) => known.get(key),
    add(key, row) {
      known.set(key, row);
      return row;
    },
    changed: (row) => void changed.add(row),
    flush() {
      const rows = [...changed];
      for (let next = 0; next < rows.length; next += writtenAtOnce) write(rows.slice(next, next + writtenAtOnce));
      changed.clear();
    },
    forget() {
      changed.clear();
      known.clear();
    },
  };
}
