import { Command, InvalidArgumentError, Option } from 'commander';
import { formatReport, isFaultless } from './report.ts';
import { runLoad } from './run.ts';
import type { LoadOptions, LoadProgress } from './options.ts';
import { createProgress, onEndWish, version } from 'weiliao/tooling';
import type { Progress } from 'weiliao/tooling';

interface Flags extends LoadOptions {
  readonly json?: true;
}

/** The command line of the load generator. `name`: as its help calls it. */
export function createProgram(name = 'weiliao-load'): Command {
  return new Command(name)
    .version(version)
    .description('put load on a server, and check that no message is lost, doubled or out of order')
    .option('--pairs <n>', 'pairs of users, each writing to the other', integer(1, 100_000), 100)
    .option('--window <n>', 'closed loop: messages under way per user', integer(1, 100_000), 8)
    .option('--rate <n>', 'open loop instead: messages a second over all pairs', integer(1, 1_000_000))
    .option('--seconds <n>', 'measured time', number(0.1, 86_400), 20)
    .option('--warmup <n>', 'seconds before the measured time', number(0, 3_600), 2)
    .option('--grace <n>', 'seconds that the last deliveries may take', number(0, 600), 5)
    .option('--size <n>', 'bytes of each message', integer(1, 8_192), 120)
    .option('--idle <n>', 'further connections that only listen', integer(0, 1_000_000), 0)
    .option('--drop-rate <n>', 'sockets cut a second; they resume', number(0, 10_000), 0)
    .option('--url <url>', 'WebSocket of the server', url('ws:', 'wss:'), new URL('ws://127.0.0.1:9093/v1/ws'))
    .option('--http-url <url>', 'REST side of the server: histories are checked there', url('http:', 'https:'))
    .addOption(new Option('--prefix <name>', 'user ids are <name>-0, <name>-1 …').argParser(prefix))
    .option('--json', 'print the report as JSON')
    .addHelpText('after', '\nUsers are registered as they connect, so the server must run with AUTH=none.')
    .action(async (flags: Omit<Flags, 'prefix'> & { prefix?: string }) => {
      process.exitCode = await load({ ...flags, prefix: flags.prefix ?? `load-${Date.now().toString(36)}` });
    });
}

/** The exit code: 0 where the server kept every promise, else 1. */
async function load({ json, ...options }: Flags): Promise<0 | 1> {
  const stop = new AbortController();
  const unheard = onEndWish(() => stop.abort());
  const progress = phaseProgress();
  try {
    const report = await runLoad(options, { onProgress: progress.show, signal: stop.signal });
    progress.end();
    process.stdout.write(`${json === true ? JSON.stringify(report) : formatReport(report)}\n`);
    return isFaultless(report) ? 0 : 1;
  } finally {
    progress.end();
    unheard();
  }
}

/** A progress of its own for each phase of a run. */
function phaseProgress() {
  let phase: LoadProgress['phase'] | undefined;
  let current: Progress | undefined;
  return {
    show(progress: LoadProgress): void {
      if (progress.phase !== phase) {
        current?.end();
        phase = progress.phase;
        current = createProgress(phase, phase === 'connecting' ? 'sockets' : 's');
      }
      current?.show(Math.round(progress.done), progress.total);
    },
    end: () => current?.end(),
  };
}

function integer(min: number, max: number) {
  const parse = number(min, max);
  return (text: string): number => {
    const value = parse(text);
    if (!Number.isInteger(value)) throw new InvalidArgumentError('must be a whole number');
    return value;
  };
}

function number(min: number, max: number) {
  return (text: string): number => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`must be a number from ${min} to ${max}`);
    return value;
  };
}

function url(...protocols: readonly string[]) {
  return (text: string): URL => {
    if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) {
      throw new InvalidArgumentError(`must be a URL that begins with ${protocols.join(' or ')}`);
    }
    return new URL(text);
  };
}

function prefix(text: string): string {
  if (!/^[A-Za-z0-9._-]{1,40}$/.test(text)) throw new InvalidArgumentError('must be 1 to 40 of A-Z a-z 0-9 . _ -');
  return text;
}
