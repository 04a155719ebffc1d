import { useEffect, useState } from 'react';
import type { User } from '@weiliao/client';
import { headersOf, readUser } from '../session/session.ts';
import { useHouse, useView } from './house.tsx';

/** The other side of a direct conversation; undefined in a group. */
export function peerIdOf(conversation: string, me: string): string | undefined {
  const [kind, a = '', b = ''] = conversation.split('~');
  return kind === 'dm' ? (a === me ? b : a) : undefined;
}

/** How a user is called, also one whom no conversation names yet; the id until that is known. */
export function usePerson(id: string | undefined): User | undefined {
  const { client } = useHouse();
  const known = useView(client.conversations).find(({ peer }) => peer !== null && peer.id === id)?.peer ?? undefined;
  const asked = useAskedPerson(known === undefined ? id : undefined);
  return known ?? asked ?? (id === undefined ? undefined : { id, username: id, avatar: null });
}

function useAskedPerson(id: string | undefined): User | undefined {
  const { session } = useHouse();
  const [found, setFound] = useState<User>();
  useEffect(() => {
    if (id === undefined) return;
    const stop = new AbortController();
    readUser(id, headersOf(session), stop.signal).then(setFound, () => undefined);
    return () => stop.abort();
  }, [id, session]);
  return found?.id === id ? found : undefined;
}
