import { type Account, addNumber, removeNumber, sortedNumbers } from '../account/account.ts';
import type { SandboxNumber } from '../account/state.ts';

/** Called before a page of the numbers is answered. */
export type ShiftList = (query: URLSearchParams) => void;

/**
 * Shifts the list of numbers while it is paged: before each of the first `count` pages that are not page 1, another
 * client removes the number that is listed first, and adds it again before the next one.
 */
export function createListShift(account: Account, count: number): ShiftList {
  let left = count;
  let removed: SandboxNumber | null = null;
  return (query) => {
    if (left === 0 || (query.get('page[number]') ?? '1') === '1') return;
    left -= 1;
    if (removed !== null) {
      addNumber(account, removed);
      removed = null;
      return;
    }
    removed = sortedNumbers(account)[0] ?? null;
    if (removed !== null) removeNumber(account, removed);
  };
}
