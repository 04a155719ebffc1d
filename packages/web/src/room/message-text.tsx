import { memo } from 'react';
import { piecesOf } from './links.ts';
import styles from './message-text.module.css';

/** Each paragraph in its own direction, with links that can be followed. */
export const MessageText = memo(function MessageText({ text }: { readonly text: string }) {
  return (
    <div className={styles.text}>
      {text.split(/\r?\n/).map((paragraph, index) => (
        <p key={index} dir="auto">
          {piecesOf(paragraph).map((piece, at) =>
            piece.href === undefined ? (
              piece.text
            ) : (
              <a key={at} href={piece.href} target="_blank" rel="noopener noreferrer">
                {piece.text}
              </a>
            ),
          )}
        </p>
      ))}
    </div>
  );
});
