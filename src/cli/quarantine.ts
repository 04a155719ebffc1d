import { Argument, InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { conversationStream, parseConversationId } from '../domain/conversation/conversation-id.ts';
import { isOurStream } from '../domain/passed-over.ts';
import { openForOneWrite } from '../event-store/open-event-store.ts';
import { openReadModel } from '../read-model/open-read-model.ts';
import { createLogger } from '../shared/logger.ts';
import { givenConfig } from './given-config.ts';
import { passOver } from './pass-over.ts';

/** Streams that are listed, at most. */
const mostListed = 10_000;

/** Adds `weiliao quarantine`. */
export function registerQuarantine(program: Command): void {
  const quarantine = program.command('quarantine').description('conversations that stand still at a damaged event');
  quarantine.command('list').description('what stands still, where, and why').action(list);
  quarantine
    .command('pass')
    .description('decide that an event which cannot be read counts as if it were not there; kept in the log for ever')
    .addArgument(new Argument('<conversation>', 'its id, or the stream of a user: user-<id>').argParser(streamOf))
    .addArgument(new Argument('<revision>', 'of the event').argParser(wholeNumber))
    .requiredOption('--reason <text>', 'why, for those who look later')
    .action((stream: string, revision: number, { reason }: { reason: string }) => pass(stream, revision, reason));
}

function streamOf(id: string): string {
  const stream = parseConversationId(id) === undefined ? id : conversationStream(id);
  if (isOurStream(stream)) return stream;
  throw new InvalidArgumentError('It is no conversation, and no stream of ours.');
}

function wholeNumber(text: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a revision, a whole number.');
}

async function list(): Promise<void> {
  const readModel = await openReadModel({
    settings: givenConfig().readModel,
    mode: 'read',
    log: createLogger('error'),
  });
  try {
    const damages = await readModel.damages(mostListed);
    for (const { _id, revision, position, reason } of damages) {
      process.stdout.write(`${_id} revision ${revision}, position ${position}: ${reason}\n`);
    }
    process.stdout.write(damages.length === 0 ? 'nothing stands still\n' : `${damages.length} stand still\n`);
  } finally {
    await readModel.close();
  }
}

async function pass(stream: string, revision: number, reason: string): Promise<void> {
  const store = await openForOneWrite(givenConfig().log);
  try {
    await passOver(store, { stream, revision, reason, date: Date.now() });
    process.stdout.write(`passed over: revision ${revision} of ${stream}; it goes on behind it\n`);
  } finally {
    await store.close();
  }
}
