export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Largest first. */
const UNITS: Record<string, number> = { d: DAY_MS, h: HOUR_MS, m: MINUTE_MS, s: SECOND_MS, ms: 1 };

/** Reads `500ms`, `10s`, `5m`, `2h`, `7d` as ms, to the microsecond. A bare number is seconds. Null for other text. */
export function parseDuration(text: string): number | null {
  const match = /^([0-9]{1,12}(?:\.[0-9]{1,6})?)(ms|s|m|h|d|)$/.exec(text.trim());
  if (match === null) return null;
  // Rounded, because 2.01 * 1000 is 2009.9999999999998, which run.json could not express.
  return Number((Number(match[1]) * (UNITS[match[2] || 's'] as number)).toFixed(3));
}

/** A duration in ms as text that parses back to exactly the same: `7d`, `90m`, `1500ms`. */
export function exactDuration(ms: number): string {
  const [unit, size] = Object.entries(UNITS).find(([, size]) => ms > 0 && ms % size === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

/** A duration in ms, rounded for people: `450ms`, `4.2s`, `3m 20s`, `2h 5m`, `1d 3h`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${Number((ms / 1000).toFixed(1))}s`;
  const pair = (value: number, unit: string, each: number, larger: string) =>
    `${Math.floor(value / each)}${larger}${value % each === 0 ? '' : ` ${value % each}${unit}`}`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(seconds, 's', 60, 'm');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return pair(minutes, 'm', 60, 'h');
  return pair(Math.round(minutes / 60), 'h', 24, 'd');
}
