import styles from './avatar.module.css';

/** Colours that white letters can be read on. */
const colours = 8;

/** A letter of the name on a colour of the id. Pictures from elsewhere are not loaded. */
export function Avatar({ id, name }: { readonly id: string; readonly name: string }) {
  const [first] = new Intl.Segmenter().segment(name);
  let hash = 0;
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return (
    <span className={styles.avatar} data-colour={hash % colours} aria-hidden="true">
      {(first?.segment ?? '?').toUpperCase()}
    </span>
  );
}
