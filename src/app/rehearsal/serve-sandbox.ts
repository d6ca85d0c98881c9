import { EXIT } from '../../core/run/exit-codes.ts';
import { exampleIds, NOT_IMITATED, type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/server.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { print } from '../output.ts';
import { onEndSignals } from '../signals.ts';

function introduction(sandbox: Sandbox, program: string): string {
  const [id = 'ID'] = exampleIds(sandbox.snapshot(), 1);
  const lines = [
    `The sandbox of the messaging API is at ${sandbox.url}`,
    '',
    'It does not imitate:',
    ...NOT_IMITATED.map((text) => `  - ${text}`),
    '',
    'Try it:',
    `  curl -H 'Authorization: Bearer any' ${sandbox.url}/phone_numbers/${id}/messaging`,
    '',
    'Run against it:',
    `  TELNYX_API_KEY=any ${program} apply INPUT.csv --base-url ${sandbox.url}`,
    '',
    'Received requests: GET /_sandbox/requests. State: GET /_sandbox/state.',
    'Edit a number as another client: POST /_sandbox/edit. Press Ctrl-C to stop.',
    '',
  ];
  return lines.join('\n');
}

/** Serves the sandbox until a signal ends it. Returns exit code 0. Throws UsageError if it cannot start. */
export async function serveSandbox(options: SandboxOptions, context: Context): Promise<number> {
  const sandbox = await startSandbox(options).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof RangeError) throw new UsageError(error.message);
    const where = `127.0.0.1:${options.port}`;
    throw new UsageError(`Could not listen on ${where} (${error.code}). Choose another port with --port.`);
  });
  print(context.stdout, introduction(sandbox, context.program));
  await new Promise<void>((resolve) => {
    // A second signal ends the process at once.
    const removeHandlers = onEndSignals(context, () => {
      removeHandlers();
      resolve();
    });
  });
  await sandbox.close();
  return EXIT.ok;
}
