import { useEffect, useState } from 'react';
import type { SubmitEvent } from 'react';
import type { User } from '@weiliao/client';
import { useLanguage } from '../i18n/language.tsx';
import { Avatar } from '../avatar.tsx';
import { Switches } from '../shell/switches.tsx';
import { isComposing } from '../composing.ts';
import { demoUsers, sessionOf } from './session.ts';
import type { Info, Session } from './session.ts';
import styles from './sign-in.module.css';

interface Props {
  readonly auth: Info['auth'];
  /** The last token was not taken. */
  readonly isRefused: boolean;
  readonly onSignIn: (session: Session) => void;
}

/** Who is there? A demo user or any name; where the server asks for tokens, a token. */
export function SignIn({ auth, isRefused, onSignIn }: Props) {
  return (
    <main className={styles.page} data-testid="sign-in">
      <div className={styles.card}>
        <div className={styles.head}>
          <h1>weiliao</h1>
          <Switches />
        </div>
        {auth === 'none' && <DemoUsers onSignIn={onSignIn} />}
        <Form auth={auth} isRefused={isRefused} onSignIn={onSignIn} />
      </div>
    </main>
  );
}

function DemoUsers({ onSignIn }: Pick<Props, 'onSignIn'>) {
  const { words } = useLanguage();
  const [users, setUsers] = useState<readonly User[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    demoUsers(stop.signal).then(setUsers, () => undefined);
    return () => stop.abort();
  }, []);
  if (users.length === 0) return null;
  return (
    <>
      <h2 className={styles.label}>{words.signIn.demo}</h2>
      <ul className={styles.users}>
        {users.map((user) => (
          <li key={user.id}>
            <button
              type="button"
              className={styles.user}
              data-testid={`sign-in-user-${user.id}`}
              onClick={() => onSignIn({ user: user.id, username: user.username })}
            >
              <Avatar id={user.id} name={user.username} />
              <bdi>{user.username}</bdi>
            </button>
          </li>
        ))}
      </ul>
      <p className={styles.or}>{words.signIn.or}</p>
    </>
  );
}

/** Signs in by what was written; the fault where that is not possible. */
function useEntry({ auth, isRefused, onSignIn }: Props) {
  const { words } = useLanguage();
  const [fault, setFault] = useState(isRefused ? words.signIn.badToken : undefined);
  const [busy, setBusy] = useState(false);

  async function enter(text: string): Promise<void> {
    const given = text.trim().normalize('NFC');
    if (given === '' || busy) return;
    if (auth === 'jwt') {
      onSignIn({ token: given });
      return;
    }
    setBusy(true);
    try {
      const session = await sessionOf(given);
      if (session === undefined) setFault(words.signIn.badName);
      else onSignIn(session);
    } catch {
      setFault(words.signIn.unreachable);
    } finally {
      setBusy(false);
    }
  }

  return { enter, busy, fault, mend: () => setFault(undefined) };
}

function Form({ auth, isRefused, onSignIn }: Props) {
  const { words } = useLanguage();
  const [text, setText] = useState('');
  const { enter, busy, fault, mend } = useEntry({ auth, isRefused, onSignIn });
  return (
    <form
      className={styles.form}
      onSubmit={(event: SubmitEvent<HTMLFormElement>) => {
        event.preventDefault();
        void enter(text);
      }}
    >
      <label className={styles.label} htmlFor="sign-in-name">
        {auth === 'jwt' ? words.signIn.token : words.signIn.name}
      </label>
      <div className={styles.line}>
        <input
          id="sign-in-name"
          data-testid="sign-in-name"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          dir="auto"
          maxLength={auth === 'jwt' ? 8_192 : 128}
          value={text}
          aria-describedby="sign-in-hint"
          onChange={(event) => {
            setText(event.target.value);
            mend();
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && isComposing(event.nativeEvent)) event.preventDefault();
          }}
        />
        <button type="submit" className={styles.submit} data-testid="sign-in-submit" disabled={busy}>
          {words.signIn.submit}
        </button>
      </div>
      <p id="sign-in-hint" className={styles.hint} role={fault === undefined ? undefined : 'alert'}>
        {fault ?? (auth === 'jwt' ? words.signIn.tokenHint : words.signIn.nameHint)}
      </p>
    </form>
  );
}
