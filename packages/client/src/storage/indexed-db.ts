import { inTime } from '../in-time.ts';
import type { KeptMessage, Storage } from './storage.ts';
import { storageOn } from './tab-keeper.ts';

/** Milliseconds that the database may take. Browsers have ways to let it hang for ever. */
const patienceMs = 3_000;
const table = 'outbox';

/* What is used of IndexedDB. */
interface Request<T> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface OpenRequest extends Request<Database> {
  onupgradeneeded: (() => void) | null;
  onblocked: (() => void) | null;
}
interface Table {
  put(value: KeptMessage): unknown;
  delete(key: string): unknown;
  getAll(): Request<KeptMessage[]>;
}
interface Transaction {
  readonly error: unknown;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
  objectStore(name: string): Table;
}
interface Database {
  onclose: (() => void) | null;
  onversionchange: (() => void) | null;
  createObjectStore(name: string, options: { keyPath: string }): unknown;
  transaction(name: string, mode: 'readonly' | 'readwrite'): Transaction;
  close(): void;
}
interface Factory {
  open(name: string, version: number): OpenRequest;
}

/**
 * Keeps messages in the browser's IndexedDB. A database that is closed, deleted or hangs is opened again, once; then the
 * call rejects, and the next one tries anew.
 */
export function indexedDbStorage(name = 'weiliao'): Storage {
  let handle: Promise<Database> | undefined;

  function drop(): void {
    handle?.then((database) => database.close()).catch(() => undefined);
    handle = undefined;
  }

  function open(): Promise<Database> {
    return new Promise((resolve, reject) => {
      const { indexedDB } = globalThis as { indexedDB?: Factory };
      if (indexedDB === undefined) throw new Error('there is no IndexedDB');
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(table, { keyPath: 'id' });
      request.onerror = request.onblocked = () =>
        reject(request.error instanceof Error ? request.error : new Error('blocked'));
      request.onsuccess = () => {
        const database = request.result;
        database.onclose = database.onversionchange = drop;
        resolve(database);
      };
    });
  }

  async function attempt<T>(mode: 'readonly' | 'readwrite', work: (store: Table) => Request<T> | undefined) {
    const database = await (handle ??= open());
    return new Promise<T | undefined>((resolve, reject) => {
      const transaction = database.transaction(table, mode);
      const request = work(transaction.objectStore(table));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error instanceof Error ? transaction.error : new Error('aborted'));
    });
  }

  async function run<T>(mode: 'readonly' | 'readwrite', work: (store: Table) => Request<T> | undefined) {
    try {
      return await inTime(attempt(mode, work), patienceMs, 'the database hangs');
    } catch {
      drop();
    }
    try {
      return await inTime(attempt(mode, work), patienceMs, 'the database hangs');
    } catch (error) {
      drop();
      throw error;
    }
  }

  return storageOn({
    async load(user) {
      const all = await run('readonly', (store) => store.getAll());
      return (all ?? []).filter((message) => message.user === user);
    },
    async put(message) {
      await run('readwrite', (store) => void store.put(message));
    },
    async remove(id) {
      await run('readwrite', (store) => void store.delete(id));
    },
  });
}
