export type Fields = Record<string, unknown>;
/** Makes a text safe to keep. `isProse`: the text is for people, and no value that is compared or sent again. */
export type Clean = (text: string, isProse?: boolean) => string;

/** A longer list is not one of products or countries. */
const MAX_TEXTS = 1000;

export function asObject(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** A list of texts; undefined for anything else, because a list with gaps would claim that the others do not exist. */
export function asTexts(value: unknown, clean: Clean): string[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_TEXTS) return undefined;
  if (!value.every((item) => typeof item === 'string')) return undefined;
  return value.map((item) => clean(item));
}
