import { useEffect, useReducer, useRef } from 'react';
import type { ConversationView } from '@weiliao/client';
import type { Range } from './scroller.ts';

/** Messages that are asked for at a time. */
const pageSize = 50;
/** Pages that are on their way at a time: of what the reader has flown past, no more is asked. */
const atOnce = 2;
/** Milliseconds before a page is asked for again that brought nothing new. */
const againMs = 1_000;

/** What there is, and what of it is held. */
interface Known {
  readonly lastSeq: number;
  readonly has: (seq: number) => boolean;
}

/** Fetches what the reader may see next. The function takes seqs: of what is wanted, and of what is seen. */
export function usePages(view: ConversationView, known: Known): (wanted: Range, seen: Range) => void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  const stop = useRef(new AbortController());
  const busy = useRef(new Set<number>());
  const resting = useRef(new Set<number>());

  useEffect(() => {
    const life = new AbortController();
    stop.current = life;
    return () => life.abort();
  }, []);

  function fetchPage(page: number, { first, last }: Range): void {
    const { signal } = stop.current;
    busy.current.add(page);
    const rest = (): void => {
      resting.current.add(page);
      setTimeout(() => {
        resting.current.delete(page);
        if (!signal.aborted) again();
      }, againMs);
    };
    view
      .load({ before: last + 1, limit: last - first + 1, signal })
      .then((messages) => {
        if (messages[0]?.seq !== last) rest();
      }, rest)
      .finally(() => {
        busy.current.delete(page);
        if (!signal.aborted) again();
      });
  }

  return ({ first, last }: Range, seen: Range): void => {
    for (const seq of nearestFirst(first, last, seen)) {
      if (busy.current.size >= atOnce) return;
      const page = Math.floor((seq - 1) / pageSize);
      if (known.has(seq) || busy.current.has(page) || resting.current.has(page)) continue;
      fetchPage(page, missingIn(page, known));
    }
  };
}

/** What is seen, then what lies below it and above it. */
function nearestFirst(first: number, last: number, seen: Range): number[] {
  const seqs = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  const distance = (seq: number): number => Math.max(0, seen.first - seq, seq - seen.last);
  return seqs.sort((a, b) => distance(a) - distance(b));
}

/** From the first to the last message of a page that is missing. */
function missingIn(page: number, { lastSeq, has }: Known): Range {
  let first = page * pageSize + 1;
  let last = Math.min(first + pageSize - 1, lastSeq);
  while (first < last && has(first)) first += 1;
  while (last > first && has(last)) last -= 1;
  return { first, last };
}
