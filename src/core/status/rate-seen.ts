type Sample = { at: number; requests: number; rows: number };

/** Requests are those of the last seconds, so that a change shows soon. Rows end less evenly. */
const SPAN_MS = { requests: 5000, rows: 30_000 } as const;
const MAX_SAMPLES = 60;

/** Measures requests and rows a second from samples that are taken about once a second. */
export function createRateSeen() {
  let samples: Sample[] = [];

  function perSecond(what: keyof typeof SPAN_MS): number {
    const last = samples.at(-1);
    if (last === undefined) return 0;
    const first = samples.findLast(({ at }) => last.at - at >= SPAN_MS[what]) ?? (samples[0] as Sample);
    return last.at === first.at ? 0 : Math.round(((last[what] - first[what]) / (last.at - first.at)) * 1e5) / 100;
  }

  return {
    /** What was seen before says nothing of what follows: another session begins, or the run was steered. */
    restart(): void {
      samples = [];
    },
    /** `requests` and `rows`: so far. */
    add(at: number, requests: number, rows: number): void {
      samples.push({ at, requests, rows });
      if (samples.length > MAX_SAMPLES) samples.shift();
    },
    perSecond: () => ({ requests: perSecond('requests'), rows: perSecond('rows') }),
  };
}
