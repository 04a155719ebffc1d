import type { ResolvedEvent } from '@eventstore/db-client';

/** What a server answered, as it is compared: without what differs from run to run. */

export async function gather(reading: AsyncIterable<ResolvedEvent>): Promise<ResolvedEvent[]> {
  const found: ResolvedEvent[] = [];
  for await (const resolved of reading) found.push(resolved);
  return found;
}

export async function revisions(reading: AsyncIterable<ResolvedEvent>): Promise<string> {
  return (await gather(reading)).map((it) => String((it.link ?? it.event)?.revision)).join(' ');
}

export async function collect(reading: AsyncIterable<ResolvedEvent>): Promise<unknown> {
  return (await gather(reading)).map(full);
}

export function brief({ event: it, link }: ResolvedEvent): Record<string, unknown> {
  return { stream: it?.streamId, revision: it?.revision, ...(link !== undefined && { link: link.revision }) };
}

export function full({ event: it, link, commitPosition }: ResolvedEvent): Record<string, unknown> {
  return { event: known(it), link: known(link), commitPosition };
}

function known(it: ResolvedEvent['event'] | ResolvedEvent['link']): unknown {
  if (it === undefined) return undefined;
  const { id, created, position, ...rest } = it;
  return { ...rest, id: typeof id, created: created instanceof Date, position };
}

export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  const { type, code, _raw, ...fields } = error as unknown as Record<string, unknown>;
  const kept = Object.fromEntries(Object.entries(fields).filter(([name]) => !['metadata', 'stack'].includes(name)));
  return { error: error.name, type, code, message: error.message, ...kept, raw: _raw !== undefined };
}

/** Takes away what differs from run to run. */
export function tidier(prefix: string): (value: unknown) => unknown {
  const seenPositions = new Map<string, number>();

  function tidy(value: unknown): unknown {
    if (typeof value === 'string') return value.replaceAll(prefix, '');
    if (typeof value === 'bigint') return `${value}n`;
    if (value instanceof Uint8Array) {
      const hex = Buffer.from(value).toString('hex');
      return `bytes ${hex.replaceAll(Buffer.from(prefix).toString('hex'), '')}`;
    }
    if (Array.isArray(value)) return value.map(tidy);
    if (typeof value !== 'object' || value === null) return value;
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    const entries = fields.map(([name, field]) => [name.replaceAll(prefix, ''), place(name, field) ?? tidy(field)]);
    return Object.fromEntries(entries);
  }

  /** Positions differ from server to server: they are numbered in the order in which they are met. */
  function place(name: string, field: unknown): unknown {
    const isPosition = [
      'position',
      'metastreamRevision',
      'checkpoint',
      'event',
      'commitPosition',
      'lastCheckpointedEventPosition',
      'lastKnownEventPosition',
    ].includes(name);
    const commit = typeof field === 'bigint' ? field : (field as { commit?: unknown } | null)?.commit;
    if (!isPosition || typeof commit !== 'bigint') return undefined;
    return `position ${rank(commit)}`;
  }

  function rank(commit: bigint): number | string {
    if (commit === 2n ** 64n - 1n) return 'none';
    const key = String(commit);
    const number = seenPositions.get(key) ?? seenPositions.size + 1;
    seenPositions.set(key, number);
    return number;
  }
  return tidy;
}

export function json(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
