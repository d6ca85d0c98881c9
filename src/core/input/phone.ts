const E164 = /^\+[1-9][0-9]{1,14}$/;

/** Whether a phone number is written as the API writes it: `+18005550001`. */
export function isE164(text: string): boolean {
  return E164.test(text);
}

/** Digits with what people and programs write between them: spaces, dashes, dots, slashes, brackets. */
const SPELLED = /^[([]?(?:\+\p{Zs}?)?[([]?[0-9][0-9\p{Zs}\p{Pd}\u2212./()[\]]+$/u;
/** A number as a spreadsheet writes it: `18005550001.0`, `18,005,550,001`. */
const AS_NUMBER = /^(\+?[0-9]{7,})[.,]0{1,2}$/;
const WITH_COMMAS = /^[0-9]{1,3}(,[0-9]{3})+$/;
/** A number of North America without its country code. */
const NORTH_AMERICAN = /^[2-9][0-9]{2}[2-9][0-9]{6}$/;
/** How to dial abroad: from most countries, and from North America. */
const DIALLED_ABROAD = /^(?:00|011)([1-9][0-9]{6,14})$/;
const MIN_DIGITS = 7;

/**
 * The phone numbers that a spelling may stand for, the likeliest first. None of them may be used before the account has
 * confirmed it. Empty for a text that is no phone number. E.164 stands for itself.
 */
export function phoneReadings(text: string): string[] {
  if (isE164(text)) return [text];
  const bare = text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/^tel: */i, '')
    .replace(AS_NUMBER, '$1');
  const plain = WITH_COMMAS.test(bare) ? bare.replaceAll(',', '') : bare;
  if (!SPELLED.test(plain)) return [];
  const digits = plain.replace(/[^0-9]/g, '');
  const readings = digits.length < MIN_DIGITS ? [] : readDigits(plain, digits);
  return [...new Set(readings)].filter(isE164);
}

function readDigits(plain: string, digits: string): string[] {
  // +44 (0)20 7946 0958: the zero is dialled within the country only.
  const dropped = /\+.*\(0\)/.test(plain) ? [`+${plain.replace('(0)', '').replace(/[^0-9]/g, '')}`] : [];
  if (plain.includes('+')) return [...dropped, `+${digits}`];
  const abroad = DIALLED_ABROAD.exec(digits)?.[1];
  return [
    ...(abroad === undefined ? [] : [`+${abroad}`]),
    ...(NORTH_AMERICAN.test(digits) ? [`+1${digits}`] : []),
    `+${digits}`,
  ];
}
