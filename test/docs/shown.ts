import { CLI } from '../support/program/paths.ts';
import { read } from './documents.ts';

/** The output in a document that follows the first heading with this text. */
export function shownIn(path: string, heading: string): string {
  const after = read(path).split(`\n${heading}\n`)[1] as string;
  return (/^```text\n(.*?)^```/ms.exec(after) as RegExpExecArray)[1] as string;
}

/** The output without what differs from run to run: times, rates and names of run directories. */
export function shape(output: string): string[] {
  return output
    .replaceAll(`node ${CLI}`, 'telnyx-reassign')
    .replaceAll(/\d{8}T\d{6}Z-([a-z]+)-[0-9a-f]{4}/g, 'RUN-$1')
    .replaceAll(/\d[\d.,]*(?=(\/s| %|s\b| in any))/g, 'N')
    .trim()
    .split('\n');
}
