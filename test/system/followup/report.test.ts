import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/app/context.ts';
import { withReport } from '../../../src/app/ending/report.ts';
import type { Reporting } from '../../../src/app/invocation.ts';
import { createGathering } from '../../../src/core/report/gather.ts';
import { makeManifest, makeSummary } from '../../support/make.ts';
import { run } from '../../support/program/run.ts';
import { api } from '../../support/program/sandbox.ts';
import { lastRun, numberId, summaryOf, workDirectory, writeInput } from '../../support/program/workspace.ts';

const pageOf = (cwd: string) => readFileSync(join(cwd, lastRun(cwd), 'report.html'), 'utf8');

describe('the report page', () => {
  it('is made at the end of a run, for its owner alone, and again by report', async () => {
    const cwd = workDirectory();
    const { flags } = await api({}, [`422@${numberId(2)}`]);
    expect((await run(cwd, ['apply', writeInput(cwd, 6), ...flags])).exit).toBe(4);
    const dir = lastRun(cwd);
    const path = join(cwd, dir, 'report.html');
    const page = pageOf(cwd);
    expect(summaryOf(cwd).files.report).toBe(join(dir, 'report.html'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(page).toContain('</span> 5 numbers changed; 1 row is not at its target: 1 failed.</h1>');
    expect(page).toContain(`<td class="number">${numberId(2)}</td>`);
    expect(page).toContain(`retry ${dir}`);
    expect(page).toContain(`undo ${dir} `);

    rmSync(path);
    const { exit, stdout } = await run(cwd, ['report', dir]);
    expect([exit, stdout]).toEqual([0, `The report page is ${join(dir, 'report.html')}\n`]);
    expect(pageOf(cwd)).toBe(page);
    expect((await run(cwd, ['report', dir, '--quiet'])).stdout).toBe('');
  });

  it('is copied to where --out says', async () => {
    const cwd = workDirectory();
    await run(cwd, ['plan', writeInput(cwd, 3), '--offline']);
    const dir = lastRun(cwd);
    expect(pageOf(cwd)).toContain('Nothing has been sent. 3 numbers would be changed.');
    expect((await run(cwd, ['report', dir, '--out', 'copy.html'])).stdout).toBe('The report page is copy.html\n');
    expect(readFileSync(join(cwd, 'copy.html'), 'utf8')).toBe(pageOf(cwd));
    expect((await run(cwd, ['report', dir, '--out', '-'])).stdout).toBe(pageOf(cwd));
    const json = await run(cwd, ['report', dir, '--out', 'copy.html', '--json']);
    expect(JSON.parse(json.stdout)).toEqual({ exit_code: 0, exit_name: 'ok', report: 'copy.html' });
    mkdirSync(join(cwd, 'folder'));
    for (const out of ['folder', 'nowhere/x.html', join(dir, 'plan.csv')]) {
      expect((await run(cwd, ['report', dir, '--out', out])).exit).toBe(2);
    }
    expect((await run(cwd, ['report', dir, '--out', '-', '--json'])).exit).toBe(2);
    expect((await run(cwd, ['report'])).stderr).toContain('report needs a run directory');
  });

  it('is written to --out alone if the run directory does not take it', async () => {
    const cwd = workDirectory();
    await run(cwd, ['plan', writeInput(cwd, 3), '--offline']);
    const dir = lastRun(cwd);
    const page = pageOf(cwd);
    mkdirSync(join(cwd, dir, `report.html.${process.pid}`));
    const { exit, stdout, stderr } = await run(cwd, ['report', dir, '--out', 'copy.html']);
    expect([exit, stdout]).toEqual([0, 'The report page is copy.html\n']);
    expect(stderr).toMatch(/^warning: Could not write report\.html: /);
    expect(readFileSync(join(cwd, 'copy.html'), 'utf8')).toBe(page);
    expect((await run(cwd, ['report', dir, '--out', '-'])).stdout).toBe(page);
    expect((await run(cwd, ['report', dir])).exit).toBe(1);
  });

  it('is there for a file that was refused', async () => {
    const cwd = workDirectory();
    writeFileSync(join(cwd, 'bad.csv'), 'a,b\n1,2\n');
    expect((await run(cwd, ['plan', 'bad.csv', '--offline'])).exit).toBe(3);
    expect(pageOf(cwd)).toContain('Refused</span> No number was changed.</h1>');
    const page = pageOf(cwd);
    expect((await run(cwd, ['report', lastRun(cwd)])).exit).toBe(0);
    expect(pageOf(cwd)).toBe(page);
  });

  it('that cannot be written is a warning, and the run has ended as it did', async () => {
    const context = { program: 'telnyx-reassign', warnings: [] as string[] } as unknown as Context;
    const reporting = { settings: { json: true }, context } as unknown as Reporting;
    const run = { dir: '/nowhere/x', shown: 'x', manifest: makeManifest() };
    const read = { run, manifest: run.manifest, summary: makeSummary(), gathering: createGathering() };
    const summary = await withReport(read, reporting);
    expect(summary.warnings).toEqual([expect.stringContaining('Could not write report.html: ')]);
    expect(summary).toMatchObject({ exit_code: 0, files: makeSummary().files });
    expect(context.warnings).toEqual(summary.warnings);
  });
});
