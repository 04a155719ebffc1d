import { useEffect, useRef, useState } from 'react';
import type { ConversationSnapshot, ConversationView } from '@weiliao/client';
import { Avatar } from '../avatar.tsx';
import { Icon } from '../icon.tsx';
import { useLanguage } from '../i18n/language.tsx';
import { useHouse, useView } from '../shell/house.tsx';
import { peerIdOf, usePerson } from '../shell/people.ts';
import { Announcer } from './announcer.tsx';
import { Composer } from './composer.tsx';
import { MessageList } from './message-list.tsx';
import { usePlace } from './place-kept.ts';
import { useAttention, useDivider, useReading } from './reading.ts';
import type { Scroller } from './scroller.ts';
import styles from './room.module.css';

/** One conversation: who, what was said, and the box for the next message. */
export function Room({ id }: { readonly id: string }) {
  const { client, me } = useHouse();
  const { words } = useLanguage();
  const view = client.conversation(id);
  const snapshot = useView(view);
  const peer = usePerson(peerIdOf(id, me)) ?? { id, username: id };
  const known = useKnown(view, snapshot);
  const attention = useAttention();
  const [atEnd, setAtEnd] = useState(true);
  const scroller = useRef<Scroller>(undefined);
  const taken = useRef<((text: string) => void) | undefined>(undefined);
  const divider = useDivider({ snapshot, known, attention, me });
  const place = usePlace(id, { known, snapshot });
  useReading({ view, snapshot, me, mayRead: attention && atEnd });

  return (
    <main className={styles.room}>
      <Head id={peer.id} name={peer.username} snapshot={snapshot} />
      <MessageList
        view={view}
        snapshot={snapshot}
        name={peer.username}
        divider={divider.seq}
        firstPlace={place.first}
        onMove={(moved) => {
          scroller.current = moved;
          setAtEnd(moved.isAtEnd);
          place.keep(moved.place);
        }}
        onTakeBack={(text) => taken.current?.(text)}
      />
      <div className={styles.below}>
        {!atEnd && <Jump snapshot={snapshot} onJump={() => scroller.current?.go({ end: 0 })} />}
        <Failures snapshot={snapshot} />
        <p className={styles.typing} aria-hidden={snapshot.typing.length === 0}>
          {snapshot.typing.length > 0 && <span data-testid="typing">{words.typing(peer.username)}</span>}
        </p>
      </div>
      <Composer
        view={view}
        name={peer.username}
        takenRef={taken}
        onSend={() => {
          divider.clear();
          scroller.current?.go({ end: 0 });
        }}
      />
      <Announcer conversation={id} />
    </main>
  );
}

/** To the newest message, of which there may be some that nobody saw. */
function Jump({ snapshot, onJump }: { readonly snapshot: ConversationSnapshot; readonly onJump: () => void }) {
  const { words } = useLanguage();
  const { unread = 0 } = snapshot.conversation ?? {};
  return (
    <button
      type="button"
      className={styles.jump}
      data-testid="jump-latest"
      aria-label={unread > 0 ? `${words.jump} (${words.unread(unread)})` : words.jump}
      onClick={onJump}
    >
      <Icon name="down" />
      {unread > 0 && <span>{unread}</span>}
    </button>
  );
}

/** Conversations of a page of the list: with fewer there are no more. */
const listPage = 200;

/** Whether the state of the conversation is known: the list has it, or it has no more, or the server was asked for it. */
function useKnown(view: ConversationView, { conversation }: ConversationSnapshot): boolean {
  const { client } = useHouse();
  const isLive = useView(client.connection).state === 'live';
  const isAll = useView(client.conversations).length < listPage && isLive;
  const [asked, setAsked] = useState(false);
  const isListed = isAll || (conversation !== undefined && conversation.revision >= 0);
  const mustAsk = !isListed && !asked && isLive;
  useEffect(() => {
    if (!mustAsk) return;
    const stop = new AbortController();
    const done = (): void => {
      if (!stop.signal.aborted) setAsked(true);
    };
    view.load({ signal: stop.signal }).then(done, done);
    return () => stop.abort();
  }, [mustAsk, view]);
  return isListed || asked;
}

interface HeadProps {
  readonly id: string;
  readonly name: string;
  readonly snapshot: ConversationSnapshot;
}

function Head({ id, name, snapshot }: HeadProps) {
  const { client } = useHouse();
  const { words } = useLanguage();
  const presence = useView(client.presence).get(id);
  const isDirect = snapshot.conversation?.peer !== null;
  return (
    <header className={styles.head}>
      <a className={styles.back} href="#" aria-label={words.back}>
        <Icon name="back" size={24} />
      </a>
      <Avatar id={id} name={name} />
      <h1 className={styles.name}>
        <bdi>{name}</bdi>
      </h1>
      {isDirect && presence !== undefined && (
        <span className={styles.presence}>{presence.online ? words.online : words.offline}</span>
      )}
    </header>
  );
}

/** All that failed here, again and in order. */
function Failures({ snapshot }: { readonly snapshot: ConversationSnapshot }) {
  const { client } = useHouse();
  const { words } = useLanguage();
  const failed = snapshot.pending.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return null;
  return (
    <button
      type="button"
      className={styles.retry}
      data-testid="retry-all"
      onClick={() => failed.forEach(({ clientId }) => client.retry(clientId))}
    >
      {words.retryAll(failed.length)}
    </button>
  );
}
