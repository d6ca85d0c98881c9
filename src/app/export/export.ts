import { readFilters, type TypedFilters } from '../../core/export/filters.ts';
import { exportWarnings, leftOutWarnings, profileLines } from '../../core/export/texts.ts';
import { EXIT } from '../../core/run/exit-codes.ts';
import { flagOf } from '../../core/settings/flags.ts';
import { PUBLIC_BASE_URL, type SettingName } from '../../core/settings/schema.ts';
import { formatDuration } from '../../core/text/duration.ts';
import { commandLine } from '../../core/text/shell.ts';
import { count } from '../../core/text/text.ts';
import { visible } from '../../core/text/visible.ts';
import { requireKey } from '../account/connect.ts';
import { UsageError } from '../errors.ts';
import type { Invocation, KeyedInvocation } from '../invocation.ts';
import { createStyle, print, printJson, warn, warnAlways, wrapForTerminal } from '../output.ts';
import { withAccount } from './account.ts';
import { type Destination, openDestination } from './destination.ts';
import { exportInput, exportInputOf } from './input.ts';
import { type ExportedNumbers, exportNumbers } from './numbers.ts';
import { exportOptOuts } from './opt-outs.ts';

const FILTERS = ['profile', 'product', 'type', 'country', 'contains', 'tag', 'input'] as const satisfies SettingName[];

/** The request count and the time of an export, in words. */
const effort = ({ requests, durationMs }: { requests: number; durationMs: number }) =>
  `${count(requests, 'request')}, ${formatDuration(durationMs)}`;

/** The command that puts back what was exported. */
function applyCommand(file: string, { counts, hasRounded }: ExportedNumbers, invocation: Invocation): string {
  const { settings, sources, context } = invocation;
  const isNamed = settings.base_url !== PUBLIC_BASE_URL && sources.base_url !== 'environment';
  const flags = [
    ...(isNamed ? ['--base-url', settings.base_url] : []),
    ...(counts.unassigned > 0 ? ['--allow-unassign'] : []),
    ...(hasRounded ? ['--allow-rounded-ids'] : []),
  ];
  return commandLine(context.program, 'apply', file, ...flags);
}

/** What is printed of an export. */
type ExportReport = { lines: string[]; fields: Record<string, unknown>; next: string | null };

/** Prints what an export has done. Returns exit code 0. */
function report({ lines, fields, next }: ExportReport, { file }: Destination, invocation: Invocation): number {
  const { settings, context } = invocation;
  if (settings.json) {
    const all = { command: 'export', file, ...fields, warnings: context.warnings, next_command: next };
    printJson(context, EXIT.ok, all);
    return EXIT.ok;
  }
  if (settings.quiet) return EXIT.ok;
  // Standard output is for the table, if it goes there.
  const stream = file === null ? context.stderr : context.stdout;
  const style = createStyle(stream, context.env);
  const wrapped = lines.map((line) => wrapForTerminal(stream, line));
  const text = next === null ? wrapped : [...wrapped, '', `Next: ${style('strong', next)}`];
  print(stream, `${text.join('\n')}\n`);
  return EXIT.ok;
}

const placeOf = ({ file }: Destination) => (file === null ? 'standard output' : visible(file));

async function writeNumbers(
  invocation: KeyedInvocation & { key: string },
  destination: Destination,
  filters: TypedFilters,
): Promise<ExportReport> {
  const source = exportInputOf(invocation);
  const done = await withAccount(invocation, async (exporting) => {
    const exported = await (source === null
      ? exportNumbers(exporting, destination, filters)
      : exportInput(exporting, source, destination, filters));
    const { counts } = exported;
    const warnings = [...exporting.warnings, ...exportWarnings(counts)];
    return { exported, warnings, leftOut: [...exporting.leftOut, ...leftOutWarnings(counts)] };
  });
  await destination.deliver();
  // A backup that lacks numbers is not all well.
  for (const warning of done.leftOut) warnAlways(invocation, warning);
  for (const warning of done.warnings) warn(invocation, warning);
  const { exported } = done;
  const { written, unassigned } = exported.counts;
  const { file } = destination;
  const lines = [
    `Wrote ${count(written, 'number')} to ${placeOf(destination)} (${effort(done)})`,
    ...profileLines(exported.counts, exported.nameOf),
  ];
  if (file !== null && written > 0)
    lines.push('', 'Applied as it is, it sends nothing. Edit its targets, or keep it to put them back.');
  const next = file === null || written === 0 ? null : applyCommand(file, exported, invocation);
  return { lines, fields: { numbers: written, unassigned, requests: done.requests }, next };
}

async function writeOptOuts(
  invocation: KeyedInvocation & { key: string },
  destination: Destination,
  typed: string,
): Promise<ExportReport> {
  const done = await withAccount(invocation, async (exporting) => {
    const exported = await exportOptOuts(exporting, destination, typed);
    return { ...exported, warnings: exporting.warnings };
  });
  await destination.deliver();
  for (const warning of done.warnings) warn(invocation, warning);
  const { written, profile, requests } = done;
  const lines = [`Wrote ${count(written, 'opt-out')} of ${profile} to ${placeOf(destination)} (${effort(done)})`];
  return { lines, fields: { opt_outs: written, requests }, next: null };
}

/** `export [FILE]`: writes the numbers of the account, or the opt-outs of a profile, as CSV. Returns the exit code. */
export async function exportAccount(typed: string | undefined, invocation: Invocation): Promise<number> {
  const { settings } = invocation;
  const { opt_outs: optOuts } = settings;
  const others = FILTERS.filter((name) => settings[name] !== null).map((name) => `--${flagOf(name)}`);
  if (optOuts !== null && others.length > 0) {
    throw new UsageError(`--opt-outs takes no other filter: leave out ${others.join(', ')}`);
  }
  const filters = readFilters(settings);
  if ('errors' in filters) throw UsageError.of(filters.errors);
  // Not null: there is no --sandbox.
  const key = requireKey(invocation) as string;
  const destination = openDestination(typed, invocation);
  try {
    const keyed = { ...invocation, key };
    const written = await (optOuts === null
      ? writeNumbers(keyed, destination, filters)
      : writeOptOuts(keyed, destination, optOuts));
    return report(written, destination, invocation);
  } finally {
    destination.end();
  }
}
