/** Renders a Markdown table as Biome formats it: every column as wide as its widest cell. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, at) => Math.max(3, ...cells.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, at) => (row[at] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(cells[0] as string[]), rule, ...cells.slice(1).map(line)].join('\n');
}

/** Replaces what is between `<!-- name -->` and `<!-- /name -->`. Throws unless there is exactly one such pair. */
export function withPart(document: string, name: string, text: string): string {
  const pair = new RegExp(`(<!-- ${name} -->\n).*?(\n<!-- /${name} -->)`, 'gs');
  if (document.match(pair)?.length !== 1) throw new Error(`Expected the markers of ${name} once in the document`);
  return document.replace(pair, (_, begin: string, end: string) => `${begin}\n${text}\n${end}`);
}

/** The line width of biome.json: an array that fits stays on its line. */
const LINE_WIDTH = 120;

/** Renders JSON as Biome formats it: arrays of plain values stay on one line if they fit. */
export function json(value: unknown, indent = ''): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const plain = value.every((item) => typeof item !== 'object');
    const line = `[${value.map((item) => json(item)).join(', ')}]`;
    if (plain && indent.length + line.length < LINE_WIDTH / 2) return line;
    return `[\n${value.map((item) => inner + json(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) return '{}';
  return `{\n${entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${json(item, inner)}`).join(',\n')}\n${indent}}`;
}
