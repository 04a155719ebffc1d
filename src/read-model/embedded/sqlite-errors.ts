import { ReadModelUnavailableError } from '../read-model.ts';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html); an extended code carries them in its low byte. */
const passing = new Set([
  5, // BUSY
  6, // LOCKED
  7, // NOMEM
  8, // READONLY
  9, // INTERRUPT
  10, // IOERR
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL
  22, // NOLFS
  23, // AUTH
]);
const damaged = new Set([
  11, // CORRUPT
  26, // NOTADB
]);

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'errno' in error;
}

/** True where a row was refused by a unique index. */
export function isConstraint(error: unknown): boolean {
  return primaryCode(error) === 19;
}

/** True where a statement names a table or column that is not there. */
export function isWrongSql(error: unknown): boolean {
  return primaryCode(error) === 1;
}

/** True where the file is no database, or one whose pages contradict each other. */
export function isDamage(error: unknown): boolean {
  const code = primaryCode(error);
  return code !== undefined && damaged.has(code);
}

/** An error of SQLite or of the file system in the port's words; anything else, a bug, stays as it is. */
export function translate(error: unknown): unknown {
  const code = primaryCode(error);
  if (code !== undefined && (passing.has(code) || damaged.has(code))) {
    return new ReadModelUnavailableError(`the read model cannot be used: SQLite error ${code}`, { cause: error });
  }
  if (isSystemError(error)) {
    return new ReadModelUnavailableError('the files of the read model cannot be used', { cause: error });
  }
  return error;
}
