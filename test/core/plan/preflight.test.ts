import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShownProfile } from '../../../src/core/api/response.ts';
import { type Preflight, preflight } from '../../../src/core/plan/preflight.ts';
import type { ProfilePair } from '../../../src/core/plan/preview.ts';
import { makeProfile, OTHER_PROFILE, PROFILE } from '../../support/make.ts';

const THIRD = '9c858901-8a57-4791-81fe-4c455b099bc9';
const OLD = makeProfile({ id: OTHER_PROFILE, name: 'Old' });
const NEW = makeProfile({ name: 'New' });

/** Numbers that move from the profile Old to the profile New. */
function moves(count: number, changes: Partial<ProfilePair> = {}): ProfilePair {
  return { from: OTHER_PROFILE, to: PROFILE, count, ...changes };
}

type Others = Partial<Omit<Preflight, 'pairs' | 'profileOf'>>;

function look(given: readonly ProfilePair[], profiles: readonly ShownProfile[] = [OLD, NEW], others: Others = {}) {
  const profileOf = (id: string) => profiles.find((profile) => profile.id === id) ?? null;
  return preflight({ ...partsOf(given), profileOf, ...others });
}

/** A plan of these moves, if nothing else is known. */
function partsOf(pairs: readonly ProfilePair[]): Omit<Preflight, 'profileOf'> {
  const changes = pairs.reduce((sum, { count }) => sum + count, 0);
  const unsure = { products: 0, unread: 0 };
  return { pairs, losesMms: 0, numbersOn: () => null, total: null, changes, unsure, undo: false };
}

/** The warnings of two numbers that move between these profiles, without who it is about. */
function between(from: Partial<ShownProfile>, to: Partial<ShownProfile>, count = 2): string[] {
  const { warnings } = look(
    [moves(count)],
    [
      { ...OLD, ...from },
      { ...NEW, ...to },
    ],
  );
  const who = `${count} ${count === 1 ? 'number' : 'numbers'} from "Old" to "New": `;
  for (const warning of warnings) expect(warning.startsWith(who)).toBe(true);
  return warnings.map((warning) => warning.slice(who.length));
}

describe('the warnings of a plan', () => {
  it('are none if a profile gives all that the other one gave', () => {
    expect(look([moves(2)]).warnings).toEqual([]);
    expect(look([]).warnings).toEqual([]);
  });

  it('name the numbers and both profiles, with a sentence of its own for everything that is lost', () => {
    const from = { ...OLD, webhookApiVersion: '1', stickySender: true, pool: true };
    expect(look([moves(2)], [from, NEW]).warnings).toEqual([
      '2 numbers from "Old" to "New": webhooks come in API version 2 instead of 1',
      '2 numbers from "Old" to "New": the numbers leave a number pool',
      '2 numbers from "Old" to "New": sticky sender mappings are lost, and undo does not bring them back',
    ]);
    expect(
      look(
        [moves(1)],
        [
          { ...OLD, name: '', webhookApiVersion: '1' },
          { ...NEW, name: '' },
        ],
      ).warnings,
    ).toEqual([`1 number from ${OTHER_PROFILE} to ${PROFILE}: webhooks come in API version 2 instead of 1`]);
  });

  it.each([
    ['another API version', { webhookApiVersion: '1' }, {}, 'webhooks come in API version 2 instead of 1'],
    ['a place less', {}, { destinations: ['US'] }, 'fewer destinations are allowed (CA no longer)'],
    ['two places less', {}, { destinations: ['MX'] }, 'fewer destinations are allowed (US, CA no longer)'],
    ['some places in place of all', { destinations: ['*'] }, {}, 'fewer destinations are allowed (US, CA only)'],
    ['no place', {}, { destinations: [] }, 'no destinations are allowed'],
    ['no place in place of all', { destinations: ['*'] }, { destinations: [] }, 'no destinations are allowed'],
    ['a number pool', {}, { pool: true }, 'the numbers join a number pool'],
    ['no number pool', { pool: true }, {}, 'the numbers leave a number pool'],
    [
      'no sticky sender',
      { stickySender: true },
      {},
      'sticky sender mappings are lost, and undo does not bring them back',
    ],
    ['a spend limit', {}, { spendLimit: '5.00' }, 'a daily spend limit of 5.00 applies'],
    ['another spend limit', { spendLimit: '9.00' }, { spendLimit: '5.00' }, 'a daily spend limit of 5.00 applies'],
    ['a spend limit of unknown size', {}, { spendLimit: '' }, 'a daily spend limit applies'],
  ])('tell of %s', (_what, from, to, text) => {
    expect(between(from, to)).toEqual([text]);
  });

  it('tell ten places, and how many there are beside them', () => {
    const places = Array.from({ length: 12 }, (_, at) => `P${at}`);
    const lost = (n: number) => between({ destinations: places.slice(0, n) }, {});
    expect(lost(10)).toEqual([`fewer destinations are allowed (${places.slice(0, 10).join(', ')} no longer)`]);
    expect(lost(11)).toEqual([
      `fewer destinations are allowed (${places.slice(0, 10).join(', ')} and 1 other no longer)`,
    ]);
    expect(lost(12)[0]).toContain('P9 and 2 others no longer');
  });

  it('speak of one number as of one', () => {
    expect(between({}, { pool: true }, 1)).toEqual(['the number joins a number pool']);
    expect(between({ pool: true }, {}, 1)).toEqual(['the number leaves a number pool']);
  });

  it.each([
    ['more places', { destinations: ['US'] }, {}],
    ['all places', {}, { destinations: ['*'] }],
    ['all places as before', { destinations: ['*'] }, { destinations: ['*'] }],
    ['no places as before', { destinations: [] }, { destinations: [] }],
    ['a pool as before', { pool: true }, { pool: true }],
    ['sticky sender from now on', {}, { stickySender: true }],
    ['the same spend limit', { spendLimit: '5.00' }, { spendLimit: '5.00' }],
    ['no spend limit any longer', { spendLimit: '5.00' }, {}],
  ])('do not tell of %s', (_what, from, to) => {
    expect(between(from, to)).toEqual([]);
  });

  it('do not guess what an answer does not show', () => {
    const bare = ({ id, name, webhookUrl }: ShownProfile) => ({ id, name, webhookUrl: webhookUrl ?? null });
    const rich = { webhookApiVersion: '1', destinations: ['US'], pool: true };
    expect(look([moves(2)], [bare(OLD), { ...NEW, ...rich }]).warnings).toEqual([]);
    expect(look([moves(2)], [{ ...OLD, ...rich }, bare(NEW)]).warnings).toEqual([]);
  });

  it('name targets that have nowhere to report to, each once', () => {
    const bare = { ...NEW, webhookUrl: null };
    const nowhere = 'has no webhook URL: inbound messages and delivery reports go nowhere';
    expect(look([moves(2), moves(1, { from: 'UNASSIGN' })], [OLD, bare]).warnings).toEqual([
      `profile "New" ${nowhere}`,
    ]);
    expect(look([moves(2)], [OLD, { ...bare, name: '' }]).warnings).toEqual([`profile ${PROFILE} ${nowhere}`]);
    const { webhookUrl, ...unclear } = NEW;
    expect(look([moves(2)], [OLD, unclear]).warnings).toEqual([]);
    expect(look([moves(2)], [{ ...OLD, webhookUrl: null }, NEW]).warnings).toEqual([]);
  });

  it('tell of targets that could not be read', () => {
    const profileOf = () => undefined;
    expect(preflight({ ...partsOf([moves(2)]), profileOf }).warnings).toEqual([
      `profile ${PROFILE} could not be read, so it was not checked`,
    ]);
    expect(look([moves(2)], []).warnings).toEqual([]);
  });

  it('tell of what could not be checked', () => {
    const unsure = (products: number, unread: number) =>
      look([moves(2)], [OLD, NEW], { unsure: { products, unread } }).warnings;
    expect(unsure(1, 1500)).toEqual([
      '1 number: the account does not say which products it may have',
      '1,500 numbers could not be read: nothing holds or undoes their change',
    ]);
    expect(unsure(2, 0)).toEqual(['2 numbers: the account does not say which products they may have']);
    expect(unsure(0, 1)).toEqual(['1 number could not be read: nothing holds or undoes its change']);
  });

  it('tell before an undo that sticky sender mappings do not come back', () => {
    const sticky = { ...NEW, stickySender: true };
    expect(look([moves(2)], [OLD, sticky], { undo: true }).warnings).toEqual([
      '2 numbers from "Old" to "New": sticky sender mappings that the run has lost do not come back',
    ]);
    expect(look([moves(2)], [OLD, sticky]).warnings).toEqual([]);
    expect(look([moves(2)], [OLD, NEW], { undo: true }).warnings).toEqual([]);
    expect(look([moves(2, { from: 'UNASSIGN' })], [OLD, sticky], { undo: true }).warnings).toEqual([]);
  });

  it('tell of numbers that come to be on no profile, wherever they were', () => {
    const gone = { to: 'UNASSIGN' };
    expect(look([moves(1, gone)]).warnings).toEqual([
      '1 number leaves its profile: its messages stop, in both directions',
    ]);
    const many = [moves(2, gone), moves(3, { ...gone, from: THIRD }), moves(4, { ...gone, from: '' })];
    expect(look(many, []).warnings).toEqual([
      '9 numbers leave their profiles: their messages stop, in both directions',
    ]);
  });

  it('tell of numbers that lose MMS', () => {
    const warnings = (losesMms: number) => look([], [], { losesMms }).warnings;
    expect(warnings(1)).toEqual(['1 number goes from A2P to P2P and loses MMS']);
    expect(warnings(1500)).toEqual(['1,500 numbers go from A2P to P2P and lose MMS']);
    expect(warnings(0)).toEqual([]);
  });
});

describe('a profile that is left without numbers', () => {
  const on = (there: Record<string, number>) => ({ numbersOn: (id: string) => there[id] ?? null });

  it('is named, with how many leave it', () => {
    expect(look([moves(2)], [OLD, NEW], on({ [OTHER_PROFILE]: 2 })).warnings).toEqual([
      'profile "Old" is left without numbers (2 numbers leave it)',
    ]);
    expect(look([moves(1)], [NEW], on({ [OTHER_PROFILE]: 1 })).warnings).toEqual([
      `profile ${OTHER_PROFILE} is left without numbers (1 number leaves it)`,
    ]);
  });

  it('may be left by numbers that go to several others, or to none', () => {
    const given = [moves(2), moves(3, { to: THIRD }), moves(1, { to: 'UNASSIGN' })];
    const { warnings } = look(given, [OLD, NEW, { ...NEW, id: THIRD }], on({ [OTHER_PROFILE]: 6 }));
    expect(warnings).toContain('profile "Old" is left without numbers (6 numbers leave it)');
    expect(look(given, [OLD, NEW, { ...NEW, id: THIRD }], on({ [OTHER_PROFILE]: 7 })).warnings).toHaveLength(1);
  });

  it('is none if others stay, if others come, or if it is not known how many there are', () => {
    expect(look([moves(2)], [OLD, NEW], on({ [OTHER_PROFILE]: 3 })).warnings).toEqual([]);
    expect(look([moves(2)], [OLD, NEW]).warnings).toEqual([]);
    const swapped = [moves(2), moves(1, { from: PROFILE, to: OTHER_PROFILE })];
    expect(look(swapped, [OLD, NEW], on({ [OTHER_PROFILE]: 2, [PROFILE]: 1 })).warnings).toEqual([]);
  });

  it('is never one that numbers come to, nor what is no profile', () => {
    const given = [moves(2, { from: 'UNASSIGN' }), moves(2, { from: '' })];
    expect(look(given, [OLD, NEW], { numbersOn: () => 0 }).warnings).toEqual([]);
  });
});

describe('the notes of a plan', () => {
  const OPT_OUTS = 'opt-outs stay with the profile that a number leaves';

  it('say what becomes of opt-outs if numbers go from one profile to another', () => {
    expect(look([moves(2)]).notes).toEqual([OPT_OUTS]);
    for (const changes of [{ from: 'UNASSIGN' }, { to: 'UNASSIGN' }, { from: '' }]) {
      expect(look([moves(2, changes)]).notes).toEqual([]);
    }
    expect(look([]).notes).toEqual([]);
  });

  it.each([
    [500, 10_000, "5 % of the account's 10,000 numbers change"],
    [1, 3, "33.3 % of the account's 3 numbers change"],
    [7, 7, "100 % of the account's 7 numbers change"],
    [1, 1, "100 % of the account's 1 number changes"],
    [7, 6, "100 % of the account's 6 numbers change"],
    [2, 1_000_000, "less than 0.1 % of the account's 1,000,000 numbers change"],
    [500, 1_000_000, "0.1 % of the account's 1,000,000 numbers change"],
  ])('say how much of the account %d of %d numbers are', (changes, total, text) => {
    expect(look([], [], { changes, total }).notes).toEqual([text]);
  });

  it('count the changes that move no number to another profile too', () => {
    const { notes } = look([moves(1)], [], { total: 10, changes: 5 });
    expect(notes).toEqual([OPT_OUTS, "50 % of the account's 10 numbers change"]);
  });

  it('say nothing of an account whose size is not known, and of a plan that changes nothing', () => {
    expect(look([], [], { changes: 1, total: null }).notes).toEqual([]);
    expect(look([], [], { changes: 1, total: 0 }).notes).toEqual([]);
    expect(look([], [], { changes: 0, total: 100 }).notes).toEqual([]);
  });
});

describe('any plan', () => {
  it('is written in whole sentences of one line, without the names of our own values', () => {
    const id = fc.constantFrom('', 'UNASSIGN', PROFILE, OTHER_PROFILE, THIRD);
    const move = fc.record({ from: id, to: id, count: fc.integer({ min: 1, max: 3000 }) });
    const profile = fc.record(
      {
        enabled: fc.boolean(),
        webhookUrl: fc.constantFrom(null, 'https://example.test'),
        webhookApiVersion: fc.constantFrom('1', '2'),
        destinations: fc.subarray(['*', 'US', 'CA']),
        pool: fc.boolean(),
        stickySender: fc.boolean(),
        spendLimit: fc.constantFrom(null, '', '5.00'),
      },
      { requiredKeys: [] },
    );
    const profileOf = fc.tuple(profile, profile).map(([one, other]) => (asked: string) => {
      if (asked === THIRD) return undefined;
      return asked === PROFILE ? { id: asked, name: '', ...one } : { id: asked, name: 'Old', ...other };
    });
    const counts = fc.option(fc.nat(6000));
    const others = fc.record({
      total: counts,
      numbersOn: counts.map((on) => () => on),
      unsure: fc.record({ products: fc.nat(3000), unread: fc.nat(3000) }),
      losesMms: fc.nat(3000),
      undo: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(move, { maxLength: 6, selector: ({ from, to }) => `${from} ${to}` }),
        profileOf,
        others,
        (given, of, also) => {
          const { warnings, notes } = preflight({ ...partsOf(given), profileOf: of, ...also });
          for (const text of [...warnings, ...notes]) {
            expect(text).not.toMatch(/[\n"]"|undefined|null|UNASSIGN|NaN| {2}|\(\)|; ?$/);
            expect(text).not.toMatch(/\b1 numbers|(?<![\d,])1 number (leave|go|change)\b|[2-9] number\b/);
          }
          expect(new Set(warnings).size).toBe(warnings.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
