import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { makeDataFolder } from '../../shared/data-folder.ts';
import { OperatorError } from '../../shared/errors.ts';

const busy = 5;

/**
 * Lets one rebuild at a time work in a folder. The lock is the operating system's, so it goes with the process however
 * that ends. Returns the release; throws `OperatorError` where another rebuild is at work.
 */
export function lockRebuild(dataDir: string): () => void {
  makeDataFolder(dataDir);
  const db = new DatabaseSync(join(dataDir, 'read-model.rebuild'), { timeout: 0 });
  try {
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode !== busy) throw error;
    throw new OperatorError(`a read model is being built in ${dataDir} already; wait for that one`, { cause: error });
  }
  return () => db.close();
}
