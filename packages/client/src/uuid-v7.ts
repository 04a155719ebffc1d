/**
 * A UUIDv7 (RFC 9562): milliseconds since the epoch, then chance. `crypto.randomUUID` is missing where a page came over
 * plain http; `getRandomValues` is there.
 */
export function uuidV7(now = Date.now()): string {
  const hex = (number: number, length: number): string => number.toString(16).padStart(length, '0');
  const time = hex(now, 12);
  const chance = Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => hex(byte, 2)).join('');
  // Version 7; of the variant's digit the first two bits are 10.
  const variant = '89ab'.charAt(Number.parseInt(chance.charAt(19), 16) % 4);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(0, 3)}-${variant}${chance.slice(3, 6)}-${chance.slice(6, 18)}`;
}
