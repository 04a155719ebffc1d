import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { problemSchema } from '../../src/queries/problem.ts';
import { closeCodes, closings, firstFinalCode } from '../../src/protocol/close-codes.ts';
import { allErrorCodes, errorCodes } from '../../src/protocol/error-codes.ts';
import { maxBodyBytes, maxFrameBytes } from '../../src/protocol/limits.ts';
import { replyFrames } from '../../src/protocol/reply-frames.ts';

const docs = await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

describe('error codes', () => {
  test('are the same on sockets and over REST', () => {
    expect(problemSchema.shape.code.options).toEqual(allErrorCodes);
    expect(replyFrames.error.schema.shape.code.options).toEqual(allErrorCodes);
  });

  test.each(allErrorCodes)('%s says when, by a status of errors', (code) => {
    const { status, title, when } = errorCodes[code];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title).not.toBe('');
    expect(when).not.toMatch(/\.$|^$/);
  });
});

describe('close codes', () => {
  test.each(Object.entries(closeCodes))('%s says whether to come back', (name, code) => {
    const { client } = closings[name as keyof typeof closeCodes];
    expect(client.startsWith('reconnect')).toBe(code < firstFinalCode);
    expect(client.startsWith('stop')).toBe(code >= firstFinalCode);
  });
});

describe('docs/protocol.md', () => {
  test('names every error code and close code', () => {
    for (const code of allErrorCodes) expect(docs).toContain(`\`${code}\``);
    for (const code of Object.values(closeCodes)) expect(docs).toContain(`| ${code} `);
  });

  test('has the limits that words name', () => {
    expect(errorCodes.BAD_FRAME.when).toContain(`${maxBodyBytes / 1024} KiB`);
    expect(docs).toContain(`${maxFrameBytes / 1024} KiB`);
  });
});
