import { readFileSync } from 'node:fs';
import { secretSettings } from './settings.ts';

export interface WithSecrets {
  readonly environment: Readonly<Record<string, string>>;
  readonly faults: readonly string[];
}

/** Puts what stands in the files of `…_FILE` in place of it. A line break at a file's end is the editor's. */
export function readSecretFiles(environment: Readonly<Record<string, string>>): WithSecrets {
  const read: Record<string, string> = { ...environment };
  const faults: string[] = [];
  for (const name of secretSettings) {
    const path = environment[`${name}_FILE`];
    if (path === undefined) continue;
    if (read[name] !== undefined) {
      faults.push(`${name}_FILE: give it or ${name}, not both`);
      continue;
    }
    try {
      const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
      if (text === '') faults.push(`${name}_FILE: ${path} is empty`);
      else read[name] = text;
    } catch (error) {
      faults.push(`${name}_FILE: ${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    }
  }
  return { environment: read, faults };
}
