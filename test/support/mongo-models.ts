import { openMongoReadModel } from '../../src/read-model/mongodb/mongo-read-model.ts';
import type { MongoReadModelOptions } from '../../src/read-model/mongodb/mongo-read-model.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';
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
