import type { Logger } from 'weiliao/tooling';
import type { RecordedEvent } from 'weiliao/event-store';
import type { Log } from '../log.ts';
import { originalOf } from '../responses.ts';
import type { RpcError } from '../rpc-errors.ts';
import { createCheckpointing } from './checkpointing.ts';
import { createConsumer, release } from './consumer.ts';
import type { Consumer, ConsumerPort, GroupMessage } from './consumer.ts';
import { createGroupLog } from './group-log.ts';
import type { GroupConfig } from './settings.ts';
import { createSource } from './source.ts';
import { createStrategy } from './strategies.ts';

export type NackAction = 'retry' | 'park' | 'skip';

export interface GroupStatistics {
  readonly live: boolean;
  readonly consumers: readonly Consumer[];
  readonly total: number;
  readonly readBuffer: number;
  readonly retryBuffer: number;
  readonly outstanding: number;
  readonly parked: number;
  readonly lastCheckpoint: string | undefined;
  readonly lastKnown: string | undefined;
}

/** A consumer group: at least once, in the log's order but for what is sent again. */
export interface Group {
  readonly config: GroupConfig;
  readonly consumerCount: number;
  connect(port: ConsumerPort): GroupConnection;
  statistics(): GroupStatistics;
  replayParked(stopAt: number | undefined): void;
  /** Something was written. */
  notice(events: readonly RecordedEvent[]): void;
  /** Once a second: what was not acked in time is sent again or parked, and a checkpoint may be due. */
  tick(): void;
  /** Ends all connections. */
  shutDown(error: RpcError): void;
  /** Removes what the group keeps in the log. */
  remove(): Promise<void>;
}

export interface GroupConnection {
  ack(ids: readonly string[]): void;
  nack(ids: readonly string[], action: NackAction, reason: string): void;
  /** The consumer is gone: what it has not acked goes to others. */
  close(): void;
}

interface Outstanding {
  readonly message: GroupMessage;
  /** Epoch milliseconds. */
  readonly expires: number;
}

export function createGroup(log: Log, config: GroupConfig, logger: Logger): Group {
  const source = createSource(log, config);
  const own = createGroupLog(log, config);
  const strategy = createStrategy(config.namedConsumerStrategy);
  const outstanding = new Map<string, Outstanding>();
  /** Ids of those among them that were sent before: they stand behind younger ones. */
  const sentBefore = new Set<string>();
  let consumers: Consumer[] = [];
  let buffer: GroupMessage[] = [];
  let retry: GroupMessage[] = [];
  let live = false;
  /** Something that matters was written since the last read. */
  let grown = true;
  let over = false;
  let total = 0;
  let sequence = 0;
  let lastKnown: number | undefined;
  const loaded = loadPlace();
  let place = loaded.place;
  const checkpointing = createCheckpointing({ config, write: (at) => keep(own.setCheckpoint(source.format(at))) });
  if (loaded.fromCheckpoint) checkpointing.load(place);
  read();

  function loadPlace(): { readonly place: number; readonly fromCheckpoint: boolean } {
    const checkpoint = own.checkpoint();
    const kept = checkpoint === undefined ? undefined : source.parse(checkpoint);
    if (kept !== undefined) return { place: kept, fromCheckpoint: true };
    const { startFrom } = config;
    return {
      place: startFrom === null ? source.last() : Math.max(source.before, startFrom - 1),
      fromCheckpoint: false,
    };
  }

  /** What the group writes for itself; where that fails, it does so again later or sends an event once more. */
  function keep(written: Promise<void>): void {
    written.catch((error: unknown) => {
      logger.warn({ component: 'stand-in', group: config.group, error }, 'a group could not keep its state');
    });
  }

  /** Reads on as far as the buffer has room. */
  function read(): void {
    if (live && !grown) return;
    grown = false;
    while (config.historyBufferSize - buffer.length - retry.length > config.readBatchSize) {
      const events = source.after(place, config.readBatchSize);
      live = events.length < config.readBatchSize;
      for (const { at, resolved } of events) {
        if (resolved !== undefined) {
          const { id } = originalOf(resolved);
          buffer.push({ id, resolved, retryCount: 0, place: { at, previous: place, sequence } });
          lastKnown = at;
        }
        place = at;
        sequence += 1;
      }
      if (live) return;
    }
    live = false;
    grown = true;
  }

  function pushAll(): void {
    retry = pushSome(retry);
    buffer = pushSome(buffer);
  }

  /** The messages that nobody took. */
  function pushSome(messages: readonly GroupMessage[]): GroupMessage[] {
    const left: GroupMessage[] = [];
    for (const [index, message] of messages.entries()) {
      const result = strategy.push(message);
      if (result === 'full') return [...left, ...messages.slice(index)];
      if (result === 'skipped') left.push(message);
      else start(message);
    }
    return left;
  }

  function start(message: GroupMessage): void {
    total += 1;
    if (outstanding.has(message.id)) return;
    const expires = config.messageTimeout === 0 ? Number.POSITIVE_INFINITY : Date.now() + config.messageTimeout;
    outstanding.set(message.id, { message, expires });
    if (message.retryCount > 0) sentBefore.add(message.id);
  }

  function done(id: string): void {
    outstanding.delete(id);
    sentBefore.delete(id);
    for (const consumer of consumers) release(consumer, id);
  }

  function sendAgain(message: GroupMessage): void {
    done(message.id);
    const again = { ...message, retryCount: message.retryCount + 1 };
    const { place: at } = message;
    const index =
      at === undefined ? -1 : retry.findIndex((other) => other.place !== undefined && at.at < other.place.at);
    retry.splice(index === -1 ? retry.length : index, 0, again);
  }

  function retryOrPark(message: GroupMessage): void {
    if (message.retryCount < config.maxRetryCount) sendAgain(message);
    else park(message, `Reached retry count of ${config.maxRetryCount}`);
  }

  /** An event counts as done once it is parked. Where that fails, it is sent again. */
  function park(message: GroupMessage, reason: string): void {
    outstanding.set(message.id, { message, expires: Number.POSITIVE_INFINITY });
    for (const consumer of consumers) release(consumer, message.id);
    own.park(message.resolved, reason).then(
      () => {
        done(message.id);
        goOn();
      },
      (error: unknown) => {
        logger.warn({ component: 'stand-in', group: config.group, error }, 'an event could not be parked');
        sendAgain(message);
      },
    );
  }

  function goOn(): void {
    if (over) return;
    checkpointing.check(pending(), { place, sequence }, false);
    read();
    pushAll();
  }

  /** The first message in log order that is not done. */
  function pending(): GroupMessage['place'] {
    let first: GroupMessage['place'];
    const sent = strategy.ordered ? [oldestOutstanding(), ...sentBefore] : [...outstanding.keys()];
    const waiting = [...sent.map((id) => outstanding.get(id ?? '')?.message), ...retry, buffer[0]];
    for (const message of waiting) {
      const at = message?.place;
      if (at !== undefined && (first === undefined || at.sequence < first.sequence)) first = at;
    }
    return first;
  }

  /** The one that was sent first of those that were sent once and were not parked before. */
  function oldestOutstanding(): string | undefined {
    for (const [id, { message }] of outstanding) if (message.retryCount === 0 && message.place !== undefined) return id;
    return undefined;
  }

  function nack(id: string, action: NackAction, reason: string): void {
    const message = outstanding.get(id)?.message;
    if (message === undefined) return;
    if (action === 'retry') retryOrPark(message);
    else if (action === 'park') park(message, `Client explicitly NAK'ed message.\n${reason}`);
    else done(id);
  }

  function disconnect(consumer: Consumer): void {
    if (!consumers.includes(consumer)) return;
    consumers = consumers.filter((other) => other !== consumer);
    strategy.remove(consumer);
    for (const message of [...consumer.inFlight.values()]) {
      if (outstanding.get(message.id)?.message === message) sendAgain(message);
    }
    pushAll();
  }

  return {
    config,
    get consumerCount() {
      return consumers.length;
    },

    connect(port) {
      const consumer = createConsumer(port);
      consumers.push(consumer);
      strategy.add(consumer);
      pushAll();
      return {
        ack(ids) {
          for (const id of ids) done(id);
          goOn();
        },
        nack(ids, action, reason) {
          for (const id of ids) nack(id, action, reason);
          goOn();
        },
        close: () => disconnect(consumer),
      };
    },

    statistics: () => ({
      live,
      consumers,
      total,
      readBuffer: buffer.length,
      retryBuffer: retry.length,
      outstanding: outstanding.size,
      parked: own.parkedCount(),
      lastCheckpoint: checkpointing.last === undefined ? undefined : source.format(checkpointing.last),
      lastKnown: lastKnown === undefined ? undefined : source.format(lastKnown),
    }),

    replayParked(stopAt) {
      const parked = own.parked(stopAt);
      if (parked === undefined) return;
      for (const resolved of parked.events) retry.push({ id: originalOf(resolved).id, resolved, retryCount: 0 });
      pushAll();
      keep(own.truncateParked(parked.end));
    },

    notice(events) {
      if (over || !events.some((event) => source.matters(event))) return;
      grown = true;
      read();
      pushAll();
    },

    tick() {
      const now = Date.now();
      for (const { message, expires } of [...outstanding.values()]) if (expires <= now) retryOrPark(message);
      pushAll();
      checkpointing.check(pending(), { place, sequence }, true);
      read();
      pushAll();
    },

    shutDown(error) {
      over = true;
      for (const { port } of consumers) port.drop(error);
      consumers = [];
    },

    remove: () => own.remove(),
  };
}
