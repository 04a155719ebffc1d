import { z } from 'zod';
import type { UserRegistered } from './kinds/user-registered.ts';

const userIdPattern = /^[A-Za-z0-9._-]{1,64}$/;

/** A user id. JSON numbers are read as their decimal string, for clients of the original system. */
export const userIdSchema = z
  .union([z.string(), z.int().transform(String)], { error: 'must be a string or a number' })
  .pipe(z.string().regex(userIdPattern, 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -'));

/** The name people see. */
export const usernameSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(128, 'must be at most 128 characters')
  .refine((name) => name.isWellFormed(), 'must be well-formed Unicode');

/** The URL or path of a picture; null: none. */
export const avatarSchema = z
  .string()
  .max(2048, 'must be at most 2048 characters')
  .refine((avatar) => avatar.isWellFormed(), 'must be well-formed Unicode')
  .nullable();

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

export type RegisterDecision =
  | { readonly kind: 'accepted'; readonly event: UserRegistered }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Decides a registration. `existing` is what the user's stream says, undefined where there is none. The same user again
 * changes nothing; another one under a taken id is refused.
 */
export function decideRegister(wanted: User, existing: User | undefined): RegisterDecision {
  if (existing === undefined) {
    return { kind: 'accepted', event: { id: wanted.id, username: wanted.username, avatar: wanted.avatar } };
  }
  if (existing.username === wanted.username && existing.avatar === wanted.avatar) return { kind: 'unchanged' };
  return { kind: 'refused', reason: `user ${wanted.id} exists with another username or avatar` };
}
