import type { Command } from 'commander';
import { OperatorError } from '../shared/errors.ts';
import { runProgram } from './run-program.ts';

/** Programs of this repository that do not ship with the server; each is a package of its own. */
const tools = {
  load: {
    package: '@weiliao/load',
    description: 'put load on a server, and check that no message is lost, doubled or out of order',
  },
  'stand-in': {
    package: '@weiliao/stand-in',
    description: "serve an embedded log in EventStoreDB's protocol: for development and tests",
  },
} as const;

export type ToolName = keyof typeof tools;

/** What each tool's package gives. */
interface Tool {
  /** Its command line, under the name that its help shows. */
  createProgram(name: string): Command;
}

export function isToolName(name: string | undefined): name is ToolName {
  return name !== undefined && Object.hasOwn(tools, name);
}

/** Lists the tools in the help of `program`. They are run by `runTool`, before `program` looks at anything. */
export function registerTools(program: Command): void {
  for (const [name, { description }] of Object.entries(tools)) program.command(name).description(description);
}

/** Runs a tool's command line. Throws `OperatorError` where it is not installed. */
export async function runTool(name: ToolName, args: readonly string[]): Promise<void> {
  const { package: from } = tools[name];
  let tool: Tool;
  try {
    tool = (await import(from)) as Tool;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new OperatorError(`${name} does not ship with the server: run it in the repository, after npm run build`, {
      cause,
    });
  }
  await runProgram(tool.createProgram(`weiliao ${name}`), args);
}
