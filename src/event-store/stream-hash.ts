/**
 * FNV-1a of the UTF-16 code units, 32 bits, then MurmurHash3's finaliser: spreads streams over threads and shares, the
 * same way for ever. By itself FNV-1a leaves in its last bit no more than the sum of the code units' last bits, the same
 * for all conversations of neighbouring users: of two shares one would get everything.
 */
export function hashOf(stream: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < stream.length; index += 1) {
    value = Math.imul(value ^ stream.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
