import { describe, expect, it } from 'vitest';
import { createPassedOver } from '../../../src/engine/passed-over.ts';
import { entry } from '../../support/engine/fake-world.ts';

const toA = (row: number) => entry(row, { profileTarget: 'A' });
const toB = (row: number) => entry(row, { profileTarget: 'B' });

describe('rows that were passed over', () => {
  it('are taken out once their profile is released', () => {
    const passed = createPassedOver();
    expect(passed.isEmpty()).toBe(true);
    for (const one of [toA(1), toB(2), toA(1), toA(600), toB(5000), toA(1_000_000)]) passed.add(one);
    expect(passed.takeReleased(() => true)).toBeNull();
    const ofA = passed.takeReleased((profile) => profile === 'B');
    expect(ofA?.size).toBe(3);
    expect([0, 1, 2, 9, 600, 601, 1_000_000, 2_000_000].filter((row) => ofA?.has(row))).toEqual([1, 600, 1_000_000]);
    expect(passed.takeReleased((profile) => profile === 'B')).toBeNull();
    passed.add(toA(3));
    const all = passed.takeReleased(() => false);
    expect([1, 2, 3, 5000].filter((row) => all?.has(row))).toEqual([2, 3, 5000]);
    expect(all?.size).toBe(3);
    expect(passed.isEmpty()).toBe(true);
  });
});
