import type { Partition } from '../config.ts';

/** FNV-1a of the code units, 32 bits. */
export function hashOf(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}

/** Whether a stream belongs to a share. Each stream belongs to one, so no two projectors write one document. */
export function holds({ index, count }: Partition, stream: string): boolean {
  return count === 1 || hashOf(stream) % count === index - 1;
}
