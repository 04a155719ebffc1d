import { randomUUID } from 'node:crypto';
import { jsonEvent } from '@eventstore/db-client';
import type { EventData, EventStoreDBClient } from '@eventstore/db-client';

export type Step = (name: string, run: () => unknown) => Promise<void>;

export interface Run {
  readonly client: EventStoreDBClient;
  /** Names a stream of this run's own. */
  readonly stream: (name: string) => string;
  readonly prefix: string;
  /** Notes what the server answers, or the error. */
  readonly step: Step;
}

export type TestedEvent = EventData & { id: string };

export function event(type = 'Tested'): TestedEvent {
  return jsonEvent({ id: randomUUID(), type, data: { text: '你好' }, metadata: { schemaVersion: 1 } });
}

export const events = (count: number): TestedEvent[] => Array.from({ length: count }, () => event());
