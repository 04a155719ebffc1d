import type { RpcError } from '../rpc-errors.ts';
import { createConsumer, release } from './consumer.ts';
import type { Consumer, ConsumerPort, GroupMessage } from './consumer.ts';
import type { GroupConfig } from './settings.ts';
import { createStrategy } from './strategies.ts';
import type { Strategy } from './strategies.ts';

/** Those who are connected to a group. */
export interface Consumers extends Pick<Strategy, 'ordered' | 'push'> {
  /** `total`: events sent, repeats counted. */
  counts(): { readonly consumers: readonly Consumer[]; readonly total: number };
  add(port: ConsumerPort): Consumer;
  /** What it has not acked; nothing where it was gone already. */
  remove(consumer: Consumer): readonly GroupMessage[];
  /** The event is done with, whoever has it. */
  release(id: string): void;
  /** Ends all connections. */
  dropAll(error: RpcError): void;
}

export function createConsumers(strategyName: GroupConfig['namedConsumerStrategy']): Consumers {
  const strategy = createStrategy(strategyName);
  let consumers: readonly Consumer[] = [];
  let total = 0;
  return {
    ordered: strategy.ordered,
    push(message) {
      const result = strategy.push(message);
      if (result === 'sent') total += 1;
      return result;
    },
    counts: () => ({ consumers, total }),
    add(port) {
      const consumer = createConsumer(port);
      consumers = [...consumers, consumer];
      strategy.add(consumer);
      return consumer;
    },
    remove(consumer) {
      if (!consumers.includes(consumer)) return [];
      consumers = consumers.filter((other) => other !== consumer);
      strategy.remove(consumer);
      return [...consumer.inFlight.values()];
    },
    release(id) {
      for (const consumer of consumers) release(consumer, id);
    },
    dropAll(error) {
      for (const { port } of consumers) port.drop(error);
      consumers = [];
    },
  };
}
