import { createContext, useContext, useLayoutEffect, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { keptByBrowser } from '../kept.ts';
import { en } from './en.ts';
import type { Catalogue } from './en.ts';
import { zh } from './zh.ts';

const catalogues = { en, zh };
type LanguageName = keyof typeof catalogues;

export interface Language {
  readonly name: LanguageName;
  readonly words: Catalogue;
  readonly time: Intl.DateTimeFormat;
  readonly day: Intl.DateTimeFormat;
  readonly switchOver: () => void;
}

const LanguageContext = createContext<Language | undefined>(undefined);

export function useLanguage(): Language {
  const language = useContext(LanguageContext);
  if (language === undefined) throw new Error('no language around this');
  return language;
}

/** The browser's own language, until the reader switches. */
function firstLanguage(): LanguageName {
  const kept = keptByBrowser.get('language');
  if (kept === 'en' || kept === 'zh') return kept;
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === 'en' || tag === 'zh');
  return wanted === 'zh' ? 'zh' : 'en';
}

export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [name, setName] = useState(firstLanguage);
  useLayoutEffect(() => {
    document.documentElement.lang = name;
  }, [name]);
  const language = useMemo<Language>(() => {
    const locale = name === 'zh' ? 'zh-CN' : navigator.language.startsWith('en') ? navigator.language : 'en';
    return {
      name,
      words: catalogues[name],
      time: new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }),
      day: new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' }),
      switchOver() {
        const next = name === 'zh' ? 'en' : 'zh';
        keptByBrowser.set('language', next);
        setName(next);
      },
    };
  }, [name]);
  return <LanguageContext value={language}>{children}</LanguageContext>;
}
