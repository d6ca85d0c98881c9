import { describe, expect, it } from 'vitest';
import {
  MIN_ROWS,
  newCourse,
  newLadder,
  nextSize,
  onOrderEnded,
  onTooLarge,
  rowsNeeded,
} from '../../../src/core/bulk/ladder.ts';

/** The sizes of the next orders if each of them moves all of its numbers. */
function sizes(count: number, ladder = newLadder(), course = newCourse()): number[] {
  return Array.from({ length: count }, () => {
    const size = nextSize(ladder, course);
    onOrderEnded(ladder, course, size, size);
    return size;
  });
}

describe('the sizes of orders', () => {
  it('grow from one number to a thousand', () => {
    expect(sizes(9)).toEqual([1, 10, 50, 100, 250, 500, 1000, 1000, 1000]);
  });

  it('begin with canaries for each profile, and go on with what another one has reached', () => {
    const ladder = newLadder();
    sizes(5, ladder);
    expect(sizes(4, ladder)).toEqual([1, 10, 500, 1000]);
  });

  it('do not grow by an order that was smaller than its size', () => {
    const [ladder, course] = [newLadder(), newCourse()];
    sizes(2, ladder, course);
    onOrderEnded(ladder, course, 30, 30);
    expect(nextSize(ladder, course)).toBe(50);
  });

  it('stay at half of what was too large', () => {
    const [ladder, course] = [newLadder(), newCourse()];
    sizes(5, ladder, course);
    expect(nextSize(ladder, course)).toBe(500);
    expect(onTooLarge(ladder, course, 500)).toBe(true);
    expect(sizes(3, ladder, course)).toEqual([250, 250, 250]);
    expect(onTooLarge(ladder, course, 250)).toBe(true);
    expect(onTooLarge(ladder, course, 400)).toBe(true);
    expect(nextSize(ladder, course)).toBe(125);
  });

  it('are not worth an order below the fewest rows', () => {
    expect(onTooLarge(newLadder(), newCourse(), 2 * MIN_ROWS)).toBe(true);
    expect(onTooLarge(newLadder(), newCourse(), 2 * MIN_ROWS - 1)).toBe(false);
  });

  it('end for a profile that takes not even one number', () => {
    const [ladder, course] = [newLadder(), newCourse()];
    expect(onTooLarge(ladder, course, 1)).toBe(true);
    expect(course.isClosed).toBe(true);
    expect(nextSize(ladder, newCourse())).toBe(1);
  });

  it('stay while orders move too little, and end for the profile after the third of them in a row', () => {
    const [ladder, course] = [newLadder(), newCourse()];
    onOrderEnded(ladder, course, 1, 0);
    onOrderEnded(ladder, course, 1, 0);
    expect(nextSize(ladder, course)).toBe(1);
    onOrderEnded(ladder, course, 1, 1);
    expect(nextSize(ladder, course)).toBe(10);
    for (const moved of [5, 0]) onOrderEnded(ladder, course, 10, moved);
    expect(course.isClosed).toBe(false);
    onOrderEnded(ladder, course, 10, 4);
    expect(course.isClosed).toBe(true);
  });
});

describe('the rows that must wait for an order', () => {
  it('are enough to be worth the canaries', () => {
    expect(rowsNeeded(newLadder(), newCourse(), false)).toBe(MIN_ROWS);
    expect(rowsNeeded(newLadder(), newCourse(), true)).toBe(MIN_ROWS);
  });

  it('are those of the next order afterwards, or what is left', () => {
    const [ladder, course] = [newLadder(), newCourse()];
    sizes(1, ladder, course);
    expect(rowsNeeded(ladder, course, false)).toBe(10);
    sizes(1, ladder, course);
    expect(rowsNeeded(ladder, course, false)).toBe(50);
    expect(rowsNeeded(ladder, course, true)).toBe(10);
  });

  it('are not counted again for a canary that moved nothing', () => {
    const [ladder, course] = [newLadder(), newCourse()];
    onOrderEnded(ladder, course, 1, 0);
    expect(rowsNeeded(ladder, course, false)).toBe(10);
  });
});
