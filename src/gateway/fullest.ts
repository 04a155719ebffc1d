import type { Sample } from '../shared/plain-metrics.ts';
import type { Session } from './session.ts';

/** Sockets that are shown. */
const mostShown = 5;

/** Unsent bytes of the sockets that have most, beginning with the most. */
export function fullest(sessions: ReadonlySet<Pick<Session, 'connection' | 'closed'>>): Sample[] {
  const most: number[] = [];
  for (const { connection, closed } of sessions) {
    const bytes = closed || connection === undefined ? 0 : connection.getBufferedAmount();
    if (most.length === mostShown && bytes <= (most.at(-1) ?? 0)) continue;
    most.push(bytes);
    most.sort((one, other) => other - one).splice(mostShown);
  }
  return most.map((value, at) => ({ labels: { place: String(at + 1) }, value }));
}
