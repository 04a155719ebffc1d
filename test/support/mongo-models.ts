import { openMongoReadModel } from '../../dist/read-model/mongodb/mongo-read-model.js';
import type { MongoReadModelOptions } from '../../dist/read-model/mongodb/mongo-read-model.js';
import type { ReadModel } from '../../dist/read-model/read-model.js';
import { silent } from './projection-model.ts';

/** Handles of read models in MongoDB, all closed together. */
export interface MongoModels {
  open(options: Pick<MongoReadModelOptions, 'url' | 'mode'> & Partial<MongoReadModelOptions>): Promise<ReadModel>;
  close(): Promise<void>;
}

export function mongoModels(): MongoModels {
  const handles: ReadModel[] = [];
  return {
    async open(options) {
      const model = await openMongoReadModel({ log: silent, ...options });
      handles.push(model);
      return model;
    },
    async close() {
      for (const handle of handles.splice(0)) await handle.close();
    },
  };
}
