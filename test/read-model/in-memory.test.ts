import { readModelContract } from '../contract/read-model.ts';
import { createInMemoryReadModel } from '../support/in-memory-read-model.ts';

readModelContract({
  name: 'in-memory',
  open() {
    const writer = createInMemoryReadModel();
    return Promise.resolve({ writer, openReader: () => writer, dispose: () => writer.close() });
  },
});
