import { useEffect, useRef, useState } from 'react';
import type { FocusEvent, KeyboardEvent, RefObject } from 'react';
import type { Scroller } from './scroller.ts';

/** One Tab stop in the list; arrows, Home and End go from message to message. */
export function useKeys(scroller: Scroller, blockRef: RefObject<HTMLElement | null>) {
  const [focused, setFocused] = useState<number>();
  const wanted = useRef<number>(undefined);

  useEffect(() => {
    if (wanted.current === undefined) return;
    const row = blockRef.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (row === null || row === undefined) return;
    wanted.current = undefined;
    row.focus({ preventScroll: true });
  });

  return {
    focused,
    onFocus({ target }: FocusEvent) {
      setFocused(rowOf(target));
    },
    onBlur({ currentTarget, relatedTarget }: FocusEvent) {
      if (!currentTarget.contains(relatedTarget)) setFocused(undefined);
    },
    onKeyDown(event: KeyboardEvent) {
      const row = rowOf(event.target as Element);
      const isRow = event.target instanceof HTMLElement && event.target.dataset['index'] !== undefined;
      const next = row === undefined || !isRow ? undefined : target(event.key, row, scroller.count);
      if (next === undefined) return;
      event.preventDefault();
      wanted.current = next;
      setFocused(next);
      scroller.reveal(next);
    },
  };
}

function rowOf(element: Element): number | undefined {
  const index = element.closest<HTMLElement>('[data-index]')?.dataset['index'];
  return index === undefined ? undefined : Number(index);
}

function target(key: string, row: number, count: number): number | undefined {
  const rows: Readonly<Record<string, number>> = { ArrowUp: row - 1, ArrowDown: row + 1, Home: 0, End: count - 1 };
  const next = rows[key];
  return next === undefined ? undefined : Math.max(0, Math.min(next, count - 1));
}
