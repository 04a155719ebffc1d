import type { FastifyInstance } from 'fastify';

/** The methods that an address takes; none where there is nothing at it. */
export type MethodsAt = (path: string) => readonly string[];

/** Keeps in mind which routes an API gets: the framework does not tell a wrong method from a wrong address. */
export function knowMethods(app: FastifyInstance): MethodsAt {
  const routes: { readonly method: string; readonly paths: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    // Preflights are answered everywhere.
    if (url === '*') return;
    const paths = new RegExp(
      `^${url
        .replace(/[.]/g, '\\.')
        .replace(/:[^/]+/g, '[^/]+')
        .replace('*', '.*')}$`,
    );
    for (const each of [method].flat()) routes.push({ method: each, paths });
  });
  return (path) => [...new Set(routes.filter(({ paths }) => paths.test(path)).map(({ method }) => method))].sort();
}
