import { sankey, sankeyLinkHorizontal } from 'd3-sankey';
import { thousands } from '../text/text.ts';
import { type Html, html, plain } from './html.ts';

/** Rows that go from one place to another, by the names of both. */
export type Link = { from: string; to: string; rows: number };

type Node = { id: string; name: string };
/** After the layout every node has its place. */
type Drawn = Node & { x0: number; x1: number; y0: number; y1: number; value: number };

const NODE_WIDTH = 8;
const NODE_PADDING = 14;
const HEIGHT_A_NODE = 36;
const MAX_HEIGHT = 520;
/** Between a node, its name and its number. */
const GAP = 6;
const DIGIT = 8;
/** About the widths of characters in px: of most letters, of wide ones, and of those such as 漢 or an emoji. */
const LETTER = 7.5;
const WIDE_LETTER = 10.5;
const FULL_WIDTH = 14;
const COLORS = 6;

function widthOf(character: string): number {
  if (character >= '\u1100') return FULL_WIDTH;
  return /[A-Z@%&mw\u0370-\u10ff]/.test(character) ? WIDE_LETTER : LETTER;
}

/** As much of a name as there is room for. */
function short(name: string, room: number): string {
  const characters = [...name];
  let used = 0;
  const end = characters.findIndex((character) => {
    used += widthOf(character);
    return used > room;
  });
  if (end === -1) return name;
  return `${characters.slice(0, Math.max(0, end - 2)).join('')}…`;
}

function label(node: Drawn, isLeft: boolean, width: number): Html {
  const x = isLeft ? node.x1 + GAP : node.x0 - GAP;
  const y = (node.y0 + node.y1) / 2;
  const rows = thousands(node.value);
  // The name at the other end has the other half.
  const name = short(node.name, width / 2 - NODE_WIDTH - 3 * GAP - DIGIT * rows.length);
  return html`<text x="${plain(x)}" y="${plain(y)}" dy="0.35em" text-anchor="${isLeft ? 'start' : 'end'}">${name}<tspan class="n" dx="${plain(GAP)}">${rows}</tspan></text>`;
}

/** Draws flows from left to right, as wide as their rows are many. A table says the same for those who do not see it. */
export function sankeyPicture(links: readonly Link[], size: { width: number; name: string }): Html {
  const { width, name } = size;
  const left = [...new Set(links.map(({ from }) => from))];
  const right = [...new Set(links.map(({ to }) => to))];
  const height = Math.min(MAX_HEIGHT, Math.max(left.length, right.length) * HEIGHT_A_NODE + NODE_PADDING);
  const nodes: Node[] = [
    ...left.map((text) => ({ id: `from ${text}`, name: text })),
    ...right.map((text) => ({ id: `to ${text}`, name: text })),
  ];
  const layout = sankey<Node, { value: number }>()
    .nodeId(({ id }) => id)
    .nodeWidth(NODE_WIDTH)
    .nodePadding(Math.min(NODE_PADDING, height / Math.max(left.length, right.length) / 2))
    .extent([
      [0, 4],
      [width, height - 4],
    ]);
  const drawn = layout({
    nodes,
    links: links.map(({ from, to, rows }) => ({ source: `from ${from}`, target: `to ${to}`, value: rows })),
  });
  const places = drawn.nodes as Drawn[];
  const path = sankeyLinkHorizontal<Node, { value: number }>();
  const colorOf = (target: Drawn) => `c${right.indexOf(target.name) % COLORS}`;
  return html`<svg class="flows ${name}" viewBox="0 0 ${plain(width)} ${plain(height)}" aria-hidden="true" focusable="false">
${drawn.links.map(
  (link) =>
    html`<path class="link ${colorOf(link.target as Drawn)}" d="${path(link) as string}" stroke-width="${plain(Math.max(1, link.width as number))}"/>`,
)}
${places.map(
  (node, at) =>
    html`<rect class="${at < left.length ? 'from' : colorOf(node)}" x="${plain(node.x0)}" y="${plain(node.y0)}" width="${plain(NODE_WIDTH)}" height="${plain(Math.max(1, node.y1 - node.y0))}"/>`,
)}
${places.map((node, at) => label(node, at < left.length, width))}
</svg>`;
}
