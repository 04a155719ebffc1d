import { context, isSpanContextValid, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';

/** Where a trace comes from, in the form of the W3C: an input, an event's metadata, the headers of a request. */
export interface Traced {
  traceparent?: string | undefined;
}

/** One method of a port. `of`: what it is given that may say which trace it belongs to. */
export interface Edge {
  readonly of?: (...given: never[]) => Traced | undefined;
  /** Whether what it is given then says that it belongs to this span, for whoever it is handed on to. */
  readonly handsOn?: boolean;
}

/** Whether anybody takes spans: a program loaded before this one has registered an SDK of OpenTelemetry. */
export function tracesAreTaken(): boolean {
  // Without an SDK spans have no place. One that never ends is told to nobody.
  const probe = trace.getTracer('weiliao').startSpan('probe', { root: true });
  return isSpanContextValid(probe.spanContext());
}

/** A trace that a caller names; undefined where that is none. */
export function traceparentIn(text: unknown): string | undefined {
  if (typeof text !== 'string' || !/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text)) return undefined;
  return /^ff|-0{32}-|-0{16}-/.test(text) ? undefined : text;
}

/** Begins a span in the trace that `carrier` names, or else in the one at work here. */
export function beginSpan(
  name: string,
  kind: SpanKind,
  carrier: object,
): { readonly span: Span; readonly own: Context } {
  const parent = propagation.extract(context.active(), carrier);
  const span = trace.getTracer('weiliao').startSpan(name, { kind }, parent);
  return { span, own: trace.setSpan(parent, span) };
}

type Method = (...given: never[]) => Promise<unknown>;

/**
 * The same port, whose methods named in `edges` make a span each. Where nobody takes spans it is the port itself, so
 * that it costs nothing.
 */
export function traced<Port extends object>(
  name: string,
  port: Port,
  edges: { readonly [Name in keyof Port]?: Edge },
): Port {
  if (!tracesAreTaken()) return port;
  const methods = Object.entries(edges as Record<string, Edge>).map(([method, edge]) => {
    const run = port[method as keyof Port] as Method;
    return [method, spanned(`${name} ${method}`, run.bind(port), edge)] as const;
  });
  return { ...port, ...Object.fromEntries(methods) };
}

function spanned(name: string, run: Method, { of, handsOn = false }: Edge): Method {
  return async (...given) => {
    const carrier = of?.(...given) ?? {};
    const { span, own } = beginSpan(name, SpanKind.INTERNAL, carrier);
    if (handsOn) propagation.inject(own, carrier);
    try {
      return await context.with(own, () => run(...given));
    } catch (error) {
      const code = (error as { readonly code?: unknown }).code;
      if (typeof code === 'string') span.setAttribute('error.type', code);
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };
}
