import type { IncomingMessage } from 'node:http';

/** What a server of Node is told of it: a proxy in front may pass on the path under which it shows this server. */
export function underBase(basePath: string) {
  if (basePath === '') return {};
  return { rewriteUrl: ({ url = '' }: Pick<IncomingMessage, 'url'>) => withoutBase(url, basePath) };
}

/** A path or address without `BASE_PATH` before it, where a proxy in front has passed it on. */
export function withoutBase(address: string, basePath: string): string {
  if (basePath === '' || !address.startsWith(basePath)) return address;
  const rest = address.slice(basePath.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : address;
}
