/** One event in a window; its time may still be corrected. */
export type Place = { at: number };

/** Counts events in a sliding window of time, in ms. */
export type WindowCount = {
  /** `at` may lie a little ahead of `now`. */
  add: (at: number, now?: number) => Place;
  /** How many there are in the window that ends now. */
  size: (now: number) => number;
  /** The time of the first one that will leave the window; call `size` first. */
  oldest: () => number;
  /** The most that any window has held. */
  most: () => number;
};

/**
 * A queue over an array whose front is cut off from time to time: memory follows the window, not the run. An event
 * leaves only when those before it have left, so one that is corrected to later keeps a few others a little longer:
 * the count may be too high for some ms, and never too low.
 */
export function createWindowCount(windowMs: number): WindowCount {
  let places: Place[] = [];
  let front = 0;
  let most = 0;

  function forget(now: number): void {
    while (front < places.length && (places[front] as Place).at <= now - windowMs) front += 1;
    if (front > 1024 && front * 2 > places.length) {
      places = places.slice(front);
      front = 0;
    }
  }

  return {
    add(at, now = at) {
      forget(now);
      const place = { at };
      places.push(place);
      most = Math.max(most, places.length - front);
      return place;
    },
    size(now) {
      forget(now);
      return places.length - front;
    },
    oldest: () => places[front]?.at ?? Number.POSITIVE_INFINITY,
    most: () => most,
  };
}
