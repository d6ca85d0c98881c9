// Writes the linter's rules about layers to biome.layers.json: `npm run layers`. A test fails if the file is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Every folder of src, lowest first. A file imports from its own folder and from folders before it in this list. */
export const LAYERS = [
  'page',
  'core/text',
  'core/input',
  'core/settings/table',
  'core/settings',
  'core/steering',
  'core/api',
  'core/account',
  'core/plan',
  'core/campaigns',
  'core/profiles',
  'core/rate',
  'core/attempt',
  'core/ledger',
  'core/waves',
  'core/bulk',
  'core/run',
  'core/results',
  'core/status',
  'core/followup',
  'core/export',
  'core/report',
  'core/queue',
  'io',
  'io/csv',
  'io/run',
  'io/control',
  'io/http',
  'io/watching',
  'io/redis',
  'io/queue',
  'io/terminal',
  'io/report',
  'io/board',
  'engine',
  'engine/pacing',
  'engine/outage',
  'engine/sending',
  'engine/reading',
  'engine/bulk',
  'sandbox/http',
  'sandbox/account',
  'sandbox/edits',
  'sandbox/faults',
  'sandbox/resources',
  'sandbox',
  'app',
  'app/queue',
  'app/run',
  'app/steering',
  'app/watching',
  'app/ending',
  'app/rehearsal',
  'app/account',
  'app/planning',
  'app/waves',
  'app/bulk',
  'app/handover',
  'app/sending',
  'app/worker',
  'app/followup',
  'app/export',
  'app/status',
  'commands/queue',
  'commands/watching',
  'commands',
  'cli',
] as const;
export type Layer = (typeof LAYERS)[number];

/** What an area may use besides its own layers: packages and Node modules, and the globals that it must not use. */
type Area = { packages: string[]; nodeModules: string[]; globals: Record<string, string>; reason: string };

const NO_CLOCK = 'time and waiting are passed in.';
const AREAS: Record<string, Area> = {
  core: {
    packages: ['zod', 'd3-sankey'],
    nodeModules: [],
    globals: {
      process: 'core does not read the environment.',
      setTimeout: NO_CLOCK,
      performance: NO_CLOCK,
      fetch: 'core does no I/O.',
      Buffer: 'core works on strings.',
    },
    reason: 'core is pure: no I/O, and no package but zod and d3-sankey.',
  },
  engine: {
    packages: ['p-queue'],
    nodeModules: [],
    globals: {
      process: 'the engine does not read the environment.',
      setTimeout: NO_CLOCK,
      performance: NO_CLOCK,
      fetch: 'the engine does no I/O.',
    },
    reason: 'the engine reaches the world through its ports: no I/O, and no package but p-queue.',
  },
  page: {
    packages: ['uplot'],
    nodeModules: [],
    globals: { process: 'it runs in a browser.', fetch: 'the page asks for nothing.' },
    reason: 'the script of the page runs in a browser, with no package but uplot.',
  },
  sandbox: {
    packages: [],
    nodeModules: ['http', 'crypto'],
    globals: {},
    reason: 'the sandbox uses node:http and node:crypto only.',
  },
};

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>;
/** What could be imported. Packages that are bundled into the program are among those of the developers. */
const PACKAGES = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
  (name) => !name.startsWith('@types/'),
);
/** Modules with a second slash are not matched by `node:*`. */
const NESTED_NODE_MODULES = [
  'fs/promises',
  'dns/promises',
  'readline/promises',
  'stream/promises',
  'stream/web',
  'timers/promises',
  'util/types',
  'path/posix',
];

const areaOf = (layer: string): string => layer.split('/')[0] as string;

/** How a file of one layer names another layer in an import: `../plan`, `../../io/csv`. */
function importPath(from: string, to: string): string {
  const path = posix.relative(from, to);
  return path.startsWith('.') ? path : `./${path}`;
}

/**
 * Whether a file of `layer` may import one of `other`: if it is lower in the list. The sandbox imports only itself, or
 * the tests would agree with themselves; the engine reaches io through its ports.
 */
export function mayImport(layer: Layer, other: Layer): boolean {
  if (areaOf(layer) === 'sandbox' && areaOf(other) !== 'sandbox') return false;
  if (areaOf(layer) === 'engine' && areaOf(other) === 'io') return false;
  // It runs in a browser, and is bundled by itself.
  if (areaOf(other) === 'page' && areaOf(layer) !== 'page') return false;
  return LAYERS.indexOf(other) <= LAYERS.indexOf(layer);
}

/** The linter's rules for the files of one layer. */
function layerRules(layer: Layer): Record<string, unknown> {
  const area = AREAS[areaOf(layer)];
  const patterns = [
    {
      group: [
        ...LAYERS.filter((other) => !mayImport(layer, other)).map((other) => `${importPath(layer, other)}/*`),
        `${importPath(layer, '.')}/cli.ts`,
      ],
      message: `${layer} must not import this: imports point down the list in scripts/layers.ts.`,
    },
  ];
  if (area === undefined) return { noRestrictedImports: { level: 'error', options: { patterns } } };
  const { reason } = area;
  patterns.push({ group: ['node:*', ...area.nodeModules.map((name) => `!node:${name}`)], message: reason });
  patterns.push({ group: PACKAGES.filter((name) => !area.packages.includes(name)), message: reason });
  const paths = Object.fromEntries(NESTED_NODE_MODULES.map((name) => [`node:${name}`, reason]));
  return {
    noRestrictedImports: { level: 'error', options: { patterns, paths } },
    noRestrictedGlobals: { level: 'error', options: { deniedGlobals: area.globals } },
  };
}

/** The text of biome.layers.json. */
export function layersConfig(): string {
  const overrides = LAYERS.map((layer) => ({
    includes: [`**/src/${layer}/*`],
    linter: { rules: { style: layerRules(layer) } },
  }));
  return `{"overrides": [\n${overrides.map((override) => JSON.stringify(override)).join(',\n')}\n]}\n`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(resolve(ROOT, 'biome.layers.json'), layersConfig());
}
