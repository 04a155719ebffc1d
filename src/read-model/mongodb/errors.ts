import {
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoError,
  MongoErrorLabel,
  MongoExpiredSessionError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoRuntimeError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb';
import type { WriteError } from 'mongodb';
import { ReadModelUnavailableError } from '../read-model.ts';

const duplicateKey = 11_000;

/** Codes that tell of a user without rights: an operator gave or takes them, and may give them back. */
const refusing: readonly unknown[] = [11, 13, 18, 391, 8_000];

/** Codes that pass by themselves (https://www.mongodb.com/docs/manual/reference/error-codes/), by what they tell. */
const passing = new Set<unknown>([
  ...[6, 7, 89, 9_001, 202], // no way to a host
  ...[24, 46, 112, 117, 314], // somebody else is at it
  ...[50, 262, 64, 100], // not in time; too few members to acknowledge
  ...[91, 11_600, 11_601, 11_602], // interrupted, also by a shutdown
  ...[189, 10_107, 13_435, 13_436, 10_058, 133, 134], // not the primary any more, or not yet
  ...[43, 175, 237], // a cursor ended: its collection was replaced
  ...[14_031, 146, 39], // no room
  ...refusing,
]);

/** What operators are told of that. */
export const refused = 'refuses these credentials';

/** True where the server refuses the user or what it may do. */
export function isRefusal(error: unknown): boolean {
  const origin = originOf(error);
  return origin instanceof MongoError && refusing.includes(origin.code);
}

/** What the driver throws where a pool has no connection to give, which it does not export. */
const passingNames = new Set(['MongoWaitQueueTimeoutError', 'MongoPoolClearedError', 'MongoPoolClosedError']);

const passingClasses = [
  MongoNetworkError,
  MongoServerSelectionError,
  MongoWriteConcernError,
  MongoTopologyClosedError,
  MongoNotConnectedError,
  MongoClientClosedError,
  MongoExpiredSessionError,
  // An answer that makes no sense, or of a primary that is one no more: another connection gives another.
  MongoRuntimeError,
];

const passingLabels = [
  MongoErrorLabel.RetryableWriteError,
  MongoErrorLabel.TransientTransactionError,
  MongoErrorLabel.ResetPool,
];

/** What failed: for a bulk write the driver wraps it, its class and labels lost, into an error of the server's. */
function originOf(error: unknown): unknown {
  const inner: unknown = error instanceof MongoBulkWriteError ? error.errorResponse : undefined;
  return inner instanceof Error ? inner : error;
}

/** What Node says of a socket that it finds closed before it asks the system, which then names no call. */
const socketCodes = new Set<unknown>([
  'EPIPE',
  'ECONNRESET',
  'ERR_SOCKET_CLOSED',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

/** An error of a socket as Node threw it: the driver passes on what happens while it waits for one to drain. */
function isSystemError(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false;
  return socketCodes.has(error.code) || ('syscall' in error && 'errno' in error);
}

export function isTemporary(error: unknown): boolean {
  const origin = originOf(error);
  if (!(origin instanceof MongoError)) return isSystemError(origin);
  if (passingClasses.some((one) => origin instanceof one) || passingNames.has(origin.name)) return true;
  if (origin instanceof MongoBulkWriteError && origin.result.getWriteConcernError() !== undefined) return true;
  return passing.has(origin.code) || passingLabels.some((label) => origin.hasErrorLabel(label));
}

/** True where what was read was replaced meanwhile: the same read, begun again, finds the new. */
export function isReplaced(error: unknown): boolean {
  return error instanceof MongoError && (error.code === 43 || error.code === 175 || error.code === 237);
}

export function isNoCollection(error: unknown): boolean {
  return error instanceof MongoError && error.code === 26;
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoError && error.code === duplicateKey;
}

/** True where a collection that is to be made is there. */
export function isThereAlready(error: unknown): boolean {
  return error instanceof MongoError && error.code === 48;
}

/** True while an index of the collection is made. */
export function isBeingIndexed(error: unknown): boolean {
  return error instanceof MongoError && error.code === 12_587;
}

/** True where an index cannot be made: what is there of its name is another one, or documents do not allow it. */
export function isIndexRefusal(error: unknown): boolean {
  return error instanceof MongoError && (error.code === 85 || error.code === 86 || error.code === duplicateKey);
}

/** An error of the driver in the port's words; anything else, a bug or a wrong setting, stays as it is. */
export function translate(error: unknown): unknown {
  if (!isTemporary(error)) return error;
  const reason = isRefusal(error) ? refused : `cannot be used now: ${(originOf(error) as Error).name}`;
  return new ReadModelUnavailableError(`MongoDB ${reason}`, { cause: error });
}

/**
 * Places in the bulk of the documents that were there already. Throws the error where it says anything more than that
 * some were.
 */
export function alreadyThere(error: unknown): number[] {
  if (!(error instanceof MongoBulkWriteError) || originOf(error) !== error) throw error;
  const found: readonly WriteError[] = [error.writeErrors].flat();
  const acknowledged = error.result.getWriteConcernError() === undefined;
  const other = found.find(({ code }) => code !== duplicateKey);
  if (acknowledged && found.length > 0 && other === undefined) return found.map(({ index }) => index);
  if (acknowledged && !passing.has(other?.code)) throw error;
  throw new ReadModelUnavailableError('MongoDB did not take a write for now', { cause: error });
}
