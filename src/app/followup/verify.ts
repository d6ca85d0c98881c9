import { join } from 'node:path';
import { deliverabilityText } from '../../core/followup/deliverability.ts';
import type { Finding } from '../../core/followup/finding.ts';
import { signalExit } from '../../core/results/run-exit.ts';
import { fileLines } from '../../core/results/summary-text.ts';
import { EXIT, exitName } from '../../core/run/exit-codes.ts';
import { count } from '../../core/text/text.ts';
import { visible } from '../../core/text/visible.ts';
import { createStop, type Stop } from '../../engine/stop.ts';
import { checkCampaignsOf, findCampaigns, refuseCampaigns } from '../account/campaign-finding.ts';
import { withKey } from '../account/connect.ts';
import { findLeftBehind } from '../account/left-behind.ts';
import { endRun } from '../ending/end-run.ts';
import { makeSummary } from '../ending/summarize.ts';
import type { Invocation, KeyedInvocation } from '../invocation.ts';
import { createStyle, print, printJson, warn, wrapForTerminal } from '../output.ts';
import { checkPlan } from '../planning/check-plan.ts';
import { findInput } from '../planning/input-source.ts';
import { checkFile, planOrExit } from '../planning/prepare.ts';
import { commandOn, type Run, typedPath } from '../run/open.ts';
import { onEndSignals } from '../signals.ts';
import { readBefore } from './before-file.ts';
import {
  countsText,
  fallenText,
  rowText,
  type VerdictCounts,
  type VerificationPass,
  watch,
} from './verification-pass.ts';

function countOthers({ at_target: _, ...others }: VerdictCounts): number {
  return Object.values(others).reduce((sum, n) => sum + n, 0);
}

/** A verification whose last pass is made. */
type Verified = { run: Run; pass: VerificationPass; stop: Stop };

/** Looks at something besides the rows, once the last pass is made; null if there is nothing to say. */
type Finder = (verified: Verified, invocation: KeyedInvocation) => Promise<Finding | null>;

/** The numbers whose success ratio fell since the export of --before. */
const findFalls: Finder = async ({ pass }, invocation) => {
  const { settings, context } = invocation;
  const { before, max_drop: maxDrop, strict } = settings;
  if (before === null) return null;
  const { ratios, fallen } = pass;
  const { text, isWarning } = deliverabilityText(ratios, visible(typedPath(context, before)), maxDrop);
  if (isWarning && settings.json) warn(invocation, text);
  const lines = [isWarning ? `warning: ${text}` : text, ...fallen.map((checked) => `  ${fallenText(checked)}`)];
  if (ratios.fallen > fallen.length) lines.push(`  and ${count(ratios.fallen - fallen.length, 'more', 'more')}`);
  const fields = { deliverability: { before, max_drop: maxDrop, ...ratios } };
  return { lines, fields, isBad: strict && isWarning };
};

/** What `verify RUN_DIR` looks at besides the rows, in the order of the report. */
const FINDERS_OF_RUN: readonly Finder[] = [findCampaigns, findLeftBehind];

/** Every `verify` says which ratios fell, after a signal too. The others read, one after another, and not after a signal. */
async function findAll(finders: readonly Finder[], verified: Verified, invocation: KeyedInvocation) {
  const findings = [await findFalls(verified, invocation)];
  for (const find of finders) {
    if (verified.stop.asked() !== null) break;
    findings.push(await find(verified, invocation));
  }
  return findings.filter((finding) => finding !== null);
}

type Report = Verified & { findings: readonly Finding[]; next: string | null };

/** The exit code without a signal. */
function verdictOf({ pass, findings }: Pick<Report, 'pass' | 'findings'>): number {
  const isGood = countOthers(pass.counts) === 0 && findings.every(({ isBad }) => !isBad);
  return isGood ? EXIT.ok : EXIT.rows_not_at_target;
}

function exitOf(report: Report): number {
  const asked = report.stop.asked();
  return asked?.reason === 'signal' ? signalExit(asked.detail) : verdictOf(report);
}

/** What keeps the exit code from 0, in a sentence. */
function errorText({ pass, findings }: Report, file: string): string {
  const others = countOthers(pass.counts);
  const bad = findings
    .filter(({ isBad }) => isBad)
    .flatMap(({ lines }) => lines.slice(0, 1))
    .map((line) => line.replace(/^warning: /, ''));
  return [...(others === 0 && bad.length > 0 ? [] : [`${countsText(pass.counts)}; see ${visible(file)}`]), ...bad].join(
    '; ',
  );
}

/** Prints what the last pass has found, and returns the exit code. */
function printReport(report: Report, { settings, context }: Invocation): number {
  const { run, findings, next } = report;
  const { counts, shown } = report.pass;
  const exit = exitOf(report);
  const others = countOthers(counts);
  const file = join(run.shown, 'verify.csv');
  const files: Record<string, string> = Object.assign({ verify: file }, ...findings.map((found) => found.files));
  if (settings.json) {
    const error = { code: exitName(exit), message: errorText(report, file) };
    const found = Object.assign({}, ...findings.map(({ fields }) => fields));
    const fields = { run_id: run.manifest.run_id, counts, ...found, files, next_command: next };
    printJson(context, exit, verdictOf(report) === EXIT.ok ? fields : { ...fields, error });
    return exit;
  }
  if (settings.quiet && exit === EXIT.ok) return exit;
  const stream = settings.quiet ? context.stderr : context.stdout;
  const style = createStyle(stream, context.env);
  const lineWidth = Math.max(0, ...shown.map(({ entry }) => String(entry.line).length));
  const lines = [
    '',
    style(others === 0 ? 'good' : 'bad', `verify: ${countsText(counts)}`),
    ...shown.map((checked) => wrapForTerminal(stream, `  ${rowText(checked, lineWidth)}`)),
  ];
  if (others > shown.length) lines.push(`  and ${count(others - shown.length, 'more', 'more')}`);
  for (const finding of findings) lines.push('', ...finding.lines.map((line) => wrapForTerminal(stream, line)));
  lines.push(...fileLines(files), '');
  // Otherwise an exit that is not 0 stands below numbers that are all at their targets.
  if (exit === EXIT.rows_not_at_target && others === 0)
    lines.push(wrapForTerminal(stream, `${errorText(report, file)} (an error because of --strict)`));
  lines.push(`Exit ${exit} (${exitName(exit)})`);
  if (next !== null) lines.push(`Next: ${style('strong', next)}`);
  print(stream, `${lines.join('\n')}\n`);
  return exit;
}

/** Runs a verification that a signal stops. */
async function untilSignal<T>(invocation: Invocation, verify: (stop: Stop) => Promise<T>): Promise<T> {
  const stop = createStop();
  const removeHandlers = onEndSignals(invocation.context, (signal) => stop.ask('signal', signal));
  try {
    return await verify(stop);
  } finally {
    removeHandlers();
  }
}

/** `verify RUN_DIR`: compares the account with the targets of a run. Returns the exit code. */
export function verifyRun(run: Run, given: Invocation): Promise<number> {
  return untilSignal(given, async (stop) => {
    checkCampaignsOf(run, given);
    const invocation = withKey(given);
    const before = await readBefore(given);
    await checkPlan(run, invocation.context);
    const pass = await watch(run, invocation, { stop, isNew: false, before });
    const verified = { run, pass, stop };
    const findings = await findAll(FINDERS_OF_RUN, verified, invocation);
    return printReport({ ...verified, findings, next: null }, invocation);
  });
}

/** The command that sends what is not at its target. */
function nextOf(run: Run, { counts }: VerificationPass, { context }: KeyedInvocation): string | null {
  if (counts.drifted === 0) return null;
  const skip = counts.rejected + counts.missing > 0 ? ['--skip-rejected'] : [];
  return commandOn(run, 'apply', context, ...skip);
}

/** `verify INPUT`: plans an input and compares the account with it. Returns the exit code. */
export function verifyInput(input: string, given: Invocation): Promise<number> {
  return untilSignal(given, async (stop) => {
    refuseCampaigns(given);
    const invocation = withKey(given);
    const source = findInput(input, invocation);
    if ('exit' in source) return source.exit;
    const before = await readBefore(given);
    const attempt = await planOrExit(source, 'verify', invocation);
    if (!('planned' in attempt)) return 'exit' in attempt ? attempt.exit : EXIT.ok;
    const { run } = attempt.planned;
    const badFile = checkFile(attempt.planned, source.where);
    if (badFile !== null) return endRun(run, badFile, invocation);
    const pass = await watch(run, invocation, { stop, isNew: true, before });
    const verified = { run, pass, stop };
    const findings = await findAll([], verified, invocation);
    await makeSummary(run, { exit: verdictOf({ pass, findings }), state: 'planned' }, invocation);
    return printReport({ ...verified, findings, next: nextOf(run, pass, invocation) }, invocation);
  });
}
