import { useLanguage } from './i18n/language.tsx';
import { Icon } from './icon.tsx';
import styles from './tick.module.css';

/** How far an own message has come. */
export function Tick({ state }: { readonly state: 'sending' | 'sent' | 'read' | 'failed' }) {
  const { words } = useLanguage();
  return (
    <span className={styles.tick} data-state={state}>
      <Icon name={state} size={16} />
      <span className="hidden">{words.states[state]}</span>
    </span>
  );
}
