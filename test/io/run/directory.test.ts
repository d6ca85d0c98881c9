import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../src/core/run/manifest.ts';
import { NotPlainFileError } from '../../../src/io/own-file.ts';
import {
  createRunDirectory,
  isRunDirectory,
  loadManifest,
  loadRuns,
  makeDirectories,
  readJson,
  removeDrafts,
  removeRun,
  runFiles,
  writeJson,
  writeManifest,
} from '../../../src/io/run/directory.ts';
import { runModule } from '../../support/io/child.ts';
import { manifest } from '../../support/io/manifests.ts';
import { tempDir, tempFile } from '../../support/temp.ts';

const NOW = new Date('2026-11-23T02:05:00.789Z');
const mode = (path: string) => statSync(path).mode & 0o777;

describe('runFiles', () => {
  it('are those of the contract, each with a name of its own below the directory', () => {
    const names = ['run.json', 'input.csv', 'plan.csv', 'ledger.ndjson', 'results.csv', 'failed.csv', 'held.csv'];
    names.push('lock', 'log.ndjson', 'summary.json', 'sandbox.json', 'verify.csv', 'status.json', 'control.json');
    names.push('report.html', 'campaigns.csv');
    expect(Object.values(runFiles('/runs/x')).sort()).toEqual(names.map((name) => `/runs/x/${name}`).sort());
  });
});

describe('makeDirectories', () => {
  it('makes what is missing, and leaves what is there', () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'there'), { mode: 0o711 });
    for (let times = 0; times < 2; times++) makeDirectories(join(dir, 'there', 'a', 'b'));
    expect(statSync(join(dir, 'there', 'a', 'b')).isDirectory()).toBe(true);
    expect(mode(join(dir, 'there'))).toBe(0o711);
  });

  it.each([0o000, 0o022, 0o277])('makes them for the owner alone with umask %i', (umask) => {
    const dir = tempDir();
    const before = process.umask(umask);
    try {
      makeDirectories(join(dir, 'a', 'b'));
      const { dir: run } = createRunDirectory(join(dir, 'runs'), 'a', NOW);
      const made = [join(dir, 'a'), join(dir, 'a', 'b'), join(dir, 'runs'), run];
      expect(made.map(mode)).toEqual([0o700, 0o700, 0o700, 0o700]);
    } finally {
      process.umask(before);
    }
  });

  it('is stopped by a link that leads nowhere', () => {
    const dir = tempDir();
    symlinkSync('gone', join(dir, 'link'));
    expect(() => makeDirectories(join(dir, 'link'))).toThrow('EEXIST');
    expect(() => makeDirectories(join(dir, 'link', 'a'))).toThrow('EEXIST');
  });

  it('follows links', () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'real'));
    symlinkSync('real', join(dir, 'link'));
    makeDirectories(join(dir, 'link', 'a'));
    expect(readdirSync(join(dir, 'real'))).toEqual(['a']);
  });

  it('throws what the file system throws', () => {
    expect(() => makeDirectories(join(tempFile('x'), 'a'))).toThrow('ENOTDIR');
    expect(() => makeDirectories('/proc/nowhere/a')).toThrow('ENOENT');
  });
});

describe('loadRuns', () => {
  it('returns the runs by age, whatever their names, and says why others cannot be read', () => {
    const runs = tempDir();
    const made = ['2026-11-23T02:00:02Z', '2026-11-23T02:00:01Z', ''].map((at) => {
      const { dir } = createRunDirectory(runs, 'a', NOW);
      writeManifest(dir, manifest({ created_at: at }));
      return dir;
    });
    writeFileSync(join(made[2] as string, 'run.json'), '{');
    const { runs: found, damaged } = loadRuns(runs);
    expect(found.map(({ dir }) => dir)).toEqual([made[1], made[0]]);
    expect(found[0]?.manifest.created_at).toBe('2026-11-23T02:00:01Z');
    expect(damaged.map(({ error }) => error.message)).toEqual([
      expect.stringContaining(`${made[2]}/run.json is not JSON`),
    ]);
  });
});

describe('removeDrafts', () => {
  it('removes files that a killed process was writing, and nothing else', () => {
    const dir = tempDir();
    const kept = ['run.json', 'results.csv', 'ledger.ndjson', 'log.ndjson', 'my.tmp', 'notes.1.txt'];
    for (const name of [...kept, 'results.csv.123.tmp', 'plan.csv.9.tmp', 'run.json.3735928559']) {
      writeFileSync(join(dir, name), 'x');
    }
    removeDrafts(dir);
    expect(readdirSync(dir).sort()).toEqual(kept.sort());
  });
});

describe('removeRun', () => {
  it('removes a run with all that is in it, and nothing beyond: links are not followed', () => {
    const runs = tempDir();
    const { dir } = createRunDirectory(runs, 'x', NOW);
    const other = tempFile('kept', 'kept.csv');
    writeManifest(dir, manifest());
    mkdirSync(join(dir, 'deep', 'er'), { recursive: true });
    writeFileSync(join(dir, 'deep', 'er', 'read-only'), 'x', { mode: 0o400 });
    symlinkSync(other, runFiles(dir).results);
    symlinkSync(dirname(other), join(dir, 'link'));
    removeRun(dir);
    expect(readdirSync(runs)).toEqual([]);
    expect(readFileSync(other, 'utf8')).toBe('kept');
  });

  it('succeeds if another process has removed it already', () => {
    expect(() => removeRun(join(tempDir(), 'gone'))).not.toThrow();
  });
});

describe('createRunDirectory', () => {
  it('names it by time, name and four hex digits, for its owner only', () => {
    const runs = join(tempDir(), 'deep', 'runs');
    const { id, dir } = createRunDirectory(runs, 'cutover', NOW);
    expect(id).toMatch(/^20261123T020500Z-cutover-[0-9a-f]{4}$/);
    expect(dir).toBe(join(runs, id));
    expect(mode(dir)).toBe(0o700);
    expect(isRunDirectory(dir)).toBe(false);
  });

  it('is for its owner only, under any umask', () => {
    const before = process.umask(0o277);
    try {
      expect(mode(createRunDirectory(tempDir(), 'x', NOW).dir)).toBe(0o700);
    } finally {
      process.umask(before);
    }
  });

  it('is different for every run, even in the same second', () => {
    const runs = tempDir();
    const ids = new Set(Array.from({ length: 20 }, () => createRunDirectory(runs, 'x', NOW).id));
    expect(readdirSync(runs)).toHaveLength(ids.size);
  });

  it('works for two programs that make the same directory of runs at once', async () => {
    const runs = join(tempDir(), 'a', 'b', 'c');
    const code = `
      const { createRunDirectory } = await import(io('run/directory.ts'));
      while (Date.now() < ${Date.now() + 900});
      createRunDirectory(${JSON.stringify(runs)}, 'x', new Date());`;
    const ended = await Promise.all([runModule(code), runModule(code)]);
    expect(ended.map(({ stderr }) => stderr)).toEqual(['', '']);
    expect(readdirSync(runs)).toHaveLength(2);
  });

  it('throws what the file system throws', () => {
    expect(() => createRunDirectory(tempFile('x'), 'x', NOW)).toThrow(/ENOTDIR|EEXIST/);
    expect(() => createRunDirectory(join(tempFile('x'), 'runs'), 'x', NOW)).toThrow('ENOTDIR');
    expect(() => createRunDirectory('/proc/nowhere/runs', 'x', NOW)).toThrow('ENOENT');
  });
});

describe('a manifest', () => {
  it('is read as it was written, in a file of mode 0600 that replaces the one before as a whole', () => {
    const dir = tempDir();
    const first: Manifest = manifest({ name: 'Zoë "x"' });
    writeManifest(dir, first);
    expect(loadManifest(dir)).toEqual(first);
    expect(mode(runFiles(dir).manifest)).toBe(0o600);
    chmodSync(runFiles(dir).manifest, 0o644);
    writeManifest(dir, { ...first, state: 'finished' });
    expect(loadManifest(dir).state).toBe('finished');
    expect(mode(runFiles(dir).manifest)).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['run.json']);
  });

  it.each<[string, string, RegExp]>([
    ['nothing', '', /run\.json is not JSON: /],
    ['half of itself', '{"tool":"telnyx-rea', /run\.json is not JSON: /],
    ['null', 'null', /run\.json is not the run\.json of a telnyx-reassign run$/],
    [
      'another tool',
      JSON.stringify({ ...manifest(), tool: 'other' }),
      /is not the run\.json of a telnyx-reassign run$/,
    ],
    [
      'an unknown state',
      JSON.stringify({ ...manifest(), state: 'lost' }),
      /run\.json: unknown state "lost"\. Version .+ of telnyx-reassign wrote it\. Fix: use version .+ or later\.$/,
    ],
    [
      'a number for a setting',
      JSON.stringify({ ...manifest(), settings: { rate: 5 } }),
      /run\.json is damaged: .* at settings\.rate$/,
    ],
    [
      'an unknown setting',
      JSON.stringify({ ...manifest(), settings: { api_key: 'x' } }),
      /run\.json: unknown setting api_key\. Version /,
    ],
  ])('of %s throws with its path and the reason', (_, text, message) => {
    const dir = tempDir();
    writeFileSync(join(dir, 'run.json'), text);
    expect(() => loadManifest(dir)).toThrow(message);
    expect(() => loadManifest(dir)).toThrow(dir);
  });

  it('that is not there throws what the file system throws', () => {
    expect(() => loadManifest(tempDir())).toThrow('ENOENT');
  });
});

describe('loadRuns of a directory', () => {
  const dirsIn = (runsDir: string) => loadRuns(runsDir).runs.map(({ dir }) => dir);

  it('returns the runs, those of one time by name, and nothing else in the directory', () => {
    const runs = tempDir();
    const made = ['20261123T020500Z-b-0002', '20260101T000000Z-z-0001', '20261123T020500Z-a-ffff'].map((id) => {
      mkdirSync(join(runs, id));
      writeManifest(join(runs, id), manifest({ run_id: id }));
      return join(runs, id);
    });
    mkdirSync(join(runs, '20261124T000000Z-empty-0003'));
    writeFileSync(join(runs, 'notes.txt'), 'x');
    symlinkSync('/nonexistent', join(runs, 'dangling'));
    expect(dirsIn(runs)).toEqual([made[1], made[2], made[0]]);
    expect(loadRuns(runs)).toMatchObject({ damaged: [], unreadable: [] });
  });

  it('says of which runs the file system lets nothing be known', () => {
    const runs = tempDir();
    symlinkSync(join(runs, 'loop'), join(runs, 'loop'));
    mkdirSync(join(runs, 'run', 'run.json'), { recursive: true });
    mkdirSync(join(runs, 'link'));
    symlinkSync('run.json', join(runs, 'link', 'run.json'));
    const { unreadable } = loadRuns(runs);
    const codes = unreadable.map(({ dir, error }) => [
      basename(dir),
      (error as NodeJS.ErrnoException).code ?? error.constructor,
    ]);
    expect(codes.sort()).toEqual([
      ['link', 'ELOOP'],
      ['loop', 'ELOOP'],
      ['run', NotPlainFileError],
    ]);
  });

  it('is empty if there is no directory', () => {
    expect(dirsIn(join(tempDir(), 'runs'))).toEqual([]);
    expect(dirsIn(tempDir())).toEqual([]);
  });

  it('throws if the path is a file, or cannot be read', () => {
    expect(() => dirsIn(tempFile('x'))).toThrow('ENOTDIR');
    expect(() => dirsIn(join(tempFile('x'), 'runs'))).toThrow('ENOTDIR');
    expect(() => dirsIn(join(tempDir(), 'x'.repeat(300)))).toThrow('ENAMETOOLONG');
  });
});

describe('JSON files', () => {
  it('are written whole, and read back; what cannot be read is null', () => {
    const path = join(tempDir(), 'summary.json');
    writeJson(path, { a: ['é'] });
    expect(readFileSync(path, 'utf8')).toBe('{\n  "a": [\n    "é"\n  ]\n}\n');
    expect(mode(path)).toBe(0o600);
    expect(readJson(path)).toEqual({ a: ['é'] });
    expect(readJson(tempFile('{'))).toBeNull();
    expect(readJson('/nonexistent/summary.json')).toBeNull();
    expect(existsSync(path)).toBe(true);
  });
});
