import { useLayoutEffect, useState, useSyncExternalStore } from 'react';
import { keptByBrowser } from './kept.ts';

export type Theme = 'light' | 'dark';

const system = matchMedia('(prefers-color-scheme: dark)');
const subscribe = (listener: () => void): (() => void) => {
  system.addEventListener('change', listener);
  return () => system.removeEventListener('change', listener);
};

/** The system's colours, until the reader switches. */
export function useTheme(): readonly [theme: Theme, switchOver: () => void] {
  const [chosen, choose] = useState(() => keptByBrowser.get('theme'));
  const dark = useSyncExternalStore(subscribe, () => system.matches);
  const theme: Theme = chosen === 'light' || chosen === 'dark' ? chosen : dark ? 'dark' : 'light';
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  return [
    theme,
    () => {
      const next = theme === 'dark' ? 'light' : 'dark';
      keptByBrowser.set('theme', next);
      choose(next);
    },
  ];
}
