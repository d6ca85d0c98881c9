import { STATUSES, type Status } from '../attempt/outcome.ts';
import { adviceOf } from '../results/advice.ts';
import type { Summary } from '../results/summary.ts';
import type { Manifest } from '../run/manifest.ts';
import { flagOf } from '../settings/flags.ts';
import { recordedSettings } from '../settings/raw.ts';
import { formatDuration } from '../text/duration.ts';
import { count, printable } from '../text/text.ts';
import { type Html, html, plain, timeHtml, whole } from './html.ts';
import { factList } from './requests.ts';

const MAX_CAUSES = 50;
const MAX_WARNINGS = 50;
const MAX_CELL = 200;

const MEANINGS: Record<Status, string> = {
  updated: 'changed, and the answer shows the target',
  unchanged: 'had its target already',
  failed: 'not changed; the causes are below',
  unverified: 'may have been changed; it is read before it is sent again',
  held: 'not sent on purpose',
  rejected: 'the row is wrong, and was not sent',
  duplicate: 'repeats an earlier row',
  unprocessed: 'not sent yet',
  planned: 'would be sent',
};

/** The section of the counts: a bar, and a table. */
export function countsSection({ counts, input, sum_ok: isWhole }: Summary): Html {
  const present = STATUSES.filter((status) => counts[status] > 0);
  const total = Math.max(
    1,
    present.reduce((sum, status) => sum + counts[status], 0),
  );
  let x = 0;
  const bars = present.map((status) => {
    const width = (counts[status] / total) * 1000;
    const bar = html`<rect class="b-${status}" x="${plain(x)}" y="0" width="${plain(Math.max(2, width))}" height="12"/>`;
    x += width;
    return bar;
  });
  const lines = present.map(
    (status) =>
      html`<tr><th scope="row"><span class="s s-${status}">${status}</span></th><td class="n">${counts[status]}</td><td class="n">${share(counts[status], total)}</td><td>${MEANINGS[status]}</td></tr>
`,
  );
  return html`<section id="counts" aria-labelledby="counts-title">
<h2 id="counts-title">Rows</h2>
<svg class="bar" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true" focusable="false">${bars}</svg>
<table><caption>How the rows ended</caption>
<thead><tr><th scope="col">Status</th><th scope="col" class="n">Rows</th><th scope="col" class="n">Share</th><th scope="col">Meaning</th></tr></thead>
<tbody>${lines}</tbody>
<tfoot><tr><th scope="row">${isWhole ? 'rows read' : 'rows read; THE STATUSES DO NOT ADD UP'}</th><td class="n">${input.rows}</td><td></td><td></td></tr></tfoot></table>
</section>`;
}

function share(part: number, total: number): string {
  const percent = (100 * part) / total;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent > 99.9 && percent < 100 ? '> 99.9' : Math.round(percent * 10) / 10} %`;
}

/** The section of the causes and what to do about them; null if there are none. */
export function causesSection({ causes }: Summary): Html | null {
  if (causes.length === 0) return null;
  const lines = causes.slice(0, MAX_CAUSES).map((cause) => {
    const http = cause.http_status === null ? '' : String(cause.http_status);
    const title = printable(cause.error_title, MAX_CELL);
    const said = [http, printable(cause.error_code, MAX_CELL), title].filter((part) => part !== '').join(' ');
    return html`<tr><td class="n">${cause.count}</td><td><span class="s s-${cause.status}">${cause.status}</span></td><td class="cause">${said || cause.reason}${said === '' ? null : html`<br><span class="id">${cause.reason}</span>`}</td><td class="advice">${adviceOf(cause)}</td><td class="n">${String(cause.example_row)}</td></tr>
`;
  });
  const more = causes.length - MAX_CAUSES;
  return html`<section id="causes" aria-labelledby="causes-title">
<h2 id="causes-title">Causes, and what to do</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="causes-caption">
<table><caption id="causes-caption">Why rows are not at their target</caption>
<thead><tr><th scope="col" class="n">Rows</th><th scope="col">Status</th><th scope="col">Cause</th><th scope="col">What to do</th><th scope="col" class="n">Example row</th></tr></thead>
<tbody>${lines}${more > 0 ? html`<tr><td colspan="5">and ${count(more, 'more cause')} in summary.json</td></tr>` : null}</tbody></table></div>
</section>`;
}

/** The section of the warnings; null if there are none. */
export function warningsSection({ warnings }: Summary): Html | null {
  if (warnings.length === 0) return null;
  const more = warnings.length - MAX_WARNINGS;
  return html`<section id="warnings" aria-labelledby="warnings-title">
<h2 id="warnings-title">Warnings</h2>
<ul>${warnings.slice(0, MAX_WARNINGS).map(
    (text) => html`<li>${text}</li>
`,
  )}${more > 0 ? html`<li>and ${count(more, 'more warning')} in summary.json</li>` : null}</ul>
</section>`;
}

/** A command, and what it is for. */
export type Suggestion = { what: string; command: string };

/** A command line with a place for the button that copies it, which the script adds. */
export function commandHtml(command: string): Html {
  return html`<div class="command"><code>${whole(command)}</code></div>`;
}

/** The section of commands to go on with. */
export function commandsSection(suggestions: readonly Suggestion[]): Html | null {
  if (suggestions.length === 0) return null;
  return html`<section id="commands" aria-labelledby="commands-title">
<h2 id="commands-title">To go on</h2>
${suggestions.map(
  ({ what, command }) => html`<h3>${what}</h3>
${commandHtml(command)}
`,
)}</section>`;
}

/** The section about the run itself: its input, times, files and settings. */
export function runSection(summary: Summary, manifest: Manifest): Html {
  const { input, files } = summary;
  const given = Object.entries(recordedSettings(manifest.settings)) as [
    keyof Manifest['settings'],
    string | string[],
  ][];
  const facts: [string, string | Html][] = [
    ['Run', summary.run_id],
    ['Command', summary.command],
    ...(manifest.source === null ? [] : [['Rows from', manifest.source.run_id] as [string, string]]),
    ['Input', input.path ?? (manifest.settings.number === undefined ? 'standard input' : '--number')],
    ['SHA-256 of the input', input.sha256],
    ['Started', timeHtml(summary.started_at)],
    ['Ended', timeHtml(summary.finished_at)],
    ['Worked', formatDuration(summary.duration_ms)],
    ['Host', manifest.host],
    ['Version', manifest.version],
    ...Object.entries(files).map(([role, path]): [string, string] => [`File: ${role}`, path]),
  ];
  const lines = given.map(
    ([
      name,
      value,
    ]) => html`<tr><th scope="row"><code>--${flagOf(name)}</code></th><td>${[value].flat().join(', ')}</td></tr>
`,
  );
  return html`<section id="run" aria-labelledby="run-title">
<h2 id="run-title">About this run</h2>
<p class="note">Times are in UTC.</p>
${factList(facts)}
<h3>Settings</h3>
${
  lines.length === 0
    ? html`<p class="note">None was given: all have their defaults.</p>`
    : html`<table><caption>Settings that were given; all others had their defaults</caption>
<thead><tr><th scope="col">Setting</th><th scope="col">Value</th></tr></thead><tbody>${lines}</tbody></table>`
}
</section>`;
}
