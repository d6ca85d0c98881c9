import type { Result } from '../results/rows.ts';
import { count, printable } from '../text/text.ts';
import type { Gathered } from './gather.ts';
import { type Html, html } from './html.ts';
import type { NameOf } from './moves.ts';

const MAX_DETAIL = 160;

const COLUMNS = ['Row', 'Status', 'Phone number', 'Id', 'Reason', 'Error', 'From', 'To'] as const;

function errorText({ detail, outcome }: Result): string {
  const title = outcome?.errorTitle ?? '';
  const said =
    outcome === null
      ? []
      : [
          outcome.httpStatus === null ? '' : String(outcome.httpStatus),
          outcome.errorCode,
          printable(title, MAX_DETAIL),
        ];
  const error = said.filter((part) => part !== '').join(' ');
  if (detail === '' || detail === title) return error;
  return `${error}${error === '' ? '' : ': '}${printable(detail, MAX_DETAIL)}`;
}

function placeText(profile: string, product: string, nameOf: NameOf): string {
  return [profile === '' ? '' : nameOf(profile), product].filter((part) => part !== '').join(', ');
}

function rowHtml(result: Result, nameOf: NameOf): Html {
  const { entry, status, reason } = result;
  const before = placeText(entry.profileBefore, entry.productBefore, nameOf);
  const target = placeText(entry.profileTarget, entry.productTarget, nameOf);
  const cells: [string, string][] = [
    ['phone', entry.phoneNumber],
    ['number', entry.id],
    ['reason', reason],
    ['said', errorText(result)],
    ['place', before],
    ['place', target],
  ];
  const texts = cells.map(([name, text]) => html`<td class="${name}">${printable(text, 2 * MAX_DETAIL)}</td>`);
  return html`<tr><td class="n">${String(entry.row)}</td><td><span class="s s-${status}">${status}</span></td>${texts}</tr>
`;
}

type Frame = {
  /** Where all rows are. */
  files: readonly string[];
  nameOf: NameOf;
  /** How many bytes of rows the page has room for. */
  room: number;
};

/** The section of the rows that had their turn and are not at their target. */
export function rowsSection(rows: Gathered['rows'], { files, nameOf, room }: Frame): Html | null {
  if (rows.total === 0) return null;
  const shown: Html[] = [];
  const utf8 = new TextEncoder();
  let bytes = 0;
  for (const result of rows.list) {
    const row = rowHtml(result, nameOf);
    bytes += utf8.encode(row.raw).length;
    if (bytes > room) break;
    shown.push(row);
  }
  const where = files.map((file) => html` <code>${file}</code>`);
  const all =
    shown.length === rows.total
      ? 'All of them are here, and in'
      : `The first ${count(shown.length, 'row')} are here, and all of them in`;
  return html`<section id="rows" aria-labelledby="rows-title">
<h2 id="rows-title">Rows not at their target</h2>
<p class="note">${count(rows.total, 'row')}. ${all}${where}.</p>
<div id="rows-tools"></div>
<div class="scroll tall" tabindex="0" role="region" aria-labelledby="rows-caption">
<table id="rows-table"><caption id="rows-caption">Rows that failed, are unverified, held or rejected</caption>
<thead><tr>${COLUMNS.map((name) => html`<th scope="col"${name === 'Row' ? html` class="n"` : null}>${name}</th>`)}</tr></thead>
<tbody>
${shown}</tbody>
</table></div>
</section>`;
}
