import uPlot from 'uplot';

type Mark = { time: number; kind: string; number: number };
/** What the page says of the requests: see core/report/requests.ts. */
export type ChartData = {
  times: number[];
  sent: (number | null)[];
  allowed: (number | null)[];
  limited: (number | null)[];
  paused: number[];
  widthS: number;
  marks: Mark[];
};

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
      { ...axis, space: 64, values: (...[, times, , , distanceS]) => times.map((time) => timeText(time, distanceS)) },
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

/** Draws the requests over time, and draws them again if the width, the colours or the medium change. */
export function addChart(place: HTMLElement, data: ChartData): void {
  const figure = place.closest('figure');
  if (figure !== null) figure.hidden = false;
  const width = () => Math.max(240, place.clientWidth);
  const plot = new uPlot(chartOptions(data, width()), [data.times, data.sent, data.allowed, data.limited], place);
  const fit = () => plot.setSize({ width: isPrinting() ? Math.min(width(), 660) : width(), height: 260 });
  new ResizeObserver(fit).observe(place);
  for (const query of ['print', '(prefers-color-scheme: dark)']) matchMedia(query).addEventListener('change', fit);
}
