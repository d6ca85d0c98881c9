import type { Summary } from '../results/summary.ts';
import type { Manifest } from '../run/manifest.ts';
import type { Gathered } from './gather.ts';
import { type Html, html, timeHtml, whole } from './html.ts';
import { movesSection, namesOf } from './moves.ts';
import { requestsSection } from './requests.ts';
import { rowsSection } from './rows.ts';
import {
  causesSection,
  commandHtml,
  commandsSection,
  countsSection,
  runSection,
  type Suggestion,
  warningsSection,
} from './sections.ts';
import { verdictOf } from './verdict.ts';

/** What the page brings along, and the hashes by which its policy knows them (`sha256-...`). */
export type Assets = { script: string; style: string; scriptHash: string; styleHash: string };

export type ReportParts = {
  summary: Summary;
  manifest: Manifest;
  gathered: Gathered;
  /** Commands to go on with, besides the next one. */
  suggestions: readonly Suggestion[];
  assets: Assets;
};

/** No request to anywhere, and no script or style but ours: not even if a text got through the escaping. */
function policy({ scriptHash, styleHash }: Assets): string {
  return `default-src 'none'; script-src '${scriptHash}'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'`;
}

function header(summary: Summary): Html {
  const verdict = verdictOf(summary);
  const { command, name, started_at: from, finished_at: until, exit_code: exit, exit_name: exitName, error } = summary;
  // An error that only counts the rows says the same as the verdict. About a bulk order it says more.
  const isOrderOpen = summary.causes.some(({ reason }) => reason === 'order_pending');
  const why = error === undefined || (error.code === exitName && !isOrderOpen) ? null : error.message;
  return html`<header>
<p class="eyebrow">telnyx-reassign ${command} · ${name}</p>
<h1><span class="badge t-${verdict.tone}">${verdict.word}</span> ${verdict.sentence}</h1>
${why === null ? null : html`<p class="error">${whole(why)}</p>`}
<p class="note">${timeHtml(from)} to ${timeHtml(until)} UTC · exit ${String(exit)} (${exitName})</p>
${summary.next_command === null ? null : html`<h2 class="next">Next</h2>${commandHtml(summary.next_command)}`}
</header>`;
}

/** The sections in their order, by id. */
const TITLES = {
  counts: 'Rows',
  warnings: 'Warnings',
  moves: 'Moves',
  causes: 'Causes',
  requests: 'Requests',
  rows: 'Rows not at target',
  commands: 'To go on',
  run: 'About',
};

/** Far more than any page without many rows, and below 1 MB. */
const MAX_BYTES = 950_000;

function bytesOf(texts: readonly string[]): number {
  const utf8 = new TextEncoder();
  return texts.reduce((sum, text) => sum + utf8.encode(text).length, 0);
}

/** The report page of a run: one file that needs no other, and asks for none. */
export function reportPage(parts: ReportParts): string {
  const { summary, manifest, gathered, suggestions, assets } = parts;
  const nameOf = namesOf(manifest);
  const files = ['failed', 'held'].flatMap((role) => summary.files[role] ?? []);
  const sections: Record<keyof typeof TITLES, Html | null> = {
    counts: countsSection(summary),
    warnings: warningsSection(summary),
    moves: movesSection(gathered.flows, nameOf),
    causes: causesSection(summary),
    requests: requestsSection(summary, gathered),
    rows: null,
    commands: commandsSection(suggestions),
    run: runSection(summary, manifest),
  };
  const others = Object.values(sections).flatMap((section) => section?.raw ?? []);
  const room = MAX_BYTES - bytesOf([...others, assets.script, assets.style]);
  sections.rows = rowsSection(gathered.rows, { files, nameOf, room });
  const shown = Object.entries(TITLES).flatMap(([id, title]) => {
    const section = sections[id as keyof typeof TITLES];
    return section === null ? [] : [{ id, title, section }];
  });
  const links = shown.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyHtml(assets)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${verdictOf(summary).word}: ${summary.name} (${summary.run_id})</title>
<style>${{ raw: assets.style }}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${header(summary)}
<nav aria-label="Sections"><ul>${links}</ul></nav>
<main id="main" tabindex="-1">
${shown.map(({ section }) => section)}
</main>
<footer><p class="note">Made by telnyx-reassign ${manifest.version} from the files of run ${summary.run_id}. This page asks for nothing from the network.</p></footer>
<p id="said" class="quiet" role="status"></p>
<script>${{ raw: assets.script }}</script>
</body>
</html>
`.raw;
}

/** Its single quotes are part of the policy, and the attribute has double ones. */
function policyHtml(assets: Assets): Html {
  return { raw: policy(assets) };
}
