import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workDirectory } from '../process/work-directory.ts';

/** The profile on which all numbers are at first; those before it are targets. */
export const START = 4;

const digits = (value: number, width: number) => String(value).padStart(width, '0');

/** The last digit is 1, because an id that ends in zeros looks rounded by a spreadsheet. */
export const idOf = (at: number): string => `12933842610${digits(at + 1, 7)}1`;
export const profileOf = (index: number): string => `00000000-0000-4000-8000-${digits(index, 12)}`;

/** The path of a CSV that moves that many numbers to that many profiles, one after another. */
export function inputTo(numbers: number, profiles: number): string {
  const path = join(workDirectory(), `${numbers}-to-${profiles}.csv`);
  if (existsSync(path)) return path;
  const rows = Array.from(
    { length: numbers },
    (_, at) => `${idOf(at)},+1800${digits(at + 1, 7)},${profileOf((at % profiles) + 1)},\n`,
  );
  writeFileSync(path, `phone_number_id,phone_number,messaging_profile_id,messaging_product\n${rows.join('')}`);
  return path;
}
