import { PassThrough } from 'node:stream';
import type { ProcessContext } from '../../../src/app/context.ts';

export type Terminal = Pick<ProcessContext, 'stdin' | 'stdout' | 'stderr'> & {
  stdoutText: () => string;
  stderrText: () => string;
};

/** Returns a stream that keeps what is written to it. */
function recordingStream(shape: object): { stream: NodeJS.WriteStream; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {
    stream: Object.assign(stream, shape) as unknown as NodeJS.WriteStream,
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}

/**
 * Returns the three standard streams of a command: a terminal with `columns` columns, or pipes if `columns` is null.
 * `input` is all of standard input; null leaves it open.
 */
export function fakeTerminal(columns: number | null, input: string | null): Terminal {
  const shape = columns === null ? {} : { isTTY: true, columns };
  const stdin = new PassThrough();
  if (input !== null) stdin.end(input);
  const stdout = recordingStream(shape);
  const stderr = recordingStream(shape);
  return {
    stdin: Object.assign(stdin, columns === null ? {} : { isTTY: true }) as unknown as NodeJS.ReadStream,
    stdout: stdout.stream,
    stderr: stderr.stream,
    stdoutText: stdout.text,
    stderrText: stderr.text,
  };
}
