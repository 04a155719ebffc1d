import { describe, expect, test } from 'vitest';
import { hasBrowser, sharedBrowser } from '../support/browser.ts';
import { signIn } from '../support/chat-page.ts';
import type { ChatPage } from '../support/chat-page.ts';
import { sharedServer } from '../support/server.ts';

const server = sharedServer({ DEMO_USERS: '1' });
const browser = sharedBrowser();

/** Writes so many messages, of one to nine lines, in their order. */
async function write(from: string, to: string, { first = 1, last }: { first?: number; last: number }): Promise<void> {
  for (let n = first; n <= last; n += 1) {
    const msg = `message ${n}.${'\nand more of it'.repeat((n * 7) % 9)}`;
    const { status } = await server().rest('POST', '/v1/messages', {
      as: from,
      body: { id: `${from}-${to}-${n}`, to, msg },
    });
    expect(status).toBe(201);
  }
}

interface Seen {
  readonly seq: number;
  readonly top: number;
}

/** The message in the middle of what is seen, and where its upper edge is. */
async function underReader({ page }: ChatPage): Promise<Seen> {
  return page.getByTestId('messages').evaluate((view) => {
    const { top, height } = view.getBoundingClientRect();
    const all = [...view.querySelectorAll<HTMLElement>('[data-testid="message"]')].map((element) => {
      const rect = element.getBoundingClientRect();
      return { seq: Number(element.dataset['seq']), top: rect.top - top, bottom: rect.bottom - top };
    });
    const found = all.find(({ bottom }) => bottom > height / 2) ?? all.at(-1);
    return { seq: found?.seq ?? 0, top: found?.top ?? 0 };
  });
}

async function topOf({ page }: ChatPage, seq: number): Promise<number> {
  return page.getByTestId('messages').evaluate((view, at) => {
    const element = view.querySelector(`[data-seq="${at}"]`);
    return (element?.getBoundingClientRect().top ?? Infinity) - view.getBoundingClientRect().top;
  }, seq);
}

/** Waits until everything that is seen is there. */
async function filled(chat: ChatPage): Promise<void> {
  await chat.until('no place that is seen is empty', () =>
    chat.at('messages').evaluate((view) => {
      const { top, bottom } = view.getBoundingClientRect();
      const rows = [...view.querySelectorAll('[role="listitem"]')].filter((row) => {
        const rect = row.getBoundingClientRect();
        return rect.bottom > top && rect.top < bottom;
      });
      return rows.length > 0 && rows.every((row) => row.querySelector('[data-testid="message"]') !== null);
    }),
  );
}

/** Scrolls, and waits until nothing moves any more. */
async function scrolled(chat: ChatPage, scroll: () => Promise<unknown>): Promise<void> {
  const offset = (): Promise<number> => chat.at('messages').evaluate((element) => element.scrollTop);
  const first = await offset();
  await scroll();
  let last = first;
  await chat.until('the rows have moved and stand still', async () => {
    const before = last;
    last = await offset();
    return last !== first && last === before;
  });
}

describe.runIf(hasBrowser)('a long conversation', () => {
  test('opens at the first unread message, a third from the top, and is read at its end only', async () => {
    await write('1003', '1001', { last: 120 });
    const chat = await signIn(browser(), server().api, { user: '1001' });
    await chat.line('dm~1001~1003').click();
    await filled(chat);
    await chat.at('divider-new').waitFor();
    const height = await chat.at('messages').evaluate((view) => view.clientHeight);
    expect(Math.abs((await topOf(chat, 1)) - height / 3)).toBeLessThan(height / 3);
    await expect(chat.line('dm~1001~1003').getAttribute('data-unread')).resolves.toBe('120');
    await chat.at('jump-latest').click();
    await chat.message('message 120.').waitFor();
    await chat.line('dm~1001~1003').and(chat.page.locator('[data-unread="0"]')).waitFor();
    await expect(chat.at('jump-latest').count()).resolves.toBe(0);
  });

  test('keeps the message under the reader where it is while pages fill in around it', async () => {
    await write('1004', '1001', { last: 240 });
    const chat = await signIn(browser(), server().api, { user: '1001' });
    await chat.line('dm~1001~1004').click();
    await filled(chat);
    await chat.at('jump-latest').click();
    await chat.message('message 240.').waitFor();
    const view = chat.at('messages');
    const box = (await view.boundingBox())!;
    await chat.page.mouse.move(box.x + 200, box.y + 200);
    let moved = 0;
    for (let turn = 0; turn < 10; turn += 1) {
      await scrolled(chat, () => chat.page.mouse.wheel(0, -900));
      await filled(chat);
      const before = await underReader(chat);
      // Whatever was still on its way has come.
      await chat.page.waitForLoadState('networkidle');
      await filled(chat);
      const after = await topOf(chat, before.seq);
      moved = Math.max(moved, Math.abs(after - before.top));
    }
    expect(moved).toBeLessThanOrEqual(1);
    expect((await underReader(chat)).seq).toBeLessThan(220);
  });

  test('goes anywhere with a thrown scrollbar, and the row there stays when the window changes', async () => {
    const chat = await signIn(browser(), server().api, { user: '1001' });
    await chat.line('dm~1001~1004').click();
    await filled(chat);
    const view = chat.at('messages');
    for (const part of [0.1, 0.8, 0.35]) {
      await view.evaluate((element, at) => (element.scrollTop = element.scrollHeight * at), part);
      await filled(chat);
      await chat.page.waitForLoadState('networkidle');
      await filled(chat);
      const { seq } = await underReader(chat);
      expect(Math.abs(seq - 240 * part)).toBeLessThan(80);
    }
    const top = await view.evaluate((element) => {
      const edge = element.getBoundingClientRect().top;
      const rows = [...element.querySelectorAll<HTMLElement>('[data-testid="message"]')];
      const first = rows.find((row) => row.getBoundingClientRect().bottom > edge);
      return { seq: Number(first?.dataset['seq']), top: (first?.getBoundingClientRect().top ?? 0) - edge };
    });
    await chat.page.setViewportSize({ width: 800, height: 500 });
    await filled(chat);
    expect(Math.abs((await topOf(chat, top.seq)) - top.top)).toBeLessThanOrEqual(1);
    // And to the very ends.
    await view.evaluate((element) => (element.scrollTop = 0));
    await chat.message('message 1.').waitFor();
    await view.evaluate((element) => (element.scrollTop = element.scrollHeight));
    await chat.message('message 240.').waitFor();
  });

  test('stays where the reader is when something new comes, and follows who is at the end', async () => {
    await write('1005', '1001', { last: 60 });
    const chat = await signIn(browser(), server().api, { user: '1001' });
    await chat.line('dm~1001~1005').click();
    await chat.at('jump-latest').click();
    await chat.message('message 60.').waitFor();
    await write('1005', '1001', { first: 61, last: 61 });
    await chat.message('message 61.').waitFor();
    await expect(chat.at('jump-latest').count()).resolves.toBe(0);
    await chat.line('dm~1001~1005').and(chat.page.locator('[data-unread="0"]')).waitFor();
    await chat.at('messages').evaluate((element) => (element.scrollTop -= 1_000));
    await chat.at('jump-latest').waitFor();
    await filled(chat);
    const before = await underReader(chat);
    await write('1005', '1001', { first: 62, last: 64 });
    await chat.line('dm~1001~1005').and(chat.page.locator('[data-unread="3"]')).waitFor();
    expect(Math.abs((await topOf(chat, before.seq)) - before.top)).toBeLessThanOrEqual(1);
    // What one says oneself is always seen.
    await chat.say('mine');
    await chat.sees('mine', 'sent');
    await expect(chat.at('jump-latest').count()).resolves.toBe(0);
  });

  test('has one Tab stop, and arrows, Home and End go through it', async () => {
    const chat = await signIn(browser(), server().api, { user: '1001' });
    await chat.line('dm~1001~1003').click();
    await chat.message('message 120.').waitFor();
    await chat.at('composer').focus();
    await chat.page.keyboard.press('Shift+Tab');
    const focused = (): Promise<string | null | undefined> =>
      chat.page.evaluate(() => document.activeElement?.getAttribute('aria-posinset'));
    await expect(focused()).resolves.toBe('120');
    await chat.page.keyboard.press('ArrowUp');
    await chat.until('the row above has the focus', async () => (await focused()) === '119');
    await chat.page.keyboard.press('Home');
    await chat.until('the first row has the focus', async () => (await focused()) === '1');
    await chat.page.keyboard.press('End');
    await chat.until('the last row has the focus', async () => (await focused()) === '120');
    await expect(chat.at('messages').getByRole('listitem').last().getAttribute('aria-setsize')).resolves.toBe('120');
  });
});
