import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readMetrics } from '../../../src/io/watching/metrics-file.ts';
import { tempDir, tempFile } from '../../support/temp.ts';

const OURS = '# HELP telnyx_reassign_exit_code x\ntelnyx_reassign_exit_code{name="a"} 0\n';

it('a file of metrics is read, and one that is not there is empty', () => {
  expect(readMetrics(tempFile(OURS))).toBe(OURS);
  expect(readMetrics(tempFile(''))).toBe('');
  expect(readMetrics(join(tempDir(), 'none'))).toBe('');
});

it('anything else is left alone', () => {
  const dir = join(tempDir(), 'dir');
  mkdirSync(dir);
  const large = join(tempDir(), 'large');
  writeFileSync(large, OURS.repeat(20_000));
  for (const path of [tempFile('a,b\n1,2\n'), tempFile('# HELP node_cpu x\n'), dir, large, '/dev/null']) {
    expect(readMetrics(path), path).toBeNull();
  }
});
