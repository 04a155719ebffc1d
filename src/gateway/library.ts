import type uWS from 'uWebSockets.js';
import { OperatorError } from '../shared/errors.ts';

/**
 * uWebSockets.js, loaded where it is used: there are binaries of it for some systems only, and whatever opens no sockets
 * runs on the others too. Throws `OperatorError` where there is none for this one.
 */
export async function loadLibrary(): Promise<typeof uWS> {
  try {
    return (await import('uWebSockets.js')).default;
  } catch (cause) {
    const place = `Node ${process.versions.node} on ${process.platform} ${process.arch}`;
    throw new OperatorError(
      `no sockets with ${place}: uWebSockets.js has no binary that loads here (${reasonOf(cause)}). ` +
        'On Linux, Node 20 needs glibc 2.29 or later, Node 22 and 24 need 2.38; Alpine (musl) will not do.',
      { cause },
    );
  }
}

/** The loader's own words: the library puts a list of systems before them. */
function reasonOf(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  return lines.find((line) => line.startsWith('Error: '))?.slice('Error: '.length) ?? lines[0] ?? '';
}
