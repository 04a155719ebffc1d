import type { Partition } from '../shared/config.ts';
import { hashOf } from '../event-store/stream-hash.ts';

/** Whether a stream belongs to a share. Each stream belongs to one, so no two projectors write one document. */
export function holds({ index, count }: Partition, stream: string): boolean {
  return count === 1 || hashOf(stream) % count === index - 1;
}
