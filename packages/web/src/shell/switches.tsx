import { useLanguage } from '../i18n/language.tsx';
import { Icon } from '../icon.tsx';
import { useTheme } from '../theme.ts';
import styles from './switches.module.css';

/** Language and colours. */
export function Switches() {
  const { words, name, switchOver } = useLanguage();
  const [theme, switchTheme] = useTheme();
  const next = theme === 'dark' ? 'light' : 'dark';
  return (
    <div className={styles.switches}>
      <button
        type="button"
        className={styles.switch}
        data-testid="language"
        title={words.switchLanguage}
        aria-label={words.switchLanguage}
        onClick={switchOver}
      >
        <span aria-hidden="true">{name === 'zh' ? 'EN' : '中'}</span>
      </button>
      <button
        type="button"
        className={styles.switch}
        data-testid="theme"
        title={words.themes[next]}
        aria-label={words.themes[next]}
        onClick={switchTheme}
      >
        <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
      </button>
    </div>
  );
}
