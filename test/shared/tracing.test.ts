import { AsyncLocalStorage } from 'node:async_hooks';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Context, ContextManager, Span, TextMapPropagator, Tracer } from '@opentelemetry/api';
import { afterEach, expect, test } from 'vitest';
import type { SendMessageInput } from '../../src/commands/commands.ts';
import { traced, traceparentIn, tracesAreTaken } from '../../src/shared/tracing.ts';
import { startApi } from '../queries/support/api.ts';

interface Taken {
  readonly name: string;
  readonly traceId: string;
  readonly parent: string | undefined;
  ended: boolean;
}

/** As much of an SDK as takes spans: what people load before the program. */
function takeSpans(): Taken[] {
  const taken: Taken[] = [];
  const storage = new AsyncLocalStorage<Context>();
  const manager: Partial<ContextManager> = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (own, run, self, ...given) => storage.run(own, () => run.call(self, ...given)),
    enable: () => manager as ContextManager,
    disable: () => manager as ContextManager,
  };
  const propagator: TextMapPropagator = {
    fields: () => ['traceparent'],
    extract(from, carrier: { traceparent?: string }) {
      const [, traceId = '', spanId = ''] = (carrier.traceparent ?? '').split('-');
      return traceId === '' ? from : trace.setSpanContext(from, { traceId, spanId, traceFlags: 1, isRemote: true });
    },
    inject(own, carrier: { traceparent?: string }) {
      const { traceId, spanId } = trace.getSpanContext(own)!;
      carrier.traceparent = `00-${traceId}-${spanId}-01`;
    },
  };
  const startSpan: Tracer['startSpan'] = (name, _options, parentContext = context.active()) => {
    const parent = trace.getSpanContext(parentContext);
    const spanId = String(taken.length + 1).padStart(16, '0');
    const span: Taken = { name, traceId: parent?.traceId ?? 'f'.repeat(32), parent: parent?.spanId, ended: false };
    if (name !== 'probe') taken.push(span);
    const made = {
      spanContext: () => ({ traceId: span.traceId, spanId, traceFlags: 1 }),
      setAttribute: () => made,
      setStatus: () => made,
      end: () => (span.ended = true),
    };
    return made as unknown as Span;
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) as unknown as Tracer });
  context.setGlobalContextManager(manager as ContextManager);
  propagation.setGlobalPropagator(propagator);
  return taken;
}

afterEach(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});

const given = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

test('where nobody takes spans a port stays the very one it is', () => {
  const port = { ask: () => Promise.resolve(1) };
  expect(tracesAreTaken()).toBe(false);
  expect(traced('port', port, { ask: {} })).toBe(port);
});

test('a call is a span of the trace that its input names, and hands that on', async () => {
  const taken = takeSpans();
  const seen: unknown[] = [];
  const inner = traced('log', { append: () => Promise.resolve('done') }, { append: {} });
  const port = traced(
    'command',
    {
      send(input: { traceparent?: string }) {
        seen.push(input.traceparent);
        return inner.append();
      },
    },
    { send: { of: (input: { traceparent?: string }) => input, handsOn: true } },
  );
  expect(await port.send({ traceparent: given })).toBe('done');
  expect(taken).toEqual([
    { name: 'command send', traceId: 'a'.repeat(32), parent: 'b'.repeat(16), ended: true },
    { name: 'log append', traceId: 'a'.repeat(32), parent: '0000000000000001', ended: true },
  ]);
  expect(seen).toEqual([`00-${'a'.repeat(32)}-0000000000000001-01`]);
});

test('what a call throws is thrown on, and its span ends', async () => {
  const taken = takeSpans();
  const port = traced('log', { read: () => Promise.reject(new Error('no')) }, { read: {} });
  await expect(port.read()).rejects.toThrow('no');
  expect(taken).toMatchObject([{ name: 'log read', ended: true }]);
});

test.each([
  [given, given],
  ['nonsense', undefined],
  [`ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, undefined],
  [`00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, undefined],
  [`00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`, undefined],
  [undefined, undefined],
])('the header %j names the trace %j', (text, expected) => {
  expect(traceparentIn(text)).toBe(expected);
});

test('a request over REST gives its trace to its command, with spans and without', async () => {
  const headers = { 'x-user-id': '1', traceparent: given };
  const send = async (payload: object) => {
    const { call, writer, register } = startApi();
    await register('1');
    const seen: unknown[] = [];
    const { sendMessage } = writer.commands;
    Object.assign(writer.commands, {
      sendMessage(input: SendMessageInput) {
        seen.push(input.traceparent);
        return sendMessage(input);
      },
    });
    const { statusCode } = await call({ method: 'POST', url: '/v1/messages', headers, payload });
    expect(statusCode).toBe(201);
    return seen;
  };
  expect(await send({ id: 'one', to: '1', msg: 'x' })).toEqual([given]);
  const taken = takeSpans();
  expect(await send({ id: 'two', to: '1', msg: 'x' })).toEqual([`00-${'a'.repeat(32)}-0000000000000001-01`]);
  expect(taken).toMatchObject([{ name: 'POST /v1/messages', parent: 'b'.repeat(16) }]);
});
