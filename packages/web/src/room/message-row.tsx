import { memo } from 'react';
import { useLanguage } from '../i18n/language.tsx';
import { useToday } from '../days.ts';
import { Tick } from '../tick.tsx';
import { useHouse } from '../shell/house.tsx';
import { MessageText } from './message-text.tsx';
import type { Shown } from './rows.ts';
import styles from './message-row.module.css';

interface Props {
  readonly row: number;
  /** Undefined: a place is kept for it. */
  readonly shown: Shown | undefined;
  /** The day that begins here. */
  readonly day: number | undefined;
  /** The divider stands above. */
  readonly isNew: boolean;
  readonly count: number;
  /** Of the place that is kept, pixels. */
  readonly height: number;
  /** Tab comes here. */
  readonly isStop: boolean;
  /** Drawn although it is far from what is seen. */
  readonly isApart: boolean;
  readonly onTakeBack: (text: string) => void;
}

export const MessageRow = memo(function MessageRow(props: Props) {
  const { row, shown, day, isNew, count, height, isStop, isApart, onTakeBack } = props;
  return (
    <div
      className={styles.row}
      role="listitem"
      data-index={row}
      data-apart={isApart}
      aria-posinset={row + 1}
      aria-setsize={count}
      tabIndex={isStop ? 0 : -1}
      style={shown === undefined ? { height } : undefined}
    >
      {day !== undefined && <Day day={day} />}
      {isNew && <Divider />}
      {shown === undefined ? <span className={styles.blank} /> : <Bubble shown={shown} onTakeBack={onTakeBack} />}
    </div>
  );
}, areSame);

/** Which messages there are changes often; what is drawn of one seldom. */
function areSame(before: Props, after: Props): boolean {
  const { shown: a, ...restBefore } = before;
  const { shown: b, ...restAfter } = after;
  const height = b === undefined ? restAfter.height : restBefore.height;
  return (
    shallow(restBefore, { ...restAfter, height }) && (a === b || (a !== undefined && b !== undefined && shallow(a, b)))
  );
}

function shallow<T extends object>(a: T, b: T): boolean {
  return (Object.keys(a) as (keyof T)[]).every((name) => a[name] === b[name]);
}

function Day({ day }: { readonly day: number }) {
  const { words, day: format } = useLanguage();
  const ago = useToday() - day;
  // Noon of the day in UTC, shown as a date of UTC: the same day everywhere.
  const date = new Date(day * 86_400_000 + new Date(day * 86_400_000).getTimezoneOffset() * 60_000);
  const text = ago === 0 ? words.today : ago === 1 ? words.yesterday : format.format(date);
  return (
    <div className={styles.day}>
      <span>{text}</span>
    </div>
  );
}

function Divider() {
  const { words } = useLanguage();
  return (
    <div className={styles.divider} data-testid="divider-new">
      <span>{words.newMessages}</span>
    </div>
  );
}

function Bubble({ shown, onTakeBack }: { readonly shown: Shown } & Pick<Props, 'onTakeBack'>) {
  const { time } = useLanguage();
  const { seq, clientId, state, msg, sendDate, pending } = shown;
  return (
    <div
      className={styles.message}
      data-testid="message"
      data-seq={seq}
      data-client-id={clientId}
      data-state={state}
      data-mine={state !== 'received'}
    >
      <div className={styles.bubble}>
        <MessageText text={msg} />
        <span className={styles.foot}>
          <time dateTime={new Date(sendDate).toISOString()} dir="ltr">
            {time.format(sendDate)}
          </time>
          {state !== 'received' && <Tick state={state} />}
        </span>
      </div>
      {pending?.state === 'failed' && <Failed shown={shown} onTakeBack={onTakeBack} />}
    </div>
  );
}

function Failed({
  shown: { clientId, msg, pending },
  onTakeBack,
}: { readonly shown: Shown } & Pick<Props, 'onTakeBack'>) {
  const { client } = useHouse();
  const { words } = useLanguage();
  const { code = '', message = '' } = pending?.error ?? {};
  return (
    <div className={styles.failed}>
      <span className={styles.why}>{words.failures[code] ?? message}</span>
      <button type="button" onClick={() => client.retry(clientId)}>
        {words.retry}
      </button>
      <button
        type="button"
        onClick={() => {
          client.discard(clientId);
          onTakeBack(msg);
        }}
      >
        {words.takeBack}
      </button>
      <button type="button" onClick={() => client.discard(clientId)}>
        {words.discard}
      </button>
    </div>
  );
}
