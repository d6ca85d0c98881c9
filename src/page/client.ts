import uPlot from 'uplot';

/*
 * The script of the report page. Without it the page can be read all the same: it adds buttons that copy, a search, the
 * sorting of the table, and the picture of the requests. It writes text only as text.
 */

type Mark = { time: number; kind: string; number: number };
type ChartData = {
  times: number[];
  sent: (number | null)[];
  allowed: (number | null)[];
  limited: (number | null)[];
  paused: number[];
  widthS: number;
  marks: Mark[];
};

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

/** On paper the colours are those of a light screen. */
const isPrinting = (): boolean => matchMedia('print').matches;

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Pauses as bands behind the lines. */
function drawPauses(plot: uPlot, { times, paused, widthS }: ChartData): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = color('pause');
  times.forEach((time, at) => {
    const share = paused[at] ?? 0;
    if (share < 0.05) return;
    const left = plot.valToPos(time, 'x', true);
    const right = plot.valToPos(time + widthS, 'x', true);
    ctx.globalAlpha = 0.25 + 0.75 * share;
    ctx.fillRect(
      Math.max(bbox.left, left),
      bbox.top,
      Math.min(right, bbox.left + bbox.width) - left + 0.5,
      bbox.height,
    );
  });
  ctx.restore();
}

/** What happened as numbered lines. Numbers that would overlap are left out. */
function drawMarks(plot: uPlot, { marks }: ChartData): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  let freeFrom = Number.NEGATIVE_INFINITY;
  ctx.save();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'center';
  for (const mark of marks) {
    const x = plot.valToPos(mark.time, 'x', true);
    if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
    ctx.strokeStyle = color(`mark-${mark.kind}`);
    ctx.lineWidth = ratio;
    ctx.setLineDash(mark.kind === 'session' ? [3 * ratio, 3 * ratio] : []);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    // A run in waves has very many sessions.
    if (mark.kind === 'session' || x < freeFrom) continue;
    ctx.fillStyle = color(`mark-${mark.kind}`);
    ctx.fillText(String(mark.number), x, bbox.top - 4 * ratio);
    freeFrom = x + 20 * ratio;
  }
  ctx.restore();
}

/** A time in UTC as on the rest of the page, as exact as the distance of the labels asks for. */
function timeText(time: number, distanceS: number): string {
  const iso = new Date(time * 1000).toISOString();
  if (distanceS >= 86_400) return iso.slice(5, 10);
  return iso.slice(11, distanceS >= 60 ? 16 : 19);
}

/** What is allowed holds until it changes. */
const steps = uPlot.paths.stepped as uPlot.Series.SteppedPathBuilderFactory;

function chartOptions(data: ChartData, width: number): uPlot.Options {
  const line = (name: string) => () => color(name);
  const axis: uPlot.Axis = {
    stroke: line('muted'),
    grid: { stroke: line('line'), width: 1 },
    ticks: { stroke: line('line'), width: 1 },
  };
  return {
    width,
    height: 260,
    padding: [20, 28, 0, 0],
    tzDate: (time) => uPlot.tzDate(new Date(time * 1000), 'Etc/UTC'),
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most) * 1.1] } },
    axes: [
      { ...axis, space: 64, values: (_, times, __, ___, distanceS) => times.map((time) => timeText(time, distanceS)) },
      { ...axis, size: 48 },
    ],
    legend: { show: true },
    cursor: { drag: { x: true, y: false } },
    series: [
      { label: 'UTC', value: (_, time) => (time === null ? '' : new Date(time * 1000).toISOString().slice(0, 19)) },
      { label: 'sent/s', stroke: line('sent'), fill: line('sent-fill'), width: 1.5, points: { show: false } },
      {
        label: 'allowed/s',
        stroke: line('allowed'),
        width: 1.5,
        dash: [6, 4],
        points: { show: false },
        spanGaps: true,
        paths: steps({ align: 1 }),
      },
      {
        label: '429',
        stroke: line('limited'),
        paths: () => null,
        points: { show: true, size: 7, fill: line('limited') },
      },
    ],
    hooks: { drawAxes: [(plot) => drawPauses(plot, data)], draw: [(plot) => drawMarks(plot, data)] },
  };
}

function addChart(place: HTMLElement, data: ChartData): void {
  const figure = place.closest('figure');
  if (figure !== null) figure.hidden = false;
  const width = () => Math.max(240, place.clientWidth);
  const plot = new uPlot(chartOptions(data, width()), [data.times, data.sent, data.allowed, data.limited], place);
  const fit = () => plot.setSize({ width: isPrinting() ? Math.min(width(), 660) : width(), height: 260 });
  new ResizeObserver(fit).observe(place);
  for (const query of ['print', '(prefers-color-scheme: dark)']) matchMedia(query).addEventListener('change', fit);
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
