// Writes the generated documents and parts of documents: `npm run docs`. A test fails if one is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Figures, resultsText } from '../bench/report/results.ts';
import { jobJsonSchema } from '../src/core/settings/job.ts';
import type { Published } from '../test/chaos/publish.ts';
import type { PublishedQueue } from '../test/chaos/queue/publish.ts';
import { chaosTable, goalTables, highlights, queueChaosTable } from './docs/figures.ts';
import { json, withPart } from './docs/markdown.ts';
import {
  exitCodesTable,
  fileErrorsTable,
  reasonsTable,
  rejectionsTable,
  settingsTables,
  stopReasonsTable,
} from './docs/tables.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What the benchmark and the two proofs have published. */
type Measured = { figures: Figures; chaos: Published; queue: PublishedQueue };

/** Every generated part: its document, its markers, its text. */
function parts({ figures, chaos, queue }: Measured): readonly (readonly [path: string, name: string, text: string])[] {
  return [
    ['README.md', 'figures', highlights(figures, chaos, queue)],
    ['docs/input.md', 'rejections', rejectionsTable()],
    ['docs/input.md', 'file-errors', fileErrorsTable()],
    ['docs/results.md', 'reasons', reasonsTable()],
    ['docs/results.md', 'stop-reasons', stopReasonsTable()],
    ['docs/settings.md', 'settings', settingsTables()],
    ['docs/exit-codes.md', 'exit-codes', exitCodesTable()],
    ['docs/performance.md', 'goals', goalTables(figures)],
    ['docs/performance.md', 'chaos', chaosTable(chaos)],
    ['docs/performance.md', 'chaos-queue', queueChaosTable(queue)],
  ];
}

/**
 * The generated documents by path from the root, each with its parts replaced. `read` returns a document as it is now.
 */
export function generated(read: (path: string) => string): Record<string, string> {
  const figures = JSON.parse(read('bench/figures.json')) as Figures;
  const chaos = JSON.parse(read('bench/chaos.json')) as Published;
  const queue = JSON.parse(read('bench/chaos-queue.json')) as PublishedQueue;
  const documents: Record<string, string> = {
    'bench/RESULTS.md': resultsText(figures),
    'jobs/job.schema.json': `${json(jobJsonSchema())}\n`,
  };
  for (const [path, name, text] of parts({ figures, chaos, queue })) {
    documents[path] = withPart(documents[path] ?? read(path), name, text);
  }
  return documents;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const documents = generated((path) => readFileSync(resolve(ROOT, path), 'utf8'));
  for (const [path, text] of Object.entries(documents)) writeFileSync(resolve(ROOT, path), text);
}
