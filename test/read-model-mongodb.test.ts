import { afterAll, beforeAll, describe } from 'vitest';
import { openMongoReadModel } from '../dist/read-model/mongodb/mongo-read-model.js';
import type { ReadModel } from '../dist/read-model/read-model.js';
import { readModelContract } from './contract/read-model.ts';
import { noMongo, openTestMongo, reportSkipped } from './support/mongod.ts';
import type { TestMongo } from './support/mongod.ts';
import { silent } from './support/projection-model.ts';

describe.skipIf(reportSkipped('the MongoDB read model', noMongo))('MongoDB', () => {
  let mongo: TestMongo;
  beforeAll(async () => {
    mongo = await openTestMongo();
  });
  afterAll(() => mongo.stop());

  readModelContract({
    name: 'MongoDB',
    async open() {
      const url = mongo.newDatabase();
      const handles: ReadModel[] = [];
      const open = async (mode: 'read' | 'write'): Promise<ReadModel> => {
        const model = await openMongoReadModel({ url, mode, log: silent });
        handles.push(model);
        return model;
      };
      return {
        writer: await open('write'),
        openReader: () => open('read'),
        async dispose() {
          for (const handle of handles) await handle.close();
        },
      };
    },
  });
});
