import { useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { ReactElement } from 'react';
import type { ConversationSnapshot, ConversationView } from '@weiliao/client';
import { dayNumber } from '../day-number.ts';
import { useLanguage } from '../i18n/language.tsx';
import { useHouse } from '../shell/house.tsx';
import { useKeys } from './keys.ts';
import { MessageRow } from './message-row.tsx';
import { usePages } from './pages.ts';
import type { FirstPlace } from './place-kept.ts';
import { rowsOf } from './rows.ts';
import type { Rows } from './rows.ts';
import { Scroller } from './scroller.ts';
import styles from './message-list.module.css';

/** Screens above and below what is seen whose messages are fetched. */
const aheadScreens = 2;

interface Props {
  readonly view: ConversationView;
  readonly snapshot: ConversationSnapshot;
  readonly name: string;
  /** The divider stands behind the message of this seq. */
  readonly divider: number | undefined;
  readonly firstPlace: FirstPlace | undefined;
  readonly onMove: (scroller: Scroller) => void;
  readonly onTakeBack: (text: string) => void;
}

/** What of a conversation can be seen, in a scroll range as long as all of it. */
export function MessageList({ view, snapshot, name, divider, firstPlace, onMove, onTakeBack }: Props) {
  const { me } = useHouse();
  const { words } = useLanguage();
  const rows = useMemo(() => rowsOf(snapshot, me), [snapshot, me]);
  const [scroller] = useState(() => new Scroller());
  const { first, last } = useSyncExternalStore(scroller.subscribe, scroller.range);
  const viewRef = useRef<HTMLDivElement>(null);
  const canvasRef = useRef<HTMLDivElement>(null);
  const blockRef = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const [view, canvas, block] = [viewRef.current, canvasRef.current, blockRef.current];
    if (view !== null && canvas !== null && block !== null) return scroller.attach({ view, canvas, block });
    return undefined;
  }, [scroller]);
  useLayoutEffect(() => scroller.update(rows.count, firstPlace));
  const { focused, ...keys } = useKeys(scroller, blockRef);
  usePagesOf(view, rows, scroller);
  useEffect(() => {
    onMove(scroller);
    return scroller.subscribe(() => onMove(scroller));
  }, [scroller, onMove]);

  const drawn: ReactElement[] = [];
  const add = (row: number): void => {
    drawn.push(
      <MessageRow
        key={rows.keyOf(row)}
        row={row}
        shown={rows.at(row)}
        day={dayOf(rows, row)}
        isNew={divider !== undefined && row === divider}
        count={rows.count}
        height={scroller.heights.get(row)}
        isStop={row === (focused ?? last)}
        isApart={row < first || row > last}
        onTakeBack={onTakeBack}
      />,
    );
  };
  if (focused !== undefined && focused < first) add(focused);
  for (let row = first; row <= Math.min(last, rows.count - 1); row += 1) add(row);
  if (focused !== undefined && focused > last && focused < rows.count) add(focused);

  return (
    <div
      ref={viewRef}
      className={styles.view}
      data-testid="messages"
      {...(drawn.length > 0 && { role: 'list', 'aria-label': words.messages(name) })}
      {...keys}
    >
      <div ref={canvasRef} className={styles.canvas}>
        <div ref={blockRef} className={styles.block}>
          {drawn}
        </div>
      </div>
    </div>
  );
}

function usePagesOf(view: ConversationView, rows: Rows, scroller: Scroller): void {
  const { lastSeq } = rows;
  const fetchPages = usePages(view, { lastSeq, has: (seq) => rows.at(seq - 1) !== undefined });
  useEffect(() => {
    const look = (): void => {
      const { first, last } = scroller.around(aheadScreens);
      const seen = scroller.around(0);
      const wanted = { first: first + 1, last: Math.min(last + 1, lastSeq) };
      fetchPages(wanted, { first: seen.first + 1, last: seen.last + 1 });
    };
    look();
    return scroller.subscribe(look);
  });
}

/** The day that begins with this row; undefined where it goes on, or where that is not known. */
function dayOf(rows: Rows, row: number): number | undefined {
  const shown = rows.at(row);
  if (shown === undefined) return undefined;
  const day = dayNumber(shown.sendDate);
  if (row === 0) return day;
  const before = rows.at(row - 1);
  return before === undefined || dayNumber(before.sendDate) === day ? undefined : day;
}
