import { useEffect } from 'react';
import type { Client, Conversation } from '@weiliao/client';
import { usePart } from './house.tsx';

const unreadIn = (conversations: readonly Conversation[]): number =>
  conversations.reduce((sum, { unread }) => sum + unread, 0);

const bubble = 'M6 4h20a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4H15l-7 6v-6H6a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z';

function icon(dot: boolean): string {
  const mark = dot ? '<circle cx="25" cy="8" r="7" fill="#d32f2f"/>' : '';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0b7a4b" d="${bubble}"/>${mark}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** What the tab shows: the same number as the list. */
export function useTitle(client: Client): void {
  const unread = usePart(client.conversations, unreadIn);
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) weiliao` : 'weiliao';
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (link !== null) link.href = icon(unread > 0);
  }, [unread]);
  useEffect(
    () => () => {
      document.title = 'weiliao';
    },
    [],
  );
}
