import { secretSettings, settings } from './settings.ts';

const all = Object.entries(settings).map(([name, { unset, meaning }]) => ({ name, unset, meaning }));
const secrets = secretSettings.map((name) => `\`${name}\``);
const files = `${secrets.slice(0, -1).join(', ')} and ${secrets.at(-1) ?? ''}`;

/** All settings as a table in Markdown, for docs/settings.md. */
export function settingsTable(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = all.map(({ name, unset, meaning }) => `| \`${name}\` | ${cell(unset)} | ${cell(meaning)} |`);
  const table = ['| variable | where it is not set | meaning |', '| --- | --- | --- |', ...rows].join('\n');
  return `${table}\n\n${files} may each come from a file, named by the same variable with \`_FILE\` at its end.`;
}

/** The same for a terminal. */
export function settingsHelp(): string {
  const blocks = all.map(
    ({ name, unset, meaning }) => `  ${name}${unset === '' ? '' : ` (${unset})`}\n      ${meaning}`,
  );
  const text = `Settings, environment variables, each with what holds where it is not set:\n${blocks.join('\n')}`;
  return `${text}\n\n${files} may each come from a file, named by the same variable with _FILE at its end.`.replaceAll(
    '`',
    '',
  );
}
