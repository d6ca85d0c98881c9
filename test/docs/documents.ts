import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..', '..');

/** Reads a file by its path from the root. */
export const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The documents of the project. */
export const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'jobs/README.md',
  'samples/README.md',
  'samples/cutover/README.md',
  'src/sandbox/README.md',
];

/** The words of one simple shell command; quotes group, and nothing is expanded. */
function shellWords(command: string): string[] {
  return [...command.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/["']/g, ''));
}

/** The commands of the blocks marked `sh` or `bash`, without comments, and without `sudo` and variables before them. */
export function commandsOf(path: string): string[][] {
  return commandsIn(read(path));
}

/** The same of a part of a document. */
export function commandsIn(text: string): string[][] {
  return [...text.matchAll(/^ *```(?:sh|bash)\n(.*?)^ *```/gms)]
    .flatMap((block) => (block[1] as string).replaceAll('\\\n', ' ').split(/\n|&&|;;|\)| [|>] /))
    .map((command) => command.replace(/ +#.*$/, '').trim())
    .filter((command) => command !== '' && !command.startsWith('#'))
    .map((command) => shellWords(command.replace(/^(sudo( -u \S+)? +|[A-Z_]+=\S* +)+/, '')));
}

/** The first cells of a table in a document, as code: `a` and `b` of "| `a`, `b` | ... |". */
export function codeInTables(text: string): string[] {
  return [...text.matchAll(/^\| (`[^|]*`) /gm)].flatMap((match) =>
    [...(match[1] as string).matchAll(/`([^`]+)`/g)].map((name) => name[1] as string),
  );
}
