import { maxPageBytes } from '../protocol/limits.ts';
import type { Message } from '../protocol/message.ts';

/** JSON writes some characters with as many bytes. */
const longestCharacter = 6;
/** More than the names, numbers and ids of an item take. */
const restOfItem = 4_096;

/** The first items that together fit into a page; one at least. `messageOf`: the longest part of an item. */
export function fitting<Item>(items: readonly Item[], messageOf: (item: Item) => Message): readonly Item[] {
  const most = items.reduce((sum, item) => sum + longestCharacter * messageOf(item).msg.length + restOfItem, 0);
  if (most <= maxPageBytes) return items;
  let bytes = 0;
  const tooLong = items.findIndex((item, index) => {
    bytes += Buffer.byteLength(JSON.stringify(item));
    return index > 0 && bytes > maxPageBytes;
  });
  return tooLong < 0 ? items : items.slice(0, tooLong);
}
