/** The turn in which the last composition ended. */
let ending = false;

/** To be called once: some browsers tell of the key that ends a composition only after its end. */
export function watchCompositions(target: EventTarget): void {
  target.addEventListener('compositionend', () => {
    ending = true;
    setTimeout(() => (ending = false));
  });
}

/** A key that belongs to an input method: it chooses characters, and means nothing else. */
export function isComposing({ isComposing, keyCode }: { isComposing: boolean; keyCode: number }): boolean {
  return isComposing || keyCode === 229 || ending;
}
