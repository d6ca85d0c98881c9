/** An event that was counted, by which its time may still be corrected. */
export type Place = number;

/** Counts events in a sliding window of time, in ms. */
export type WindowCount = {
  /** `at` may lie a little ahead of `now`. */
  add: (at: number, now?: number) => Place;
  /** Gives an event another time; nothing happens where it has left the window. */
  correct: (place: Place, at: number) => void;
  /** How many there are in the window that ends now. */
  size: (now: number) => number;
  /** The time of the first one that will leave the window; call `size` first. */
  oldest: () => number;
  /** The most that any window has held. */
  most: () => number;
};

/** How many requests stood in any second and in any minute: one for all phases of a command, as windows span them. */
export type Meter = { second: WindowCount; minute: WindowCount };

export function createMeter(): Meter {
  return { second: createWindowCount(1000), minute: createWindowCount(60_000) };
}

/**
 * A ring of times, 8 bytes an event: memory follows the window, not the run. An event leaves only when those before it
 * have left, so one that is corrected to later keeps a few others a little longer: the count may be too high for some
 * ms, and never too low.
 */
export function createWindowCount(windowMs: number): WindowCount {
  let ring = new Float64Array(64);
  // Events are numbered from 0; those from `front` to before `end` are in the window.
  let front = 0;
  let end = 0;
  let most = 0;
  const timeOf = (place: Place) => ring[place % ring.length] as number;

  function forget(now: number): void {
    while (front < end && timeOf(front) <= now - windowMs) front += 1;
  }

  function makeRoom(): void {
    if (end - front < ring.length) return;
    const larger = new Float64Array(ring.length * 2);
    for (let place = front; place < end; place++) larger[place % larger.length] = timeOf(place);
    ring = larger;
  }

  return {
    add(at, now = at) {
      forget(now);
      makeRoom();
      const place = end;
      ring[place % ring.length] = at;
      end += 1;
      most = Math.max(most, end - front);
      return place;
    },
    correct(place, at) {
      if (place >= front) ring[place % ring.length] = at;
    },
    size(now) {
      forget(now);
      return end - front;
    },
    oldest: () => (front < end ? timeOf(front) : Number.POSITIVE_INFINITY),
    most: () => most,
  };
}
