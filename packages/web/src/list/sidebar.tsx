import { useDeferredValue, useMemo, useState } from 'react';
import type { Conversation, PendingMessage, User } from '@weiliao/client';
import { directConversation } from '@weiliao/client';
import { Avatar } from '../avatar.tsx';
import { Icon } from '../icon.tsx';
import { useLanguage } from '../i18n/language.tsx';
import { useHouse, useView } from '../shell/house.tsx';
import { peerIdOf, usePerson } from '../shell/people.ts';
import { useOpenConversation } from '../shell/place.ts';
import { Switches } from '../shell/switches.tsx';
import { Row } from './row.tsx';
import type { Line } from './row.tsx';
import { useFoundUsers } from './found.ts';
import styles from './sidebar.module.css';

/** Who is signed in, the search, and the conversations. */
export function Sidebar({ onSignOut }: { readonly onSignOut: () => void }) {
  const { words } = useLanguage();
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text.trim());
  return (
    <nav className={styles.side} aria-label={words.conversations}>
      <Head onSignOut={onSignOut} />
      <div className={styles.searching}>
        <input
          type="search"
          className={styles.search}
          data-testid="search"
          placeholder={words.search}
          aria-label={words.search}
          autoComplete="off"
          dir="auto"
          maxLength={128}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setText('');
          }}
        />
      </div>
      {wanted === '' ? <List /> : <Found text={wanted} onOpen={() => setText('')} />}
    </nav>
  );
}

function Head({ onSignOut }: { readonly onSignOut: () => void }) {
  const { me, session } = useHouse();
  const { words } = useLanguage();
  const person = usePerson(me === '' ? undefined : me);
  const name = session.username ?? person?.username ?? me;
  return (
    <header className={styles.head}>
      <h1 className="hidden">weiliao</h1>
      <Avatar id={me} name={name} />
      <bdi className={styles.me} data-testid="me" title={words.you(name)}>
        {name}
      </bdi>
      <Switches />
      <button type="button" className={styles.out} aria-label={words.signOut} title={words.signOut} onClick={onSignOut}>
        <Icon name="out" />
      </button>
    </header>
  );
}

/** The conversations, those first in which the first message still waits. */
function useLines(): readonly Line[] {
  const { client, me } = useHouse();
  const conversations = useView(client.conversations);
  const pending = useView(client.pending);
  return useMemo(() => linesOf(conversations, pending, me), [conversations, pending, me]);
}

function linesOf(conversations: readonly Conversation[], pending: readonly PendingMessage[], me: string): Line[] {
  const waiting = new Map(pending.map((message) => [message.conversation, message]));
  const known = new Set(conversations.map(({ id }) => id));
  const begun = [...waiting].flatMap(([id, message]) => {
    const peer = id === undefined || known.has(id) ? undefined : peerIdOf(id, me);
    return id === undefined || peer === undefined
      ? []
      : [{ id, peer: nobodyYet(peer), conversation: undefined, pending: message }];
  });
  return [
    ...begun,
    ...conversations.map((conversation) => {
      const { id, peer } = conversation;
      return { id, peer: peer ?? nobodyYet(id), conversation, pending: waiting.get(id) };
    }),
  ];
}

const nobodyYet = (id: string): User => ({ id, username: id, avatar: null });

function List() {
  const { client } = useHouse();
  const { words } = useLanguage();
  const lines = useLines();
  const open = useOpenConversation();
  const { state } = useView(client.connection);
  if (lines.length === 0) {
    return <p className={styles.nothing}>{state === 'live' ? words.noConversations : ''}</p>;
  }
  return (
    <ul
      className={styles.list}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        if (scrollHeight - scrollTop < 2 * clientHeight) client.moreConversations().catch(() => undefined);
      }}
    >
      {lines.map((line) => (
        <Row key={line.id} line={line} open={line.id === open} />
      ))}
    </ul>
  );
}

/** Conversations and users that fit; each user once. */
function Found({ text, onOpen }: { readonly text: string; readonly onOpen: () => void }) {
  const { me } = useHouse();
  const { words } = useLanguage();
  const open = useOpenConversation();
  const small = text.toLocaleLowerCase();
  const friends = useLines().filter(({ peer }) =>
    [peer.username, peer.id].some((name) => name.toLocaleLowerCase().includes(small)),
  );
  const known = new Set(friends.map(({ id }) => id));
  const users = useFoundUsers(text)
    .map((peer): Line => ({ id: directConversation(me, peer.id), peer, conversation: undefined, pending: undefined }))
    .filter(({ id, peer }) => !known.has(id) && peer.id !== me);
  if (friends.length + users.length === 0) {
    return (
      <p className={styles.nothing} role="status">
        {words.nobody}
      </p>
    );
  }
  return (
    <ul className={styles.list} onClick={onOpen}>
      {[...friends, ...users].map((line) => (
        <Row key={line.id} line={line} open={line.id === open} />
      ))}
    </ul>
  );
}
