/** Four 32-bit words of a digest of a text: enough that two different ids never share them in practice. */
export type Digest = (text: string) => readonly [number, number, number, number];

/** How a repeated id ends: sent by an earlier row with the same targets, or in conflict with rows of other targets. */
export type Repeat =
  | { kind: 'duplicate'; line: number }
  /** `lines`: the first of the other lines with this id, at most ten; `others`: how many there are in all. */
  | { kind: 'conflict'; lines: number[]; others: number };

/** Collects the good rows of a file and then tells which of them repeat an id. About 40 bytes a row. */
export type RepeatIndex = {
  add(row: number, line: number, id: string, targets: string): void;
  /** The verdict on every row that repeats an id; rows that stand alone, and the row that is sent, are not in it. */
  verdicts(): Map<number, Repeat>;
};

const NAMED = 10;
const WORDS = 8;

function grown(old: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(length);
  next.set(old);
  return next;
}

/**
 * An open-addressing table over digests: strings of a million ids would take 100 MB, this takes 40 (see
 * the memory goal in ARCHITECTURE.md). Entry layout: id digest (4 words), targets digest (2), row, line.
 */
export function createRepeatIndex(digest: Digest): RepeatIndex {
  let entries = new Uint32Array(1024 * WORDS);
  let slots = new Uint32Array(4096); // entry number + 1 of the first entry with that id, 0 = free
  let next = new Uint32Array(1024); // entry number + 1 of the next entry with the same id
  let last = new Uint32Array(1024); // for a first entry: entry number + 1 of the last one of its chain
  let size = 0;
  const repeated = new Set<number>();

  const word = (entry: number, at: number) => entries[entry * WORDS + at] as number;

  function slotOf(entry: number): number {
    const mask = slots.length - 1;
    let slot = word(entry, 0) & mask;
    for (;;) {
      const held = slots[slot] as number;
      if (held === 0) return slot;
      const other = held - 1;
      if ([0, 1, 2, 3].every((at) => word(other, at) === word(entry, at))) return slot;
      slot = (slot + 1) & mask;
    }
  }

  function makeRoom(): void {
    if (size === next.length) {
      entries = grown(entries, entries.length * 2);
      next = grown(next, next.length * 2);
      last = grown(last, last.length * 2);
    }
    if (size * 2 < slots.length) return;
    const firsts = slots.filter((held) => held !== 0);
    slots = new Uint32Array(slots.length * 2);
    for (const held of firsts) slots[slotOf(held - 1)] = held;
  }

  function chain(first: number): number[] {
    const members: number[] = [];
    for (let at = first + 1; at !== 0; at = next[at - 1] as number) members.push(at - 1);
    return members;
  }

  return {
    add(row, line, id, targets) {
      makeRoom();
      const entry = size++;
      const [a, b, c, d] = digest(id);
      const [e, f] = digest(targets);
      entries.set([a, b, c, d, e, f, row, line], entry * WORDS);
      const slot = slotOf(entry);
      const held = slots[slot] as number;
      if (held === 0) {
        slots[slot] = entry + 1;
        last[entry] = entry + 1;
        return;
      }
      const first = held - 1;
      next[(last[first] as number) - 1] = entry + 1;
      last[first] = entry + 1;
      repeated.add(first);
    },

    verdicts() {
      const verdicts = new Map<number, Repeat>();
      for (const first of repeated) {
        const members = chain(first);
        const same = members.every((entry) => word(entry, 4) === word(first, 4) && word(entry, 5) === word(first, 5));
        if (same) {
          for (const entry of members.slice(1))
            verdicts.set(word(entry, 6), { kind: 'duplicate', line: word(first, 7) });
          continue;
        }
        const named = members.slice(0, NAMED + 1).map((entry) => word(entry, 7));
        for (const entry of members) {
          const lines = named.filter((line) => line !== word(entry, 7)).slice(0, NAMED);
          verdicts.set(word(entry, 6), { kind: 'conflict', lines, others: members.length - 1 });
        }
      }
      return verdicts;
    },
  };
}
