import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { openPage } from './browser.ts';
import { until } from './until.ts';

/** The page as its user sees it, by its test ids. */
export class ChatPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  at(id: string): Locator {
    return this.page.getByTestId(id);
  }

  /** Messages of this text. */
  message(text: string): Locator {
    return this.at('message').filter({ hasText: text });
  }

  line(conversation: string): Locator {
    return this.page.locator(`[data-testid="conversation"][data-conversation="${conversation}"]`);
  }

  /** Searches for a user and opens the conversation. */
  async find(text: string, conversation: string): Promise<void> {
    await this.at('search').fill(text);
    await this.line(conversation).click();
    await this.at('composer').waitFor();
  }

  async say(text: string): Promise<void> {
    await this.at('composer').fill(text);
    await this.at('composer').press('Enter');
  }

  /** Waits until the message of this text is in this state. */
  async sees(text: string, state: string): Promise<void> {
    await this.message(text)
      .and(this.page.locator(`[data-state="${state}"]`))
      .waitFor();
  }

  /** All that is drawn of the open conversation, in order. */
  async texts(): Promise<string[]> {
    return this.at('message').locator('p').allTextContents();
  }

  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    await until(condition, what, { everyMs: 50 });
  }
}

/** Opens the page and signs in as one of the demo users, or under a name. */
export async function signIn(
  browser: Browser,
  address: string,
  { user, ...options }: BrowserContextOptions & { readonly user: string },
): Promise<ChatPage> {
  const chat = new ChatPage(await openPage(browser, address, options));
  await signInOn(chat, user);
  return chat;
}

export async function signInOn(chat: ChatPage, user: string): Promise<void> {
  await chat.at('sign-in').waitFor();
  if (/^100[1-5]$/.test(user)) await chat.at(`sign-in-user-${user}`).click();
  else {
    await chat.at('sign-in-name').fill(user);
    await chat.at('sign-in-submit').click();
  }
  await chat.at('me').waitFor();
}
