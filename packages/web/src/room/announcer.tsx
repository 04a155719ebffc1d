import { useEffect, useState } from 'react';
import type { Message } from '@weiliao/client';
import { useLanguage } from '../i18n/language.tsx';
import { useHouse } from '../shell/house.tsx';

/** Milliseconds in which messages are gathered, and how many of them are read out in full. */
const gatherMs = 500;
const mostInFull = 3;

/** Says what comes to who cannot see it: never what was there before, nor one's own. */
export function Announcer({ conversation }: { readonly conversation: string }) {
  const { client, me } = useHouse();
  const { words } = useLanguage();
  const [text, setText] = useState('');
  useEffect(() => {
    let gathered: Message[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const say = (): void => {
      timer = undefined;
      const all = gathered;
      gathered = [];
      const full = all.map(({ from, msg }) => `${from.username}: ${msg}`).join('\n');
      setText(all.length > mostInFull ? words.arrived(all.length) : full);
    };
    const off = client.on('message', (message) => {
      const isLive = client.connection.get().state === 'live';
      if (!isLive || message.conversation !== conversation || message.from.id === me) return;
      gathered.push(message);
      timer ??= setTimeout(say, gatherMs);
    });
    return () => {
      off();
      clearTimeout(timer);
    };
  }, [client, conversation, me, words]);
  return (
    <div className="hidden" aria-live="polite">
      {text}
    </div>
  );
}
