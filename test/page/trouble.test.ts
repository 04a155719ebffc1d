import { describe, expect, onTestFinished, test } from 'vitest';
import { hasBrowser, sharedBrowser } from '../support/browser.ts';
import { ChatPage, signIn, signInOn } from '../support/chat-page.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { ownFolder, sharedServer, startServer } from '../support/server.ts';

const server = sharedServer({ DEMO_USERS: '1' });
const browser = sharedBrowser();
const dm = 'dm~1001~1002';

/** The server behind a proxy that breaks connections; the address of its page. */
async function behindFaults(port: number): Promise<{ proxy: FaultProxy; address: string }> {
  const proxy = await FaultProxy.start(port);
  onTestFinished(() => proxy.close());
  return { proxy, address: `http://127.0.0.1:${new URL(proxy.url).port}` };
}

describe.runIf(hasBrowser)('when things go wrong', () => {
  test('what is written without a connection waits, says so, survives a reload, and goes out in order', async () => {
    const { proxy, address } = await behindFaults(server().httpPort);
    const one = await signIn(browser(), address, { user: '1001' });
    await one.find('lisi', dm);
    await one.say('before');
    await one.sees('before', 'sent');
    proxy.refuses = true;
    proxy.cut();
    await one.say('first of two');
    await one.say('second of two');
    await one.at('banner').filter({ hasText: '2 messages wait' }).waitFor();
    await one.sees('second of two', 'sending');
    proxy.refuses = false;
    await one.page.reload();
    await one.sees('second of two', 'sent');
    await one.until('both are there once, in order', async () => {
      const texts = await one.texts();
      return texts.join() === 'before,first of two,second of two';
    });
    await expect(one.at('banner').count()).resolves.toBe(0);
  });

  test('a server that is killed and comes back in mid-chat loses and doubles nothing', async () => {
    const folder = ownFolder();
    const first = await startServer({ DEMO_USERS: '1' }, folder);
    const ports = { HTTP_PORT: String(first.httpPort), DEMO_USERS: '1' };
    const one = await signIn(browser(), first.api, { user: '1001' });
    const two = await signIn(browser(), first.api, { user: '1002' });
    await one.find('lisi', dm);
    await one.say('to be read');
    await two.line(dm).click();
    await one.sees('to be read', 'read');
    await first.stop('SIGKILL');
    await one.say('into the dark');
    await two.say('so am I');
    await startServer(ports, folder);
    for (const chat of [one, two]) {
      await chat.until('both have both', async () => {
        const texts = await chat.texts();
        return texts.length === 3 && new Set(texts).size === 3;
      });
    }
    await expect(one.texts()).resolves.toEqual(await two.texts());
  });

  test('what is refused for good says why, and can be tried again, all in order, or taken back', async () => {
    const chat = await signIn(browser(), server().api, { user: '1003' });
    await server().rest('PUT', '/v1/blocks/1003', { as: '1004' });
    await chat.find('1004', 'dm~1003~1004');
    for (const text of ['alpha', 'beta', 'gamma']) await chat.say(text);
    await chat.at('message').and(chat.page.locator('[data-state="failed"]')).nth(2).waitFor();
    await chat.message('alpha').getByText('blocked').waitFor();
    await chat.message('beta').getByRole('button', { name: 'Take back' }).click();
    await expect(chat.at('composer').inputValue()).resolves.toBe('beta');
    await server().rest('DELETE', '/v1/blocks/1003', { as: '1004' });
    await chat.at('retry-all').click();
    await chat.sees('gamma', 'sent');
    await expect(chat.texts()).resolves.toEqual(['alpha', 'gamma']);
    await expect(chat.at('retry-all').count()).resolves.toBe(0);
  });

  test('two tabs of one user stay equal, and each keeps the box that is in use', async () => {
    const one = await signIn(browser(), server().api, { user: '1005' });
    const other = new ChatPage(await one.page.context().newPage());
    await other.page.goto(server().api);
    await signInOn(other, '1005');
    await one.find('wangwu', 'dm~1003~1005');
    await other.find('wangwu', 'dm~1003~1005');
    await one.say('from one tab');
    await other.sees('from one tab', 'sent');
    await other.at('composer').fill('in use');
    await one.at('composer').fill('half a thought');
    await one.at('search').focus();
    await other.say('from the other');
    await one.sees('from the other', 'sent');
    await expect(one.texts()).resolves.toEqual(await other.texts());
    // A draft is there again after a reload, and after another conversation.
    await one.at('composer').fill('a draft');
    await one.page.reload();
    await one.until('the draft is back', async () => (await one.at('composer').inputValue()) === 'a draft');
    await one.find('lisi', 'dm~1002~1005');
    await one.until('the box of another is empty', async () => (await one.at('composer').inputValue()) === '');
    await one.page.goBack();
    await one.until('the draft is back', async () => (await one.at('composer').inputValue()) === 'a draft');
  });
});
