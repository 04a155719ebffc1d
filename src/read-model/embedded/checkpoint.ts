import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Landmark } from '../../event-store/log-identity.ts';
import type { Checkpoint } from '../read-model.ts';
import { prepareRows } from './rows.ts';

/** Undefined where the table has no row. `schema`: of an attached database. */
export function createCheckpointReader(db: DatabaseSyncInstance, schema = 'main'): () => Checkpoint | undefined {
  const state = prepareRows<[number, string | null]>(db, `SELECT checkpoint, landmark FROM ${schema}.state`);
  return () => {
    const [position, landmark] = state.get() ?? [];
    if (position === undefined) return undefined;
    return { position, landmark: landmark ? (JSON.parse(landmark) as Landmark) : undefined };
  };
}

export function createCheckpointWriter(db: DatabaseSyncInstance): (checkpoint: Checkpoint) => void {
  const move = db.prepare('UPDATE state SET checkpoint = ?, landmark = ?');
  return ({ position, landmark }) => void move.run(position, landmark === undefined ? null : JSON.stringify(landmark));
}
