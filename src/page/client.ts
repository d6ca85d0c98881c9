import { addChart, type ChartData } from './chart.ts';

/*
 * The script of the report page. Without it the page can be read all the same: it adds buttons that copy, a search, the
 * sorting of the table, and the picture of the requests. It writes text only as text.
 */

const byId = (id: string): HTMLElement | null => document.getElementById(id);

/** Tells a screen reader what a button has done. */
function say(text: string): void {
  const status = byId('said');
  if (status !== null) status.textContent = text;
}

/** Copies where a page of a file may not use the clipboard: through a field that is selected. */
function copyBySelection(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'quiet';
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  return isCopied;
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function addCopyButtons(): void {
  for (const place of document.querySelectorAll('.command')) {
    const text = place.querySelector('code')?.textContent ?? '';
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', `Copy: ${text}`);
    button.addEventListener('click', async () => {
      const isCopied = await copy(text);
      button.focus();
      button.textContent = isCopied ? 'Copied' : 'Select it';
      say(isCopied ? 'Copied' : 'Could not copy. Select the text instead.');
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 2000);
    });
    place.append(button);
  }
}

function addSearch(table: HTMLTableElement, place: HTMLElement): void {
  const lines = [...(table.tBodies[0]?.rows ?? [])];
  const texts = lines.map((line) => (line.textContent ?? '').toLowerCase());
  const label = document.createElement('label');
  const field = document.createElement('input');
  const found = document.createElement('output');
  field.type = 'search';
  field.autocomplete = 'off';
  label.append('Search these rows', field);
  found.textContent = `${lines.length.toLocaleString('en-US')} shown`;
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(/\s+/);
    let shown = 0;
    lines.forEach((line, at) => {
      line.hidden = !words.every((word) => texts[at]?.includes(word));
      if (!line.hidden) shown += 1;
    });
    found.textContent = `${shown.toLocaleString('en-US')} of ${lines.length.toLocaleString('en-US')} shown`;
  });
  place.append(label, found);
}

function addSorting(table: HTMLTableElement): void {
  const order = new Intl.Collator('en', { numeric: true });
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'sort';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    if (column === 0) head.setAttribute('aria-sort', 'ascending');
    button.addEventListener('click', () => {
      const isUp = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
      const body = table.tBodies[0];
      const textOf = (line: HTMLTableRowElement) => line.cells[column]?.textContent ?? '';
      const lines = [...(body?.rows ?? [])].map((line) => ({ line, text: textOf(line) }));
      lines.sort((a, b) => (isUp ? order.compare(a.text, b.text) : order.compare(b.text, a.text)));
      body?.append(...lines.map(({ line }) => line));
      say(`Sorted by ${button.textContent}, ${isUp ? 'ascending' : 'descending'}`);
    });
  });
}

addCopyButtons();
const table = byId('rows-table');
const tools = byId('rows-tools');
if (table instanceof HTMLTableElement && tools !== null) {
  addSearch(table, tools);
  addSorting(table);
}
const chart = byId('chart');
const chartData = byId('chart-data');
if (chart !== null && chartData !== null) addChart(chart, JSON.parse(chartData.textContent ?? '') as ChartData);
