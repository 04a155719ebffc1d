import { closeSync, existsSync, fsyncSync, renameSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { openOwnFile } from '../../shared/data-folder.ts';
import { OperatorError } from '../../shared/errors.ts';
import { workerUrl } from '../../shared/worker-url.ts';
import { compareDocuments } from '../comparison.ts';
import { failedComparison, IncomparableError, projections } from '../construction.ts';
import type { Comparison, Construction, DocumentDifference, LogAtHand, Projection } from '../construction.ts';
import { createBatchWriter } from './batch-writer.ts';
import { createBulkWriter } from './bulk-writer.ts';
import { createCheckpointWriter } from './checkpoint.ts';
import { freeze } from './comparison.ts';
import type { Frozen } from './comparison.ts';
import { copyOthers } from './copy.ts';
import type { EncodedRows } from './encoder.ts';
import {
  generationPath,
  makeDatabaseFile,
  nextGeneration,
  readPointer,
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
import { isDamage, translate } from './sqlite-errors.ts';

export interface EmbeddedConstructionOptions {
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

/**
 * Builds a generation beside the one in use. Throws `OperatorError` where another one is being built in the folder, or
 * where there is nothing to copy from.
 */
export function beginEmbeddedConstruction(options: EmbeddedConstructionOptions): Promise<Construction> {
  return answer(() => begin(options));
}

/** Errors of SQLite and the file system in the port's words. */
// eslint-disable-next-line @typescript-eslint/require-await -- what is thrown becomes the promise's rejection
async function answer<T>(use: () => T): Promise<T> {
  try {
    return use();
  } catch (error) {
    throw translate(error);
  }
}

function begin({ dataDir, projection }: EmbeddedConstructionOptions): Construction {
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
    makeDatabaseFile(path);
    db = new DatabaseSync(path);
    db.exec(builderSettings);
    createBareSchema(db);
    return constructionOf(db, { dataDir, projection, generation, path, end });
  } catch (error) {
    end();
    throw error;
  }
}

interface Site extends EmbeddedConstructionOptions {
  readonly generation: number;
  readonly path: string;
  readonly end: () => void;
}

function constructionOf(db: DatabaseSyncInstance, { dataDir, projection, generation, path, end }: Site): Construction {
  const takenOverAt = projection && copyOthers(db, pathToCopy(dataDir), projection);
  const bulk = createBulkWriter(db, new Set(projection === undefined ? projections : [projection]));
  const writer = createBatchWriter(db);
  const scans = createScans(db, { hidden: true });
  let frozen: Frozen | undefined;

  function freezeLive(): Frozen | undefined {
    const live = inspectLive(dataDir);
    frozen = live && freeze(generationPath(dataDir, live.number), path);
    return frozen;
  }

  return {
    takenOverAt,
    encoder: workerUrl('encoder', import.meta.url),
    liveCheckpoint: () => answer(() => inspectLive(dataDir)?.checkpoint),
    add: (batch) => answer(() => bulk.add(batch as EncodedRows)),
    complete: (position) =>
      answer(() => {
        bulk.complete(position);
        // From here on other connections look into it.
        db.exec('PRAGMA main.locking_mode = NORMAL; SELECT checkpoint FROM state;');
      }),
    write: (batch, span) => answer(() => writer.apply(batch, span)),
    replacesAnything: () => answer(() => isThere(dataDir)),
    async compare(log) {
      try {
        const live = freezeLive();
        return live && (await compare(scans, live, log));
      } catch (error) {
        throw unreadable(error, log);
      }
    },
    // A generation is put in use in one step, whoever writes the one before.
    hold: () => Promise.resolve(),
    putInUse: (checkpoint) =>
      answer(() => {
        createCheckpointWriter(db)(checkpoint);
        db.close();
        finish(path);
        renameSync(path, generationPath(dataDir, generation));
        syncFolder(dataDir);
        writePointer(dataDir, generation);
        removeUnused(dataDir, generation);
      }),
    end: () =>
      answer(() => {
        frozen?.release();
        end();
      }),
  };
}

/** The generation in use stands still meanwhile. */
async function compare(built: Scans, live: Frozen, log: LogAtHand): Promise<Comparison | undefined> {
  if (live.checkpoint < log.position()) {
    live.release();
    return undefined;
  }
  await log.goOnTo(live.checkpoint);
  return { at: live.checkpoint, differences: differencesOf(built, live, log) };
}

/**
 * Equal generations are found equal at the price of reading both; only otherwise documents are made and compared one by
 * one.
 */
async function* differencesOf(built: Scans, live: Frozen, log: LogAtHand): AsyncGenerator<DocumentDifference> {
  try {
    if (!live.sameRows()) yield* compareDocuments(built, live.scans);
  } catch (error) {
    throw unreadable(error, log);
  } finally {
    live.release();
  }
}

function unreadable(error: unknown, log: LogAtHand): unknown {
  return isDamage(error) ? new IncomparableError(error) : failedComparison(translate(error), log);
}

function isThere(dataDir: string): boolean {
  const generation = readPointer(dataDir);
  return generation !== undefined && existsSync(generationPath(dataDir, generation));
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
  const file = openOwnFile(path, 'change');
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
