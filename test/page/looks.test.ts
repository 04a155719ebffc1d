import axeCore from 'axe-core';
import type { BrowserContextOptions } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { jwt, tokenOf } from '../attack/tokens.ts';
import { hasBrowser, openPage, sharedBrowser } from '../support/browser.ts';
import { ChatPage, signIn } from '../support/chat-page.ts';
import { sharedServer, startServer } from '../support/server.ts';

const server = sharedServer({ DEMO_USERS: '1' });
const browser = sharedBrowser();

interface Axe {
  run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
}

/** Nothing is wrong with the page as it is, in both colours. */
async function expectAccessible({ page }: ChatPage): Promise<void> {
  // Not by a script of the page: its policy lets no foreign one in.
  await page.evaluate(axeCore.source);
  for (let turn = 0; turn < 2; turn += 1) {
    const found = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run({ resultTypes: ['violations'] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    });
    expect(found).toEqual([]);
    const theme = page.locator('html[data-theme="dark"]');
    await page.emulateMedia({ colorScheme: (await theme.count()) === 0 ? 'dark' : 'light' });
  }
}

const phone: BrowserContextOptions = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };

describe.runIf(hasBrowser)('the page', () => {
  test('can be used by everybody: at the door, in the list, in a conversation, with whatever can be seen', async () => {
    const door = new ChatPage(await openPage(browser(), server().api));
    await door.at('sign-in-user-1001').waitFor();
    await expectAccessible(door);
    const one = await signIn(browser(), server().api, { user: '1001' });
    await one.at('me').waitFor();
    await expectAccessible(one);
    await server().rest('PUT', '/v1/blocks/1001', { as: '1004' });
    await one.find('1004', 'dm~1001~1004');
    await one.say('nobody wants this');
    await one.sees('nobody wants this', 'failed');
    await expectAccessible(one);
    await server().rest('POST', '/v1/messages', {
      as: '1002',
      body: { id: 'hi', to: '1001', msg: 'hi https://a.example' },
    });
    await one.line('dm~1001~1002').and(one.page.locator('[data-unread="1"]')).waitFor();
    await one.line('dm~1001~1002').click();
    await one.at('divider-new').waitFor();
    await one.say('an answer');
    await one.at('composer').fill('x'.repeat(8_300));
    await one.page.getByText('8300 of 8192 bytes').waitFor();
    await expect(one.at('send').isDisabled()).resolves.toBe(true);
    await expectAccessible(one);
    await one.at('search').fill('nobody of this name');
    await one.page.getByText('Nobody found.').waitFor();
    await expectAccessible(one);
  });

  test('speaks the browser’s language, and switches', async () => {
    const chat = await signIn(browser(), server().api, { user: '1003', locale: 'zh-CN', colorScheme: 'dark' });
    const root = (): Promise<unknown> =>
      chat.page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset['theme']]);
    await expect(root()).resolves.toEqual(['zh', 'dark']);
    await expect(chat.at('search').getAttribute('placeholder')).resolves.toBe('搜索联系人');
    await chat.at('language').click();
    await chat.at('theme').click();
    await expect(root()).resolves.toEqual(['en', 'light']);
    await expect(chat.at('search').getAttribute('placeholder')).resolves.toBe('Search people');
    await chat.page.reload();
    await chat.at('me').waitFor();
    await expect(root()).resolves.toEqual(['en', 'light']);
  });

  test('shows the list or a conversation on a phone, and back leads to the list', async () => {
    const chat = await signIn(browser(), server().api, { user: '1003', ...phone });
    await chat.find('lisi', 'dm~1002~1003');
    await expect(chat.at('me').isVisible()).resolves.toBe(false);
    await chat.say('from a phone');
    await chat.sees('from a phone', 'sent');
    await expectAccessible(chat);
    const size = await chat.page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      font: getComputedStyle(document.activeElement ?? document.body).fontSize,
    }));
    expect(size).toEqual({ wide: 360, font: '16px' });
    await chat.page.getByRole('link', { name: 'Back' }).click();
    await chat.at('me').waitFor();
    await expect(chat.at('composer').count()).resolves.toBe(0);
  });

  test('sends nothing by the Enter that ends a composition', async () => {
    const chat = await signIn(browser(), server().api, { user: '1003' });
    await chat.find('lisi', 'dm~1002~1003');
    const box = chat.at('composer');
    await box.focus();
    const input = await chat.page.context().newCDPSession(chat.page);
    await input.send('Input.imeSetComposition', { text: 'nihao', selectionStart: 5, selectionEnd: 5 });
    await input.send('Input.dispatchKeyEvent', {
      type: 'rawKeyDown',
      key: 'Enter',
      code: 'Enter',
      windowsVirtualKeyCode: 229,
    });
    await input.send('Input.insertText', { text: '你好' });
    await expect(box.inputValue()).resolves.toBe('你好');
    await box.press('Shift+Enter');
    await chat.page.keyboard.insertText('世界');
    await expect(box.inputValue()).resolves.toBe('你好\n世界');
    await box.press('Enter');
    await chat.sees('世界', 'sent');
    await expect(box.inputValue()).resolves.toBe('');
  });

  test('shows texts as they are: links, nothing as markup, each paragraph in its direction', async () => {
    const chat = await signIn(browser(), server().api, { user: '1003' });
    await chat.find('lisi', 'dm~1002~1003');
    await chat.say('<b>bold</b> javascript:alert(1) https://a.example/x_(y)。然后 (http://b.example/?q=1)');
    const message = chat.message('<b>bold</b>');
    await message.waitFor();
    await expect(message.locator('b').count()).resolves.toBe(0);
    const links = await message
      .locator('a')
      .evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute('href'), link.getAttribute('rel')]));
    expect(links).toEqual([
      ['https://a.example/x_(y)', 'https://a.example/x_(y)', 'noopener noreferrer'],
      ['http://b.example/?q=1', 'http://b.example/?q=1', 'noopener noreferrer'],
    ]);
    await chat.at('composer').fill('مرحبا 123\nand left to right');
    await chat.at('send').click();
    const directions = await chat
      .message('and left to right')
      .locator('p')
      .evaluateAll((all) => all.map((paragraph) => getComputedStyle(paragraph).direction));
    expect(directions).toEqual(['rtl', 'ltr']);
  });

  test('shows who types, for as long as they do', async () => {
    const one = await signIn(browser(), server().api, { user: '1001' });
    const two = await signIn(browser(), server().api, { user: '1002' });
    await one.find('lisi', 'dm~1001~1002');
    await one.say('so that there is a conversation');
    await two.line('dm~1001~1002').click();
    await one.at('composer').pressSequentially('h');
    await two.at('typing').filter({ hasText: 'zhangsan' }).waitFor();
    await one.at('composer').fill('');
    await two.at('typing').waitFor({ state: 'detached' });
  });

  test('registers whoever brings a name, of any script, and finds them by it', async () => {
    const one = await signIn(browser(), server().api, { user: '小明' });
    await expect(one.at('me').textContent()).resolves.toBe('小明');
    const two = await signIn(browser(), server().api, { user: '1002' });
    await two.at('search').fill('小');
    await two.at('conversation').filter({ hasText: '小明' }).click();
    await two.say('found you');
    await one.at('conversation').filter({ hasText: 'found you' }).waitFor();
    const again = await signIn(browser(), server().api, { user: '小明' });
    await again.at('conversation').filter({ hasText: 'found you' }).waitFor();
  });

  test('takes a token where the server asks for one, and says where it takes none', async () => {
    const guarded = await startServer(jwt);
    for (const id of ['a', 'b']) {
      await guarded.rest('POST', '/v1/users', { token: tokenOf(id), body: { id, username: id } });
    }
    const chat = await signIn(browser(), guarded.api, { user: tokenOf('a') });
    await chat.page.getByTestId('me').filter({ hasText: 'a' }).waitFor();
    await guarded.rest('POST', '/v1/messages', {
      token: tokenOf('b'),
      body: { id: 'one', to: 'a', msg: 'with a token' },
    });
    await chat.line('dm~a~b').filter({ hasText: 'with a token' }).click();
    await chat.say('so do I');
    await chat.sees('so do I', 'sent');
    const stranger = new ChatPage(await openPage(browser(), guarded.api));
    await stranger.at('sign-in-name').fill('no token');
    await stranger.at('sign-in-submit').click();
    await stranger.page.getByRole('alert').filter({ hasText: 'does not take this token' }).waitFor();
  });
});
