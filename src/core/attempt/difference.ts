import type { ShownSettings } from '../api/response.ts';
import { UNASSIGN } from '../input/target.ts';
import type { PlanEntry } from '../plan/entry.ts';
import { quoted } from '../text/text.ts';

/** One target of an entry, and what an answer shows in its place. */
type Field = { name: string; short: string; now: string | null | undefined; wanted: string | null };

const isApplied = ({ now, wanted }: Field) => now === wanted;
const isShown = ({ now }: Field) => now !== undefined;

/** The fields that an entry changes. */
function fieldsOf({ profileTarget, productTarget }: PlanEntry, { profile, product }: ShownSettings): Field[] {
  const fields: Field[] = [];
  if (profileTarget !== '') {
    const wanted = profileTarget === UNASSIGN ? null : profileTarget;
    fields.push({ name: 'messaging_profile_id', short: 'profile', now: profile, wanted });
  }
  if (productTarget !== '') {
    fields.push({ name: 'messaging_product', short: 'product', now: product, wanted: productTarget });
  }
  return fields;
}

/** A setting for messages. */
function named(value: string | null | undefined): string {
  return value === undefined ? 'not shown' : value === null ? UNASSIGN : value;
}

const fieldText = ({ name, now, wanted }: Field) => `${name} is ${named(now)}, wanted ${named(wanted)}`;

/** Which half of a change of both fields was applied: `profile applied, product not`. */
function halvesText(fields: readonly Field[]): string {
  const [first, second] = [...fields].sort((a, b) => Number(isApplied(b)) - Number(isApplied(a)));
  if (first === undefined || second === undefined) return '';
  const left = isShown(second) ? 'not' : 'not shown';
  if (isApplied(first)) return ` (${first.short} applied, ${second.short} ${left})`;
  if (isShown(first) && isShown(second)) return ` (neither ${first.short} nor ${second.short} applied)`;
  const states = [first, second].map((field) => `${field.short} ${isShown(field) ? 'not applied' : 'not shown'}`);
  return ` (${states.join(', ')})`;
}

/** A server may identify a number by its phone number: what it shows as the id is then that, with or without the plus. */
function isPhoneNumber(id: string, entry: PlanEntry, { phoneNumber = '' }: ShownSettings): boolean {
  const digits = (text: string) => text.replace(/^\+/, '');
  const known = entry.phoneNumber === '' ? phoneNumber : entry.phoneNumber;
  return known !== '' && digits(id) === digits(known);
}

/** How the settings differ from the targets of the entry; '' if they do not. */
export function difference(entry: PlanEntry, shown: ShownSettings): string {
  const fields = fieldsOf(entry, shown);
  const differing = fields.filter((field) => !isApplied(field));
  const { id = entry.id } = shown;
  const isOther = id !== entry.id && !isPhoneNumber(id, entry, shown);
  const other = isOther ? [`the answer is about the id ${quoted(id)}`] : [];
  const halves = differing.length > 0 && !isOther ? halvesText(fields) : '';
  return [...other, ...differing.map(fieldText)].join('; ') + halves;
}

/**
 * How the shown settings contradict the targets of the entry; '' if they do not. A field that is not shown contradicts
 * nothing, and neither does an answer about another id.
 */
export function contradiction(entry: PlanEntry, shown: ShownSettings): string {
  const { id = entry.id } = shown;
  if (id !== entry.id && !isPhoneNumber(id, entry, shown)) return '';
  const fields = fieldsOf(entry, shown);
  const differing = fields.filter((field) => isShown(field) && !isApplied(field));
  return differing.length === 0 ? '' : differing.map(fieldText).join('; ') + halvesText(fields);
}

/** Says how the phone numbers of file and account differ; null if they do not. */
export function phoneMismatch(entry: PlanEntry, shown: ShownSettings): string | null {
  const { phoneNumber = entry.phoneNumber } = shown;
  if (entry.phoneNumber === '' || phoneNumber === entry.phoneNumber) return null;
  return `the file says ${entry.phoneNumber}, the account has ${phoneNumber} under this id`;
}
