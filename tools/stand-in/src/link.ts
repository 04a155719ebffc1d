import type { RecordedEvent } from 'weiliao/event-store';
import type { Log } from './log.ts';
import type { ResolvedEvent } from './responses.ts';
import { toWire } from './stored-event.ts';
import { firstShown, isTooOld } from './stream-states.ts';

/** A link's data: `<revision>@<stream>`. */
const linkForm = /^(\d{1,15})@(.+)$/s;

/** What a link leads to, where the reader asks for it. */
export function resolve(log: Log, event: RecordedEvent, resolveLinks: boolean): ResolvedEvent {
  if (!resolveLinks || event.type !== '$>') return { event };
  const [, revision, stream] = linkForm.exec(Buffer.from(toWire(event).data).toString('utf8')) ?? [];
  if (revision === undefined || stream === undefined) return { event };
  const target = shownAt(log, stream, Number(revision));
  return target === undefined ? { link: event } : { event: target, link: event };
}

/** What a reader of the stream would find there. */
function shownAt(log: Log, stream: string, revision: number): RecordedEvent | undefined {
  const state = log.stateOf(stream);
  if (state.tombstoned || state.metadata.softDeleted === true || revision < firstShown(state)) return undefined;
  const [target] = log.readStream(stream, revision, 1);
  return target?.revision === revision && !isTooOld(target, state.metadata) ? target : undefined;
}
