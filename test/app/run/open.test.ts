import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordedNext } from '../../../src/app/run/open.ts';
import { contextOf } from '../../support/app/contexts.ts';
import { makeRun, runId } from '../../support/app/run-directories.ts';
import { tempDir } from '../../support/temp.ts';

const CONTEXT = contextOf();
const ID = runId(1);

describe('the next command that a run has recorded', () => {
  it.each([
    ['in another directory', `resume runs/${ID} --max-failures 9`, 'resume RUN --max-failures 9'],
    ['in another directory, and its name is quoted', `undo 'my runs/${ID}' --yes`, 'undo RUN --yes'],
    ['before the run was moved', `retry /old/${ID} --yes`, 'retry RUN --yes'],
    ['about an input', "plan '/data/my file.csv' --rate 9", "plan '/data/my file.csv' --rate 9"],
    ['about the run under a name that it had', 'undo runs/-x --yes', 'resume RUN'],
    ['about a path that leads elsewhere from here', 'apply tip/x', 'resume RUN'],
    ['without a path', 'runs', 'resume RUN'],
  ])('%s works here: %s', (_, recorded, expected) => {
    const run = makeRun(join(tempDir(), 'moved'), 1);
    const { program } = CONTEXT;
    const next = recordedNext(run, { next_command: `${program} ${recorded}` }, CONTEXT);
    expect(next).toBe(`${program} ${expected.replace('RUN', run.shown)}`);
  });

  it('of another program is not printed', () => {
    const run = makeRun(tempDir(), 1);
    expect(recordedNext(run, { next_command: `rm -rf ${run.dir}` }, CONTEXT)).toContain(' resume ');
    expect(recordedNext(run, { next_command: null }, CONTEXT)).toBeNull();
  });
});
