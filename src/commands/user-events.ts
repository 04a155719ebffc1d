import type { UserEvent } from '../domain/user/kinds.ts';

/** Who wants to know what happens to users, here or in another process. */
export function createUserEvents() {
  const listeners = new Set<(event: UserEvent) => void>();
  return {
    onEvent: (listener: (event: UserEvent) => void): void => void listeners.add(listener),
    tell: (event: UserEvent): void => listeners.forEach((listener) => listener(event)),
  };
}
