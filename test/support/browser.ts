import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { patience } from './until.ts';

/** The browser that pages are tried in. */
export const browserPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
export const hasBrowser = existsSync(browserPath);
if (!hasBrowser) process.stderr.write(`SKIPPED: pages in a browser (no ${browserPath}; CHROMIUM_PATH names another)\n`);

/** A browser for all tests of a file, ended after them. */
export function sharedBrowser(...args: readonly string[]): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (hasBrowser) browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', ...args] });
  });
  afterAll(async () => {
    await browser?.close();
  });
  return () => {
    if (browser === undefined) throw new Error('there is no browser');
    return browser;
  };
}

/** A page of its own browser profile, closed with the test. The test fails where the page breaks its own rules. */
export async function openPage(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1024, height: 640 }, ...options });
  context.setDefaultTimeout(patience);
  const faults: string[] = [];
  onTestFinished(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/i.test(message.text())) faults.push(message.text());
  });
  await page.goto(address);
  return page;
}
