/** A pool with this limit has indexes that fit into 16 bits. */
export const MAX_WORDS = 65_536;

/** Stores texts that repeat once, and refers to them by small integers. 0 means that nothing was shown. */
export function createTextPool(limit = Number.POSITIVE_INFINITY) {
  const texts = [''];
  const indexes = new Map([['', 0]]);
  return {
    /** The integer of a text; 0 if there are too many. */
    indexOf(text: string): number {
      const known = indexes.get(text);
      if (known !== undefined) return known;
      if (texts.length >= limit) return 0;
      indexes.set(text, texts.length);
      return texts.push(text) - 1;
    },
    textAt: (index: number) => texts[index] as string,
  };
}

/** A list as one text. An empty list differs from one that was not shown: it starts with a colon. */
export function listText(list: readonly string[] | undefined): string {
  return list === undefined ? '' : `:${list.map((name) => `${name}\n`).join('')}`;
}

/** The list that `listText` has made a text of; undefined if it was not shown. */
export function listOf(text: string): string[] | undefined {
  return text === '' ? undefined : text.slice(1).split('\n').slice(0, -1);
}
