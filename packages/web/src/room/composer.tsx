import { useEffect, useRef } from 'react';
import type { RefObject } from 'react';
import type { ConversationView } from '@weiliao/client';
import { isComposing } from '../composing.ts';
import { useLanguage } from '../i18n/language.tsx';
import { useHouse } from '../shell/house.tsx';
import { useDraft } from './drafts.ts';
import styles from './composer.module.css';

/** Bytes of a message, at most; from so many on they are counted for the writer to see. */
const mostBytes = 8_192;
const shownFrom = 0.9 * mostBytes;

const encoder = new TextEncoder();
const bytesOf = (text: string): number => (text.length * 3 < shownFrom ? 0 : encoder.encode(text).byteLength);

interface Props {
  readonly view: ConversationView;
  readonly name: string;
  /** Puts a text that was taken back into the box. */
  readonly takenRef: RefObject<((text: string) => void) | undefined>;
  readonly onSend: () => void;
}

/** The box for the next message. Enter sends, Shift and Enter breaks the line. */
export function Composer({ view, name, takenRef, onSend }: Props) {
  const { me } = useHouse();
  const { words } = useLanguage();
  const box = useRef<HTMLTextAreaElement>(null);
  const { text, write, clear } = useDraft(me, view.id, () => document.activeElement === box.current);
  const bytes = bytesOf(text);
  const maySend = text.trim() !== '' && bytes <= mostBytes;

  useEffect(() => {
    takenRef.current = (back) => {
      write(text === '' ? back : `${text}\n${back}`);
      box.current?.focus();
    };
  });
  useFittingHeight(box, text);
  useEffect(() => () => view.typing(false), [view]);

  function send(): void {
    if (!maySend) return;
    clear();
    view.send(text).catch(() => undefined);
    onSend();
    box.current?.focus();
  }

  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={box}
        className={styles.box}
        data-testid="composer"
        aria-label={words.write(name)}
        placeholder={words.write(name)}
        aria-describedby={bytes >= shownFrom ? 'composer-bytes' : undefined}
        aria-invalid={bytes > mostBytes}
        rows={1}
        dir="auto"
        enterKeyHint="send"
        value={text}
        onChange={({ target: { value } }) => {
          write(value);
          view.typing(value !== '');
        }}
        onBlur={() => view.typing(false)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || isComposing(event.nativeEvent)) return;
          event.preventDefault();
          send();
        }}
      />
      <Bytes bytes={bytes} />
      <button type="submit" className={styles.send} data-testid="send" disabled={!maySend}>
        {words.send}
      </button>
    </form>
  );
}

function Bytes({ bytes }: { readonly bytes: number }) {
  const { words } = useLanguage();
  if (bytes < shownFrom) return null;
  return (
    <output id="composer-bytes" className={styles.bytes} data-over={bytes > mostBytes}>
      {words.bytes(bytes, mostBytes)}
    </output>
  );
}

/** As high as its text, up to what the style allows. */
function useFittingHeight(boxRef: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useEffect(() => {
    const { current } = boxRef;
    if (current === null || CSS.supports('field-sizing', 'content')) return;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight}px`;
  }, [boxRef, text]);
}
