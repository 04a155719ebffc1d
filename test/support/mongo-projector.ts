import { runProjector } from '../../dist/projections/runner.js';
import type { ProjectorState } from '../../dist/projections/runner.js';
import type { EventStore } from '../../dist/event-store/event-store.js';
import type { ReadModel } from '../../dist/read-model/read-model.js';
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
