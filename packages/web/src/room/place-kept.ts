import { useMemo, useRef } from 'react';
import type { ConversationSnapshot } from '@weiliao/client';
import type { Place } from './scroller.ts';

/** Where the reader was in each conversation, for the page's life. */
const places = new Map<string, Place>();

/** The place in a window of this height, in pixels. */
export type FirstPlace = (height: number) => Place;

interface Deps {
  readonly known: boolean;
  readonly snapshot: ConversationSnapshot;
}

/** Where a conversation is opened: at the first unread message, else where it was left, else at the end. */
export function usePlace(id: string, { known, snapshot: { conversation } }: Deps) {
  const isFound = useRef(false);
  const { unread = 0, seenSeq = 0 } = conversation ?? {};
  // The first one counts: it is not looked for again.
  const first = useMemo<FirstPlace | undefined>(() => {
    if (!known) return undefined;
    if (unread > 0) return (height) => ({ row: seenSeq, top: height / 3 });
    return () => places.get(id) ?? { end: 0 };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [known, id]);
  return {
    first,
    keep(place: Place) {
      if (first !== undefined) isFound.current = true;
      if (isFound.current) places.set(id, place);
    },
  };
}
