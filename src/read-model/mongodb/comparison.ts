import { setTimeout as delay } from 'node:timers/promises';
import { differenceOf, pairs } from '../comparison.ts';
import type { Comparison, DocumentDifference, LogAtHand } from '../construction.ts';
import { documentKinds, membershipId } from '../documents.ts';
import type { DocumentKind } from '../documents.ts';
import { byId } from '../read-model.ts';
import type { Checkpoint } from '../read-model.ts';
import type { Fenced } from './fence.ts';
import type { Side } from './side.ts';

/** Differences to be looked at again before more are looked for. */
const mostSuspects = 10_000;
/** So many that are still there are no matter of a read model that moves on. */
const enough = 2_000;
/** Milliseconds after which no batch of a projector that lost its share can be on its way: a lease, and a write. */
const lateBatchMs = 10_000;
const lookAgainMs = 100;
/** Documents asked for at a time. */
const pageSize = 500;

/** What is built, and the read model in use, which moves on meanwhile. */
export interface BothSides {
  readonly built: Side;
  readonly live: Side;
  liveCheckpoint(): Promise<Checkpoint | undefined>;
  /** Lets projectors stand still until `release`. Only then may `live` be written. */
  freeze(): Promise<Fenced>;
  /** Projectors go on from `position`: everything up to it was written to `live` meanwhile. */
  release(position: number): Promise<void>;
}

/** A document that may differ, by its id, whatever that is. */
interface Suspect {
  readonly document: DocumentKind;
  readonly _id: unknown;
}

/**
 * Compares what is built with the read model in use, which goes on being written meanwhile: what differs is looked at
 * again once what is built has come as far, and what then still differs a last time while projectors stand still. They
 * do so only where anything is left, for as long as the newest events and a few documents take; what was applied for
 * them in that time they need not apply.
 */
export async function compareSides(sides: BothSides, log: LogAtHand): Promise<Comparison> {
  const { built, live } = sides;
  let suspects: Suspect[] = [];

  async function settle(): Promise<void> {
    await log.goOnTo((await sides.liveCheckpoint())?.position ?? 0);
    suspects = (await stillDifferent(built, live, suspects)).map(suspectOf);
  }

  const at = log.position();
  for await (const difference of differencesBetween(built, live)) {
    log.signal?.throwIfAborted();
    if (suspects.push(suspectOf(difference)) < mostSuspects) continue;
    await settle();
    if (suspects.length >= enough) break;
  }
  if (suspects.length === 0) return { at, differences: [] };
  await settle();
  return lookStandingStill(sides, log, suspects);
}

async function lookStandingStill(
  { built, live, freeze, release }: BothSides,
  log: LogAtHand,
  suspects: readonly Suspect[],
): Promise<Comparison> {
  const { least, greatest, wasHeld } = await freeze();
  const patience = performance.now() + lateBatchMs;
  let after = least;
  let at = least;
  let differences: readonly DocumentDifference[];
  // A projector's last batch may still come, or a part of it: once all of the log is applied, that changes nothing.
  for (let toTheEnd = wasHeld || least < greatest; ;) {
    if (toTheEnd) at = await log.lastPosition();
    for await (const batch of log.read({ after, upTo: at })) await live.write(batch);
    after = at;
    await log.goOnTo(at);
    differences = await stillDifferent(built, live, suspects);
    // Part of a batch may also be there of one that died, or lost its share, and one that noticed nothing yet may even
    // have begun another, which it cannot finish.
    if (!differences.some((difference) => mayBeAhead(difference, at)) || performance.now() >= patience) break;
    if (toTheEnd) await delay(lookAgainMs, undefined, log.signal && { signal: log.signal });
    toTheEnd = true;
  }
  await release(at);
  return { at, differences };
}

type Values = Readonly<Record<string, unknown>>;

/** True where the live document may show an event after `at`: all that events do to documents is that they grow. */
function mayBeAhead({ document, expected, actual }: DocumentDifference, at: number): boolean {
  if (actual === undefined) return false;
  const found = actual as Values;
  const position = found['last_position'] ?? found['position'];
  if (typeof position === 'number' && position > at) return true;
  if (document === 'membership') {
    return expected === undefined ? isMembership(found) : hasMore(expected as Values, found, isGreater);
  }
  // A message takes each mark once.
  return document === 'message' && expected !== undefined && hasMore(expected as Values, found, isMark);
}

/** Anything else is no part of a batch. */
function isMembership({ _id, user, conversation }: Values): boolean {
  return _id === membershipId(String(user), String(conversation));
}

function hasMore(expected: Values, found: Values, more: (one: unknown, other: unknown) => boolean): boolean {
  return Object.keys(expected).some((name) => more(expected[name], found[name]));
}

const isMark = (one: unknown, other: unknown): boolean => one === null && other !== null;

function isGreater(one: unknown, other: unknown): boolean {
  if (isMark(one, other)) return true;
  if (typeof one === 'number' && typeof other === 'number') return other > one;
  return typeof one === 'string' && typeof other === 'string' && other > one;
}

async function* differencesBetween(built: Side, live: Side): AsyncGenerator<DocumentDifference> {
  for (const kind of documentKinds) {
    const sides = { expected: built.everything(kind), actual: live.everything(kind) };
    for await (const [expected, actual] of pairs(sides, byId)) {
      const found = differenceOf(kind, shown((expected ?? actual)?._id), [expected, actual]);
      if (found !== undefined) yield found;
    }
  }
}

function suspectOf({ document, expected, actual }: DocumentDifference): Suspect {
  return { document, _id: ((expected ?? actual) as Values)['_id'] };
}

/** Those of the suspects that differ now. */
async function stillDifferent(built: Side, live: Side, suspects: readonly Suspect[]): Promise<DocumentDifference[]> {
  const found: DocumentDifference[] = [];
  for (const kind of documentKinds) {
    const ids = new Map(suspects.filter(({ document }) => document === kind).map(({ _id }) => [keyOf(_id), _id]));
    const all = [...ids.values()];
    for (let start = 0; start < all.length; start += pageSize) {
      const page = all.slice(start, start + pageSize);
      const [expected, actual] = [await byKey(built, kind, page), await byKey(live, kind, page)];
      for (const _id of page) {
        const key = keyOf(_id);
        const difference = differenceOf(kind, shown(_id), [expected.get(key), actual.get(key)]);
        if (difference !== undefined) found.push(difference);
      }
    }
  }
  return found;
}

async function byKey(side: Side, kind: DocumentKind, ids: readonly unknown[]): Promise<ReadonlyMap<string, object>> {
  return new Map((await side.byId(kind, ids)).map((document) => [keyOf(document._id), document]));
}

/** An id of another type is another id. */
function keyOf(id: unknown): string {
  return `${typeof id} ${shown(id)}`;
}

function shown(id: unknown): string {
  return typeof id === 'string' ? id : JSON.stringify(id);
}
