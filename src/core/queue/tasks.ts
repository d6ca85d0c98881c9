import { entryProblem } from '../plan/check-entry.ts';
import { type PlanEntry, planCells, planEntry } from '../plan/entry.ts';

/** A row that is handed over: a task of the engine. */
export type QueuedTask = { entry: PlanEntry; first: 'send' | 'read' | 'read_only'; attempts: number };

const FIRSTS: readonly unknown[] = ['send', 'read', 'read_only'] satisfies QueuedTask['first'][];

/** Rows of one value in Redis. */
export const TASKS_PER_CHUNK = 500;

/** One line of JSON for each task. */
export function encodeTasks(tasks: readonly QueuedTask[]): string {
  return tasks.map(({ entry, first, attempts }) => JSON.stringify([first, attempts, ...planCells(entry)])).join('\n');
}

/** Throws for a row that no plan has: Redis is open to others. */
export function decodeTasks(text: string): QueuedTask[] {
  return text.split('\n').map((line) => {
    const [first, attempts, ...cells] = JSON.parse(line) as [QueuedTask['first'], number, ...string[]];
    const entry = planEntry(cells);
    const problem = entryProblem(entry, entry.row);
    if (problem !== null) throw new Error(problem);
    if (!FIRSTS.includes(first) || !Number.isSafeInteger(attempts)) throw new Error('not a task');
    return { entry, first, attempts };
  });
}
