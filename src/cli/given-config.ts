import { misspeltSettings, readConfig } from '../shared/config.ts';
import type { Config } from '../shared/config.ts';

/** The settings of a command that ends by itself. What only looks like a setting is told on standard error. */
export function givenConfig(): Config {
  for (const { setting, meant } of misspeltSettings()) {
    process.stderr.write(`weiliao: ${setting}: no setting is called so, it has no effect; did you mean ${meant}?\n`);
  }
  return readConfig();
}
