import type { ShownProfile } from '../api/response.ts';
import { isProfile, UNASSIGN } from '../input/target.ts';
import { count, listed, quoted } from '../text/text.ts';
import type { Preview, ProfilePair } from './preview.ts';

export type Preflight = {
  pairs: readonly ProfilePair[];
  /** Numbers that lose MMS. */
  losesMms: number;
  profileOf: (id: string) => ShownProfile | null | undefined;
  /** How many numbers are on a profile; null if unknown. */
  numbersOn: (profile: string) => number | null;
  /** All numbers of the account; null if unknown. */
  total: number | null;
  /** Rows that change. */
  changes: number;
  /** Rows that change although something about them is unknown. */
  unsure: Preview['unsure'];
  /** Whether the plan is that of an undo. */
  undo: boolean;
};

function nameOf(profile: ShownProfile): string {
  return profile.name === '' ? profile.id : quoted(profile.name);
}

const SHOWN_PLACES = 10;

const placesText = (places: readonly string[]) => listed(places, SHOWN_PLACES, (place) => place);

/** Which destinations are no longer allowed; '' if none is lost. */
function lostPlaces(from: readonly string[], to: readonly string[]): string {
  if (to.includes('*')) return '';
  if (to.length === 0) return from.length === 0 ? '' : 'no destinations are allowed';
  if (from.includes('*')) return `fewer destinations are allowed (${placesText(to)} only)`;
  const lost = from.filter((place) => !to.includes(place));
  return lost.length === 0 ? '' : `fewer destinations are allowed (${placesText(lost)} no longer)`;
}

/** What numbers lose or get when they move from one profile to another. */
function betweenProfiles(from: ShownProfile, to: ShownProfile, numbers: number): string[] {
  const found: string[] = [];
  const { webhookApiVersion: was, destinations, pool } = from;
  const they = (one: string, many: string) => (numbers === 1 ? `the number ${one}` : `the numbers ${many}`);
  if (was !== undefined && to.webhookApiVersion !== undefined && was !== to.webhookApiVersion) {
    found.push(`webhooks come in API version ${to.webhookApiVersion} instead of ${was}`);
  }
  if (destinations !== undefined && to.destinations !== undefined) {
    found.push(lostPlaces(destinations, to.destinations));
  }
  if (pool !== undefined && to.pool !== undefined && pool !== to.pool) {
    found.push(`${to.pool ? they('joins', 'join') : they('leaves', 'leave')} a number pool`);
  }
  if (from.stickySender === true) found.push('sticky sender mappings are lost, and undo does not bring them back');
  if (to.spendLimit !== undefined && to.spendLimit !== null && from.spendLimit !== to.spendLimit) {
    found.push(`a daily spend limit${to.spendLimit === '' ? '' : ` of ${to.spendLimit}`} applies`);
  }
  return found.filter((text) => text !== '');
}

/** Warns of target profiles that have no webhook, or that could not be read. */
function targetWarnings({ pairs, profileOf }: Preflight): string[] {
  const targets = [...new Set(pairs.map(({ to }) => to))];
  return targets.flatMap((id) => {
    if (!isProfile(id)) return [];
    const profile = profileOf(id);
    if (profile === undefined) return [`profile ${id} could not be read, so it was not checked`];
    if (profile?.webhookUrl !== null) return [];
    return [`profile ${nameOf(profile)} has no webhook URL: inbound messages and delivery reports go nowhere`];
  });
}

/** Warns of profiles that lose all their numbers. */
function emptied({ pairs, profileOf, numbersOn }: Preflight): string[] {
  const joined = new Set(pairs.map(({ to }) => to));
  const leaving = new Map<string, number>();
  for (const { from, count: numbers } of pairs) leaving.set(from, (leaving.get(from) ?? 0) + numbers);
  return [...leaving].flatMap(([id, numbers]) => {
    const there = isProfile(id) && !joined.has(id) ? numbersOn(id) : null;
    if (there === null || there > numbers) return [];
    const profile = profileOf(id);
    const name = profile === null || profile === undefined ? id : nameOf(profile);
    return [`profile ${name} is left without numbers (${count(numbers, 'number leaves', 'numbers leave')} it)`];
  });
}

/** Warns of numbers that leave their profile for none. */
function unassigned({ pairs }: Preflight): string[] {
  const numbers = pairs.reduce((sum, pair) => (pair.to === UNASSIGN ? sum + pair.count : sum), 0);
  if (numbers === 0) return [];
  const who = count(numbers, 'number leaves its profile', 'numbers leave their profiles');
  return [`${who}: ${numbers === 1 ? 'its' : 'their'} messages stop, in both directions`];
}

/** What is worth knowing, but no warning. */
function notesOf({ pairs, total, changes }: Preflight): string[] {
  const notes: string[] = [];
  if (pairs.some(({ from, to }) => isProfile(from) && isProfile(to))) {
    notes.push('opt-outs stay with the profile that a number leaves');
  }
  if (total !== null && total > 0 && changes > 0) {
    // Rows that could not be read may name numbers that the account does not have.
    const percent = Math.min(100, Math.round((changes * 1000) / total) / 10);
    const share = percent === 0 ? 'less than 0.1' : String(percent);
    notes.push(`${share} % of the account's ${count(total, 'number changes', 'numbers change')}`);
  }
  return notes;
}

/** What the user should know before the plan is executed. `--strict` makes errors of the warnings. */
export function preflight(given: Preflight): { warnings: string[]; notes: string[] } {
  return { warnings: warningsOf(given), notes: notesOf(given) };
}

/** Warns of what could not be checked. */
function unsureOf({ unsure: { products, unread } }: Preflight): string[] {
  const they = products === 1 ? 'it' : 'they';
  const their = unread === 1 ? 'its' : 'their';
  return [
    products === 0 ? '' : `${count(products, 'number')}: the account does not say which products ${they} may have`,
    unread === 0 ? '' : `${count(unread, 'number')} could not be read: nothing holds or undoes ${their} change`,
  ].filter((text) => text !== '');
}

function warningsOf(preflight: Preflight): string[] {
  const { pairs, profileOf, undo, losesMms } = preflight;
  const found = [...unsureOf(preflight), ...targetWarnings(preflight), ...unassigned(preflight)];
  for (const { from: fromId, to: toId, count: numbers } of pairs) {
    const [from, to] = [fromId, toId].map((id) => (isProfile(id) ? profileOf(id) : null));
    if (from === null || from === undefined || to === null || to === undefined) continue;
    const lost = betweenProfiles(from, to, numbers);
    if (undo && to.stickySender === true) lost.push('sticky sender mappings that the run has lost do not come back');
    found.push(...lost.map((what) => `${count(numbers, 'number')} from ${nameOf(from)} to ${nameOf(to)}: ${what}`));
  }
  if (losesMms > 0) {
    const who = count(losesMms, 'number goes', 'numbers go');
    found.push(`${who} from A2P to P2P and ${losesMms === 1 ? 'loses' : 'lose'} MMS`);
  }
  return [...found, ...emptied(preflight)];
}
