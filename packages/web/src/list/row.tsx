import { memo } from 'react';
import type { Conversation, PendingMessage, User } from '@weiliao/client';
import { Avatar } from '../avatar.tsx';
import { useLanguage } from '../i18n/language.tsx';
import { useToday } from '../days.ts';
import { dayNumber } from '../day-number.ts';
import { Tick } from '../tick.tsx';
import { useHouse, useView } from '../shell/house.tsx';
import { addressOf } from '../shell/place.ts';
import styles from './row.module.css';

/** A line of the list; a user who was not written to yet has no conversation. */
export interface Line {
  readonly id: string;
  readonly peer: User;
  readonly conversation: Conversation | undefined;
  /** The newest own message that waits there. */
  readonly pending: PendingMessage | undefined;
}

export const Row = memo(function Row({ line, open }: { readonly line: Line; readonly open: boolean }) {
  const { id, peer, conversation } = line;
  const { words } = useLanguage();
  const unread = conversation?.unread ?? 0;
  return (
    <li className={styles.item}>
      <a
        className={styles.row}
        href={addressOf(id)}
        data-testid="conversation"
        data-conversation={id}
        data-unread={unread}
        aria-current={open ? 'page' : undefined}
      >
        <span className={styles.face}>
          <Avatar id={peer.id} name={peer.username} />
          <OnlineDot user={peer.id} />
        </span>
        <bdi className={styles.name}>{peer.username}</bdi>
        <When line={line} />
        <Preview line={line} />
        {unread > 0 && (
          <span className={styles.badge}>
            <span aria-hidden="true">{unread > 99 ? '99+' : unread}</span>
            <span className="hidden">{words.unread(unread)}</span>
          </span>
        )}
      </a>
    </li>
  );
});

function OnlineDot({ user }: { readonly user: string }) {
  const { client } = useHouse();
  const { words } = useLanguage();
  const presence = useView(client.presence).get(user);
  if (presence?.online !== true) return null;
  return (
    <span className={styles.online} data-testid={`presence-${user}`} title={words.online}>
      <span className="hidden">{words.online}</span>
    </span>
  );
}

function When({ line: { conversation, pending } }: { readonly line: Line }) {
  const { time, day, words } = useLanguage();
  const today = useToday();
  const at = pending?.sendDate ?? conversation?.updatedAt;
  if (at === undefined) return null;
  const ago = today - dayNumber(at);
  const text =
    ago <= 0 ? time.format(at) : ago === 1 ? words.yesterday : day.format(at).replace(/,?\s*(星期.|\w+day),?\s*/, '');
  return (
    <time className={styles.when} dateTime={new Date(at).toISOString()} dir="ltr">
      {text}
    </time>
  );
}

function Preview({ line: { conversation, pending } }: { readonly line: Line }) {
  const { me } = useHouse();
  const last = conversation?.lastMessage ?? undefined;
  const isOwn = pending !== undefined || last?.from.id === me;
  return (
    <span className={styles.preview}>
      {isOwn && <Tick state={pending === undefined ? stateOf(conversation) : stateOfPending(pending)} />}
      <bdi>{(pending ?? last)?.msg.slice(0, 200)}</bdi>
    </span>
  );
}

function stateOf(conversation: Conversation | undefined): 'sent' | 'read' {
  const { lastMessage, peerReadSeq = 0 } = conversation ?? {};
  if (lastMessage?.to === undefined || lastMessage.to === null) return 'sent';
  return lastMessage.status === 2 || lastMessage.seq <= peerReadSeq ? 'read' : 'sent';
}

function stateOfPending({ state }: PendingMessage): 'failed' | 'sending' {
  return state === 'failed' ? 'failed' : 'sending';
}
