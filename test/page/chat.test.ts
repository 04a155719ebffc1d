import { describe, expect, test } from 'vitest';
import { hasBrowser, sharedBrowser } from '../support/browser.ts';
import { signIn } from '../support/chat-page.ts';
import { sharedServer } from '../support/server.ts';

const server = sharedServer({ DEMO_USERS: '1' });
const browser = sharedBrowser();
const dm = 'dm~1001~1002';

describe.runIf(hasBrowser)('two people in two browsers', () => {
  test('find each other, write both ways, and see what was read', async () => {
    const one = await signIn(browser(), server().api, { user: '1001' });
    const two = await signIn(browser(), server().api, { user: '1002' });
    await one.find('lisi', dm);
    await one.say('hello lisi');
    await two.line(dm).and(two.page.locator('[data-unread="1"]')).waitFor();
    expect(await two.page.title()).toBe('(1) weiliao');
    await one.sees('hello lisi', 'sent');
    await one.line(dm).filter({ hasText: 'lisi' }).waitFor();
    await two.line(dm).click();
    await two.sees('hello lisi', 'received');
    await one.sees('hello lisi', 'read');
    await two.line(dm).and(two.page.locator('[data-unread="0"]')).waitFor();
    await two.say('hello zhangsan');
    await one.sees('hello zhangsan', 'received');
    expect(await one.texts()).toEqual(['hello lisi', 'hello zhangsan']);
    await expect(one.at('presence-1002').count()).resolves.toBe(1);
  });
});
