import { type Rejection, rejected } from './rejection.ts';

const SCIENTIFIC = /^[+-]?[0-9]+([.,][0-9]+)? ?(e ?|[x*\u00b7\u00d7] ?10 ?\^ ?)\+?[0-9]{1,3}$/i;
/** 17 digits or more, all zeros from the 16th on. */
const ROUNDED = /^[0-9]{15}0{2,}$/;
const WITH_FRACTION = /^[0-9]+[.,]0+$/;
/** Groups of three digits, or of two as in India, with the same mark between them; the last one has three. */
const GROUPED = /^[0-9]{1,3}([ \u00a0\u2009\u202f,.'\u2019])[0-9]{2,3}(?:\1[0-9]{2,3})*\1[0-9]{3}(?:[.,]0+)?$/;
/** As some programs write large numbers; short ones may be ids. */
const UNDERSCORED = /^[0-9]{1,3}(?:_[0-9]{3}){5,}$/;

const AS_TEXT = 'export that column as text (format it as text before the values are put in)';
const ALLOW_ROUNDED = 'or pass --allow-rounded-ids';

/** What a spreadsheet has done to a phone number; null if nothing shows. */
export function phoneDamage(phoneNumber: string): Rejection | null {
  if (!SCIENTIFIC.test(phoneNumber)) return null;
  return rejected('bad_phone_number', `was shortened by a spreadsheet, which lost digits; ${AS_TEXT}`);
}

/** What a spreadsheet has done to an id: it has read it as a number, of which it keeps 15 digits. Null if nothing shows. */
export function spreadsheetDamage(id: string, roundedIds: boolean): Rejection | null {
  if (SCIENTIFIC.test(id)) {
    return rejected('id_in_scientific_notation', `was shortened by a spreadsheet; ${AS_TEXT}`);
  }
  if (!roundedIds && ROUNDED.test(id)) {
    const text = `ends in zeros as if a spreadsheet had rounded it; ${AS_TEXT}, ${ALLOW_ROUNDED}`;
    return rejected('id_looks_rounded', text);
  }
  const how = WITH_FRACTION.test(id)
    ? 'a decimal point'
    : GROUPED.test(id) || UNDERSCORED.test(id)
      ? 'digit groups'
      : null;
  if (how === null) return null;
  const text = `has ${how}: it was saved as a number, which keeps about 16 digits, so the last ones may be wrong; ${AS_TEXT}`;
  return rejected('id_looks_rounded', text);
}

const LONG_ID = /^[0-9]{17,}$/;
/** Chance alone makes one id in 2 ** bits look damaged, so several different ids with some evidence are needed. */
const MIN_IDS = 2;
const MIN_EVIDENCE_BITS = 12;
/** More ids are not counted. */
const MAX_COUNTED_IDS = 100;
/** A double keeps this many bits of a number. */
const DOUBLE_BITS = 53;

/**
 * How unlikely it is, in bits, that an id looks by chance as if it had been a double: as if read into one and written
 * again, in full or in the shortest form. 0 if it does not look like that.
 */
function evidenceBits(id: string): number {
  const double = Number(id);
  if (BigInt(id) !== BigInt(double) && id !== String(double)) return 0;
  return Math.max(1, Math.floor(Math.log2(double)) - DOUBLE_BITS);
}

/** Finds out whether all long ids of a file have been doubles: floating-point numbers, which keep about 16 digits. */
export function createDoubleCheck() {
  const counted = new Set<string>();
  let evidence = 0;
  let isIntact = false;
  return {
    add(id: string): void {
      if (isIntact || !LONG_ID.test(id)) return;
      const bits = evidenceBits(id);
      isIntact = bits === 0;
      if (counted.size === MAX_COUNTED_IDS || counted.has(id)) return;
      counted.add(id);
      evidence += bits;
    },
    /** Call this after all ids were added. */
    isDamaged: () => !isIntact && counted.size >= MIN_IDS && evidence >= MIN_EVIDENCE_BITS,
  };
}

/** Why an id is rejected in a file whose long ids have all been doubles; null if this one is short. */
export function doubleDamage(id: string): Rejection | null {
  if (!LONG_ID.test(id)) return null;
  const why = 'every long id of the file has passed through a program that keeps 16 digits of a number';
  return rejected(
    'id_looks_rounded',
    `phone_number_id "${id}" may have lost its last digits: ${why}; ${AS_TEXT}, ${ALLOW_ROUNDED}`,
  );
}
