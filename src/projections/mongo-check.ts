import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Side } from '../read-model/mongodb/construction.ts';
import { compareEverything } from './compare.ts';
import type { Difference, Everything } from './compare.ts';
import type { MongoBuild, MongoFiller } from './mongo-build.ts';
import { foldRange } from './stretches.ts';

/** Differences to be looked at again before more are looked for. */
const mostSuspects = 10_000;
/** So many that are still there are no matter of a read model that moves on. */
const enough = 2_000;
/** Milliseconds after which no batch of a projector that lost its share can be on its way: a lease, and a write. */
const lateBatchMs = 10_000;
const lookAgainMs = 100;
/** Documents asked for at a time. */
const pageSize = 500;

export interface MongoComparison {
  /** Position at which the two were the same, or not. */
  readonly at: number;
  readonly differences: readonly Difference[];
}

/**
 * Compares what is built with the read model in use, which goes on being written meanwhile: what differs is looked at
 * again once what is built has come as far, and what then still differs a last time while projectors stand still. They
 * do so only where anything is left, for as long as the newest events and a few documents take; what was applied for
 * them in that time they need not apply.
 */
export async function compareWithLive(build: MongoBuild, filler: MongoFiller): Promise<MongoComparison> {
  const { construction } = build;
  let suspects: Difference[] = [];

  async function settle(): Promise<void> {
    await filler.goOnTo((await construction.liveCheckpoint()) ?? 0);
    suspects = await stillDifferent(construction.built, construction.live, suspects);
  }

  const at = filler.position;
  for await (const difference of compareEverything(documentsOf(construction.built), documentsOf(construction.live))) {
    build.signal?.throwIfAborted();
    if (suspects.push(difference) < mostSuspects) continue;
    await settle();
    if (suspects.length >= enough) break;
  }
  if (suspects.length === 0) return { at, differences: [] };
  await settle();
  return lookStandingStill(build, filler, suspects);
}

async function lookStandingStill(
  { store, construction, signal }: MongoBuild,
  filler: MongoFiller,
  suspects: readonly Difference[],
): Promise<MongoComparison> {
  const { least, greatest, wasHeld } = await construction.freeze();
  const patience = performance.now() + lateBatchMs;
  let after = least;
  let at = least;
  let differences: readonly Difference[];
  // A projector's last batch may still come, or a part of it: once all of the log is applied, that changes nothing.
  for (let toTheEnd = wasHeld || least < greatest; ;) {
    if (toTheEnd) at = await store.lastPosition();
    for await (const { batch } of foldRange(store, { after, upTo: at }, signal)) await construction.live.write(batch);
    after = at;
    await filler.goOnTo(at);
    differences = await stillDifferent(construction.built, construction.live, suspects);
    // Part of a batch may also be there of one that died, or lost its share, and one that noticed nothing yet may even
    // have begun another, which it cannot finish.
    if (!differences.some((difference) => mayBeAhead(difference, at)) || performance.now() >= patience) break;
    if (toTheEnd) await delay(lookAgainMs, undefined, signal && { signal });
    toTheEnd = true;
  }
  await construction.release(at);
  return { at, differences };
}

/** True where the live document may show an event after `at`. */
function mayBeAhead({ expected, actual }: Difference, at: number): boolean {
  const found = (actual ?? {}) as { position?: number; last_position?: number; status?: number };
  if ((found.last_position ?? found.position ?? 0) > at) return true;
  return found.status === 2 && (expected as { status?: number } | undefined)?.status === 1;
}

function documentsOf({ scan }: Side): Everything {
  return { users: scan.scanUsers, conversations: scan.scanConversations, messages: scan.scanMessages };
}

type Kind = 'user' | 'conversation' | 'message';
const kinds: readonly Kind[] = ['user', 'conversation', 'message'];

/** Those of the differences that are there now. */
async function stillDifferent(built: Side, live: Side, suspects: readonly Difference[]): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const kind of kinds) {
    const name = `${kind} `;
    const ids = suspects.filter(({ where }) => where.startsWith(name)).map(({ where }) => where.slice(name.length));
    for (let start = 0; start < ids.length; start += pageSize) {
      const page = [...new Set(ids.slice(start, start + pageSize))];
      const [expected, actual] = [await byId(built, kind, page), await byId(live, kind, page)];
      for (const id of page) found.push(...differenceOf(`${name}${id}`, expected.get(id), actual.get(id)));
    }
  }
  return found;
}

function differenceOf(where: string, expected: unknown, actual: unknown): Difference[] {
  if (isDeepStrictEqual(expected, actual)) return [];
  if (expected === undefined) return [{ kind: 'unexpected', where, expected, actual }];
  return [{ kind: actual === undefined ? 'missing' : 'different', where, expected, actual }];
}

async function byId({ byId: find }: Side, kind: Kind, ids: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
  const read = { user: find.users, conversation: find.conversations, message: find.messages }[kind];
  return new Map((await read(ids)).map((document) => [document._id, document]));
}
