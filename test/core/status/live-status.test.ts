import { describe, expect, it } from 'vitest';
import { readStatus } from '../../../src/core/results/run-status.ts';
import { liveStatus } from '../../../src/core/status/live-status.ts';
import { createRunCounts } from '../../../src/core/status/run-counts.ts';
import { makeManifest, makeOutcome, makePlan, OTHER_PROFILE, PROFILE } from '../../support/make.ts';
import { makePace } from '../../support/status.ts';

const AT = '2026-11-23T02:00:00.000Z';
const WALL = Date.parse(AT);
const move = {
  count: 3,
  profile_before: '',
  profile_before_name: '',
  profile_target: PROFILE,
  profile_target_name: 'Support',
  product_before: '',
  product_target: '',
};
const manifest = makeManifest({
  plan: makePlan({ change: 40, moves: [move] }),
  input: { ...makeManifest().input, rows: 40 },
});

type Facts = Parameters<typeof liveStatus>[0];

/** A run that has sent 10 rows in its first second. */
function factsOf(changes: Partial<Facts> = {}): Facts {
  const counts = createRunCounts(40, 40);
  for (let row = 1; row <= 10; row++) counts.add({ type: 'outcome', ...makeOutcome({ row }) });
  return {
    manifest,
    counts,
    settings: { rate: 50, reserve: 20 },
    host: 'here',
    pid: 7,
    doing: { phase: 'sending', wave: null, until: null },
    pace: {
      ...makePace({ requests: { total: 10, writes: 10, reads: 0, retries: 0, rate_limited: 0 } }),
      seen: { requests: 12, rows: 10 },
    },
    wall: WALL,
    nextCommand: 'next',
    ...changes,
  };
}

describe('the status of a run at work', () => {
  it('has progress, rate and time left, and is read as it was written', () => {
    const status = liveStatus(factsOf());
    expect(status).toMatchObject({
      ...{ phase: 'sending', state: 'running', at: AT, host: 'here', pid: 7, exit_code: null, next_command: 'next' },
      rows: { total: 40, done: 10, updated: 10, left: 30 },
      requests: { total: 10 },
      rate: { now: 12, allowed: 50, set: '50' },
      ...{ paused: null, wave: null, eta_ms: 3000, eta_at: '2026-11-23T02:00:03.000Z' },
    });
    expect(readStatus(JSON.parse(JSON.stringify(status)))).toEqual(status);
  });

  it('has the bulk order at work, and no time left while numbers of it are pending', () => {
    const facts = factsOf();
    const order = { at: AT, order: 2 };
    facts.counts.add({ type: 'order_intent', ...order, profile: PROFILE, rows: [11, 12], on_profile: 0 });
    expect(liveStatus(facts)).toMatchObject({ order: { order: 2, order_id: null, rows: 2 }, eta_ms: 3000 });
    facts.counts.add({ type: 'order_placed', ...order, order_id: 'o-2', success: 0, pending: 2, failed: 0 });
    const status = liveStatus(facts);
    expect(status).toMatchObject({ order: { order_id: 'o-2', pending: 2 }, eta_ms: null, eta_at: null });
    expect(readStatus(JSON.parse(JSON.stringify(status)))).toEqual(status);
  });

  it.each([
    null,
    {},
    'text',
    { version: 2 },
    { ...liveStatus(factsOf()), rows: {} },
    { ...liveStatus(factsOf()), causes: [{ reason: 1 }] },
  ])('is not read from %j', (value) => {
    expect(readStatus(value)).toBeNull();
  });

  it('waits while no session is at work', () => {
    const status = liveStatus(factsOf({ pace: null }));
    expect(status).toMatchObject({ phase: 'waiting', rate: { now: 0, allowed: null, set: '50' } });
  });

  it('names the operator who has paused it, its earlier commands, and no end', () => {
    const facts = factsOf();
    const steer = (command: string, from: string, to: string) =>
      facts.counts.add({ type: 'steered', at: AT, by: 'alice', command, from, to });
    for (const rate of [10, 20, 30, 40, 50]) steer('rate', '1', String(rate));
    steer('hold', '', PROFILE);
    steer('pause', 'sending', 'paused');
    facts.counts.add({ type: 'profile_held', profile: OTHER_PROFILE, why: 'refused 3 times', at: AT });
    const status = liveStatus(facts);
    expect(status).toMatchObject({ paused: { by: 'alice', since: AT }, slowed_by: { what: 'operator' }, eta_ms: null });
    expect(status.steered.map(({ command }) => command)).toEqual(['rate', 'rate', 'rate', 'hold', 'pause']);
    expect(status.held_profiles).toEqual([
      { id: PROFILE, name: 'Support', by: 'alice', why: `since ${AT}` },
      { id: OTHER_PROFILE, name: '', by: null, why: 'refused 3 times' },
    ]);
    expect(liveStatus({ ...facts, manifest: makeManifest({ plan: null }) }).held_profiles[0]?.name).toBe('');
  });

  it('has the wave with the rows that have ended since it began, and the end of its soak', () => {
    const wave = { wave: 1, waves: 3, rows: 20 };
    const sending = factsOf({ doing: { phase: 'sending', wave: { ...wave, before: 4 }, until: null } });
    expect(liveStatus(sending).wave).toEqual({ ...wave, done: 6, until: null });
    const soaking = factsOf({
      doing: { phase: 'soaking', wave: { ...wave, rows: 8, before: 2 }, until: WALL },
      pace: null,
    });
    expect(liveStatus(soaking)).toMatchObject({ phase: 'soaking', wave: { done: 8, until: AT } });
  });
});
