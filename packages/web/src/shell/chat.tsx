import { useEffect, useMemo, useState } from 'react';
import { createClient, indexedDbStorage } from '@weiliao/client';
import type { Client } from '@weiliao/client';
import { useLanguage } from '../i18n/language.tsx';
import { Sidebar } from '../list/sidebar.tsx';
import { Room } from '../room/room.tsx';
import type { Session } from '../session/session.ts';
import { Banner } from './banner.tsx';
import { HouseProvider, useView } from './house.tsx';
import { useOpenConversation } from './place.ts';
import { useTitle } from './title.ts';
import styles from './chat.module.css';

function clientOf(session: Session): Client {
  return createClient({
    url: new URL('.', location.href).href,
    storage: indexedDbStorage(),
    device: 'page',
    ...session,
  });
}

interface Props {
  readonly session: Session;
  readonly onSignOut: () => void;
  /** The server took the token never. */
  readonly onRefused: () => void;
}

/** The page of who is signed in: conversations at the side, one of them open. */
export function Chat({ session, onSignOut, onRefused }: Props) {
  const [client] = useState(() => clientOf(session));
  useEffect(() => {
    client.connect();
    return () => client.disconnect();
  }, [client]);
  const { state } = useView(client.connection);
  const me = client.user ?? '';
  const isRefused = state === 'unauthorized' && me === '';
  useEffect(() => {
    if (isRefused) onRefused();
  });
  const house = useMemo(() => ({ client, session, me }), [client, session, me]);
  const { words } = useLanguage();
  const open = useOpenConversation();
  useTitle(client);
  return (
    <HouseProvider value={house}>
      <div className={styles.page} data-open={open !== undefined}>
        <Banner onSignOut={onSignOut} />
        <Sidebar onSignOut={onSignOut} />
        {open === undefined || me === '' ? (
          <main className={styles.none}>{words.choose}</main>
        ) : (
          <Room key={open} id={open} />
        )}
      </div>
    </HouseProvider>
  );
}
