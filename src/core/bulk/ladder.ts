/** Below this number of rows to one profile, orders save nothing: the first two take 10 requests for 11 rows. */
export const MIN_ROWS = 20;
/** What is left of a profile goes by order from this number of rows on, because an order takes 5 requests. */
export const MIN_REST_ROWS = 10;
/** The sizes of the first orders to each profile. */
const CANARIES = [1, 10];
/**
 * The sizes of the orders that follow. What one profile has reached counts for all. No document names a maximum; beyond
 * 1,000 most requests are the reads, which larger orders do not save.
 */
const SIZES = [50, 100, 250, 500, 1000];
/** After this many orders in a row that have moved less than half of their numbers, a profile gets no more. */
const MAX_POOR_ORDERS = 3;

/** How large orders may be. `max`: half of the smallest that was too large. */
export type Ladder = { step: number; max: number };
/** How far a profile has come. */
export type ProfileCourse = { canaries: number; poor: number; isClosed: boolean };

export const newLadder = (): Ladder => ({ step: 0, max: Number.POSITIVE_INFINITY });
export const newCourse = (): ProfileCourse => ({ canaries: 0, poor: 0, isClosed: false });

/** The number of rows that the next order to a profile takes. */
export function nextSize({ step, max }: Ladder, { canaries }: ProfileCourse): number {
  return Math.min(CANARIES[canaries] ?? (SIZES[step] as number), max);
}

/** How many rows to a profile must wait before its next order. `areAll`: no more will come. */
export function rowsNeeded(ladder: Ladder, course: ProfileCourse, areAll: boolean): number {
  if (course.canaries === 0 && course.poor === 0) return MIN_ROWS;
  return areAll ? MIN_REST_ROWS : Math.max(MIN_REST_ROWS, nextSize(ladder, course));
}

/** An order of `sent` numbers is over, and `moved` of them are at their target. */
export function onOrderEnded(ladder: Ladder, course: ProfileCourse, sent: number, moved: number): void {
  if (2 * moved <= sent) {
    course.poor += 1;
    course.isClosed ||= course.poor >= MAX_POOR_ORDERS;
    return;
  }
  course.poor = 0;
  if (course.canaries < CANARIES.length) course.canaries += 1;
  else if (sent >= (SIZES[ladder.step] as number) && ladder.step < SIZES.length - 1) ladder.step += 1;
}

/** An order of `sent` numbers was too large. Returns whether smaller ones are still worth placing. */
export function onTooLarge(ladder: Ladder, course: ProfileCourse, sent: number): boolean {
  // The length of the list cannot be the cause.
  if (sent === 1) {
    course.isClosed = true;
    return true;
  }
  ladder.max = Math.min(ladder.max, Math.floor(sent / 2));
  return ladder.max >= MIN_ROWS;
}
