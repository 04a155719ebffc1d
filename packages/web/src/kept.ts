/** What the browser keeps for this page. Where it lets nothing be kept, there is nothing. */
interface Kept {
  get(name: string): string | null;
  /** Null removes it. */
  set(name: string, value: string | null): void;
}

function keptIn(place: () => Storage): Kept {
  return {
    get(name) {
      try {
        return place().getItem(`weiliao.${name}`);
      } catch {
        return null;
      }
    },
    set(name, value) {
      try {
        if (value === null) place().removeItem(`weiliao.${name}`);
        else place().setItem(`weiliao.${name}`, value);
      } catch {
        // Full, or forbidden: the page works without.
      }
    },
  };
}

/** For all tabs, and for good. */
export const keptByBrowser = keptIn(() => localStorage);
/** For this tab, over reloads. */
export const keptByTab = keptIn(() => sessionStorage);
