import type { Account } from '../account/account.ts';
import type { SandboxOptOut } from '../account/state.ts';
import { pageOf, readPage } from '../http/page.ts';
import { failure, type Reply } from '../http/reply.ts';

/** The last filtered list of these opt-outs. Without it, every page of a listing would filter all of them again. */
const selections = new WeakMap<readonly SandboxOptOut[], { key: string; rows: readonly SandboxOptOut[] }>();

/** One page of the opt-outs, oldest first. They belong to a profile and stay there if a number moves. */
export function listOptOuts(account: Account, query: URLSearchParams): Reply {
  const page = readPage(query);
  if ('status' in page) return page;
  const profile = query.get('filter[messaging_profile_id]')?.toLowerCase() ?? null;
  const from = query.get('filter[from]');
  const since = readTime(query, 'created_at[gte]', Number.NEGATIVE_INFINITY);
  if (typeof since !== 'number') return since;
  const until = readTime(query, 'created_at[lte]', Number.POSITIVE_INFINITY);
  if (typeof until !== 'number') return until;
  const isInTime = ({ created_at }: SandboxOptOut) => {
    const at = Date.parse(created_at);
    return at >= since && at <= until;
  };
  const key = JSON.stringify([profile, from, since, until]);
  const known = selections.get(account.optOuts);
  const rows =
    known?.key === key
      ? known.rows
      : account.optOuts.filter(
          (optOut) =>
            (profile === null || optOut.messaging_profile_id === profile) &&
            (from === null || optOut.from === from) &&
            isInTime(optOut),
        );
  selections.set(account.optOuts, { key, rows });
  const isRedacted = query.get('redaction_enabled') === 'true';
  return pageOf(rows, page, 'asc', (row) => (isRedacted ? { ...row, to: `${row.to.slice(0, -4)}****` } : { ...row }));
}

function readTime(query: URLSearchParams, name: string, fallback: number): number | Reply {
  const text = query.get(name);
  const at = text === null ? fallback : Date.parse(text);
  return Number.isNaN(at) ? failure(400, '10015', { parameter: name }) : at;
}
