import { isLoopback } from '../shared/config/forms.ts';
import type { DoorSettings } from '../shared/config.ts';

/** What a request says of where it comes from. */
export interface Knock {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/**
 * Who may come in from where. A browser sends a user's requests for any page that asks it to, so whatever names an origin
 * must name one that is allowed: at REST, where other pages could also send without reading the answer, and at sockets,
 * where no browser asks before.
 */
export interface Door {
  /** Whether every origin may come in. */
  readonly open: boolean;
  /** Why a request is not let in; undefined where it is. */
  refusal(knock: Knock): string | undefined;
}

/** Names under which this machine is reached from itself alone. */
const ownNames = ['localhost', '127.0.0.1', '[::1]'];

export function createDoor({ host, loopback, allowedOrigins }: DoorSettings): Door {
  const open = allowedOrigins === '*';
  const listed = new Set(open ? [] : allowedOrigins);
  const names = new Set([...ownNames, host.includes(':') ? `[${host}]` : host.toLowerCase(), ...hostsOf(listed)]);

  /** A page of a name that its owner made lead to this machine (DNS rebinding) comes under that name. */
  function strangeHost(said: string): boolean {
    if (!loopback || open) return false;
    return !names.has(hostnameOf(said));
  }

  function allowed(origin: string, said: string | undefined): boolean {
    if (allowedOrigins !== undefined) return open || listed.has(origin);
    if (!URL.canParse(origin)) return false;
    const url = new URL(origin);
    return (said !== undefined && url.host === hostWithPort(said, url.protocol)) || (loopback && isLocal(url));
  }

  return {
    open,
    refusal({ host: said, origin }) {
      if (said !== undefined && strangeHost(said)) return 'this listener is not reached under that Host';
      if (origin !== undefined && !allowed(origin, said))
        return 'this origin may not call; ALLOWED_ORIGINS names those that may';
      return undefined;
    },
  };
}

function isLocal({ protocol, hostname }: URL): boolean {
  return (protocol === 'http:' || protocol === 'https:') && isLoopback(hostname);
}

/** A page behind a proxy in front of this one comes under the name of its origin. */
function hostsOf(origins: ReadonlySet<string>): string[] {
  return [...origins].filter((origin) => URL.canParse(origin)).map((origin) => new URL(origin).hostname);
}

function hostnameOf(host: string): string {
  return host.toLowerCase().replace(/:[0-9]*$/, '');
}

/** As `URL.host` has it: without the port that goes without saying. */
function hostWithPort(host: string, protocol: string): string {
  const address = `${protocol}//${host}`;
  return URL.canParse(address) ? new URL(address).host : host;
}
