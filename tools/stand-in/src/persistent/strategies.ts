import { crc32 } from 'node:zlib';
import { toWire } from '../stored-event.ts';
import { push } from './consumer.ts';
import type { Consumer, GroupMessage } from './consumer.ts';
import type { GroupConfig } from './settings.ts';

/** `skipped`: whom it belongs to takes no more, but others may. `full`: nobody takes any more. */
export type PushResult = 'sent' | 'skipped' | 'full';

/** Which consumer of a group gets an event. */
export interface Strategy {
  /** Events are sent in the order in which they come: none is left behind for its consumer. */
  readonly ordered: boolean;
  push(message: GroupMessage): PushResult;
  add(consumer: Consumer): void;
  remove(consumer: Consumer): void;
}

export function createStrategy(name: GroupConfig['namedConsumerStrategy']): Strategy {
  switch (name) {
    case 'RoundRobin':
      return inTurn(true);
    case 'DispatchToSingle':
      return inTurn(false);
    case 'Pinned':
      return pinned(streamOf);
    case 'PinnedByCorrelation':
      return pinned(correlationOf);
  }
}

/** `rotate`: the next event goes to the next consumer; otherwise to the same one until it is full. */
function inTurn(rotate: boolean): Strategy {
  let consumers: Consumer[] = [];
  const toTheEnd = (consumer: Consumer): void => {
    consumers = [...consumers.filter((other) => other !== consumer), consumer];
  };
  return {
    ordered: true,
    push(message) {
      for (const consumer of consumers) {
        const sent = push(consumer, message);
        if (rotate || !sent) toTheEnd(consumer);
        if (sent) return 'sent';
      }
      return 'full';
    },
    add: (consumer) => void consumers.push(consumer),
    remove: (consumer) => (consumers = consumers.filter((other) => other !== consumer)),
  };
}

const bucketCount = 1_024;

/** Events of one key go to one consumer as long as it is there. */
function pinned(keyOf: (message: GroupMessage) => string): Strategy {
  const buckets = new Map<number, Consumer>();
  let consumers: Consumer[] = [];

  function leastLoaded(): Consumer | undefined {
    const load = new Map(consumers.map((consumer) => [consumer, 0]));
    for (const consumer of buckets.values()) load.set(consumer, (load.get(consumer) ?? 0) + 1);
    return [...load].sort(([, one], [, other]) => one - other)[0]?.[0];
  }

  return {
    ordered: false,
    push(message) {
      if (!consumers.some(({ slots }) => slots > 0)) return 'full';
      const bucket = crc32(keyOf(message)) % bucketCount;
      const consumer = buckets.get(bucket) ?? leastLoaded();
      if (consumer === undefined) return 'full';
      buckets.set(bucket, consumer);
      return push(consumer, message) ? 'sent' : 'skipped';
    },
    add: (consumer) => void consumers.push(consumer),
    remove(consumer) {
      consumers = consumers.filter((other) => other !== consumer);
      for (const [bucket, owner] of buckets) if (owner === consumer) buckets.delete(bucket);
    },
  };
}

function streamOf({ resolved: { event, link } }: GroupMessage): string {
  return (event ?? link)?.stream ?? '';
}

function correlationOf(message: GroupMessage): string {
  const { event, link } = message.resolved;
  const source = event ?? link;
  if (source === undefined) return '';
  try {
    const metadata: unknown = JSON.parse(Buffer.from(toWire(source).metadata).toString('utf8'));
    const correlation = (metadata as { readonly $correlationId?: unknown } | null)?.$correlationId;
    return typeof correlation === 'string' ? correlation : streamOf(message);
  } catch {
    return streamOf(message);
  }
}
