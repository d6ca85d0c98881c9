import { describe, expect, it } from 'vitest';
import { applyCommand } from '../../../src/commands/apply.ts';
import { resumeCommand } from '../../../src/commands/resume.ts';
import { retryCommand } from '../../../src/commands/retry.ts';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { id, profile } from '../../support/app/plans.ts';
import { printed, refusalOf, sourceOf } from '../../support/app/sources.ts';
import { tempFile } from '../../support/temp.ts';

// What commands say of a run that they cannot take, off a terminal. A command that is printed must work as it stands.
const INPUT = `id,profile_id\n${id(1)},${profile(1)}\n`;
const FOREIGN = 'https://telnyx.example.com/v2';

const DEAD: Partial<Manifest> = { state: 'running', finished_at: null, exit_code: null };
const UNPLANNED: Partial<Manifest> = { ...DEAD, state: 'planning', plan: null, started_at: null };
const PLANNED: Partial<Manifest> = { state: 'planned', started_at: null, exit_code: null };
const REFUSED: Partial<Manifest> = { state: 'refused', started_at: null, exit_code: 8 };
const GIVEN_UP: Partial<Manifest> = { state: 'superseded', superseded_by: 'x' };
const SIGNALLED: Partial<Manifest> = { ...UNPLANNED, state: 'interrupted', exit_code: 143 };

const COMMANDS = { apply: applyCommand, resume: resumeCommand, retry: retryCommand };

/** The refusal of a command on a run that was left like this: exit code, text, and the command that it prints. */
async function refusal(command: keyof typeof COMMANDS, changes: Partial<Manifest>, baseUrl: string | null = null) {
  const settings = baseUrl === null ? {} : { base_url: baseUrl };
  const source = await sourceOf(INPUT, { changes: { settings, ...changes } });
  const { exit, message } = await refusalOf(COMMANDS[command](source.dir, settings, source.context));
  const short = message.replaceAll(source.dir, 'DIR').replaceAll(source.context.cwd, 'CWD');
  const [text = '', then = null] = short.split(': telnyx-reassign ');
  return { exit, text, then };
}

describe('a command on a run that no process works on', () => {
  it.each<[keyof typeof COMMANDS, string, Partial<Manifest>, RegExp, string | null]>([
    ['apply', 'died', DEAD, /has started and is interrupted/, 'resume DIR'],
    ['apply', 'was interrupted', { state: 'interrupted' }, /has started and is interrupted/, 'resume DIR'],
    ['apply', 'is paused', { state: 'paused' }, /has started and is paused/, 'resume DIR'],
    ['apply', 'has finished', {}, /is finished/, 'results DIR'],
    ['apply', 'was given up', GIVEN_UP, /is superseded/, 'results DIR'],
    ['apply', 'died while it was planning', UNPLANNED, /while it was planning/, 'plan CWD/numbers.csv'],
    ['resume', 'was planned', PLANNED, /is planned and has not started/, 'apply DIR --yes'],
    ['resume', 'was refused', REFUSED, /was refused before anything was sent/, 'apply DIR --yes'],
    ['resume', 'was given up', GIVEN_UP, /was superseded by run x/, null],
    ['resume', 'died while it was planning', UNPLANNED, /while it was planning/, 'plan CWD/numbers.csv'],
    ['resume', 'was stopped while it was planning', SIGNALLED, /while it was planning/, 'plan CWD/numbers.csv'],
    ['retry', 'was planned', PLANNED, /has sent nothing/, 'apply DIR --yes'],
    ['retry', 'was refused', REFUSED, /has sent nothing/, 'apply DIR --yes'],
    ['retry', 'was given up', GIVEN_UP, /was superseded by run x/, null],
    ['retry', 'died while it was planning', UNPLANNED, /nothing/, 'plan CWD/numbers.csv'],
    ['retry', 'was stopped while it was planning', SIGNALLED, /nothing/, 'plan CWD/numbers.csv'],
  ])('%s does not take one that %s', async (command, _, changes, text, then) => {
    expect(await refusal(command, changes)).toEqual({ exit: 8, text: expect.stringMatching(text), then });
  });

  it.each<[keyof typeof COMMANDS, Partial<Manifest>, string]>([
    ['apply', { state: 'paused' }, `resume DIR --base-url ${FOREIGN}`],
    ['resume', PLANNED, `apply DIR --base-url ${FOREIGN} --yes`],
    ['retry', PLANNED, `apply DIR --base-url ${FOREIGN} --yes`],
  ])('%s names the base URL where it must be named again', async (command, changes, then) => {
    expect(await refusal(command, changes, FOREIGN)).toMatchObject({ exit: 8, then });
  });
});

describe('resume', () => {
  it.each([0, 4, 5])('of a finished run returns its exit code: %i', async (exit) => {
    const source = await sourceOf(INPUT, { changes: { state: 'finished', exit_code: exit } });
    expect(await resumeCommand(source.dir, {}, source.context)).toBe(exit);
    expect(printed(source.context.stderr)).toMatch(
      /^Run .* has finished with exit \d \(\w+\): nothing is left to resume\.\n$/,
    );
    expect(await resumeCommand(source.dir, { quiet: 'true' }, source.context)).toBe(exit);
    expect(printed(source.context.stderr) === '').toBe(exit === 0);
    expect(await resumeCommand(source.dir, { json: 'true' }, source.context)).toBe(exit);
    expect(JSON.parse(printed(source.context.stdout))).toMatchObject({ exit_code: exit, state: 'finished' });
  });

  it('is a usage error if no run is unfinished', async () => {
    const { context } = await sourceOf(INPUT);
    const { exit, message } = await refusalOf(resumeCommand(undefined, { runs_dir: 'gone' }, context));
    expect([exit, message]).toEqual([2, 'no run in gone is interrupted or paused; see --runs-dir']);
  });

  it('is a usage error if the runs directory is not a directory', async () => {
    const { context } = await sourceOf(INPUT);
    const { exit, message } = await refusalOf(resumeCommand(undefined, { runs_dir: tempFile('x') }, context));
    expect([exit, message]).toEqual([2, expect.stringContaining('--runs-dir')]);
  });
});
