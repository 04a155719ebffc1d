import type { ResolvedEvent } from '../responses.ts';
import type { RpcError } from '../rpc-errors.ts';

/** An event on its way through a group. */
export interface GroupMessage {
  /** What it is acked by: the event's id, or its link's. */
  readonly id: string;
  readonly resolved: ResolvedEvent;
  readonly retryCount: number;
  /** Undefined for an event that was parked and comes back. */
  readonly place?: {
    readonly at: number;
    /** The place before it: what can be a checkpoint while this one is not done. */
    readonly previous: number;
    /** Counts the events that the group came to. */
    readonly sequence: number;
  };
}

/** What a group sends to. */
export interface ConsumerPort {
  readonly connectionName: string;
  readonly username: string;
  /** Events that may be under way to it. */
  readonly bufferSize: number;
  send(message: GroupMessage): void;
  /** The group ends the connection. */
  drop(error: RpcError): void;
}

export interface Consumer {
  readonly port: ConsumerPort;
  readonly inFlight: Map<string, GroupMessage>;
  /** How many more it takes. Not told by `inFlight`: of two events with one id only one is kept there. */
  slots: number;
  total: number;
}

export function createConsumer(port: ConsumerPort): Consumer {
  return { port, inFlight: new Map(), slots: port.bufferSize, total: 0 };
}

/** False where it takes no more. */
export function push(consumer: Consumer, message: GroupMessage): boolean {
  if (consumer.slots <= 0) return false;
  consumer.slots -= 1;
  consumer.total += 1;
  if (!consumer.inFlight.has(message.id)) consumer.inFlight.set(message.id, message);
  consumer.port.send(message);
  return true;
}

/** The event is done with, whether acked or not. */
export function release(consumer: Consumer, id: string): void {
  if (consumer.inFlight.delete(id)) consumer.slots += 1;
}
