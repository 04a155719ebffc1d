// Takes the picture of the page that the README shows: two of the demo users talk. `node scripts/screenshot.mjs URL`, of
// a server with demo users and no messages yet.
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const [address] = process.argv.slice(2);
const file = fileURLToPath(new URL('../docs/page.png', import.meta.url));
const conversation = 'dm~1001~1002';

if (address === undefined) {
  console.error('screenshot.mjs needs the address of a server');
  process.exitCode = 2;
} else {
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const one = await enter(browser, address, '1001');
    const two = await enter(browser, address, '1002');
    await one.getByTestId('search').fill('lisi');
    await one.locator(`[data-conversation="${conversation}"]`).click();
    await say(one, 'Did the last release go out?');
    await two.locator(`[data-conversation="${conversation}"]`).click();
    await one.locator('[data-testid="message"][data-state="read"]').waitFor();
    await say(two, 'An hour ago. Every message is an event in one log:\nwhat you see here is derived from it.');
    await say(one, 'Show me: http://127.0.0.1:9092/docs');
    await one.locator('[data-testid="message"][data-state="read"]').nth(1).waitFor();
    await two.getByTestId('composer').pressSequentially('One ');
    await one.getByTestId('typing').waitFor();
    await one.screenshot({ path: file });
  } finally {
    await browser.close();
  }
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {string} user
 */
async function enter(browser, url, user) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 860, height: 480 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByTestId(`sign-in-user-${user}`).click();
  await page.getByTestId('me').waitFor();
  return page;
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} text
 */
async function say(page, text) {
  await page.getByTestId('composer').fill(text);
  await page.getByTestId('send').click();
}
