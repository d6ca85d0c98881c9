import type { AccountSnapshot } from '../../core/account/snapshot.ts';
import { contradiction } from '../../core/attempt/difference.ts';
import type { Outcome } from '../../core/attempt/outcome.ts';
import { profileCell } from '../../core/input/target.ts';
import { hasEndedAs, type LedgerIndex } from '../../core/ledger/replay.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import type { Clock } from '../../engine/ports.ts';
import { readDoubted } from '../../engine/reading/doubted-reads.ts';
import { READ_AGAIN_AFTER_MS } from '../../engine/sending/read-back.ts';
import { type Stop, sleepOrStop } from '../../engine/stop.ts';
import { runFiles } from '../../io/run/directory.ts';
import type { Ledger } from '../../io/run/ledger-file.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import { type AccountAccess, readNumbers } from '../account/access.ts';
import { targetProfilesOf } from '../account/reread.ts';
import { openOutcomes } from '../run/ledger-index.ts';
import type { Run } from '../run/open.ts';

/** Rows that a message names. */
const MAX_NAMED = 3;

/** `index`: of the ledger, with all rows of the wave. `onMissed` is called before the outcomes of rows are changed. */
export type CheckOptions = {
  run: Run;
  index: LedgerIndex;
  wave: number;
  access: AccountAccess;
  record: Ledger['record'];
  onMissed: () => Promise<void>;
  clock: Clock;
  stop: Stop;
};

/** `read`: numbers that were read. `missed`: rows that are not at their targets; `named`: the first of them in words. */
export type Checked = { read: number; missed: number; named: string[] };

type Miss = Pick<Outcome, 'status' | 'reason' | 'retryable' | 'errorDetail' | 'profileAfter' | 'productAfter'>;

/** Why a row is not at its targets; null if it is. A field that the API does not show contradicts nothing. */
function missOf(entry: PlanEntry, account: AccountSnapshot): Miss | null {
  const number = account.stateOf(entry);
  const unknown = { profileAfter: '', productAfter: '' };
  if (number.state === 'absent') {
    const errorDetail = 'the row was updated, and the account no longer has this number';
    return { status: 'failed', reason: 'not_found', retryable: false, errorDetail, ...unknown };
  }
  if (number.state !== 'found') {
    const why = number.state === 'unreadable' ? number.why : 'it was not read';
    const errorDetail = `the row was updated, and its number could not be read after the wave: ${why}`;
    return { status: 'unverified', reason: 'read_failed', retryable: true, errorDetail, ...unknown };
  }
  const { shown } = number;
  const text = contradiction(entry, shown);
  if (text === '') return null;
  const errorDetail = `the row was updated, and a read after its wave shows that ${text}`;
  const after = { profileAfter: profileCell(shown.profile), productAfter: shown.product ?? '' };
  return { status: 'failed', reason: 'wave_not_kept', retryable: false, errorDetail, ...after };
}

async function* updatedRows({ run, index, wave }: CheckOptions, isTaken: (row: number) => boolean) {
  for await (const batch of readPlan(runFiles(run.dir).plan)) {
    yield batch.filter(({ row }) => index.waveOf[row] === wave && hasEndedAs(index, row, 'updated') && isTaken(row));
  }
}

/** Records new outcomes of the rows that are not at their targets. Returns the first of them in words. */
async function recordMisses(options: CheckOptions, missed: ReadonlySet<number>, account: AccountSnapshot) {
  const { run, index, record } = options;
  const outcomes = openOutcomes(runFiles(run.dir).ledger, index);
  const named: string[] = [];
  try {
    for await (const batch of updatedRows(options, (row) => missed.has(row))) {
      const records = batch.map((entry) => {
        const miss = missOf(entry, account) as Miss;
        const { row, line, id } = entry;
        if (named.length < MAX_NAMED) named.push(`row ${row} (line ${line}, id ${id}): ${miss.errorDetail}`);
        const before = outcomes.of(row) as Outcome;
        return record({ type: 'outcome', ...before, ...miss, finishedAt: new Date().toISOString() });
      });
      await Promise.all(records);
    }
  } finally {
    outcomes.close();
  }
  return named;
}

/**
 * Reads the updated rows of a wave by the cheapest way. Rows that are not at their targets are read again a few times,
 * and one by one at last; then they get another outcome. Throws Stopped and Unread.
 */
export async function checkWave(options: CheckOptions): Promise<Checked> {
  const { access, clock, stop, index, wave } = options;
  const targets = await targetProfilesOf(updatedRows(options, () => true));
  let read = 0;
  for (let row = 1; row < index.waveOf.length; row++) {
    if (index.waveOf[row] === wave && hasEndedAs(index, row, 'updated')) read += 1;
  }
  if (read === 0) return { read, missed: 0, named: [] };
  let missed: Set<number> | null = null;
  for (let tries = 0; ; tries++) {
    const isTaken = (row: number) => missed === null || missed.has(row);
    const rows = () => updatedRows(options, isTaken);
    const { account }: { account: AccountSnapshot } = await readNumbers(access, rows, targets);
    const isDoubted = (entry: PlanEntry) => missOf(entry, account) !== null;
    const waitMs = READ_AGAIN_AFTER_MS[tries];
    if (waitMs === undefined) await readDoubted({ ...access, ports: access.client, account, rows, isDoubted });
    const found = new Set<number>();
    for await (const batch of rows()) for (const entry of batch) if (isDoubted(entry)) found.add(entry.row);
    missed = found;
    if (missed.size === 0) return { read, missed: 0, named: [] };
    if (waitMs === undefined) {
      await options.onMissed();
      return { read, missed: missed.size, named: await recordMisses(options, missed, account) };
    }
    await sleepOrStop(clock, stop, waitMs);
  }
}
