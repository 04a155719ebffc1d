import { Command } from 'commander';
import { version } from '../shared/version.ts';
import { printFault } from './fault.ts';
import { registerQuarantine } from './quarantine.ts';
import { registerRebuild } from './rebuild.ts';
import { couldNotRun, runProgram } from './run-program.ts';
import { registerSessions } from './sessions.ts';
import { registerStart } from './start.ts';
import { isToolName, registerTools, runTool } from './tools.ts';
import { registerVerify } from './verify.ts';

const [name, ...rest] = process.argv.slice(2);
if (isToolName(name)) {
  await runTool(name, rest).catch((error: unknown) => {
    printFault(error);
    process.exitCode = couldNotRun;
  });
} else {
  const program = new Command('weiliao')
    .description('Event-sourced messaging: every message provable, every view rebuildable.')
    .version(version)
    .configureHelp({ showGlobalOptions: true });
  for (const register of [
    registerStart,
    registerRebuild,
    registerVerify,
    registerQuarantine,
    registerSessions,
    registerTools,
  ])
    register(program);
  await runProgram(program, process.argv.slice(2));
}
