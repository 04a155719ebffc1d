import { runProjector } from '../../src/projections/runner.ts';
import type { ProjectorState } from '../../src/projections/runner.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';
import { silent } from './projection-model.ts';

/** Runs a projector until `use` is done, which is given the states it has had. */
export async function projecting(
  store: EventStore,
  readModel: ReadModel,
  use: (states: ProjectorState[]) => Promise<void>,
): Promise<void> {
  const stopping = new AbortController();
  const states: ProjectorState[] = [];
  const running = runProjector({
    store,
    readModel,
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
