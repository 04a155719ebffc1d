import type { Percentiles } from './histogram.ts';

export interface Resumes {
  /** Sockets that came back. */
  readonly count: number;
  /** Of them, those that could not go on from their cursor. */
  readonly notRecovered: number;
  /** From the break to `live`. */
  readonly toLiveMs: Percentiles;
}

export interface LoadReport {
  readonly pairs: number;
  /** Messages under way per user, null in open loop. */
  readonly window: number | null;
  /** Messages a second planned, null in closed loop. */
  readonly rate: number | null;
  /** Bytes of each message's text. */
  readonly size: number;
  readonly idle: number;
  /** Measured time, without the warm-up. */
  readonly seconds: number;
  /** Over the whole run, warm-up and last deliveries included. */
  readonly sent: number;
  readonly acked: number;
  readonly delivered: number;
  /** At addressees, in the measured time. */
  readonly deliveredPerSecond: number;
  /** Send (in open loop: planned send) to delivery at the addressee. */
  readonly latencyMs: Percentiles;
  /** Send to ack. */
  readonly ackMs: Percentiles;
  /** How far this generator was behind its own plan; null in closed loop. */
  readonly lateMs: Percentiles | null;
  /** Acked and not delivered to a socket that should have had it, or a seq that never came. */
  readonly lost: number;
  readonly twice: number;
  readonly outOfOrder: number;
  /** Sockets that were cut, and went on from their cursor; null where none is cut. */
  readonly resumes: Resumes | null;
  /** Acked under another seq than the message was delivered with. */
  readonly mismatched: number;
  /** Neither acked nor refused. */
  readonly unanswered: number;
  /** Conversations whose history, over REST, lacks acked messages; null where it was not asked. */
  readonly historiesBehind: number | null;
  /** By error code; `CLOSED_<code>` for sockets that the server did not keep. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Errors that a server under load may answer with: told, but no fault. */
const excused = new Set(['RATE_LIMITED', 'OVERLOADED', 'STORE_UNAVAILABLE']);

/** True where the server kept every promise. */
export function isFaultless(report: LoadReport): boolean {
  const { lost, twice, outOfOrder, mismatched, unanswered, historiesBehind, errors, delivered } = report;
  const notRecovered = report.resumes?.notRecovered ?? 0;
  const broken = lost + twice + outOfOrder + mismatched + unanswered + notRecovered + (historiesBehind ?? 0);
  return broken === 0 && delivered > 0 && Object.keys(errors).every((code) => excused.has(code));
}

/** The report for people. */
export function formatReport(report: LoadReport): string {
  const { rate, window, historiesBehind, resumes } = report;
  const pace = rate === null ? `window ${window ?? 0} per user` : `${rate} messages/s planned`;
  const idle = report.idle === 0 ? '' : `, ${report.idle} idle`;
  const rows: (readonly [string, string])[] = [
    ['load', `${report.pairs} pairs${idle}, ${report.size} bytes, ${pace}, ${report.seconds.toFixed(1)} s`],
    ['delivered', `${report.deliveredPerSecond.toFixed(0)}/s (${report.delivered} in all, ${report.acked} acked)`],
    ['send to delivery', formatPercentiles(report.latencyMs)],
    ['send to ack', formatPercentiles(report.ackMs)],
    ...(report.lateMs === null ? [] : [['generator late', formatPercentiles(report.lateMs)] as const]),
    ['lost', String(report.lost)],
    ['twice', String(report.twice)],
    ['out of order', String(report.outOfOrder)],
    ...(resumes === null ? [] : resumeRows(resumes)),
    ['seq mismatched', String(report.mismatched)],
    ['unanswered', String(report.unanswered)],
    ...(historiesBehind === null ? [] : [['histories behind', String(historiesBehind)] as const]),
    ['errors', formatErrors(report.errors)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(18)}${value}`).join('\n');
}

function resumeRows({ count, notRecovered, toLiveMs }: Resumes): (readonly [string, string])[] {
  return [
    ['resumes', `${count}, ${notRecovered} without what was missed`],
    ['break to live', formatPercentiles(toLiveMs)],
  ];
}

function formatPercentiles(times: Percentiles): string {
  const part = (name: string, ms: number): string => `${name} ${ms.toFixed(2)}`;
  const { p50, p90, p99, p999, max } = times;
  const parts = [part('p50', p50), part('p90', p90), part('p99', p99), part('p99.9', p999), part('max', max)];
  return `${parts.join('  ')} ms`;
}

function formatErrors(errors: Readonly<Record<string, number>>): string {
  const parts = Object.entries(errors).map(([code, count]) => `${code} ${count}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}
