/** A text as SQLite keeps it. */
export type StoredText = string | Uint8Array;

/**
 * The driver cuts a text at its first NUL character; such a text is kept as a blob of its UTF-8 bytes, which SQLite
 * leaves as it is in any column.
 */
export function toStored(text: string): StoredText {
  return text.includes('\0') ? Buffer.from(text) : text;
}

export function fromStored(stored: StoredText): string {
  return typeof stored === 'string' ? stored : Buffer.from(stored).toString();
}
