import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { documentsVersion, markOf, shapes } from '../../src/read-model/documents.ts';

/** The shapes of each version, as they were first. Lines are added, never changed. */
const pinned: Readonly<Record<number, string>> = {
  2: 'f3c3c07985aa88e8',
  3: '594f63bed215c1b4',
};

test('a shape that changes raises documentsVersion, and is pinned here', () => {
  const hash = createHash('sha256').update(JSON.stringify(shapes)).digest('hex').slice(0, 16);
  expect({ [documentsVersion]: hash }).toEqual({ [documentsVersion]: pinned[documentsVersion] });
});

test('each field that patches set has its mark: a nullable field of the message that patches set, too', () => {
  for (const mark of Object.values(markOf)) {
    expect(shapes.message[mark].nullable, mark).toBe(true);
    expect(markOf[mark]).toBe(mark);
  }
});
