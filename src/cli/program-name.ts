import { realpathSync } from 'node:fs';
import { delimiter, join, relative, resolve } from 'node:path';
import { shellWord } from '../core/text/shell.ts';
import { TOOL } from '../core/text/tool.ts';

function real(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/**
 * How to call this program from here, so that every command it prints works when it is pasted: by its name if it is on
 * the PATH, otherwise through npx or node as it was started. `isElsewhere`: what is printed is not used in `cwd`,
 * so the path is absolute.
 */
export function programName(
  script: string,
  env: Record<string, string | undefined>,
  cwd: string,
  isElsewhere = false,
): string {
  if (env.npm_command === 'exec') return `npx ${TOOL}`;
  const ours = real(script);
  const onPath = (env.PATH ?? '')
    .split(delimiter)
    .some((dir) => dir !== '' && ours !== null && real(join(dir, TOOL)) === ours);
  if (onPath) return TOOL;
  const path = resolve(cwd, script);
  const near = relative(cwd, path);
  // What begins with - would be an option of node.
  return `node ${shellWord(isElsewhere || near.startsWith('..') ? path : near.replace(/^-/, './-'))}`;
}
