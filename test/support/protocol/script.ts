import { randomUUID } from 'node:crypto';
import { EventStoreDBClient } from '@eventstore/db-client';
import { errorFields, tidier } from './answers.ts';
import { appends, bytes, idempotence } from './appends.ts';
import { deletions, metadata } from './deletions.ts';
import { persistentSubscriptions } from './groups.ts';
import { links, reads } from './reads.ts';
import type { Run, Step } from './run.ts';
import { subscriptions } from './subscriptions.ts';

/** What a server answered, by step. */
export type Answers = Record<string, unknown>;

/**
 * Does the same with any server, through the real client, and gives back its answers without what differs from run to
 * run: ids, times, and positions, of which only the order is kept. Nothing else should use the server meanwhile.
 */
export async function runProtocolScript(url: string): Promise<Answers> {
  const client = EventStoreDBClient.connectionString(url);
  const prefix = `parity-${randomUUID()}-`;
  const answers: Answers = {};
  const tidy = tidier(prefix);
  const step: Step = async (name, run) => {
    if (name in answers) throw new Error(`the step ${name} is there twice`);
    answers[name] = await Promise.resolve()
      .then(run)
      .then(tidy, (error: unknown) => tidy(errorFields(error)));
  };
  const run: Run = { client, stream: (name) => prefix + name, prefix, step };
  try {
    for (const part of [appends, idempotence, bytes, reads, deletions, metadata, links, subscriptions]) await part(run);
    await persistentSubscriptions(run);
  } finally {
    await client.dispose();
  }
  return answers;
}
