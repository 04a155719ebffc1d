import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { OperatorError } from '../../shared/errors.ts';

const sqliteBusy = 5;

/**
 * Takes the data folder for this process, so that a log has one writer. The lock is the operating system's, so it goes
 * with the process however that ends; the file `holder` only tells who has it. Returns the release.
 */
export function lockDataDir(dataDir: string, holder: string): () => void {
  let db: DatabaseSyncInstance | undefined;
  try {
    mkdirSync(dataDir, { recursive: true });
    db = new DatabaseSync(join(dataDir, 'lock'), { timeout: 0 });
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    writeFileSync(holder, `process ${process.pid}, since ${new Date().toISOString()}\n`);
  } catch (error) {
    db?.close();
    if ((error as { errcode?: number }).errcode === sqliteBusy) {
      throw new OperatorError(
        `DATA_DIR: ${dataDir} is in use by ${readHolder(holder)}; stop that one, or set another folder`,
      );
    }
    throw new OperatorError(`DATA_DIR: ${dataDir} cannot be used: ${(error as Error).message}`, { cause: error });
  }
  const held = db;
  return () => held.close();
}

function readHolder(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'another process';
  }
}
