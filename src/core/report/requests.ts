import type { Summary } from '../results/summary.ts';
import { formatDuration } from '../text/duration.ts';
import { count, thousands } from '../text/text.ts';
import type { Gathered } from './gather.ts';
import { type Happening, moreText } from './happenings.ts';
import { type Html, html, jsonBlock, timeHtml } from './html.ts';
import type { Bucket, Timeline } from './timeline.ts';

/** Lines of the table that says what the picture shows. */
const MAX_LINES = 40;
/** With fewer buckets there is nothing to draw. */
const MIN_DRAWN = 3;

const KINDS: Record<Happening['kind'], string> = {
  session: 'Session',
  hold: 'Profile held',
  operator: 'Operator',
  wave: 'Wave',
  order: 'Bulk order',
  workers: 'Workers',
};

const tenth = (n: number) => Math.round(n * 10) / 10;

/** Requests a second; null while no session was at work. */
function perSecond({ requests, activeMs }: Bucket, widthMs: number): number | null {
  return requests === 0 && activeMs === 0 ? null : tenth((requests * 1000) / widthMs);
}

/** What the script of the page draws: lists of equal length, times in seconds. */
function chartData({ startMs, widthMs, buckets }: Timeline, happenings: readonly Happening[]) {
  return {
    times: buckets.map((_, at) => (startMs + at * widthMs) / 1000),
    sent: buckets.map((bucket) => perSecond(bucket, widthMs)),
    allowed: buckets.map(({ allowed }) => (allowed === null ? null : tenth(allowed))),
    limited: buckets.map(({ limited }) => (limited === 0 ? null : Math.max(1, Math.round(limited)))),
    paused: buckets.map(({ pausedMs }) => Math.min(1, Math.round((pausedMs / widthMs) * 100) / 100)),
    widthS: widthMs / 1000,
    marks: happenings.flatMap(({ at, kind, number, isDrawn }) =>
      !isDrawn || Number.isNaN(Date.parse(at)) ? [] : [{ time: Date.parse(at) / 1000, kind, number }],
    ),
  };
}

/** The timeline as a table of at most `MAX_LINES` lines. */
function timelineTable({ startMs, widthMs, buckets }: Timeline): Html {
  const size = Math.ceil(buckets.length / MAX_LINES);
  const lines: Html[] = [];
  for (let at = 0; at < buckets.length; at += size) {
    const group = buckets.slice(at, at + size);
    const sum = (field: 'requests' | 'limited' | 'pausedMs' | 'activeMs') =>
      group.reduce((total, bucket) => total + bucket[field], 0);
    if (sum('requests') + sum('activeMs') === 0) continue;
    const allowed = group.reduce<number | null>((last, bucket) => bucket.allowed ?? last, null);
    const time = timeHtml(new Date(startMs + at * widthMs).toISOString());
    const rate = tenth((sum('requests') * 1000) / (group.length * widthMs));
    lines.push(
      html`<tr><td>${time}</td><td class="n">${Math.round(sum('requests'))}</td><td class="n">${rate}</td><td class="n">${allowed === null ? '–' : tenth(allowed)}</td><td class="n">${Math.round(sum('limited'))}</td><td class="n">${formatDuration(sum('pausedMs'))}</td></tr>
`,
    );
  }
  return html`<details><summary>The same as a table (${formatDuration(size * widthMs)} a line)</summary>
<div class="scroll" tabindex="0" role="region" aria-labelledby="timeline-caption"><table><caption id="timeline-caption">Requests over time (UTC)</caption>
<thead><tr><th scope="col">From</th><th scope="col" class="n">Requests</th><th scope="col" class="n">A second</th><th scope="col" class="n">Allowed a second</th><th scope="col" class="n">429</th><th scope="col" class="n">Paused</th></tr></thead>
<tbody>${lines}</tbody></table></div></details>`;
}

function chart(timeline: Timeline, happenings: readonly Happening[]): Html {
  if (timeline.buckets.length < MIN_DRAWN) return timelineTable(timeline);
  return html`<figure class="scripted" hidden>
<div id="chart" aria-hidden="true"></div>
<figcaption><ul class="legend" aria-label="Legend">
<li><span class="key k-sent"></span>sent a second</li><li><span class="key k-allowed"></span>allowed a second</li><li><span class="key k-limited"></span>429 answers</li><li><span class="key k-paused"></span>paused</li><li><span class="key k-mark k-wave"></span>wave</li><li><span class="key k-mark"></span>operator</li><li>numbers: lines of “What happened”</li>
</ul></figcaption></figure>
<script type="application/json" id="chart-data">${jsonBlock(chartData(timeline, happenings))}</script>
${timelineTable(timeline)}`;
}

function facts({ requests, rate }: Summary): [string, string][] {
  const { total, writes, reads, retries, rate_limited: limited } = requests;
  const server = rate.server_limit;
  const share = rate.used_share;
  return [
    [
      'Requests',
      `${thousands(total)} (${thousands(writes)} writes, ${thousands(reads)} reads; ${count(retries, 'retry', 'retries')})`,
    ],
    ...(requests.orders ? [['Bulk orders', thousands(requests.orders)] as [string, string]] : []),
    ['429 answers', thousands(limited)],
    ['Rate', `${rate.mean_per_s}/s on average, at most ${rate.max_in_1s} in any second (set: ${rate.setting})`],
    ['Pauses', `${formatDuration(rate.paused_ms)}, of it ${formatDuration(rate.throttled_ms)} after 429 answers`],
    ...(share === null ? [] : [['Used', `${Math.round(share * 100)} % of what was allowed`] as [string, string]]),
    ...(server === null
      ? []
      : [
          [
            'Limit of the server',
            `${count(server.requests, 'request')}${server.window_ms === null ? '' : ` in about ${formatDuration(server.window_ms)}`}`,
          ] as [string, string],
        ]),
  ];
}

/** Names and values, one a line. */
export function factList(list: readonly (readonly [string, string | Html])[]): Html {
  return html`<dl class="facts">${list.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>
`,
  )}</dl>`;
}

/** The section about requests over time; null if none was sent. */
export function requestsSection(summary: Summary, { timeline, happenings }: Gathered): Html | null {
  const { first, more, last } = happenings;
  if (summary.requests.total === 0 && first.length === 0) return null;
  const line = ({ number, at, kind, text }: Happening) =>
    html`<tr class="h-${kind}"><td class="n">${number}</td><td>${timeHtml(at)}</td><td class="kind">${KINDS[kind]}</td><td>${text}</td></tr>
`;
  const happened = html`<h3>What happened</h3>
<div class="scroll" tabindex="0" role="region" aria-labelledby="happened-caption"><table><caption id="happened-caption">Sessions, waves, bulk orders, holds and commands of operators (UTC)</caption>
<thead><tr><th scope="col" class="n">No.</th><th scope="col">Time</th><th scope="col">Kind</th><th scope="col">What</th></tr></thead>
<tbody>${first.map(line)}${more === 0 ? null : html`<tr><td colspan="4">${moreText(more)}</td></tr>`}${last.map(line)}</tbody></table></div>`;
  return html`<section id="requests" aria-labelledby="requests-title">
<h2 id="requests-title">Requests over time</h2>
${factList(facts(summary))}
${timeline === null ? null : chart(timeline, [...first, ...last])}
${first.length === 0 ? null : happened}
</section>`;
}
