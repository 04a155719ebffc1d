import { openMongoReadModel } from '../../src/read-model/mongodb/mongo-read-model.ts';
import type { MongoReadModelOptions } from '../../src/read-model/mongodb/mongo-read-model.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';
import { silent } from './silent.ts';

type Options = Pick<MongoReadModelOptions, 'url'> & Partial<MongoReadModelOptions>;

/** Handles of read models in MongoDB, all closed together. */
export interface MongoModels {
  open(options: Options & Pick<MongoReadModelOptions, 'mode'>): Promise<ReadModel>;
  /** Holds its share. */
  openWriter(options: Options): Promise<ReadModel>;
  close(): Promise<void>;
}

export function mongoModels(): MongoModels {
  const handles: ReadModel[] = [];
  const open: MongoModels['open'] = async (options) => {
    const model = await openMongoReadModel({ log: silent, ...options });
    handles.push(model);
    return model;
  };
  return {
    open,
    async openWriter(options) {
      const model = await open({ ...options, mode: 'write' });
      await model.lease?.acquire();
      return model;
    },
    async close() {
      for (const handle of handles.splice(0)) await handle.close();
    },
  };
}
