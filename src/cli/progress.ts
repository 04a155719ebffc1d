import { Presets, SingleBar } from 'cli-progress';

/** Time between two lines where there is no terminal, in milliseconds. */
const lineEvery = 3_000;

export interface Progress {
  show(done: number, total: number): void;
  /** Safe to call twice. */
  end(): void;
}

/** A bar on a terminal, a line every few seconds elsewhere; on standard error, so that output stays clean. */
export function createProgress(what: string, unit: string): Progress {
  return process.stderr.isTTY ? barProgress(what, unit) : lineProgress(what, unit);
}

function barProgress(what: string, unit: string): Progress {
  const format = `${what} {bar} {percentage}% | {value}/{total} ${unit} | {eta_formatted} left`;
  const bar = new SingleBar({ format, hideCursor: true, clearOnComplete: true }, Presets.shades_classic);
  let started = false;
  return {
    show(done, total) {
      if (!started) bar.start(total, done);
      started = true;
      bar.setTotal(total);
      bar.update(done);
    },
    end: () => bar.stop(),
  };
}

function lineProgress(what: string, unit: string): Progress {
  let next = Date.now() + lineEvery;
  return {
    show(done, total) {
      if (Date.now() < next) return;
      next = Date.now() + lineEvery;
      process.stderr.write(`${what}: ${done} of ${total} ${unit}\n`);
    },
    end: () => undefined,
  };
}
