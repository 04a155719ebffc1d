import { useEffect, useState } from 'react';
import { LanguageProvider, useLanguage } from './i18n/language.tsx';
import { keepSession, keptSession, readInfo } from './session/session.ts';
import type { Info, Session } from './session/session.ts';
import { SignIn } from './session/sign-in.tsx';
import { Chat } from './shell/chat.tsx';
import { useTheme } from './theme.ts';

/** Milliseconds between two tries to reach the server. */
const againMs = 2_000;

export function App() {
  useTheme();
  return (
    <LanguageProvider>
      <Door />
    </LanguageProvider>
  );
}

/** Who is known goes in; else the server is asked how one signs in here. */
function Door() {
  const [session, setSession] = useState(keptSession);
  const [isRefused, setRefused] = useState(false);
  const info = useInfo(session === undefined);
  const { words } = useLanguage();

  function enter(next: Session | undefined): void {
    keepSession(next);
    setSession(next);
  }

  const known = session ?? vouchedFor(info);
  if (known !== undefined) {
    const leave = (refused: boolean): void => {
      setRefused(refused);
      enter(undefined);
    };
    return (
      <Chat
        key={known.token ?? known.user}
        session={known}
        onSignOut={() => leave(false)}
        onRefused={() => leave(true)}
      />
    );
  }
  if (info === undefined) return null;
  if (info === 'unreachable') return <main className="notice">{words.signIn.unreachable}</main>;
  return <SignIn auth={info.auth} isRefused={isRefused} onSignIn={enter} />;
}

type Answer = Info | 'unreachable' | undefined;

/** Whom a proxy in front has signed in. */
function vouchedFor(info: Answer): Session | undefined {
  if (info === undefined || info === 'unreachable' || info.auth !== 'proxy' || info.user === null) return undefined;
  return { user: info.user };
}

/** Asked until it is answered. */
function useInfo(wanted: boolean): Answer {
  const [info, setInfo] = useState<Answer>();
  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    async function ask(): Promise<void> {
      const answer = await readInfo(stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      setInfo(answer ?? 'unreachable');
      if (answer === undefined) timer = setTimeout(() => void ask(), againMs);
    }
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [wanted]);
  return info;
}
