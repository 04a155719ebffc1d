import { runChat } from '../lib/chat-load.ts';
import { diskBytes, withFolder } from '../lib/folder.ts';
import { startServer } from '../lib/server.ts';
import type { PartOptions, Row } from '../lib/part.ts';

/** Bytes on disk of messages as they are really sent: few at once, and many. */
export async function disk({ folder, quick, say }: PartOptions): Promise<Row[]> {
  const seconds = quick ? 5 : 20;
  const paces = { '500/s': { rate: 500 }, 'window 8': { window: 8 } };
  const rows: Row[] = [];
  for (const [name, pace] of Object.entries(paces)) {
    say(name);
    await withFolder(folder, async (dataDir) => {
      const server = await startServer(dataDir);
      const { report } = await runChat(server, { pairs: 100, warmup: 0, seconds, ...pace });
      await server.stop();
      const { log, readModel } = diskBytes(dataDir);
      rows.push(
        { part: 'disk', what: `100 pairs, ${name}: log`, value: log / report.sent, unit: 'bytes/message' },
        { part: 'disk', what: `100 pairs, ${name}: read model`, value: readModel / report.sent, unit: 'bytes/message' },
      );
    });
  }
  return rows;
}
