/** The times of requests, for as many of them as a limiter may count. All times are in ms. */
export type SendHistory = {
  /** Times must not decrease. */
  add: (at: number) => void;
  /** The number of requests until then, from the start on. */
  until: (at: number) => number;
  /** Time of request `index` (from 0). Infinity for a future one; the first known time for one that was forgotten. */
  timeOf: (index: number) => number;
};

const FIRST_CAPACITY = 256;
/** A minute at 1,000 requests a second in half a megabyte. Older requests count as never sent. */
const MAX_CAPACITY = 65_536;

/** A ring that grows up to a bound. A binary search in it takes at most 16 steps. */
export function createSendHistory(): SendHistory {
  let ring = new Float64Array(FIRST_CAPACITY);
  let total = 0;

  const first = () => Math.max(0, total - ring.length);
  const at = (index: number) => ring[index % ring.length] as number;

  function grow(): void {
    const larger = new Float64Array(ring.length * 2);
    for (let index = first(); index < total; index++) larger[index % larger.length] = at(index);
    ring = larger;
  }

  return {
    add(time) {
      if (total >= ring.length && ring.length < MAX_CAPACITY) grow();
      ring[total % ring.length] = time;
      total += 1;
    },
    until(time) {
      let low = first();
      let high = total;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (at(middle) <= time) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    timeOf: (index) => (index >= total ? Number.POSITIVE_INFINITY : at(Math.max(index, first()))),
  };
}
