import { distance } from 'fastest-levenshtein';
import { secretSettings, settings } from './settings.ts';

/** A variable that no setting is called by, and the setting that it looks like. */
export interface Misspelt {
  readonly setting: string;
  readonly meant: string;
}

const known = [...Object.keys(settings), ...secretSettings.map((name) => `${name}_FILE`)];

/** What looks like a setting and is none: else it would have no effect, and nobody would know. */
export function misspeltAmong(names: readonly string[]): Misspelt[] {
  const unknown = names.filter((name) => !known.includes(name));
  return unknown.flatMap((name) => {
    const meant = meantBy(name);
    return meant === undefined ? [] : [{ setting: name, meant }];
  });
}

function meantBy(name: string): string | undefined {
  const plain = name
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '_')
    .replace(/^WEILIAO_/, '');
  const forms = [plain, plain.replace(/_FILE$/, '')];
  return known.find((one) => forms.includes(one)) ?? known.find((one) => alike(plain, one));
}

/** Short names are like too many others: the shorter, the nearer it must be. */
function alike(given: string, name: string): boolean {
  if (name.length < 5) return false;
  const apart = distance(given, name);
  return apart <= (name.length < 11 && sorted(given) !== sorted(name) ? 1 : 2);
}

const sorted = (text: string): string => Array.from(text).sort().join('');
