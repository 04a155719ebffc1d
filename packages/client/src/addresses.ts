/** Where socket and REST are: beside each other, if nothing else is said. */
export function addressesOf({ url, restUrl }: { readonly url: string; readonly restUrl?: string }) {
  if (!URL.canParse(url)) throw new TypeError(`no URL: ${url}`);
  const base = url.replace(/(\/v1\/ws)?\/*$/, '');
  return {
    socketUrl: `${base.replace(/^http/, 'ws')}/v1/ws`,
    restUrl: (restUrl ?? base.replace(/^ws/, 'http')).replace(/\/+$/, ''),
  };
}
