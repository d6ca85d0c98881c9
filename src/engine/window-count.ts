/** Counts events in a sliding window of time. Times are in ms and are added in rising order. */
export type WindowCount = {
  add: (at: number) => void;
  /** How many there are in the window that ends now. */
  size: (now: number) => number;
  /** The time of the oldest one in the window; call `size` first. */
  oldest: () => number;
  /** The most that any window has held. */
  most: () => number;
};

/** A queue of times over an array whose front is cut off from time to time: memory follows the window, not the run. */
export function createWindowCount(windowMs: number): WindowCount {
  let times: number[] = [];
  let front = 0;
  let most = 0;

  function forget(now: number): void {
    while (front < times.length && (times[front] as number) <= now - windowMs) front += 1;
    if (front > 1024 && front * 2 > times.length) {
      times = times.slice(front);
      front = 0;
    }
  }

  return {
    add(at) {
      forget(at);
      times.push(at);
      most = Math.max(most, times.length - front);
    },
    size(now) {
      forget(now);
      return times.length - front;
    },
    oldest: () => times[front] ?? Number.POSITIVE_INFINITY,
    most: () => most,
  };
}
