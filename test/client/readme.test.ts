import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('the sample of the README is the one whose types are checked here', async () => {
  const readme = await readFile(new URL('../../packages/client/README.md', import.meta.url), 'utf8');
  const sample = await readFile(new URL('./readme-sample.ts', import.meta.url), 'utf8');
  expect(/```ts\n([^]*?)```/.exec(readme)?.[1]).toBe(sample);
});
