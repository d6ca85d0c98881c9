import { type Sandbox, type SandboxOptions, startSandbox } from '../../../src/sandbox/server.ts';
import { afterEveryTest } from '../after-test.ts';

const open: Sandbox[] = [];

afterEveryTest(async () => {
  await Promise.all(open.splice(0).map((sandbox) => sandbox.close()));
});

/** Starts a sandbox that is closed after the test. */
export async function openSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  open.push(sandbox);
  return sandbox;
}
