import { openReadModel } from '../read-model/open-read-model.ts';
import { readModelName } from './consumer.ts';
import { hostConsumers } from './projector-host.ts';
import { readModelConsumer } from './read-model-consumer.ts';

/** The thread that applies the log to the read model, so that no socket waits for it. */
await hostConsumers(({ readModel: settings, partition }, log) => [
  {
    name: readModelName,
    async open(store) {
      const readModel = await openReadModel({ settings, mode: 'write', partition, lazy: true, log });
      return { consumer: readModelConsumer(readModel, store), lease: readModel.lease };
    },
  },
]);
