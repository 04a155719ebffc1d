import { useEffect, useState } from 'react';
import type { User } from '@weiliao/client';
import { findUsers, headersOf } from '../session/session.ts';
import { useHouse } from '../shell/house.tsx';

/** Milliseconds of quiet before the server is asked. */
const quietMs = 150;

/** Users whose id or name begins with the text, as it is written and in small letters. Those of before until then. */
export function useFoundUsers(text: string): readonly User[] {
  const { session } = useHouse();
  const [found, setFound] = useState<readonly User[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      const texts = new Set([text, text.toLowerCase()]);
      const answers = await Promise.all([...texts].map((each) => findUsers(each, headersOf(session), stop.signal)));
      setFound([...new Map(answers.flat().map((user) => [user.id, user])).values()]);
    };
    const timer = setTimeout(() => void ask().catch(() => undefined), quietMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, session]);
  return found;
}
