import { setTimeout as delay } from 'node:timers/promises';
import { createLoadIds } from './frames.ts';
import { Histogram } from './histogram.ts';
import { countHistoriesBehind } from './history.ts';
import { closedLoop, openLoop } from './pacer.ts';
import type { Pacer, Sender } from './pacer.ts';
import { Party } from './party.ts';
import type { ResumeCounts, RunContext, RunCounts } from './party.ts';
import type { LoadHooks, LoadOptions, LoadProgress } from './options.ts';
import type { LoadReport, Resumes } from './report.ts';
import { openIdle } from './idle.ts';

const connectingAtOnce = 64;

/** Milliseconds until a sender whose message was refused sends another. */
const refusedPauseMs = 100;

/** Runs the load and checks every message of it. Rejects where the server cannot be reached. */
export async function runLoad(options: LoadOptions, hooks: LoadHooks = {}): Promise<LoadReport> {
  const counts: RunCounts = { sent: 0, acked: 0, delivered: 0, twice: 0, errors: new Map() };
  const refused: Sender[] = [];
  const { dropRate = 0 } = options;
  const pace: { pacer?: Pacer } = {};
  const context: RunContext = {
    url: options.url,
    ids: createLoadIds(),
    resumes: dropRate === 0 ? undefined : { toLive: new Histogram(), notRecovered: 0 },
    body: 'weiliao '.repeat(Math.ceil(options.size / 8)).slice(0, options.size),
    latency: new Histogram(),
    ackLatency: new Histogram(),
    measured: { from: Infinity, until: Infinity },
    counts,
    onArrived: (sender) => pace.pacer?.release(sender),
    onRefused: (sender) => refused.push(sender),
  };
  const parties: Party[] = [];
  const stops: (() => void)[] = [() => parties.forEach((party) => party.close())];
  try {
    const run: Run = { options, context, parties, hooks };
    await connectPairs(run);
    stops.push(await openIdle(options, hooks));
    const pacer = options.rate === undefined ? closedLoop(parties, options.window) : openLoop(parties, options.rate);
    pace.pacer = pacer;
    stops.push(dropSockets(parties, dropRate));
    const forgive = setInterval(() => refused.splice(0).forEach((sender) => pacer.release(sender)), refusedPauseMs);
    stops.push(
      () => pacer.stop(),
      () => clearInterval(forgive),
    );
    const inTime = await drive(run, pacer);
    await settle(run);
    const historiesBehind = await countHistoriesBehind(options, parties);
    return { ...summarize(run, pacer), ...inTime, historiesBehind };
  } finally {
    for (const stop of stops.reverse()) stop();
  }
}

/** Cuts sockets at random, so many a second. Returns what ends it. */
function dropSockets(parties: readonly Party[], rate: number): () => void {
  if (rate === 0) return () => undefined;
  const timer = setInterval(() => parties[Math.floor(Math.random() * parties.length)]?.drop(), 1_000 / rate);
  return () => clearInterval(timer);
}

/** What the phases of a run share. */
interface Run {
  readonly options: LoadOptions;
  readonly context: RunContext;
  readonly parties: Party[];
  readonly hooks: LoadHooks;
}

async function connectPairs({ options, context, parties, hooks: { onProgress, signal } }: Run): Promise<void> {
  const total = options.pairs * 2;
  const user = (index: number): string => `${options.prefix}-${index}`;
  while (parties.length < total && signal?.aborted !== true) {
    const batch: Promise<void>[] = [];
    while (batch.length < connectingAtOnce && parties.length < total) {
      const index = parties.length;
      const one = new Party(context, { user: user(index), peer: user(index + 1), side: 0 });
      const other = new Party(context, { user: user(index + 1), peer: user(index), side: 1 });
      parties.push(one, other);
      batch.push(one.connect(other), other.connect(one));
    }
    await Promise.all(batch);
    onProgress?.({ phase: 'connecting', done: parties.length, total, delivered: 0 });
  }
}

/** Warm-up, then the measured time. */
async function drive(run: Run, pacer: Pacer) {
  const { options, hooks } = run;
  const { counts, measured } = run.context;
  pacer.start();
  await elapse(run, 'warming up', options.warmup);
  hooks.onMeasure?.(counts.delivered);
  const before = counts.delivered;
  measured.from = performance.now();
  await elapse(run, 'measuring', options.seconds);
  measured.until = performance.now();
  pacer.stop();
  const seconds = (measured.until - measured.from) / 1000;
  return { seconds, deliveredPerSecond: (counts.delivered - before) / seconds };
}

async function elapse({ context: { counts }, hooks }: Run, phase: LoadProgress['phase'], seconds: number) {
  const startedAt = performance.now();
  for (;;) {
    const done = Math.min(seconds, (performance.now() - startedAt) / 1000);
    hooks.onProgress?.({ phase, done, total: seconds, delivered: counts.delivered });
    if (done >= seconds || hooks.signal?.aborted === true) return;
    await delay(Math.min(500, (seconds - done) * 1000));
  }
}

/** Until nothing is open any more, or the grace period is over. */
async function settle({ options, parties, context: { counts }, hooks }: Run) {
  const startedAt = performance.now();
  const gone = (): number => (performance.now() - startedAt) / 1000;
  while (gone() < options.grace && parties.some((party) => !party.ledger.settled)) {
    hooks.onProgress?.({ phase: 'settling', done: gone(), total: options.grace, delivered: counts.delivered });
    await delay(20);
  }
}

function summarize({ options, context, parties }: Run, pacer: Pacer) {
  const { counts, latency, ackLatency, resumes } = context;
  const sum = (of: (party: Party) => number): number => parties.reduce((total, party) => total + of(party), 0);
  const tallies = new Map(parties.map((party) => [party, party.ledger.tally()]));
  const lostById = sum((party) => tallies.get(party)?.lost ?? 0);
  const lostBySeq = sum((party) => Math.max(0, party.order.missing));
  return {
    pairs: options.pairs,
    window: options.rate === undefined ? options.window : null,
    rate: options.rate ?? null,
    size: options.size,
    idle: options.idle,
    sent: counts.sent,
    acked: counts.acked,
    delivered: counts.delivered,
    latencyMs: latency.percentiles(),
    ackMs: ackLatency.percentiles(),
    lateMs: pacer.late?.percentiles() ?? null,
    // The same loss mostly shows in both: the greater is what is certain.
    lost: Math.max(lostById, lostBySeq),
    twice: counts.twice,
    outOfOrder: sum((party) => party.order.outOfOrder),
    resumes: resumes === undefined ? null : told(resumes),
    mismatched: sum((party) => party.ledger.mismatched),
    unanswered: sum((party) => tallies.get(party)?.unanswered ?? 0),
    errors: Object.fromEntries(counts.errors),
  };
}

function told({ toLive, notRecovered }: ResumeCounts): Resumes {
  return { count: toLive.count, notRecovered, toLiveMs: toLive.percentiles() };
}
