/** A row that is drawn, and which one it is. */
interface DrawnRow {
  readonly element: HTMLElement;
  readonly index: number;
}

export function rowsIn(block: HTMLElement | undefined): DrawnRow[] {
  return [...(block?.children ?? [])].flatMap((element) =>
    element instanceof HTMLElement ? [{ element, index: Number(element.dataset['index']) }] : [],
  );
}

/** The message of a row, if it is held. */
export function messageIn(row: Element): Element | null {
  return row.querySelector('[data-client-id]');
}

export function topOf(element: Element): number {
  return element.getBoundingClientRect().top;
}
