import { expect, test } from 'vitest';
import { formatReport, isFaultless } from '../../tools/load/src/report.ts';
import { runLoad } from '../../tools/load/src/run.ts';
import { startServer } from '../support/server.ts';

test('sockets that are cut under load come back with their cursors: nothing is lost, doubled or out of order', async () => {
  const server = await startServer();
  const report = await runLoad({
    url: new URL('/v1/ws', server.sockets),
    httpUrl: new URL(server.api),
    pairs: 4,
    window: 4,
    seconds: 1.5,
    warmup: 0,
    grace: 60,
    size: 40,
    idle: 0,
    dropRate: 20,
    prefix: 'dropped',
  });
  expect(report).toMatchObject({ lost: 0, twice: 0, outOfOrder: 0, mismatched: 0, unanswered: 0, errors: {} });
  expect(report.resumes).toMatchObject({ notRecovered: 0 });
  expect(report.resumes?.count).toBeGreaterThan(3);
  expect(isFaultless(report)).toBe(true);
  expect(formatReport(report)).toMatch(/break to live +p50/);
});
