/** FNV-1a of the UTF-16 code units, 32 bits: spreads streams over threads and shares, the same way for ever. */
export function hashOf(stream: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < stream.length; index += 1) {
    value = Math.imul(value ^ stream.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
