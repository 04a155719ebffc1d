import type { RecordedEvent } from 'weiliao/event-store';
import { createFilter, isInAll } from '../filter.ts';
import { resolve } from '../link.ts';
import type { Log } from '../log.ts';
import { readStream } from '../read-stream.ts';
import { originalOf } from '../responses.ts';
import type { ResolvedEvent } from '../responses.ts';
import { allStream } from './settings.ts';
import type { GroupConfig } from './settings.ts';

/** An event that a group has come to; without `resolved` it is one that its filter leaves out. */
export interface SourceEvent {
  /** Revision in the stream, or position in the log. */
  readonly at: number;
  readonly resolved?: ResolvedEvent;
}

/** Where a group's events come from. Places are revisions of a stream, or positions of the log. */
export interface Source {
  /** The place before everything. */
  readonly before: number;
  /** The newest place. */
  last(): number;
  after(place: number, limit: number): readonly SourceEvent[];
  matters(event: RecordedEvent): boolean;
  placeOf(resolved: ResolvedEvent): number;
  /** As checkpoints and statistics write it. */
  format(place: number): string;
  parse(text: string): number | undefined;
}

export function createSource(log: Log, config: GroupConfig): Source {
  return config.stream === allStream ? allSource(log, config) : streamSource(log, config);
}

function streamSource(log: Log, { stream, resolveLinkTos }: GroupConfig): Source {
  return {
    before: -1,
    last: () => log.stateOf(stream).head,
    after(revision, limit) {
      if (log.stateOf(stream).tombstoned) return [];
      const pages = readStream(log, { stream, direction: 'forwards', from: revision + 1, maxCount: limit });
      const events = pages === undefined ? [] : [...pages].flat();
      return events.map((event) => ({ at: event.revision, resolved: resolve(log, log.shared(event), resolveLinkTos) }));
    },
    matters: (event) => event.stream === stream,
    placeOf: (resolved) => originalOf(resolved).revision,
    format: String,
    parse: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
  };
}

function allSource(log: Log, { filter, resolveLinkTos }: GroupConfig): Source {
  const wanted = filter === null ? isInAll : createFilter(filter);
  return {
    before: 0,
    last: () => log.lastPosition(),
    after: (position, limit) =>
      log.readAll(position, limit).map((event) => ({
        at: event.position,
        ...(wanted(event) && { resolved: resolve(log, event, resolveLinkTos) }),
      })),
    matters: isInAll,
    placeOf: (resolved) => originalOf(resolved).position,
    format: (position) => `C:${position}/P:${position}`,
    parse(text) {
      const commit = /^C:(\d{1,15})\/P:\d{1,15}$/.exec(text)?.[1];
      return commit === undefined ? undefined : Number(commit);
    },
  };
}
