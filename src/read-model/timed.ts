import type { Tallies } from '../shared/plain-metrics.ts';
import type { ReadModel, ReadModelQueries } from './read-model.ts';

/** Every query of the port: a new one does not compile until it is timed. */
const queries: Readonly<Record<keyof ReadModelQueries, true>> = {
  checkpoint: true,
  user: true,
  usersById: true,
  users: true,
  usersStarting: true,
  conversation: true,
  membership: true,
  conversations: true,
  conversationsChangedSince: true,
  message: true,
  newestMessages: true,
  messages: true,
  messageByClientId: true,
  greatestClientId: true,
};

type Query = (...given: unknown[]) => Promise<unknown>;

/** The same read model, which tells how long its queries took, refused ones too. */
export function timed(readModel: ReadModel, times: Tallies): ReadModel {
  const all = Object.keys(queries).map((name) => {
    const query = readModel[name as keyof ReadModelQueries].bind(readModel) as Query;
    const tally = times.of(name);
    return [
      name,
      (...given: unknown[]) => {
        const began = performance.now();
        const note = (): void => tally.observe((performance.now() - began) / 1_000);
        const answer = query(...given);
        answer.then(note, note);
        return answer;
      },
    ] as const;
  });
  return { ...readModel, ...Object.fromEntries(all) };
}
