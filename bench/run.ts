import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { killAll } from './lib/child.ts';
import { removeAll } from './lib/folder.ts';
import type { Part, Row } from './lib/part.ts';
import { machineFacts } from './lib/machine.ts';
import { formatTable } from './lib/table.ts';
import { cpu } from './parts/cpu.ts';
import { disk } from './parts/disk.ts';
import { engines } from './parts/engines.ts';
import { idle } from './parts/idle.ts';
import { latency } from './parts/latency.ts';
import { longConversation } from './parts/long-conversation.ts';
import { memory } from './parts/memory.ts';
import { reads } from './parts/reads.ts';
import { slow } from './parts/slow.ts';

/** What measures each part, in the order of the table. */
const parts: Readonly<Record<string, readonly Part[]>> = {
  cpu: [cpu],
  latency: [latency],
  idle: [idle],
  history: [longConversation],
  startup: [longConversation],
  disk: [longConversation, disk],
  rebuild: [longConversation],
  memory: [memory],
  slow: [slow],
  reads: [reads],
  engines: [engines],
};

function partList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !Object.hasOwn(parts, name));
  if (unknown.length > 0) throw new InvalidArgumentError(`no part is called ${unknown.join(', ')}`);
  return names;
}

const options = new Command('bench')
  .description('measures a server of this build on this machine; bench/README.md says what each row means')
  .option('--only <parts>', `some of ${Object.keys(parts).join(',')}`, partList, Object.keys(parts))
  .option('--quick', 'short runs and small numbers: to see that it works, not to quote', false)
  .option('--dir <folder>', 'where the data lies while it runs; its disk is what is measured', tmpdir())
  .option('--json <file>', 'writes the rows there too')
  .parse()
  .opts<{ only: string[]; quick: boolean; dir: string; json?: string }>();

const wanted = new Set(options.only);
const measures = new Set(options.only.flatMap((name) => parts[name] ?? []));
const facts = machineFacts(options.dir);
console.log(facts.join('\n'));
const rows: Row[] = [];

process.once('exit', () => {
  killAll();
  removeAll();
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

for (const measure of measures) {
  const say = (what: string): void => console.error(`bench: ${measure.name}: ${what}`);
  say('started');
  try {
    rows.push(...(await measure({ folder: options.dir, quick: options.quick, say, wanted })));
  } catch (error) {
    killAll();
    console.error(`bench: ${measure.name} failed:`, error);
    process.exitCode = 1;
  }
}

const order = Object.keys(parts);
rows.sort((a, b) => order.indexOf(a.part) - order.indexOf(b.part));
console.log(`\n${formatTable(rows)}`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ facts, rows }, null, 2)}\n`);
