import { closeSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { makeDataFolder, openOwnFile } from '../../shared/data-folder.ts';
import { OperatorError } from '../../shared/errors.ts';

const sqliteBusy = 5;

/**
 * Takes the data folder for this process, so that a log has one writer. The lock is the operating system's, so it goes
 * with the process however that ends; the file `holder` only tells who has it. Returns the release.
 */
export function lockDataDir(dataDir: string, holder: string): () => void {
  let db: DatabaseSyncInstance | undefined;
  try {
    makeDataFolder(dataDir);
    db = new DatabaseSync(join(dataDir, 'lock'), { timeout: 0 });
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    tellHolder(holder);
  } catch (error) {
    db?.close();
    if (error instanceof OperatorError) throw error;
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

function tellHolder(path: string): void {
  const file = openOwnFile(path, 'write');
  try {
    writeSync(file, `process ${process.pid}, since ${new Date().toISOString()}\n`);
  } finally {
    closeSync(file);
  }
}

function readHolder(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'another process';
  }
}
