import { STOP_REASONS } from '../../src/core/attempt/stop-reason.ts';
import { FILE_ERRORS, REJECTIONS } from '../../src/core/input/rejection.ts';
import { REASONS } from '../../src/core/plan/reason.ts';
import { EXIT_TEXT } from '../../src/core/run/exit-codes.ts';
import { flagOf } from '../../src/core/settings/flags.ts';
import { jobJsonSchema } from '../../src/core/settings/job.ts';
import { SETTING_NAMES, type SettingName, settingDefinition } from '../../src/core/settings/schema.ts';
import { table } from './markdown.ts';

function settingRow(name: SettingName, jobKeys: ReadonlySet<string>): string[] {
  const setting = settingDefinition(name);
  const flag = `--${flagOf(name)}${setting.value === undefined ? '' : ` ${setting.value}`}`;
  const standard = setting.kind === 'boolean' ? 'off' : setting.default === null ? '' : `\`${setting.default}\``;
  const elsewhere = [
    ...(setting.consent === true || setting.flagOnly === true ? [] : ['variable']),
    ...(setting.secret === true ? ['file'] : []),
    ...(jobKeys.has(name) ? ['job'] : []),
  ];
  return [`\`${flag}\``, standard, elsewhere.join(', '), setting.text];
}

/** All settings in the order and with the words of the help, one table for each group. */
export function settingsTables(): string {
  const jobKeys = new Set(Object.keys(jobJsonSchema().properties as object));
  const groups = new Map<string, SettingName[]>();
  for (const name of SETTING_NAMES) {
    const { group } = settingDefinition(name);
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const sections = [...groups].map(([group, names]) => {
    const rows = names.map((name) => settingRow(name, jobKeys));
    return `## ${group}\n\n${table(['flag', 'default', 'also by', 'meaning'], rows)}`;
  });
  return sections.join('\n\n');
}

/** The table of reasons in results.csv, each with the statuses that it comes with. */
export function reasonsTable(): string {
  return table(
    ['reason', 'with status', 'meaning'],
    Object.entries(REASONS).map(([reason, { statuses, meaning }]) => [
      `\`${reason}\``,
      statuses.map((name) => `\`${name}\``).join(', '),
      meaning,
    ]),
  );
}

/** The table of reasons for which a run ends before its last row. */
export function stopReasonsTable(): string {
  return table(
    ['reason', 'the run stopped because'],
    Object.entries(STOP_REASONS).map(([reason, meaning]) => [`\`${reason}\``, meaning]),
  );
}

/** The table of exit codes. */
export function exitCodesTable(): string {
  return table(
    ['code', 'name', 'meaning', 'then'],
    EXIT_TEXT.map(([codes, name, meaning, again]) => [codes, `\`${name}\``, meaning, again]),
  );
}

const CHECKED_AGAINST = { row: 'the row', file: 'the other rows', account: 'the account' };

/** The table of the codes with which a row is rejected. */
export function rejectionsTable(): string {
  return table(
    ['code', 'the row is rejected because', 'checked against'],
    Object.entries(REJECTIONS).map(([code, { meaning, needs }]) => [`\`${code}\``, meaning, CHECKED_AGAINST[needs]]),
  );
}

/** The table of the codes with which a whole file is refused. */
export function fileErrorsTable(): string {
  return table(
    ['code', 'the file is refused because'],
    Object.entries(FILE_ERRORS).map(([code, meaning]) => [`\`${code}\``, meaning]),
  );
}
