import { useEffect, useState } from 'react';
import { useLanguage } from '../i18n/language.tsx';
import { useHouse, useView } from './house.tsx';
import styles from './banner.module.css';

/** Milliseconds without connection that nobody needs to know of. */
const quietMs = 2_000;

/** Says that the connection is gone, and what becomes of what waits. */
export function Banner({ onSignOut }: { readonly onSignOut: () => void }) {
  const { client } = useHouse();
  const { words } = useLanguage();
  const { state } = useView(client.connection);
  const { durable } = useView(client.storage);
  const waiting = useView(client.pending).filter((message) => message.state !== 'failed').length;
  const gone = useLasting(state !== 'live', quietMs);
  if (!gone || state === 'live') return null;
  return (
    <div className={styles.banner} data-testid="banner" role="status">
      {state === 'unauthorized' ? words.unauthorized : state === 'stopped' ? words.stopped : words.waiting(waiting)}
      {!durable && waiting > 0 && ` ${words.notDurable}`}
      {state === 'unauthorized' && (
        <button type="button" className={styles.act} onClick={onSignOut}>
          {words.signIn.title}
        </button>
      )}
      {state === 'stopped' && (
        <button type="button" className={styles.act} onClick={() => client.connect()}>
          {words.again}
        </button>
      )}
    </div>
  );
}

/** True once it has been true for so long. */
function useLasting(now: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!now) return;
    const timer = setTimeout(() => setLasting(true), ms);
    return () => {
      clearTimeout(timer);
      setLasting(false);
    };
  }, [now, ms]);
  return lasting;
}
