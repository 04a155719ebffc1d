import type uWS from 'uWebSockets.js';
import { maxHeadBytes } from '../../protocol/limits.ts';
import { setForLibrary } from '../../shared/config.ts';

export type Uws = typeof uWS;

/**
 * uWebSockets.js, loaded where it is used: there are binaries of it for some systems only, and whatever opens no sockets
 * runs without. `fault`: why there is none for this one.
 */
export async function loadUws(): Promise<{ readonly uws: Uws } | { readonly fault: string }> {
  // Read once, as the library loads. Its own limit is 4 KiB for a head that comes in several parts.
  setForLibrary('UWS_HTTP_MAX_HEADERS_SIZE', String(maxHeadBytes));
  try {
    return { uws: (await import('uWebSockets.js')).default };
  } catch (cause) {
    const place = `Node ${process.versions.node} on ${process.platform} ${process.arch}`;
    return { fault: `uWebSockets.js has no binary that loads with ${place} (${reasonOf(cause)})` };
  }
}

/** The loader's own words: the library puts a list of systems before them. */
function reasonOf(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  return lines.find((line) => line.startsWith('Error: '))?.slice('Error: '.length) ?? lines[0] ?? '';
}
