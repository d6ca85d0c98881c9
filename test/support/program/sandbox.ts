import { parseFault, type Sandbox, type SandboxOptions } from '../../../src/sandbox/server.ts';
import { openSandbox } from '../sandbox/open.ts';

/**
 * The flags that point `plan INPUT` and `apply INPUT` at an API of the test, which they do not read before they send.
 * Commands on a run directory take the address from there.
 */
export function at(url: string): string[] {
  return ['--offline', '--base-url', url];
}

/** The address of an API as lines of a job file. */
export function jobAt(url: string): string[] {
  return [`base_url: ${url}`];
}

/**
 * Starts a sandbox that is closed after the test. `flags` are those of a fast `apply INPUT` that goes there and asks
 * nothing.
 */
export async function api(
  options: SandboxOptions = {},
  faults: string[] = [],
  readFaults: string[] = [],
): Promise<{ sandbox: Sandbox; flags: string[] }> {
  const { readFaults: given = [] } = options;
  const sandbox = await openSandbox({
    ...options,
    faults: faults.map(parseFault),
    readFaults: [...given, ...readFaults.map(parseFault)],
  });
  const fast = ['--rate', 'off', '--retry-base', '1ms', '--retry-max', '2ms', '--yes'];
  return { sandbox, flags: [...at(sandbox.url), ...fast] };
}

/** The same for commands that read the account before they send. */
export async function readingApi(
  options: SandboxOptions = {},
  faults: string[] = [],
): Promise<{ sandbox: Sandbox; flags: string[] }> {
  const { sandbox, flags } = await api(options, faults);
  return { sandbox, flags: flags.filter((flag) => flag !== '--offline') };
}
