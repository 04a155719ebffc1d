import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Promises } from '../support/ledger.ts';
import { ownFolder, startServer } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { until } from '../support/until.ts';

function overwrite(path: string, bytes: Buffer, at: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

/** Big-endian, at byte 60 of an SQLite file: `user_version`. */
function newerVersion(path: string): void {
  const version = Buffer.alloc(4);
  version.writeUInt32BE(9_999);
  overwrite(path, version, 60);
}

const damages: Record<string, (folder: string, file: string) => void> = {
  'its file is gone': (_folder, file) => rmSync(file),
  'all its files are gone': (folder) => {
    for (const name of readdirSync(folder)) if (name.startsWith('read-model')) rmSync(join(folder, name));
  },
  'its file is garbage': (_folder, file) => writeFileSync(file, randomBytes(50_000)),
  'its file is empty': (_folder, file) => writeFileSync(file, ''),
  'its file was cut': (_folder, file) => truncateSync(file, 20_480),
  'a page of it is garbage': (_folder, file) => overwrite(file, randomBytes(8_192), 8_192),
  'it is of a newer version': (_folder, file) => newerVersion(file),
  'the name of its file is garbage': (folder) => writeFileSync(join(folder, 'read-model.current'), 'nonsense'),
  'the name is of a file that is not there': (folder) => writeFileSync(join(folder, 'read-model.current'), '77\n'),
};

test('a read model that is gone, damaged or of a newer version is built anew by itself', async () => {
  const folder = ownFolder();
  const sender = new Promises('alice', 'bob');
  let server = await startServer({}, folder);
  await server.register('bob');
  for (const [name, damage] of Object.entries(damages)) {
    await sender.keepSending(await enter(server, 'alice'), 100);
    await sender.expectKept(server);
    expect((await server.stop()).code, name).toBe(0);
    const current = readdirSync(folder).filter((file) => /^read-model-[0-9]+\.db$/.test(file));
    damage(folder, join(folder, current.at(-1)!));

    server = await startServer({}, folder);
    await sender.expectKept(server);
    await until(async () => (await server.rest('GET', '/readyz')).status === 200, `ready again though ${name}`);
    const chat = await enter(server, 'alice');
    const [id, seq] = [...sender.acked][0]!;
    chat.send({ type: 'send', id, to: 'bob', msg: sender.textOf(id) });
    expect(await chat.ack(id), name).toMatchObject({ seq, duplicate: true });
    expect(server.disasters, name).toEqual([]);
  }
});
