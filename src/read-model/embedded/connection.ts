import { existsSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import type { Logger } from '../../shared/logger.ts';
import { ReadModelUnavailableError } from '../read-model.ts';
import { createBatchWriter } from './batch-writer.ts';
import type { BatchWriter } from './batch-writer.ts';
import { damageMark, markDamage, pointerStamp, readPointer } from './files.ts';
import { openForReading, openForWriting, removeUnused } from './generation.ts';
import type { Generation } from './generation.ts';
import { createQueries } from './queries.ts';
import type { Queries } from './queries.ts';
import { createScans } from './scan.ts';
import type { Scans } from './scan.ts';
import { createSchema } from './schema.ts';

/** What a handle works with until the pointer names another generation. */
export interface Connection {
  readonly queries: Queries;
  readonly scans: Scans;
}

export interface WritingConnection extends Connection {
  readonly writer: BatchWriter;
}

/** Keeps a connection to the generation in use. Its methods throw errors of SQLite and the file system. */
export interface Follower<C extends Connection> {
  current(): C;
  /** The connection failed: the next `current` opens it again. */
  drop(): void;
  /** The generation has a damaged page: its writer shall begin another. */
  reportDamage(): void;
  close(): void;
}

/** Milliseconds between two looks of the writer for older generations that nobody has open any more. */
const tidyEvery = 10_000;

/** Before every use the writer looks whether its generation is still the one in use, and whole. */
export function followAsWriter(dataDir: string, log: Logger): Follower<WritingConnection> {
  let open: (Generation & WritingConnection) | undefined;
  let stamp = '';
  let tidied = -Infinity;
  let closed = false;

  function drop(): void {
    open?.db.close();
    open = undefined;
  }

  /** A closed connection keeps its file open until its statements are collected, so this may take several looks. */
  function tidy(number: number): void {
    const now = performance.now();
    if (now - tidied < tidyEvery) return;
    tidied = now;
    removeUnused(dataDir, number);
  }

  return {
    current() {
      if (closed) throw new ReadModelUnavailableError('the read model is closed');
      const seen = pointerStamp(dataDir);
      if (open !== undefined && seen === stamp && existsSync(open.path) && !existsSync(damageMark(open.path))) {
        tidy(open.number);
        return open;
      }
      drop();
      const { number, path, db } = openForWriting(dataDir, log);
      open = { number, path, db, queries: createQueries(db), scans: createScans(db), writer: createBatchWriter(db) };
      stamp = pointerStamp(dataDir);
      return open;
    },
    drop,
    reportDamage: () => markDamaged(open, log),
    close() {
      closed = true;
      drop();
    },
  };
}

/** How long a reader trusts that the pointer has not moved, in milliseconds. */
const lookEvery = 100;

/**
 * A reader goes over to another generation once that has caught up with the one it reads, so what it shows never goes
 * back in time. Until there is a read model it shows an empty one.
 */
export function followAsReader(dataDir: string, log: Logger): Follower<Connection> {
  let open: (Generation & Connection) | undefined;
  let nothing: { readonly db: Generation['db']; readonly connection: Connection } | undefined;
  let stamp = '';
  let looked = -Infinity;
  let closed = false;

  function look(): void {
    const seen = pointerStamp(dataDir);
    if (seen === stamp) return;
    if (open !== undefined && readPointer(dataDir) === open.number) {
      stamp = seen;
      return;
    }
    const found = openForReading(dataDir);
    if (found === undefined) return;
    const queries = createQueries(found.db);
    if (open !== undefined && queries.checkpoint() < open.queries.checkpoint()) {
      found.db.close();
      return;
    }
    const had = open;
    open = { ...found, queries, scans: createScans(found.db) };
    stamp = seen;
    if (had === undefined) return;
    had.db.close();
    log.info({ generation: open.number }, 'read model changed over to another generation');
  }

  function drop(): void {
    open?.db.close();
    open = undefined;
    stamp = '';
    looked = -Infinity;
  }

  return {
    current() {
      if (closed) throw new ReadModelUnavailableError('the read model is closed');
      const now = performance.now();
      if (now - looked >= lookEvery) {
        look();
        looked = now;
      }
      if (open !== undefined) return open;
      nothing ??= emptyConnection();
      return nothing.connection;
    },
    drop,
    reportDamage: () => markDamaged(open, log),
    close() {
      closed = true;
      drop();
      nothing?.db.close();
      nothing = undefined;
    },
  };
}

function emptyConnection(): { db: Generation['db']; connection: Connection } {
  const db = new DatabaseSync(':memory:');
  createSchema(db);
  return { db, connection: { queries: createQueries(db), scans: createScans(db) } };
}

function markDamaged(generation: Generation | undefined, log: Logger): void {
  if (generation === undefined) return;
  log.error({ path: generation.path }, 'read model is damaged');
  markDamage(generation.path);
}
