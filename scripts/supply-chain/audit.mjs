// Asks the registry for known holes in what the server runs with. Exit 1: there is one of weight high or critical.
// Exit 0 with a line that begins with SKIPPED: the registry could not be asked, so nothing is known.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What of npm's answer is looked at.
 * @typedef {{ metadata?: { vulnerabilities: Readonly<Record<string, number>> },
 *   vulnerabilities?: Readonly<Record<string, { severity: string, via: readonly unknown[] }>>,
 *   message?: string, error?: { summary?: string } }} Answer
 */

const heavy = ['high', 'critical'];

/**
 * What to print, and the exit code.
 * @param {string} stdout
 * @param {string} stderr
 * @returns {{ lines: string[], code: number }}
 */
export function judge(stdout, stderr) {
  /** @type {Answer} */
  let answer = {};
  try {
    answer = /** @type {Answer} */ (JSON.parse(stdout));
  } catch {
    // Whatever it was, it was no answer.
  }
  if (answer.metadata === undefined) {
    const why = answer.message ?? answer.error?.summary ?? stderr.trim().split('\n')[0] ?? '';
    return { lines: [`SKIPPED: known holes in packages: the registry could not be asked (${why})`], code: 0 };
  }
  const found = Object.entries(answer.vulnerabilities ?? {}).filter(([, { severity }]) => heavy.includes(severity));
  if (found.length > 0) return { lines: found.map(([name, { severity }]) => `${name}: ${severity}`), code: 1 };
  const counts = Object.entries(answer.metadata.vulnerabilities).filter(
    ([kind, count]) => kind !== 'total' && count > 0,
  );
  const lighter = counts.map(([kind, count]) => `${count} ${kind}`).join(', ');
  return { lines: [`no known hole of weight high or critical${lighter === '' ? '' : `; ${lighter}`}`], code: 0 };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: root, encoding: 'utf8' });
  const { lines, code } = judge(stdout, stderr);
  for (const line of lines) process.stdout.write(`${line}\n`);
  process.exitCode = code;
}
