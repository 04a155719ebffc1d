import type { ResolvedEvent } from '../responses.ts';
import type { RpcError } from '../rpc-errors.ts';
import type { Consumer, ConsumerPort, GroupMessage } from './consumer.ts';
import { createConsumers } from './consumers.ts';
import { createOutstanding } from './outstanding.ts';
import type { GroupConfig } from './settings.ts';
import { createWaitingLine } from './waiting-line.ts';

export type NackAction = 'retry' | 'park' | 'skip';

export interface DeliveryCounts {
  readonly consumers: readonly Consumer[];
  /** Events sent, repeats counted. */
  readonly total: number;
  /** Sent, and not done with. */
  readonly outstanding: number;
  /** Waiting to be sent, and to be sent again. */
  readonly read: number;
  readonly again: number;
}

/** Events on their way to a group's consumers, at least once, until they are acked, skipped or parked. */
export interface Delivery {
  counts(): DeliveryCounts;
  add(message: GroupMessage): void;
  /** One that was parked comes back. */
  addAgain(message: GroupMessage): void;
  /** Sends what consumers have room for. */
  push(): void;
  connect(port: ConsumerPort): Consumer;
  /** What it has not acked goes to others. */
  disconnect(consumer: Consumer): void;
  ack(id: string): void;
  nack(id: string, action: NackAction, reason: string): void;
  /** What was not acked in time is sent again or parked. */
  expire(): void;
  /** The first event in log order that is not done with. */
  pending(): GroupMessage['place'];
  dropAll(error: RpcError): void;
}

export interface DeliveryOptions {
  readonly config: Pick<GroupConfig, 'maxRetryCount' | 'messageTimeout' | 'namedConsumerStrategy'>;
  /** An event counts as done once it is parked. Where that fails (false), it is sent again. */
  park(resolved: ResolvedEvent, reason: string): Promise<boolean>;
  onParked(): void;
}

export function createDelivery({ config, park, onParked }: DeliveryOptions): Delivery {
  const consumers = createConsumers(config.namedConsumerStrategy);
  const outstanding = createOutstanding(config.messageTimeout);
  const waiting = createWaitingLine();

  function push(): void {
    waiting.offer((message) => {
      const result = consumers.push(message);
      if (result === 'sent') outstanding.start(message);
      return result;
    });
  }

  function done(id: string): void {
    outstanding.done(id);
    consumers.release(id);
  }

  function sendAgain(message: GroupMessage): void {
    done(message.id);
    waiting.addAgain({ ...message, retryCount: message.retryCount + 1 });
  }

  function retryOrPark(message: GroupMessage): void {
    if (message.retryCount < config.maxRetryCount) sendAgain(message);
    else void parkNow(message, `Reached retry count of ${config.maxRetryCount}`);
  }

  async function parkNow(message: GroupMessage, reason: string): Promise<void> {
    outstanding.keep(message);
    consumers.release(message.id);
    if (await park(message.resolved, reason)) {
      done(message.id);
      onParked();
    } else sendAgain(message);
  }

  return {
    counts: () => ({ ...waiting.counts(), ...consumers.counts(), outstanding: outstanding.size }),
    add: waiting.add,
    addAgain: waiting.addAgain,
    push,
    connect(port) {
      const consumer = consumers.add(port);
      push();
      return consumer;
    },
    disconnect(consumer) {
      const left = consumers.remove(consumer).filter((message) => outstanding.get(message.id) === message);
      left.forEach(sendAgain);
      push();
    },
    ack: done,
    nack(id, action, reason) {
      const message = outstanding.get(id);
      if (message === undefined) return;
      if (action === 'retry') retryOrPark(message);
      else if (action === 'park') void parkNow(message, `Client explicitly NAK'ed message.\n${reason}`);
      else done(id);
    },
    expire: () => outstanding.expired().forEach(retryOrPark),
    pending: () => firstOf([...outstanding.candidates(consumers.ordered), ...waiting.candidates()]),
    dropAll: consumers.dropAll,
  };
}

function firstOf(messages: readonly GroupMessage[]): GroupMessage['place'] {
  let first: GroupMessage['place'];
  for (const { place } of messages) {
    if (place !== undefined && (first === undefined || place.sequence < first.sequence)) first = place;
  }
  return first;
}
