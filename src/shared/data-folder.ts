import { constants, existsSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError } from './errors.ts';

/*
 * Files of the data folder are plain files of its own. A link in the place of one would lead what is written here into
 * somebody else's file.
 */

/** What stands in the data folder: the log, the locks, the read model, the key; each with what SQLite puts beside it. */
const ours = /^(?:log\.db|lock|running|position\.key|read-model)/;

/** Makes the folder where there is none, for its owner alone. Throws `OperatorError` where a file in it is a link. */
export function makeDataFolder(dataDir: string): void {
  makeFolder(dataDir);
  refuseLinks(dataDir);
}

/** With those above it. Node's own way goes round for ever where a folder is there and none can be made in it, as in /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

/** SQLite opens whatever a name leads to, so this is looked at before. The folder itself may be a link. */
function refuseLinks(dataDir: string): void {
  const link = readdirSync(dataDir, { withFileTypes: true }).find(
    (entry) => entry.isSymbolicLink() && ours.test(entry.name),
  );
  if (link === undefined) return;
  throw new OperatorError(
    `DATA_DIR: ${join(dataDir, link.name)} is a symbolic link; put the file itself there, or link the folder as a whole`,
  );
}

/** Windows has no such flag. */
const { O_NOFOLLOW: noFollow = 0 } = constants as { O_NOFOLLOW?: number };
const { O_WRONLY, O_RDWR, O_RDONLY, O_CREAT, O_EXCL, O_TRUNC } = constants;

const flags = {
  read: O_RDONLY,
  change: O_RDWR,
  write: O_WRONLY | O_CREAT | O_TRUNC,
  /** There must be none of this name. */
  make: O_WRONLY | O_CREAT | O_EXCL,
} as const;

/** Opens a file of the data folder, for its owner alone where it is made. Throws where the name is a link. */
export function openOwnFile(path: string, use: keyof typeof flags): number {
  return openSync(path, flags[use] | noFollow, 0o600);
}
