import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import type { Client, View } from '@weiliao/client';
import type { Session } from '../session/session.ts';

/** What everything behind the door works with. */
export interface House {
  readonly client: Client;
  readonly session: Session;
  /** The user id; empty until the server has said who a token is for. */
  readonly me: string;
}

const HouseContext = createContext<House | undefined>(undefined);
export const HouseProvider = HouseContext;

export function useHouse(): House {
  const house = useContext(HouseContext);
  if (house === undefined) throw new Error('nobody is signed in around this');
  return house;
}

export function useView<T>(view: View<T>): T {
  return useSyncExternalStore(view.subscribe, view.get);
}

/** A part of a view: drawn again only where that part is another one. */
export function usePart<T, P>(view: View<T>, part: (value: T) => P): P {
  const get = useCallback(() => part(view.get()), [view, part]);
  return useSyncExternalStore(view.subscribe, get);
}
