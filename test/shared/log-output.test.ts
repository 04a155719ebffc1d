import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LogOutput } from '../../src/shared/log-output.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until, within } from '../support/until.ts';

/** A pipe whose writes come back at once, as the log's; what is read of it. */
function openPipe() {
  const path = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(fd));
  const buffer = Buffer.alloc(64 * 1024);
  let text = '';
  return {
    fd,
    read(): string {
      try {
        text += buffer.toString('utf8', 0, readSync(fd, buffer));
      } catch {
        // Nothing is there.
      }
      return text;
    },
  };
}

test('lines that nobody reads are held up to a megabyte, then dropped, and told of when there is room', async () => {
  const pipe = openPipe();
  const told: number[] = [];
  const output = new LogOutput(pipe.fd, (dropped) => {
    told.push(dropped);
    output.write('told\n');
  });
  for (let at = 0; at < 3_000; at += 1) output.write(`${at} ${'微'.repeat(300)}\n`);
  expect(output.dropped).toBeGreaterThan(1_500);
  expect(told).toEqual([]);
  await until(() => pipe.read().endsWith('told\n'), 'all of it is read');
  const lines = pipe.read().split('\n').slice(0, -2);
  expect(told).toEqual([output.dropped]);
  expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual([...Array(3_000 - output.dropped).keys()]);
  expect(new Set(lines.map((line) => line.replace(/^[0-9]+ /, '')))).toEqual(new Set(['微'.repeat(300)]));
});

test('a disk that is full keeps nobody waiting, at the end neither', async () => {
  const fd = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(fd));
  const output = new LogOutput(fd, () => undefined);
  for (let at = 0; at < 2_000; at += 1) output.write('x'.repeat(1_000));
  expect(output.dropped).toBeGreaterThan(900);
  await within(new Promise<void>((done) => output.flush(done)), 'the end of the wait');
});
