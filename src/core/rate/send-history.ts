/** When requests were sent, for as many of them as a limiter may count. */
export type SendHistory = {
  /** Times must not go back. */
  add: (at: number) => void;
  /** How many were sent until then, from the start on. */
  until: (at: number) => number;
  /** When the one with this number was sent (from 0); Infinity for one that is yet to come, the first known for older. */
  timeOf: (index: number) => number;
};

const FIRST_CAPACITY = 256;
/** A minute at 1,000 a second, in half a megabyte; what lies further back counts as never sent. */
const MOST = 65_536;

/** A ring that grows up to a bound, searched by halves: a look costs some 16 steps at most. */
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
      if (total >= ring.length && ring.length < MOST) grow();
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
