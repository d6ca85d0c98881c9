import { createDigestTable, type Digest, doubled } from '../account/digest-table.ts';
import type { Health } from '../api/response.ts';
import { cleanCell } from '../input/cell.ts';
import { means, normalName } from '../input/header.ts';
import { phoneReadings } from '../input/phone.ts';
import { count, thousands } from '../text/text.ts';

/** Where an export has the figures of a number, as positions in a row; -1 if it has no such column. */
type FigureColumns = { id: number; phone: number; messages: number; success: number };

/** Finds the columns of an export; null if they are not enough to compare figures. */
export function figureColumns(header: readonly string[]): FigureColumns | null {
  const columns = {
    id: header.findIndex((name) => means(name, 'phone_number_id')),
    phone: header.findIndex((name) => means(name, 'phone_number')),
    messages: header.findIndex((name) => normalName(name) === 'messagecount'),
    success: header.findIndex((name) => normalName(name) === 'successratio'),
  };
  const isEnough = Math.max(columns.id, columns.phone) >= 0 && Math.min(columns.messages, columns.success) >= 0;
  return isEnough ? columns : null;
}

/** The success ratio of a number that has sent messages; null if it says nothing. */
function ratioOf({ messages, success }: Pick<Health, 'messages' | 'success'>): number | null {
  return messages !== null && messages > 0 ? success : null;
}

const FIGURE = /^([0-9]{0,15}\.?[0-9]{1,20}(?:e[+-]?[0-9]{1,3})?)\s*(%?)$/i;

/** A figure as an export has it, or as a spreadsheet writes it: `0.98`, `0,98`, `9.8E-01`, `98 %`. Null for any other text. */
function readFigure(text: string): number | null {
  const [, digits, percent] = FIGURE.exec(text.replace(',', '.')) ?? [];
  if (digits === undefined) return null;
  return percent === '' ? Number(digits) : Number(digits) / 100;
}

/** What a number was before and is now: two success ratios, each null if there were no messages. */
export type Deliverability = { before: number | null; now: number | null; hasFallen: boolean };

/** The success ratios of an export: about 80 bytes a number. */
export type Figures = ReturnType<typeof createFigures>;

/** Creates the figures of an export, to which its rows are added one by one. */
export function createFigures(digest: Digest, { id, phone, messages, success }: FigureColumns) {
  const names = createDigestTable(digest);
  let ratios = new Float64Array(1024);

  function set(name: string, ratio: number): void {
    const size = names.size();
    // The first row of a number counts.
    if (name === '' || names.numberOf(name) < size) return;
    if (size === ratios.length) ratios = doubled(ratios);
    ratios[size] = ratio;
  }

  return {
    /** Adds a row of the export. Returns the text of a figure that is no number; '' if there is none. */
    add(cells: readonly string[]): string {
      const cellAt = (at: number) => cleanCell(cells[at] ?? '');
      const figures = { messages: readFigure(cellAt(messages)), success: readFigure(cellAt(success)) };
      const ratio = ratioOf(figures) ?? Number.NaN;
      set(cellAt(id), ratio);
      set(phoneReadings(cellAt(phone))[0] ?? '', ratio);
      return (figures.messages === null ? cellAt(messages) : '') || (figures.success === null ? cellAt(success) : '');
    },
    /** The success ratio of a number; null if it had no messages, undefined if the export does not have the number. */
    of(number: { id: string; phoneNumber: string | undefined }): number | null | undefined {
      const found = [number.id, number.phoneNumber ?? ''].map(names.find).find((at) => at >= 0);
      if (found === undefined) return undefined;
      const ratio = ratios[found] as number;
      return Number.isNaN(ratio) ? null : ratio;
    },
  };
}

// 0.7 - 0.63 is not quite 0.07.
const ROUNDING = 1e-9;

/** Compares the success ratios of a number. It has fallen if it has lost more than this percentage of what it was. */
export function compareRatios(before: number | null, health: Health | undefined, maxDrop: number): Deliverability {
  const now = health === undefined ? null : ratioOf(health);
  const hasFallen = before !== null && now !== null && (before - now) * 100 > maxDrop * before + ROUNDING;
  return { before, now, hasFallen };
}

/** A success ratio in a file or a message; '' if there is none. */
export function ratioText(ratio: number | null = null): string {
  return ratio === null ? '' : String(Math.round(ratio * 10_000) / 10_000);
}

/** A fall, or its end, in words: `success ratio fell: 0.98 -> 0.71`. */
export function fallText({ before, now, hasFallen }: Deliverability): string {
  return `success ratio ${hasFallen ? 'fell' : 'is back'}: ${ratioText(before)} -> ${ratioText(now)}`;
}

/** How many numbers were compared and have fallen, had no messages before or now, or are not in the export. */
export type DeliverabilityCounts = { compared: number; fallen: number; no_figures: number; not_in_file: number };

/** Counts a number; `ratios` is undefined if the export does not have it. */
export function countRatios(counts: DeliverabilityCounts, ratios: Deliverability | undefined): void {
  if (ratios === undefined) counts.not_in_file += 1;
  else if (ratios.before === null || ratios.now === null) counts.no_figures += 1;
  else counts.compared += 1;
  if (ratios?.hasFallen === true) counts.fallen += 1;
}

/**
 * What was found, in a line for people. `isWarning`: numbers have fallen, or nothing could be compared because the
 * export has other numbers.
 */
export function deliverabilityText(counts: DeliverabilityCounts, file: string, maxDrop: number) {
  const { compared, fallen, no_figures: without, not_in_file: others } = counts;
  const isOther = compared + without === 0 && others > 0;
  const parts = [`${thousands(fallen)} of ${count(compared, 'number')} fell by more than ${maxDrop} %`];
  if (without > 0) parts.push(`${thousands(without)} without figures before or now`);
  if (others > 0) parts.push(`${thousands(others)} not in ${file}`);
  const isWarning = fallen > 0 || isOther;
  return { text: `success ratios: ${parts.join(', ')}`, isWarning };
}
