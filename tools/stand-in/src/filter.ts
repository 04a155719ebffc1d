import type { RecordedEvent } from 'weiliao/event-store';

export type EventFilter = (event: RecordedEvent) => boolean;

export interface FilterRequest {
  readonly on: 'stream' | 'type';
  /** Used where it is not empty; otherwise the prefixes are. */
  readonly regex: string;
  readonly prefixes: readonly string[];
}

const groupStreamPrefix = '$persistentsubscription-$all::';

/** What `$all` shows: everything but the book-keeping of its own persistent subscriptions. */
export function isInAll({ stream }: RecordedEvent): boolean {
  if (!stream.startsWith(groupStreamPrefix)) return true;
  return !stream.endsWith('-checkpoint') && !stream.endsWith('-parked');
}

/** Throws a `SyntaxError` where the regular expression is none. */
export function createFilter({ on, regex, prefixes }: FilterRequest): EventFilter {
  const subject = (event: RecordedEvent): string => (on === 'stream' ? event.stream : event.type);
  if (regex !== '') {
    const expression = new RegExp(regex, 'u');
    return (event) => isInAll(event) && expression.test(subject(event));
  }
  return (event) => isInAll(event) && prefixes.some((prefix) => subject(event).startsWith(prefix));
}
