import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeDataFolder, openOwnFile } from '../shared/data-folder.ts';
import { OperatorError } from '../shared/errors.ts';
import { WrongExpectedRevisionError } from '../event-store/event-store.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { wireKeySize } from '../protocol/wire-position.ts';

/**
 * The key under which positions leave this installation, in a file of the data folder, made at the first start. Throws
 * `OperatorError` where the file is not what it was.
 */
export function wireKeyOfFolder(dataDir: string): Buffer {
  const path = keyPath(dataDir);
  makeDataFolder(dataDir);
  const key = makeKey(path) ?? readKey(path);
  if (key.length === wireKeySize) return key;
  throw new OperatorError(`${path} is damaged: remove it; cursors that clients hold are then not recognised any more`);
}

/** False: `wireKeyOfFolder` will make one. */
export function hasWireKey(dataDir: string): boolean {
  return existsSync(keyPath(dataDir));
}

function keyPath(dataDir: string): string {
  return join(dataDir, 'position.key');
}

/** Undefined where there is a key already. */
function makeKey(path: string): Buffer | undefined {
  const key = randomBytes(wireKeySize);
  try {
    const file = openOwnFile(path, 'make');
    try {
      writeSync(file, key);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw new OperatorError(`DATA_DIR: ${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

function readKey(path: string): Buffer {
  try {
    const file = openOwnFile(path, 'read');
    try {
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new OperatorError(`DATA_DIR: ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** A system stream: neither projections nor feeds see it. */
const keyStream = '$weiliao-wire-key';

/** The same, shared by all processes over one log: the first that comes writes it there. */
export async function wireKeyOfLog(store: Pick<EventStore, 'readStream' | 'appendToStream'>): Promise<Buffer> {
  for (;;) {
    const [made] = await store.readStream(keyStream, { direction: 'forwards', maxCount: 1 });
    if (made !== undefined) return decode(made.data);
    const data = { key: randomBytes(wireKeySize).toString('base64') };
    const event = { id: crypto.randomUUID(), type: 'WireKeyMade', data, metadata: { schemaVersion: 1 } };
    try {
      await store.appendToStream(keyStream, [event], 'no_stream');
    } catch (error) {
      if (!(error instanceof WrongExpectedRevisionError)) throw error;
    }
  }
}

function decode(data: unknown): Buffer {
  const key = Buffer.from(String((data as { key?: unknown } | null)?.key), 'base64');
  if (key.length === wireKeySize) return key;
  throw new OperatorError(`the stream ${keyStream} holds no key of ${wireKeySize} bytes: delete it`);
}
