import { afterEach } from 'vitest';
import { parseFault, type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts';

const open: Sandbox[] = [];

afterEach(async () => {
  for (const sandbox of open.splice(0)) await sandbox.close();
});

/**
 * What every `plan INPUT` and `apply INPUT` of these tests is given, to point it at an API of the test, of which it
 * reads nothing before it sends. Commands on a run directory take the address from there, and none of this.
 */
export function at(url: string): string[] {
  return ['--offline', '--base-url', url];
}

/** The same as lines of a job file. */
export function jobAt(url: string): string[] {
  return [`base_url: ${url}`];
}

/** A sandbox that is closed after the test, and the flags of a fast `apply INPUT` that asks nothing and goes there. */
export async function api(
  options: SandboxOptions = {},
  faults: string[] = [],
  readFaults: string[] = [],
): Promise<{ sandbox: Sandbox; flags: string[] }> {
  const { readFaults: given = [] } = options;
  const sandbox = await startSandbox({
    ...options,
    faults: faults.map(parseFault),
    readFaults: [...given, ...readFaults.map(parseFault)],
  });
  open.push(sandbox);
  const fast = ['--rate', 'off', '--retry-base', '1ms', '--retry-max', '2ms', '--yes'];
  return { sandbox, flags: [...at(sandbox.url), ...fast] };
}
