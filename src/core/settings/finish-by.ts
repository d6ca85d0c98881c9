import { HOUR_MS, parseDuration } from '../text/duration.ts';

const CLOCK = /^([01]?[0-9]|2[0-3]):([0-5][0-9])$/;
const RFC3339 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ](?:[01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})$/;
/** A time of day further ahead than this was probably missed, and tomorrow's is not meant. */
const MAX_AHEAD_MS = 12 * HOUR_MS;

/** Whether a text has one of the three forms of --finish-by. */
export function isFinishTime(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.startsWith('+')) return parseDuration(trimmed.slice(1)) !== null;
  if (CLOCK.test(trimmed)) return true;
  const [, year, month, day] = RFC3339.exec(trimmed) ?? [];
  // Date.parse reads 30 February as 2 March.
  return (
    Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate() && !Number.isNaN(Date.parse(trimmed))
  );
}

/** When a run has to end: in ms since 1970, or in ms after its first write. */
export type FinishBy = { at: number } | { afterMs: number };

/**
 * Reads --finish-by at `now` (ms since 1970) in the zone of this machine. A time of day is the next such time. `missed`
 * is a time in the past, or a time of day more than 12 h ahead.
 */
export function readFinishBy(text: string, now: number): FinishBy | { missed: number } {
  const trimmed = text.trim();
  if (trimmed.startsWith('+')) return { afterMs: parseDuration(trimmed.slice(1)) ?? 0 };
  const clock = CLOCK.exec(trimmed);
  if (clock === null) {
    const at = Date.parse(trimmed);
    return at <= now ? { missed: at } : { at };
  }
  const [hours, minutes] = [Number(clock[1]), Number(clock[2])];
  const day = new Date(now);
  // By the calendar, because a day may have 23 or 25 hours.
  const on = (days: number) =>
    new Date(day.getFullYear(), day.getMonth(), day.getDate() + days, hours, minutes).getTime();
  const today = on(0);
  // When the clocks go back, an hour comes twice.
  const again = today + HOUR_MS;
  const times = [today, ...(new Date(again).getHours() === hours ? [again] : []), on(1)];
  const next = times.find((time) => time > now) as number;
  return next - now > MAX_AHEAD_MS ? { missed: next } : { at: next };
}

/** A time with the offset of this machine's zone: `2026-11-24 06:00 +01:00`. */
export function localTime(at: number): string {
  const date = new Date(at);
  const two = (n: number) => String(Math.trunc(Math.abs(n))).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const seconds = date.getSeconds() === 0 ? '' : `:${two(date.getSeconds())}`;
  const zone = `${offset < 0 ? '-' : '+'}${two(offset / 60)}:${two(offset % 60)}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}${seconds} ${zone}`;
}
