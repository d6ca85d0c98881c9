/** Stores texts that repeat once, and refers to them by small integers. 0 means that nothing was shown. */
export type TextPool = { indexOf: (text: string | undefined) => number; textAt: (index: number) => string };

export function createTextPool(): TextPool {
  const indexes = new Map<string, number>();
  const texts: string[] = [''];
  return {
    indexOf(text) {
      if (text === undefined || text === '') return 0;
      const known = indexes.get(text);
      if (known !== undefined) return known;
      indexes.set(text, texts.length);
      return texts.push(text) - 1;
    },
    textAt: (index) => texts[index] as string,
  };
}
