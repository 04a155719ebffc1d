import { randomBytes } from 'node:crypto';
import type { ErrorFrame } from '@weiliao/client';

/** Makes the client message ids of one run: UUIDv7, with a message's side and number readable from the end. */
export interface LoadIds {
  /** `at`: when the message was sent (`performance.now()`). The same again gives the same id. */
  make(side: 0 | 1, number: number, at: number): string;
  /** Undefined for an id of somebody else. */
  read(id: string): { readonly side: 0 | 1; readonly number: number } | undefined;
}

/** Characters of a UUID before its last group, and of the time at its start. */
const headLength = 24;
const timeLength = 14;

export function createLoadIds(): LoadIds {
  const random = randomBytes(4).toString('hex');
  // Version 7, variant 2; 3 + 3 random digits tell this run from others under the same user ids.
  const nonce = `7${random.slice(0, 3)}-8${random.slice(3, 6)}-`;
  let cachedAt = -1;
  let head = '';
  return {
    make(side, number, sentAt) {
      const at = Math.floor(performance.timeOrigin + sentAt);
      if (at !== cachedAt) {
        cachedAt = at;
        const time = at.toString(16).padStart(12, '0');
        head = `${time.slice(0, 8)}-${time.slice(8)}-${nonce}`;
      }
      return head + (number * 2 + side).toString(16).padStart(12, '0');
    },
    read(id) {
      if (!id.startsWith(nonce, timeLength)) return undefined;
      const tail = Number.parseInt(id.slice(headLength), 16);
      return { side: tail % 2 === 0 ? 0 : 1, number: Math.floor(tail / 2) };
    },
  };
}

/** What a load run looks at in a frame. */
export type SeenFrame =
  | { readonly type: 'message' | 'ack'; readonly id: string; readonly seq: number }
  | ErrorFrame
  | { readonly type: 'welcome' | 'live' | 'other' };

const typeKey = '"type":"';
const idKeys = { message: '"clientId":"', ack: '"id":"' } as const;
const seqKey = '"seq":';
const cursorKey = '"cursor":"';

/**
 * Reads the few fields that count without parsing the frame. Exact for JSON without blanks: `"name":` can stand nowhere
 * but before a value, as every quote inside a string is escaped, and these names occur once in their frames.
 */
export function seeFrame(text: string): SeenFrame {
  const type = stringAfter(text, typeKey);
  if (type === 'message' || type === 'ack') {
    const id = stringAfter(text, idKeys[type]);
    const seq = numberAfter(text, seqKey);
    return id === '' || !(seq > 0) ? { type: 'other' } : { type, id, seq };
  }
  if (type === 'error') return JSON.parse(text) as ErrorFrame;
  return { type: type === 'welcome' || type === 'live' ? type : 'other' };
}

/** The place in the log that the frame brings its reader to; undefined for one that moves nobody. */
export function cursorOf(text: string): string | undefined {
  const at = text.lastIndexOf(cursorKey);
  if (at === -1) return undefined;
  const start = at + cursorKey.length;
  return text.slice(start, text.indexOf('"', start));
}

function stringAfter(text: string, key: string): string {
  const at = text.indexOf(key);
  if (at === -1) return '';
  const start = at + key.length;
  return text.slice(start, text.indexOf('"', start));
}

function numberAfter(text: string, key: string): number {
  const at = text.indexOf(key);
  return at === -1 ? NaN : Number.parseInt(text.slice(at + key.length, at + key.length + 16), 10);
}
