import { Argument, InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { isUserId } from '../domain/user/user.ts';
import { endSessionsOf } from '../process/end-sessions.ts';
import { givenConfig } from './given-config.ts';

/** Adds `weiliao sessions`. */
export function registerSessions(program: Command): void {
  program
    .command('sessions')
    .description('what users are let in with')
    .command('end')
    .description('close all sockets of a user and refuse the tokens made up to now')
    .addArgument(new Argument('<user>', 'its id').argParser(userId))
    .action(async (user: string) => {
      await endSessionsOf(givenConfig(), user);
      process.stdout.write(`the sessions of ${user} are ended\n`);
    });
}

function userId(text: string): string {
  if (isUserId(text)) return text;
  throw new InvalidArgumentError('It is no user id.');
}
