import type { Figure, Goal } from './figure.ts';
import { shown } from './spread.ts';

/** Whether a goal was reached. */
export function verdictOf({ got, must, aim, least }: Goal): string {
  const reaches = (bound: number) => (least ? got >= bound : got <= bound);
  if (must !== null && !reaches(must)) return 'MISSED';
  if (aim === null || reaches(aim)) return 'reached';
  return must === null ? 'not reached' : 'must reached, aim not';
}

function goalText(goal: Goal): string {
  const { what, got, must, aim, unit, least } = goal;
  const sign = least ? '>=' : '<=';
  const wanted = [
    ...(must === null ? [] : [`must be ${sign} ${must}`]),
    ...(aim === null ? [] : [`aim ${sign} ${aim}`]),
  ];
  return `${what}: ${shown(got)}${unit === '' ? '' : ` ${unit}`} (${wanted.join(', ')}): ${verdictOf(goal)}`;
}

/** The lines of a Markdown table, with columns as wide as their widest cell. */
export function tableLines(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, at) =>
    Math.max(3, column.length, ...rows.map((row) => (row[at] as string).length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] as number)).join(' | ')} |`;
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

/** A figure as Markdown, which is readable on a terminal too. */
export function figureText({ title, columns, rows, goals, notes }: Figure): string {
  const table = tableLines(columns, rows);
  const list = (lines: string[]) => lines.map((text) => `- ${text}`).join('\n');
  const parts = [`## ${title}`, table.join('\n'), list(goals.map(goalText)), notes.join('\n')];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
