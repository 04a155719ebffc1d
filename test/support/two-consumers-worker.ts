import { hostConsumers } from '../../src/projections/projector-host.ts';
import { readModelConsumer } from '../../src/projections/read-model-consumer.ts';
import { openReadModel } from '../../src/read-model/open-read-model.ts';
import { createTestConsumer } from './test-consumers.ts';

/* A projector's thread that runs a consumer beside the read model's, which fails at everything. */
await hostConsumers(({ readModel: settings, partition }, log) => [
  {
    name: 'broken',
    open: () => {
      const consumer = createTestConsumer('broken', () => Promise.reject(new Error('cannot be applied')));
      return Promise.resolve({ consumer });
    },
  },
  {
    name: 'read-model',
    async open(store) {
      const readModel = await openReadModel({ settings, mode: 'write', partition, log });
      return { consumer: readModelConsumer(readModel, store), lease: readModel.lease };
    },
  },
]);
