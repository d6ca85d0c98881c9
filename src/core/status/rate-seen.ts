type Sample = { at: number; requests: number; rows: number };

/** The rate is that of the last seconds, so that a change shows soon; of more if there were only a few requests. */
const SPAN_MS = 5000;
const ENOUGH = 5;
const ROWS_SPAN_MS = 30_000;
const MAX_SAMPLES = 60;

/** Measures requests and rows a second from samples that are taken about once a second. */
export function createRateSeen() {
  let samples: Sample[] = [];

  function perSecond(what: 'requests' | 'rows', spanMs: number): number {
    const last = samples.at(-1);
    if (last === undefined) return 0;
    const isEnough = ({ at, [what]: n }: Sample) => last.at - at >= spanMs && last[what] - n >= ENOUGH;
    const first = samples.findLast(isEnough) ?? (samples[0] as Sample);
    return last.at === first.at ? 0 : Math.round(((last[what] - first[what]) / (last.at - first.at)) * 1e5) / 100;
  }

  return {
    /** Another session begins: its requests are counted from 0. */
    restart(): void {
      samples = [];
    },
    /** `requests` and `rows`: so far. */
    add(at: number, requests: number, rows: number): void {
      samples.push({ at, requests, rows });
      if (samples.length > MAX_SAMPLES) samples.shift();
    },
    perSecond: () => perSecond('requests', SPAN_MS),
    rowsPerSecond: () => perSecond('rows', ROWS_SPAN_MS),
  };
}
