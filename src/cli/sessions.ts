import type { Command } from 'commander';
import { isUserId } from '../domain/user/user.ts';
import { endSessionsOf } from '../process/end-sessions.ts';
import { OperatorError } from '../shared/errors.ts';
import { givenConfig } from './given-config.ts';

/** Adds `weiliao sessions`. */
export function registerSessions(program: Command): void {
  program
    .command('sessions')
    .description('what users are let in with')
    .command('end <user>')
    .description('close all sockets of a user and refuse the tokens made up to now')
    .action(async (user: string) => {
      if (!isUserId(user)) throw new OperatorError(`${user}: no user id`);
      await endSessionsOf(givenConfig(), user);
      process.stdout.write(`the sessions of ${user} are ended\n`);
    });
}
