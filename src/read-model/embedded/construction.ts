import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { OperatorError } from '../../shared/errors.ts';
import { createBatchWriter } from './batch-writer.ts';
import type { BatchWriter } from './batch-writer.ts';
import { createBulkWriter, projections } from './bulk-writer.ts';
import type { BulkWriter, Projection } from './bulk-writer.ts';
import { freeze } from './comparison.ts';
import type { Frozen } from './comparison.ts';
import { copyOthers } from './copy.ts';
import {
  generationPath,
  nextGeneration,
  removeDatabase,
  removeUnfinished,
  syncFolder,
  unfinishedPath,
  writePointer,
} from './files.ts';
import { inspectLive, removeUnused } from './generation.ts';
import { lockRebuild } from './rebuild-lock.ts';
import { createScans } from './scan.ts';
import type { Scans } from './scan.ts';
import { createBareSchema } from './schema.ts';

/**
 * A generation that is built beside the one in use: first `bulk` takes the log's stretches and is completed, then
 * `writer` takes what came since. Methods throw errors of SQLite and the file system.
 */
export interface Construction {
  readonly bulk: BulkWriter;
  readonly writer: BatchWriter;
  readonly scans: Scans;
  /** With a single projection: the checkpoint of what was copied of the others. The bulk must go exactly that far. */
  readonly copiedAt: number | undefined;
  /** Checkpoint of the generation in use; undefined where none can be read. */
  liveCheckpoint(): number | undefined;
  /** The generation in use, standing still until it is released; undefined where none can be read. */
  freezeLive(): Frozen | undefined;
  /** Makes this generation the one in use. Whoever reads or writes the read model goes over to it. */
  putInUse(): void;
  /** Gives everything back; what was not put in use is deleted. Safe to call twice. */
  end(): void;
}

export interface ConstructionOptions {
  readonly dataDir: string;
  /** Build this projection only, and take the others from the generation in use. */
  readonly projection?: Projection | undefined;
}

/**
 * What ends early is deleted, so nothing is journalled. Named `main`, as the other read model that is attached keeps
 * its own ways.
 */
const builderSettings = `
  PRAGMA main.journal_mode = OFF;
  PRAGMA main.synchronous = OFF;
  PRAGMA main.locking_mode = EXCLUSIVE;
  PRAGMA main.cache_size = -131072;
  PRAGMA threads = 2;
`;

/** Throws `OperatorError` where another one is being built in the folder, or where there is nothing to copy from. */
export function beginConstruction({ dataDir, projection }: ConstructionOptions): Construction {
  const unlock = lockRebuild(dataDir);
  let db: DatabaseSyncInstance | undefined;
  removeUnfinished(dataDir);
  const generation = nextGeneration(dataDir);
  const path = unfinishedPath(dataDir, generation);
  const end = once(() => {
    if (db?.isOpen === true) db.close();
    removeDatabase(path);
    unlock();
  });
  try {
    db = new DatabaseSync(path);
    db.exec(builderSettings);
    createBareSchema(db);
    return constructionOf(db, { dataDir, projection, generation, path, end });
  } catch (error) {
    end();
    throw error;
  }
}

interface Site extends ConstructionOptions {
  readonly generation: number;
  readonly path: string;
  readonly end: () => void;
}

function constructionOf(db: DatabaseSyncInstance, site: Site): Construction {
  const { dataDir, projection, generation, path, end } = site;
  const copiedAt = projection && copyOthers(db, pathToCopy(dataDir), projection);
  const bulk = createBulkWriter(db, new Set(projection === undefined ? projections : [projection]));
  return {
    copiedAt,
    bulk: {
      ...bulk,
      complete(position) {
        bulk.complete(position);
        // From here on other connections look into it.
        db.exec('PRAGMA main.locking_mode = NORMAL; SELECT checkpoint FROM state;');
      },
    },
    writer: createBatchWriter(db),
    scans: createScans(db),
    liveCheckpoint: () => inspectLive(dataDir)?.checkpoint,
    freezeLive() {
      const live = inspectLive(dataDir);
      return live && freeze(generationPath(dataDir, live.number), path);
    },
    putInUse() {
      db.close();
      finish(path);
      renameSync(path, generationPath(dataDir, generation));
      syncFolder(dataDir);
      writePointer(dataDir, generation);
      removeUnused(dataDir, generation);
    },
    end,
  };
}

function pathToCopy(dataDir: string): string {
  const live = inspectLive(dataDir);
  if (live !== undefined) return generationPath(dataDir, live.number);
  throw new OperatorError('there is no read model to take the other projections from; build all of them');
}

/** Closed, but for statements that were not collected yet: a connection without any is closed in fact. */
function finish(path: string): void {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL');
  db.close();
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
