import type { RecordedEvent } from 'weiliao/event-store';
import type { Log } from './log.ts';
import type { ResolvedEvent } from './responses.ts';
import { toWire } from './stored-event.ts';

/** A link's data: `<revision>@<stream>`. */
const linkForm = /^(\d{1,15})@(.+)$/s;

/** What a link leads to, where the reader asks for it. */
export function resolve(log: Log, event: RecordedEvent, resolveLinks: boolean): ResolvedEvent {
  if (!resolveLinks || event.type !== '$>') return { event };
  const [, revision, stream] = linkForm.exec(Buffer.from(toWire(event).data).toString('utf8')) ?? [];
  if (revision === undefined || stream === undefined) return { event };
  const [target] = log.stateOf(stream).tombstoned ? [] : log.readStream(stream, Number(revision), 1);
  return target?.revision === Number(revision) ? { event: target, link: event } : { link: event };
}
