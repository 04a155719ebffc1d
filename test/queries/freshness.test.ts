import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ReadModelUnavailableError } from '../../src/read-model/read-model.ts';
import { createFreshness } from '../../src/queries/freshness.ts';
import { startApi } from './support/api.ts';
import type { Api } from './support/api.ts';

describe('waiting', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A read model at `checkpoint`, and one query under way. */
  function setUp({ atLeast, hoped = 0, floor = 0 }: { atLeast?: number; hoped?: number; floor?: number }) {
    const model = { at: 0, looks: 0, broken: undefined as Error | undefined };
    const checkpoint = () => {
      model.looks += 1;
      return model.broken === undefined ? Promise.resolve(model.at) : Promise.reject(model.broken);
    };
    const freshness = createFreshness({ checkpoint }, () => floor);
    const query = { outcome: 'waiting' };
    const ask = () =>
      freshness.reached({ atLeast, hoped }).then(
        () => (query.outcome = 'answered'),
        (error: unknown) => (query.outcome = (error as { code?: string }).code ?? String(error)),
      );
    void ask();
    return { model, query, ask, freshness };
  }

  test('waits for nothing where nothing is promised or hoped for, and tells where the read model is', async () => {
    const { model, query, freshness } = setUp({});
    await vi.advanceTimersByTimeAsync(0);
    expect(query.outcome).toBe('answered');
    model.at = 7;
    expect(await freshness.reached({ atLeast: undefined, hoped: 0 })).toEqual({ met: true, position: 7 });
  });

  test('ends as soon as the promised position is reached', async () => {
    const { model, query } = setUp({ atLeast: 5 });
    model.at = 4;
    await vi.advanceTimersByTimeAsync(1_900);
    expect(query.outcome).toBe('waiting');
    model.at = 5;
    await vi.advanceTimersByTimeAsync(5);
    expect(query.outcome).toBe('answered');
  });

  test('for a promise ends after 2 s with READ_MODEL_BEHIND', async () => {
    const { query } = setUp({ atLeast: 5 });
    await vi.advanceTimersByTimeAsync(1_990);
    expect(query.outcome).toBe('waiting');
    await vi.advanceTimersByTimeAsync(20);
    expect(query.outcome).toBe('READ_MODEL_BEHIND');
  });

  test('for the log’s end at start is as hard', async () => {
    const { model, query } = setUp({ floor: 5, atLeast: 1 });
    model.at = 4;
    await vi.advanceTimersByTimeAsync(2_010);
    expect(query.outcome).toBe('READ_MODEL_BEHIND');
  });

  test('for what the user has seen ends after 250 ms, with an answer', async () => {
    const { query } = setUp({ hoped: 5 });
    await vi.advanceTimersByTimeAsync(240);
    expect(query.outcome).toBe('waiting');
    await vi.advanceTimersByTimeAsync(20);
    expect(query.outcome).toBe('answered');
  });

  test('does not begin where the position is reached', async () => {
    const { model, ask, query } = setUp({ atLeast: 5 });
    model.at = 5;
    await vi.advanceTimersByTimeAsync(5);
    query.outcome = 'waiting';
    void ask();
    await vi.advanceTimersByTimeAsync(0);
    expect(query.outcome).toBe('answered');
  });

  test('begins again where the read model is begun anew', async () => {
    const { model, ask, query } = setUp({ floor: 5 });
    model.at = 5;
    await vi.advanceTimersByTimeAsync(5);
    expect(query.outcome).toBe('answered');
    model.at = 0;
    query.outcome = 'waiting';
    void ask();
    await vi.advanceTimersByTimeAsync(100);
    expect(query.outcome).toBe('waiting');
    model.at = 6;
    await vi.advanceTimersByTimeAsync(5);
    expect(query.outcome).toBe('answered');
  });

  test('of many looks at the store no more often than of one, and of none not at all', async () => {
    const { model, ask } = setUp({ atLeast: 5 });
    for (let i = 0; i < 50; i += 1) void ask();
    await vi.advanceTimersByTimeAsync(300);
    expect(model.looks).toBeLessThanOrEqual(101);
    model.at = 5;
    await vi.advanceTimersByTimeAsync(5);
    const { looks } = model;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(model.looks).toBe(looks);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends at once where the read model gives no answer, and begins anew for the next query', async () => {
    const { model, query, ask } = setUp({ atLeast: 5 });
    model.broken = new ReadModelUnavailableError('gone');
    await vi.advanceTimersByTimeAsync(5);
    expect(query.outcome).toContain('gone');
    model.broken = undefined;
    model.at = 5;
    void ask();
    await vi.advanceTimersByTimeAsync(5);
    expect(query.outcome).toBe('answered');
  });
});

describe('a query', () => {
  let api: Api;
  let seen: Record<string, number>;
  let floor: number;
  beforeEach(async () => {
    seen = {};
    floor = 0;
    api = startApi({ seenBy: (user) => seen[user] ?? 0, floor: () => floor });
    await api.register('1001', '1002');
    await api.say('1001', '1002');
    api.model.checkpoint = 0;
  });

  const queries = [
    '/v1/users/1001',
    '/v1/conversations',
    '/v1/conversations/dm~1001~1002/messages',
    '/v1/messages/dm~1001~1002:1',
  ];
  const originalQueries = ['/message?fromId=1001&toId=1002', '/user?fromId=1001'];

  /**
   * Starts a query, waits until it looks at the checkpoint again, and says whether it has been answered by then. By a
   * clock of its own: a busy machine must not take longer than the query waits.
   */
  async function start(url: string, headers: Record<string, string> = {}) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let isAnswered = false;
    const answer = api.as('1001').get(url, headers);
    void answer.then(() => (isAnswered = true));
    const looks = (): number => api.model.calls.filter((name) => name === 'checkpoint').length;
    await vi.waitUntil(() => looks() > 1, { interval: 5 });
    return {
      isAnswered: () => isAnswered,
      /** Once it has looked again. */
      async answer() {
        await vi.advanceTimersByTimeAsync(5);
        return answer;
      },
    };
  }

  test.each(queries)('%s waits until the read model has reached the position it names', async (url) => {
    const { answer, isAnswered } = await start(url, { 'weiliao-min-position': '3' });
    expect(isAnswered()).toBe(false);
    expect(new Set(api.model.calls)).toEqual(new Set(['checkpoint']));
    api.model.checkpoint = 3;
    expect((await answer()).statusCode).toBe(200);
  });

  test.each([...queries, ...originalQueries])('%s waits for the log’s end at start', async (url) => {
    floor = 3;
    const { answer, isAnswered } = await start(url);
    expect(isAnswered()).toBe(false);
    api.model.checkpoint = 3;
    expect((await answer()).statusCode).toBe(200);
  });

  test.each([...queries.slice(1), ...originalQueries])('%s waits for what its user has seen', async (url) => {
    seen['1001'] = 3;
    seen['1002'] = 1_000;
    const { answer, isAnswered } = await start(url);
    expect(isAnswered()).toBe(false);
    api.model.checkpoint = 3;
    expect((await answer()).statusCode).toBe(200);
  });

  test.each(originalQueries)('%s waits for what anybody was told over REST', async (url) => {
    api.model.checkpoint = 0;
    await api.as('1002').post('/v1/messages', { id: 'x', to: '1001', msg: 'hello' });
    const { answer, isAnswered } = await start(url);
    expect(isAnswered()).toBe(false);
    api.model.checkpoint = api.model.position;
    expect((await answer()).statusCode).toBe(200);
  });

  test('is refused with 503 and Retry-After where the position is not reached in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const answer = api.as('1001').get(queries[1]!, { 'weiliao-min-position': '4' });
      await vi.waitUntil(() => api.model.calls.includes('checkpoint'));
      await vi.advanceTimersByTimeAsync(2_001);
      const { statusCode, headers, json } = await answer;
      expect(statusCode).toBe(503);
      expect(headers['retry-after']).toBe('1');
      expect(json()).toMatchObject({ code: 'READ_MODEL_BEHIND' });
    } finally {
      vi.useRealTimers();
    }
  });

  test('sees what the command did whose position it sends back', async () => {
    api.model.checkpoint = undefined;
    const sent = await api.as('1001').post('/v1/messages', { id: 'x', to: '1002', msg: 'hello' });
    const position = sent.headers['weiliao-position'] as string;
    const answer = await api.as('1002').get('/v1/conversations', { 'weiliao-min-position': position });
    expect(answer.json()).toMatchObject({ items: [{ lastSeq: 2 }] });
  });

  test.each(['', 'x', '-1', '1.5', '1 2', '0x1', '9007199254740992', '99999999999999999'])(
    'is refused where the position is %j',
    async (position) => {
      for (const url of queries) {
        const answer = await api.as('1001').get(url, { 'weiliao-min-position': position });
        expect(answer.statusCode).toBe(400);
        expect(answer.json()).toMatchObject({ code: 'BAD_FRAME', errors: [{ path: 'weiliao-min-position' }] });
      }
    },
  );
});
