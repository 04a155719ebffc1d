import { useEffect, useState, useSyncExternalStore } from 'react';
import type { ConversationSnapshot, ConversationView, Message } from '@weiliao/client';
import { useHouse, useView } from '../shell/house.tsx';

/** Milliseconds that a message is in view before it counts as read. */
const readMs = 1_000;

function subscribe(listener: () => void): () => void {
  for (const event of ['focus', 'blur', 'visibilitychange', 'pageshow']) addEventListener(event, listener);
  return () => {
    for (const event of ['focus', 'blur', 'visibilitychange', 'pageshow']) removeEventListener(event, listener);
  };
}

/** Whether somebody looks at this tab. */
export function useAttention(): boolean {
  return useSyncExternalStore(subscribe, () => document.visibilityState === 'visible' && document.hasFocus());
}

interface Reading {
  readonly view: ConversationView;
  readonly snapshot: ConversationSnapshot;
  readonly me: string;
  /** Somebody looks, and at the end. */
  readonly mayRead: boolean;
}

/** What was in view for a second, at the end, is read: never what was only opened, replayed or loaded. */
export function useReading({ view, snapshot: { conversation, messages }, me, mayRead }: Reading): void {
  const { client } = useHouse();
  const { state } = useView(client.connection);
  const lastSeq = conversation?.lastSeq ?? 0;
  const readSeq = conversation?.readSeq ?? 0;
  const isThere = messages.at(-1)?.seq === lastSeq;
  const hasNew = messages.findLast(({ seq, from }) => seq > readSeq && from.id !== me) !== undefined;
  const reads = mayRead && isThere && hasNew && state === 'live';
  useEffect(() => {
    if (!reads) return;
    const timer = setTimeout(() => view.markRead(lastSeq), readMs);
    return () => clearTimeout(timer);
  }, [reads, lastSeq, view]);
}

/** Whoever writes on another device has seen it all. */
const isSeen = (last: Message | null, me: string): boolean => last?.from.id === me;

const nothingYet = { unread: 0, seenSeq: 0, lastSeq: 0, lastMessage: null };

interface DividerDeps {
  readonly snapshot: ConversationSnapshot;
  readonly known: boolean;
  readonly attention: boolean;
  readonly me: string;
}

/**
 * Behind which seq what is new begins. Fixed when the conversation is opened, or when nobody looks any more; it stays
 * until the conversation is left or something is sent.
 */
export function useDivider({ snapshot, known, attention, me }: DividerDeps) {
  const { unread, seenSeq, lastSeq, lastMessage } = snapshot.conversation ?? nothingYet;
  const [fixed, setFixed] = useState<number>();
  const [opened, setOpened] = useState(false);
  const [looked, setLooked] = useState(attention);
  if (known && !opened) {
    setOpened(true);
    setFixed(unread > 0 ? seenSeq : undefined);
  }
  if (looked !== attention) {
    setLooked(attention);
    setFixed(attention || unread > 0 ? fixed : lastSeq);
  }
  return { seq: isSeen(lastMessage, me) || fixed === lastSeq ? undefined : fixed, clear: () => setFixed(undefined) };
}
