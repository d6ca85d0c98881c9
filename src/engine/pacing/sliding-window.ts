/** Counts requests in any second and in any minute, over all phases of a command. */
export function createMeter() {
  return { second: createWindowCount(1000), minute: createWindowCount(60_000) };
}

/**
 * Counts events in a sliding window. All times are in ms. It keeps the times in a ring, at 8 bytes an event, so that
 * memory follows the window and not the run. An event leaves only after those before it: one that is corrected to a
 * later time keeps others a few ms longer, so the count may be too high for a moment, but never too low.
 */
export function createWindowCount(initialMs: number) {
  let windowMs = initialMs;
  let ring = new Float64Array(64);
  // Events are numbered from 0; those from `front` to before `end` are in the window.
  let front = 0;
  let end = 0;
  let most = 0;
  const timeOf = (event: number) => ring[event % ring.length] as number;

  function forget(now: number): void {
    while (front < end && timeOf(front) <= now - windowMs) front += 1;
  }

  function makeRoom(): void {
    if (end - front < ring.length) return;
    const larger = new Float64Array(ring.length * 2);
    for (let event = front; event < end; event++) larger[event % larger.length] = timeOf(event);
    ring = larger;
  }

  return {
    /** Another length from now on. What has left the window does not come back. */
    setWindow(ms: number): void {
      windowMs = ms;
    },
    /** `at` may lie a little ahead of `now`. Returns the number of the event, by which its time can be corrected. */
    add(at: number, now = at): number {
      forget(now);
      makeRoom();
      const event = end;
      ring[event % ring.length] = at;
      end += 1;
      most = Math.max(most, end - front);
      return event;
    },
    /** Changes the time of an event; does nothing if it has left the window. */
    correct(event: number, at: number): void {
      if (event >= front) ring[event % ring.length] = at;
    },
    /** The number of events in the window that ends now. */
    size(now: number): number {
      forget(now);
      return end - front;
    },
    /** The time of the event that will leave the window first; call `size` before. */
    oldest: () => (front < end ? timeOf(front) : Number.POSITIVE_INFINITY),
    /** The largest number of events that any window has held. */
    most: () => most,
  };
}
