import { Command } from 'commander';
import { afterEach, describe, expect, it } from 'vitest';
import { isFaultless } from '../dist/cli/load-report.js';
import { runLoad } from '../dist/cli/load-run.js';
import { startFakeServer } from './support/fake-server.ts';
import type { FakeServer, Faults } from './support/fake-server.ts';

let server: FakeServer | undefined;

afterEach(() => server?.close());

async function load(faults: Faults, options: { rate?: number; idle?: number } = {}) {
  server = await startFakeServer(faults);
  return runLoad({
    url: server.url,
    pairs: 3,
    window: 4,
    seconds: 0.5,
    warmup: 0.1,
    grace: 0.3,
    size: 40,
    idle: 0,
    prefix: 't',
    ...options,
  });
}
const everyHundredth = (seq: number): boolean => seq % 100 === 0;

describe('load on a server that keeps its promises', () => {
  it('finds nothing and measures', async () => {
    const report = await load({});
    expect(report).toMatchObject({ lost: 0, twice: 0, outOfOrder: 0, mismatched: 0, unanswered: 0, errors: {} });
    expect(report.delivered).toBe(report.sent);
    console.log(report);
  });
});
