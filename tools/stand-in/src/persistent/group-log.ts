import { randomUUID } from 'node:crypto';
import type { Log } from '../log.ts';
import { readStream } from '../read-stream.ts';
import { originalOf } from '../responses.ts';
import type { ResolvedEvent } from '../responses.ts';
import { resolve } from '../link.ts';
import { toStored, toWire } from '../stored-event.ts';
import { metadataStreamOf } from '../stream-names.ts';
import { groupConfigs, groupKey } from './settings.ts';
import type { GroupConfig } from './settings.ts';

/** What a group keeps in the log, in streams of its own, as EventStoreDB does: so it survives a restart. */
export interface GroupLog {
  /** The newest checkpoint, as the source writes it. */
  checkpoint(): string | undefined;
  setCheckpoint(text: string): Promise<void>;
  park(resolved: ResolvedEvent, reason: string): Promise<void>;
  parkedCount(): number;
  /** Events that were parked, each with its link, and up to which revision they go; undefined where there are none. */
  parked(stopAt: number | undefined): { readonly events: readonly ResolvedEvent[]; readonly end: number } | undefined;
  /** Forgets what was parked before a revision. */
  truncateParked(end: number): Promise<void>;
  remove(): Promise<void>;
}

const all = Number.MAX_SAFE_INTEGER;

export function createGroupLog(log: Log, config: GroupConfig): GroupLog {
  const checkpoints = `$persistentsubscription-${groupKey(config)}-checkpoint`;
  const parked = `$persistentsubscription-${groupKey(config)}-parked`;

  return {
    checkpoint: () => newestText(log, checkpoints, (text) => JSON.parse(text) as string),
    setCheckpoint: (text) => write(log, checkpoints, { type: '$SubscriptionCheckpoint', data: JSON.stringify(text) }),

    park(resolved, reason) {
      const { event, link } = resolved;
      const data = event === undefined ? linkText(link) : `${event.revision}@${event.stream}`;
      const metadata = {
        added: new Date().toISOString(),
        reason,
        subscriptionEventNumber: originalOf(resolved).revision,
      };
      return write(log, parked, { type: '$>', data, metadata: JSON.stringify(metadata), json: false });
    },

    parkedCount() {
      const { head, metadata } = log.stateOf(parked);
      return metadata.softDeleted === true ? 0 : Math.max(0, head + 1 - (metadata.truncateBefore ?? 0));
    },

    parked(stopAt) {
      const pages = readStream(log, { stream: parked, direction: 'forwards', from: 0, maxCount: all });
      if (pages === undefined) return undefined;
      const end = Math.min(stopAt ?? all, log.stateOf(parked).head + 1);
      const links = [...pages].flat().filter(({ revision }) => revision < end);
      return { events: links.map((link) => resolve(log, link, true)), end };
    },

    truncateParked: (end) =>
      write(log, metadataStreamOf(parked), { type: '$metadata', data: JSON.stringify({ $tb: end }) }),

    async remove() {
      await log.remove(checkpoints, 'any', false);
      await log.remove(parked, 'any', false);
    },
  };
}

const configStream = '$persistentSubscriptionConfig';

export function readGroupConfigs(log: Log): readonly GroupConfig[] {
  return newestText(log, configStream, (text) => groupConfigs.parse(JSON.parse(text)).entries) ?? [];
}

export async function writeGroupConfigs(log: Log, entries: readonly GroupConfig[]): Promise<void> {
  const data = JSON.stringify({ version: '2', entries });
  await write(log, configStream, { type: '$PersistentConfig', data });
}

interface OwnEvent {
  readonly type: string;
  readonly data: string;
  readonly metadata?: string;
  readonly json?: boolean;
}

async function write(log: Log, stream: string, { type, data, metadata = '', json = true }: OwnEvent): Promise<void> {
  const event = { id: randomUUID(), type, json, data: Buffer.from(data), metadata: Buffer.from(metadata) };
  await log.append(stream, [toStored(event)], 'any');
}

function newestText<T>(log: Log, stream: string, parse: (text: string) => T): T | undefined {
  const [page] = readStream(log, { stream, direction: 'backwards', from: 'end', maxCount: 1 }) ?? [];
  const newest = page?.[0];
  return newest === undefined ? undefined : parse(Buffer.from(toWire(newest).data).toString('utf8'));
}

function linkText(link: ResolvedEvent['link']): string {
  return link === undefined ? '' : Buffer.from(toWire(link).data).toString('utf8');
}
