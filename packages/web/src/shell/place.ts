import { useSyncExternalStore } from 'react';

const subscribe = (listener: () => void): (() => void) => {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
};

function conversationOfAddress(): string | undefined {
  try {
    const id = decodeURIComponent(location.hash.slice(1));
    return /^(dm|group)~/.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

/** The open conversation is in the address: back leads to the list, and a reload comes back to it. */
export function useOpenConversation(): string | undefined {
  return useSyncExternalStore(subscribe, conversationOfAddress);
}

export function addressOf(conversation: string): string {
  return `#${encodeURIComponent(conversation)}`;
}
