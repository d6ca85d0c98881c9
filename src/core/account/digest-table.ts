/** Returns 128 bits of a digest of a text as four words. In practice two different texts never have the same ones. */
export type Digest = (text: string) => readonly [number, number, number, number];

/** Numbers texts from 0 in order of appearance. Takes about 28 bytes a text, however long it is. */
export type DigestTable = {
  size: () => number;
  /** The number of a text; -1 if it has not been added. */
  find: (text: string) => number;
  /** The number of a text, which is added if it is new. */
  numberOf: (text: string) => number;
};

const WORDS = 4;

/** Returns a typed array of twice the length that starts with the old one. */
export function doubled<T extends Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array>(old: T): T {
  const next = new (old.constructor as new (length: number) => T)(old.length * 2);
  next.set(old);
  return next;
}

/** An open-addressing table over digests: a million ids take 30 MB, where their strings would take 100. */
export function createDigestTable(digest: Digest): DigestTable {
  let words = new Int32Array(1024 * WORDS);
  let slots = new Uint32Array(4096); // 1 + the number of the text in this slot; 0 if it is free
  let size = 0;

  /** The slot that has these words (signed), or the free one where they belong. */
  function slotOf(a: number, b: number, c: number, d: number): number {
    const mask = slots.length - 1;
    let slot = a & mask;
    for (;;) {
      const held = slots[slot] as number;
      const at = (held - 1) * WORDS;
      if (held === 0) return slot;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return slot;
      slot = (slot + 1) & mask;
    }
  }

  function makeRoom(): void {
    if (size * WORDS === words.length) words = doubled(words);
    if (size * 2 < slots.length) return;
    slots = new Uint32Array(slots.length * 2);
    for (let number = 0; number < size; number++) {
      const at = number * WORDS;
      const word = (n: number) => words[at + n] as number;
      slots[slotOf(word(0), word(1), word(2), word(3))] = number + 1;
    }
  }

  return {
    size: () => size,
    find(text) {
      const [a, b, c, d] = digest(text);
      return (slots[slotOf(a | 0, b | 0, c | 0, d | 0)] as number) - 1;
    },
    numberOf(text) {
      makeRoom();
      const found = digest(text);
      const [a, b, c, d] = found;
      const slot = slotOf(a | 0, b | 0, c | 0, d | 0);
      const held = slots[slot] as number;
      if (held !== 0) return held - 1;
      words.set(found, size * WORDS);
      size += 1;
      slots[slot] = size;
      return size - 1;
    },
  };
}
