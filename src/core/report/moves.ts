import { UNASSIGN } from '../input/target.ts';
import type { Manifest } from '../run/manifest.ts';
import { profileNames } from '../run/profile-names.ts';
import { count, printable } from '../text/text.ts';
import type { Flow, Flows } from './flows.ts';
import { type Html, html } from './html.ts';
import { type Link, sankeyPicture } from './sankey.ts';

/** Flows of the picture. More of them cannot be distinguished. */
const MAX_DRAWN = 14;
const OTHERS = 'others';
const MAX_NAME = 120;

/** Names a profile for people: as the account names it, if that was read. */
export type NameOf = (profile: string) => string;

/** The names that the plan knows: of the profiles in its most frequent moves. */
export function namesOf(manifest: Pick<Manifest, 'plan'>): NameOf {
  const names = profileNames(manifest);
  return (profile) => {
    if (profile === '') return 'not read';
    if (profile === UNASSIGN) return 'no profile';
    return printable(names.get(profile) ?? profile, MAX_NAME);
  };
}

/** One end of a flow in words: its profile, its product, or both. */
function endOf(flow: Flow, end: 'Before' | 'Target', nameOf: NameOf): string {
  const profile = flow.profileTarget === '' ? [] : [nameOf(flow[`profile${end}`])];
  const product = flow.productTarget === '' ? [] : [flow[`product${end}`] || 'not read'];
  return [...profile, ...product].join(', ') || 'no change';
}

function linksOf({ list, others }: Flows, nameOf: NameOf): Link[] {
  const rest = list.slice(MAX_DRAWN).reduce((sum, { rows }) => sum + rows, others?.rows ?? 0);
  const links = new Map<string, Link>();
  for (const flow of list.slice(0, MAX_DRAWN)) {
    const [from, to] = [endOf(flow, 'Before', nameOf), endOf(flow, 'Target', nameOf)];
    const key = `${from}\n${to}`;
    links.set(key, { from, to, rows: flow.rows + (links.get(key)?.rows ?? 0) });
  }
  return [...links.values(), ...(rest === 0 ? [] : [{ from: OTHERS, to: OTHERS, rows: rest }])];
}

/** The cell of one end in the table; the id is there too if a name is shown. */
function endCell(flow: Flow, end: 'Before' | 'Target', nameOf: NameOf): Html {
  const id = flow.profileTarget === '' ? '' : flow[`profile${end}`];
  const text = endOf(flow, end, nameOf);
  return html`<td class="place">${text}${id === '' || id === UNASSIGN || nameOf(id) === id ? null : html`<br><span class="id">${printable(id, MAX_NAME)}</span>`}</td>`;
}

function numberCells(flow: Pick<Flow, 'rows' | 'atTarget' | 'failed' | 'held' | 'left'>): Html {
  const { rows, atTarget, failed, held, left } = flow;
  return html`${[rows, atTarget, failed, held, left].map((n) => html`<td class="n">${n}</td>`)}`;
}

/** The section about where rows go; null if the plan sends none. */
export function movesSection(flows: Flows, nameOf: NameOf): Html | null {
  const { list, others } = flows;
  if (list.length === 0) return null;
  const links = linksOf(flows, nameOf);
  const more = list.length > MAX_DRAWN ? html` The picture shows the ${count(MAX_DRAWN, 'largest move')}.` : null;
  return html`<section id="moves" aria-labelledby="moves-title">
<h2 id="moves-title">Moves</h2>
<p class="note">From where to where numbers go. A band is as wide as its rows are many.${more}</p>
<div class="pictures">${sankeyPicture(links, { width: 960, name: 'wide' })}${sankeyPicture(links, { width: 350, name: 'narrow' })}</div>
<div class="scroll" tabindex="0" role="region" aria-labelledby="moves-caption">
<table><caption id="moves-caption">Moves and how their rows ended</caption>
<thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col" class="n">Rows</th><th scope="col" class="n">At target</th><th scope="col" class="n">Failed or unverified</th><th scope="col" class="n">Held</th><th scope="col" class="n">Not sent</th></tr></thead>
<tbody>${list.map(
    (flow) => html`<tr>${endCell(flow, 'Before', nameOf)}${endCell(flow, 'Target', nameOf)}${numberCells(flow)}</tr>
`,
  )}${others === null ? null : html`<tr><td colspan="2">All others</td>${numberCells(others)}</tr>`}</tbody>
</table></div>
</section>`;
}
