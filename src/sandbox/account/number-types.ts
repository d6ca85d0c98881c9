/** The types of numbers with both spellings of the API. */
const SPELLINGS = {
  tollfree: ['tollfree', 'toll-free'],
  longcode: ['longcode', 'long-code'],
  shortcode: ['shortcode', 'short-code'],
} as const;

/** The plain name of a type, as in `filter[type]`. */
export type PlainType = keyof typeof SPELLINGS;
/** A type as an answer spells it. Only a guide writes it with an underscore. */
export type NumberType = (typeof SPELLINGS)[PlainType][number] | 'toll_free' | 'long_code' | 'short_code';

export const PLAIN_TYPES: readonly string[] = Object.keys(SPELLINGS);

const TOLL_FREE = ['+1800', '+1833', '+1844', '+1855', '+1866', '+1877', '+1888'];

/** The type of a phone number, in the spelling that its last digit selects. */
export function typeOf(phoneNumber: string): NumberType {
  return spelled(TOLL_FREE.some((prefix) => phoneNumber.startsWith(prefix)) ? 'tollfree' : 'longcode', phoneNumber);
}

/** The type in one of both spellings. The last digit of the phone number selects it. */
export function spelled(plain: PlainType, phoneNumber: string): NumberType {
  const spellings = SPELLINGS[plain];
  return spellings[Number(phoneNumber.at(-1)) % spellings.length] ?? plain;
}

/** The plain name of a type in any spelling. */
export function plainTypeOf(type: NumberType): PlainType {
  return type.replace(/[-_]/, '') as PlainType;
}

/** The type as the guide spells it: with an underscore where others have a hyphen. */
export function guideSpelling(type: NumberType): string {
  return type.replace('-', '_');
}

/** Whether a value is a type in any spelling. */
export function isNumberType(value: unknown): value is NumberType {
  return Object.values(SPELLINGS).some((both) => both.some((one) => value === one || value === guideSpelling(one)));
}
