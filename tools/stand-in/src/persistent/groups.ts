import type { Logger } from 'weiliao/tooling';
import type { Log } from '../log.ts';
import { groupError, groupFailed, maximumSubscribersReached } from '../rpc-errors.ts';
import type { ConsumerPort } from './consumer.ts';
import { createGroup } from './group.ts';
import type { Group, GroupConnection } from './group.ts';
import { readGroupConfigs, writeGroupConfigs } from './group-log.ts';
import { allStream, groupKey } from './settings.ts';
import type { GroupConfig } from './settings.ts';

/** All consumer groups. What cannot be done throws `RpcError`. */
export interface Groups {
  create(config: GroupConfig): Promise<void>;
  /** Ends the group's connections and goes on from its checkpoint with other settings; its filter stays. */
  update(config: Omit<GroupConfig, 'filter'>): Promise<void>;
  remove(stream: string, group: string): Promise<void>;
  connect(stream: string, group: string, port: ConsumerPort): GroupConnection;
  get(stream: string, group: string): Group;
  /** Those of a stream, or all. */
  list(stream?: string): readonly Group[];
  /** Ends all connections; the groups go on from their checkpoints. */
  restart(): void;
  /** Stops what runs by itself. */
  close(): void;
}

/** How often time-outs and checkpoints are looked at, in milliseconds. */
const tickMs = 1_000;

/** Goes on with the groups that are in the log. */
export function openGroups(log: Log, logger: Logger): Groups {
  const groups = new Map<string, Group>();
  const start = (config: GroupConfig): void => void groups.set(groupKey(config), createGroup(log, config, logger));
  load();
  const stop = log.onWritten((events) => {
    for (const group of groups.values()) group.notice(events);
  });
  const timer = setInterval(() => {
    for (const group of groups.values()) group.tick();
  }, tickMs).unref();

  function load(): void {
    for (const config of readGroupConfigs(log)) start(config);
  }

  function get(stream: string, group: string): Group {
    const found = groups.get(groupKey({ stream, group }));
    if (found === undefined) throw groupError('persistent-subscription-does-not-exist', stream, group);
    return found;
  }

  const save = (): Promise<void> =>
    writeGroupConfigs(
      log,
      [...groups.values()].map(({ config }) => config),
    );

  return {
    async create(config) {
      if (groups.has(groupKey(config))) {
        throw groupError('persistent-subscription-exists', config.stream, config.group);
      }
      check(config, log);
      start(config);
      await save();
    },

    async update(changed) {
      const before = get(changed.stream, changed.group);
      const config = { ...changed, filter: before.config.filter };
      check(config, log);
      drop(before);
      start(config);
      await save();
    },

    async remove(stream, group) {
      const before = get(stream, group);
      groups.delete(groupKey(before.config));
      drop(before);
      await before.remove();
      await save();
    },

    connect: (stream, group, port) => connectTo(get(stream, group), port),
    get,
    list: (stream) => listOf([...groups.values()], stream),

    restart() {
      for (const group of groups.values()) drop(group);
      load();
    },

    close() {
      clearInterval(timer);
      stop();
    },
  };
}

function drop(group: Group): void {
  group.shutDown(groupError('persistent-subscription-dropped', group.config.stream, group.config.group));
}

function connectTo(group: Group, port: ConsumerPort): GroupConnection {
  const { maxSubscriberCount, stream, group: name } = group.config;
  if (maxSubscriberCount !== 0 && group.statistics().consumers.length >= maxSubscriberCount) {
    throw maximumSubscribersReached(stream, name);
  }
  return group.connect(port);
}

function listOf(all: readonly Group[], stream: string | undefined): readonly Group[] {
  if (stream === undefined) return all;
  const found = all.filter(({ config }) => config.stream === stream);
  if (found.length === 0) throw groupError('persistent-subscription-does-not-exist', stream, '');
  return found;
}

function check({ stream, group, readBatchSize, historyBufferSize, startFrom }: GroupConfig, log: Log): void {
  if (stream === allStream && (startFrom ?? 0) > log.lastPosition()) {
    const limit = 'must be less than or equal to the last commit position in the transaction file.';
    throw groupFailed(stream, group, `Invalid Start From position: commit position ${limit}`);
  }
  if (readBatchSize < historyBufferSize) return;
  const what = 'ReadBatchSize may not be greater than or equal to BufferSize';
  const reason = `Specified argument was out of the range of valid values. (Parameter '${what}')`;
  throw groupFailed(stream, group, reason);
}
