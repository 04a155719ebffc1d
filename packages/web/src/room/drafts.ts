import { useEffect, useRef, useState } from 'react';
import { keptByBrowser } from '../kept.ts';

/** Milliseconds after which what was typed is kept. */
const keepMs = 250;

interface Draft {
  readonly text: string;
  readonly write: (text: string) => void;
  /** Empty, at once. */
  readonly clear: () => void;
}

/** What was typed and not sent, of a user in a conversation. Another tab's never gets into a box that is in use. */
export function useDraft(user: string, conversation: string, isInUse: () => boolean): Draft {
  const name = `draft.${user}.${conversation}`;
  const [text, setText] = useState(() => keptByBrowser.get(name) ?? '');
  const unkept = useRef<string>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  function keep(): void {
    clearTimeout(timer.current);
    if (unkept.current === undefined) return;
    keptByBrowser.set(name, unkept.current === '' ? null : unkept.current);
    unkept.current = undefined;
  }

  const latest = useRef({ keep, isInUse });
  useEffect(() => {
    latest.current = { keep, isInUse };
  });
  useEffect(() => {
    const leave = (): void => latest.current.keep();
    const hear = ({ key, newValue }: StorageEvent): void => {
      if (key === `weiliao.${name}` && !latest.current.isInUse()) setText(newValue ?? '');
    };
    addEventListener('pagehide', leave);
    addEventListener('storage', hear);
    return () => {
      leave();
      removeEventListener('pagehide', leave);
      removeEventListener('storage', hear);
    };
  }, [name]);

  function write(next: string): void {
    setText(next);
    unkept.current = next;
    clearTimeout(timer.current);
    timer.current = setTimeout(keep, keepMs);
  }

  return {
    text,
    write,
    clear() {
      write('');
      keep();
    },
  };
}
