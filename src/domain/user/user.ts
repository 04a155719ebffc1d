import { z } from 'zod';

/** `.` and `..` are no ids: paths and files read them as places. */
const userIdPattern = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/;

/** A user id. JSON numbers are read as their decimal string, for clients of the original system. */
export const userIdSchema = z
  .union([z.string(), z.int().transform(String)], { error: 'must be a string or a number' })
  .pipe(z.string().regex(userIdPattern, 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -, and neither . nor ..'));

/** Characters that turn what stands after them around, or make a text look like another one. */
const deceptive = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/u;
/** What can be seen of a text: without it a name is blank. */
const visible = /[^\p{Z}\p{C}\p{M}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/u;

/** The name people see, in Unicode's composed form: what looks the same is the same. */
export const usernameSchema = z
  .string()
  .min(1, { error: 'must not be empty', abort: true })
  .max(128, { error: 'must be at most 128 characters', abort: true })
  .refine((name) => name.isWellFormed(), { error: 'must be well-formed Unicode', abort: true })
  .refine((name) => !deceptive.test(name), {
    error: 'must hold no control characters and none that change the direction',
    abort: true,
  })
  .refine((name) => visible.test(name), 'must hold something that can be seen')
  .transform((name) => name.normalize('NFC'))
  .pipe(z.string().max(128, 'must be at most 128 characters'));

/** The https address of a picture, or a path of this server; null: none. */
export const avatarSchema = z
  .string()
  .max(2048, { error: 'must be at most 2048 characters', abort: true })
  .refine((avatar) => avatar.isWellFormed(), { error: 'must be well-formed Unicode', abort: true })
  .refine(isPicture, 'must be an https address, or a path that begins with one /')
  .nullable();

function isPicture(text: string): boolean {
  if (/^\/(?![/\\])[^\s\\]*$/.test(text)) return true;
  return /^https:\/\/[^\s\\]+$/.test(text) && URL.canParse(text);
}

export function isUserId(text: string): boolean {
  return userIdPattern.test(text);
}

/** A user as events and messages name it. */
export interface UserRef {
  readonly id: string;
  readonly username: string;
}

export interface User extends UserRef {
  readonly avatar: string | null;
}

/** The stream that holds one user's events. */
export function userStream(userId: string): string {
  return `${userStreamPrefix}${userId}`;
}

export const userStreamPrefix = 'user-';
