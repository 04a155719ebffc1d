import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Config } from '../shared/config.ts';

/** Where `npm run build` puts the page; from the sources and from the built program the same folder. */
const folder = join(import.meta.dirname, '../../dist/page');

/** What the page may do: run and load what comes from here, and nothing else. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

type Base = Pick<Config, 'basePath'>;

/** The page at `/`, and what it is made of. Where it was not built, `/` leads to the documentation. */
export function servePage(app: FastifyInstance, { basePath }: Base): void {
  const assets = new Set(builtAssets());
  if (assets.size === 0) {
    toDocs(app, { basePath });
    return;
  }
  void app.register(fastifyStatic, { root: folder, serve: false, preCompressed: true, cacheControl: false });
  app.get('/', { schema: { hide: true } }, (request, reply) => {
    // What the page names stands beside it: it must know where that is.
    if (basePath !== '' && request.originalUrl === basePath) void reply.redirect(`${basePath}/`);
    else send(reply, 'index.html', 'no-cache');
  });
  app.get<{ Params: { name: string } }>('/assets/:name', { schema: { hide: true } }, (request, reply) => {
    const { name } = request.params;
    // Their names change with what they hold.
    if (assets.has(name)) send(reply, `assets/${name}`, 'public, max-age=31536000, immutable');
    else reply.callNotFound();
  });
}

/** What `/` is to a process that serves no page. */
export function toDocs(app: FastifyInstance, { basePath }: Base): void {
  // Relative, where no more is known than that a proxy may put something before it.
  const docs = basePath === '' ? 'docs' : `${basePath}/docs`;
  app.get('/', { schema: { hide: true } }, (_request, reply) => void reply.redirect(docs));
}

function send(reply: FastifyReply, path: string, cacheControl: string): void {
  void reply.header('Cache-Control', cacheControl).header('Vary', 'Origin, Accept-Encoding');
  void reply.header('Content-Security-Policy', policy).header('Referrer-Policy', 'no-referrer');
  void reply.sendFile(path);
}

function builtAssets(): string[] {
  try {
    return readdirSync(join(folder, 'assets')).filter((name) => !/\.(br|gz)$/.test(name));
  } catch {
    return [];
  }
}
