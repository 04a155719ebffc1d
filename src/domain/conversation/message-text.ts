import { z } from 'zod';

/** Longest message text, in UTF-8 bytes. */
export const maxMessageBytes = 8192;

/** Client message id: chosen by the sender, unique per sender for ever. */
export const clientIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, 'must be 1 to 64 characters of A-Z a-z 0-9 . _ : -');

/** The text of a message: 1 to 8,192 UTF-8 bytes, no lone surrogates (they have no UTF-8 form, so could not be kept). */
export const messageTextSchema = z
  .string()
  .min(1, 'must not be empty')
  .refine(fitsMessage, `must be at most ${maxMessageBytes} UTF-8 bytes`)
  .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

function fitsMessage(text: string): boolean {
  return text.length * 3 <= maxMessageBytes || Buffer.byteLength(text) <= maxMessageBytes;
}
