import type { ConsumerState } from '../../src/projections/consumer.ts';
import { readModelConsumer } from '../../src/projections/read-model-consumer.ts';
import { runConsumer } from '../../src/projections/runner.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';
import { silent } from './silent.ts';

/** Runs a projector until `use` is done, which is given the states it has had. */
export async function projecting(
  store: EventStore,
  readModel: ReadModel,
  use: (states: ConsumerState[]) => Promise<void>,
): Promise<void> {
  const stopping = new AbortController();
  const states: ConsumerState[] = [];
  const running = runConsumer({
    store,
    consumer: readModelConsumer(readModel, store),
    lease: readModel.lease,
    signal: stopping.signal,
    log: silent,
    backOff: () => 50,
    onState: (state) => void states.push(state),
  });
  try {
    await use(states);
  } finally {
    stopping.abort();
    await running;
  }
}
