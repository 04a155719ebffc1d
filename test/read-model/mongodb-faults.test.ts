import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { createServer as createSecureServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { clientOf, connectMongo } from '../../src/read-model/mongodb/client.ts';
import { OperatorError } from '../../src/shared/errors.ts';
import { noMongo, openTestMongo, reportSkipped } from '../support/mongod.ts';
import { certificates } from '../support/stand-in.ts';

function operatorError(error: unknown): string {
  expect(error).toBeInstanceOf(OperatorError);
  return (error as Error).message;
}

describe('a MongoDB URL that cannot be used is refused before anything is asked, and its fault is named', () => {
  test.each([
    ['h:99999/db', 'there is no such port'],
    ['h:0/db', 'there is no such port'],
    ['h:1,/db', 'what stands for a host is none'],
    ['h:x/db', 'what stands for a host is none'],
    ['h/db?replicaset=a&nonsense=1', 'there is no option nonsense'],
    ['h/db?tls=maybe', 'its option tls has a fault'],
    ['h/db?maxPoolSize=many', 'its option maxPoolSize has a fault'],
    ['h,i/db?directConnection=true', 'its option directConnection has a fault'],
    ['h/db?appName=a&compressors=b', 'one of its options has a fault: appName, compressors'],
  ])('%s: %s', (rest, fault) => {
    let told: unknown;
    try {
      clientOf(`mongodb://user:geheim@${rest}`);
    } catch (error) {
      told = error;
    }
    expect(operatorError(told)).toContain(`cannot be used: ${fault}`);
    expect(operatorError(told)).not.toMatch(/user|geheim|many|maybe/);
  });
});

async function faultOf(url: string): Promise<string> {
  return operatorError(
    await connectMongo(url).then(
      ({ client }) => client.close(),
      (error: unknown) => error,
    ),
  );
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('a MongoDB that is not as its URL says is told by its cause', () => {
  const timeout = 'serverSelectionTimeoutMS=300';

  test('nobody is there', async () => {
    expect(await faultOf(`mongodb://127.0.0.1:1/?${timeout}`)).toMatch(/does not answer: .*ECONNREFUSED/);
  });

  test('it speaks no TLS', async () => {
    const port = await listening(createServer((socket) => socket.on('error', () => undefined).end()));
    expect(await faultOf(`mongodb://127.0.0.1:${port}/?tls=true&${timeout}`)).toContain('does not speak TLS');
  });

  test('it speaks TLS only', async () => {
    const port = await listening(createServer((socket) => socket.on('error', () => undefined).end()));
    expect(await faultOf(`mongodb://127.0.0.1:${port}/?${timeout}`)).toContain('does it want tls=true?');
  });

  test('its certificate is of an authority that nobody named', async () => {
    const [cert, key] = ['node.crt', 'node.key'].map((file) => readFileSync(join(certificates, file)));
    const server = createSecureServer({ cert, key }).on('tlsClientError', () => undefined);
    const port = await listening(server);
    expect(await faultOf(`mongodb://127.0.0.1:${port}/?tls=true&${timeout}`)).toContain('tlsCAFile names one');
  });

  test('a file that an option names is not there', async () => {
    expect(await faultOf(`mongodb://127.0.0.1:1/?tls=true&tlsCAFile=/none/there.pem`)).toContain('/none/there.pem');
  });

  test.skipIf(reportSkipped('faults of the URL of MongoDB', noMongo))('it is of another replica set', async () => {
    const mongo = await openTestMongo();
    onTestFinished(() => mongo.stop());
    const url = new URL(mongo.newDatabase());
    url.searchParams.set('replicaSet', 'another');
    expect(await faultOf(url.href)).toContain('is not of the replica set another, which replicaSet names');
  });
});
