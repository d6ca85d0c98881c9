import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assets } from '../../core/report/page.ts';

/** Where script and style of the page are: beside the bundled program, or where the build of these sources puts them. */
function assetsDirectory(): string {
  const here = import.meta.dirname;
  return existsSync(join(here, 'report-page.js')) ? here : join(here, '../../../dist');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** Reads what a report page brings along. Throws what the file system throws. */
export function readAssets(): Assets {
  const directory = assetsDirectory();
  const script = readFileSync(join(directory, 'report-page.js'), 'utf8');
  const style = readFileSync(join(directory, 'report-page.css'), 'utf8');
  return { script, style, scriptHash: hashOf(script), styleHash: hashOf(style) };
}
