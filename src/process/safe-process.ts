import { statSync } from 'node:fs';
import type { Logger } from '../shared/logger.ts';

/** What the process makes is its user's alone, and no signal opens a debugger, which lets whoever reaches it do all. */
export function guardProcess(): void {
  process.umask(0o077);
  process.on('SIGUSR1', () => undefined);
}

/** Tells where others may look into the data folder: it was made before, or by somebody else. */
export function warnOfWideFolder(dataDir: string, logger: Pick<Logger, 'warn'>): void {
  const mode = statSync(dataDir, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) === 0 || process.platform === 'win32') return;
  const shown = (mode & 0o777).toString(8);
  logger.warn({ dataDir, mode: shown }, 'others may enter DATA_DIR; chmod 700 keeps them out');
}
