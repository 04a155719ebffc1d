import type { Logger } from 'weiliao/tooling';
import type { RecordedEvent } from 'weiliao/event-store';
import type { Log } from '../log.ts';
import { originalOf } from '../responses.ts';
import type { ResolvedEvent } from '../responses.ts';
import type { RpcError } from '../rpc-errors.ts';
import { createCheckpointing } from './checkpointing.ts';
import type { ConsumerPort, GroupMessage } from './consumer.ts';
import { createDelivery } from './delivery.ts';
import type { Delivery, DeliveryCounts, DeliveryOptions, NackAction } from './delivery.ts';
import { createGroupLog } from './group-log.ts';
import type { GroupLog } from './group-log.ts';
import { createReading } from './reading.ts';
import type { GroupConfig } from './settings.ts';
import { createSource } from './source.ts';
import type { Source } from './source.ts';

export interface GroupStatistics extends DeliveryCounts {
  readonly live: boolean;
  readonly parked: number;
  readonly lastCheckpoint: string | undefined;
  readonly lastKnown: string | undefined;
}

/** A consumer group: at least once, in the log's order but for what is sent again. */
export interface Group {
  readonly config: GroupConfig;
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

export function createGroup(log: Log, config: GroupConfig, logger: Logger): Group {
  const source = createSource(log, config);
  const own = createGroupLog(log, config);
  const { place, fromCheckpoint } = placeToBegin(config, source, own);
  const reading = createReading(source, place, config.readBatchSize);
  const attempt = attemptWith(logger.child({ component: 'stand-in', group: config.group }));
  /** Where this fails, it is written again later, or an event is sent once more. */
  const keep = (written: Promise<void>): void => void attempt(written);
  const checkpointing = createCheckpointing({ config, write: (at) => keep(own.setCheckpoint(source.format(at))) });
  if (fromCheckpoint) checkpointing.load(place);
  const park: DeliveryOptions['park'] = (resolved, reason) => attempt(own.park(resolved, reason));
  const delivery = createDelivery({ config, park, onParked: goOn });
  const format = (at: number | undefined): string | undefined => (at === undefined ? undefined : source.format(at));
  let over = false;
  readOn();

  function readOn(): void {
    reading.readOn(() => roomIn(config, delivery.counts()), delivery.add);
  }

  function goOn(): void {
    if (over) return;
    checkpointing.check(delivery.pending(), reading, false);
    readOn();
    delivery.push();
  }

  return {
    config,
    connect: (port) => connectTo(delivery, port, goOn),
    statistics: () => ({
      ...delivery.counts(),
      live: reading.live,
      parked: own.parkedCount(),
      lastCheckpoint: format(checkpointing.last),
      lastKnown: format(reading.lastKnown),
    }),
    replayParked(stopAt) {
      const parked = own.parked(stopAt);
      if (parked === undefined) return;
      for (const resolved of parked.events) delivery.addAgain(messageOf(resolved));
      delivery.push();
      keep(own.truncateParked(parked.end));
    },
    notice(events) {
      if (over || !events.some((event) => source.matters(event))) return;
      reading.grown();
      readOn();
      delivery.push();
    },
    tick() {
      delivery.expire();
      delivery.push();
      checkpointing.check(delivery.pending(), reading, true);
      readOn();
      delivery.push();
    },
    shutDown(error) {
      over = true;
      delivery.dropAll(error);
    },
    remove: own.remove,
  };
}

function roomIn({ historyBufferSize }: GroupConfig, { read, again }: DeliveryCounts): number {
  return historyBufferSize - read - again;
}

/** What a group writes for itself: false, with a warning, where that fails. */
function attemptWith(logger: Logger): (written: Promise<void>) => Promise<boolean> {
  return (written) =>
    written.then(
      () => true,
      (error: unknown) => {
        logger.warn({ error }, 'a group could not keep its state');
        return false;
      },
    );
}

/** A group goes on from its checkpoint, or begins where it was told to. */
function placeToBegin(
  { startFrom }: GroupConfig,
  source: Source,
  own: GroupLog,
): { readonly place: number; readonly fromCheckpoint: boolean } {
  const checkpoint = own.checkpoint();
  const kept = checkpoint === undefined ? undefined : source.parse(checkpoint);
  if (kept !== undefined) return { place: kept, fromCheckpoint: true };
  const place = startFrom === null ? source.last() : Math.max(source.before, startFrom - 1);
  return { place, fromCheckpoint: false };
}

function messageOf(resolved: ResolvedEvent): GroupMessage {
  return { id: originalOf(resolved).id, resolved, retryCount: 0 };
}

function connectTo(delivery: Delivery, port: ConsumerPort, goOn: () => void): GroupConnection {
  const consumer = delivery.connect(port);
  return {
    ack(ids) {
      for (const id of ids) delivery.ack(id);
      goOn();
    },
    nack(ids, action, reason) {
      for (const id of ids) delivery.nack(id, action, reason);
      goOn();
    },
    close: () => delivery.disconnect(consumer),
  };
}
