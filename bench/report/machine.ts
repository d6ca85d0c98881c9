import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../process/run.ts';

const PACKAGES = ['got', 'undici', 'telnyx', 'p-limit', 'p-queue', 'csv-parse', 'csv-stringify', 'yargs'];

function versionOf(directory: string): string {
  return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }).version;
}

/** The machine and the versions of a measurement, one line each. */
export function machine(): string[] {
  const [first] = cpus();
  const curl = spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout?.split(' ').slice(0, 2).join(' ');
  const versions = PACKAGES.map((name) => `${name} ${versionOf(join(ROOT, 'node_modules', name))}`);
  return [
    `CPU: ${first?.model.trim() ?? 'unknown'}, ${cpus().length} cores`,
    `Memory: ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `OS: ${type()} ${release()}`,
    `Node: ${process.version}`,
    `This program: ${versionOf(ROOT)}`,
    `Packages: ${[...versions, ...(curl ? [curl] : [])].join(', ')}`,
  ];
}
