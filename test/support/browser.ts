import { existsSync } from 'node:fs';

/** The browser that pages are tried in. */
export const browserPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
export const hasBrowser = existsSync(browserPath);
if (!hasBrowser) process.stderr.write(`SKIPPED: pages in a browser (no ${browserPath}; CHROMIUM_PATH names another)\n`);
