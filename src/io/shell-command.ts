import { spawn } from 'node:child_process';

/** How a shell command ended: with an exit code, by a signal, or not at all because it could not be started. */
export type ShellEnd = { exit: number | null; signal: string | null; failure: string | null; output: string };

/** The last bytes of the output that are kept. */
const MAX_OUTPUT_BYTES = 64 * 1024;
/** A process that the command leaves behind may hold its output open. */
const OUTPUT_GRACE_MS = 500;

/** Collects the end of an output. */
function createTail() {
  let pieces: Buffer[] = [];
  let bytes = 0;
  return {
    add(piece: Buffer): void {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes < 2 * MAX_OUTPUT_BYTES) return;
      pieces = [Buffer.concat(pieces).subarray(-MAX_OUTPUT_BYTES)];
      bytes = MAX_OUTPUT_BYTES;
    },
    text: () => Buffer.concat(pieces).subarray(-MAX_OUTPUT_BYTES).toString(),
  };
}

/**
 * Runs a command in a shell, with no standard input and in a process group of its own. `output` is the end of what it
 * prints on both streams. `kill` sends a signal to the group, of which nothing is left then once the command has ended.
 */
export function runInShell(command: string, options: { cwd: string; env: Record<string, string | undefined> }) {
  const tail = createTail();
  const isWindows = process.platform === 'win32';
  const child = isWindows
    ? spawn(command, { ...options, shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
    : spawn('sh', ['-c', command], { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', tail.add);
  child.stderr.on('data', tail.add);
  let hasEnded = false;
  let isKilled = false;
  const kill = (signal: NodeJS.Signals) => {
    isKilled = true;
    try {
      if (isWindows) child.kill(signal);
      else process.kill(-(child.pid as number), signal);
    } catch {
      // It has just ended.
    }
  };
  // Whatever ends this process, the command must not go on without it.
  const onExit = () => kill('SIGKILL');
  process.once('exit', onExit);
  const ended = new Promise<ShellEnd>((resolve) => {
    const end = (parts: Partial<ShellEnd>) => {
      hasEnded = true;
      process.off('exit', onExit);
      resolve({ exit: null, signal: null, failure: null, output: tail.text(), ...parts });
    };
    child.once('error', (error) => end({ failure: error.message }));
    child.once('exit', (exit, signal) => {
      hasEnded = true;
      const timer = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, OUTPUT_GRACE_MS);
      child.once('close', () => {
        clearTimeout(timer);
        // What it has started may ignore the signal that has ended the command itself.
        if (isKilled) kill('SIGKILL');
        end({ exit, signal });
      });
    });
  });
  return {
    ended,
    kill(signal: NodeJS.Signals): void {
      if (!hasEnded && child.pid !== undefined) kill(signal);
    },
  };
}
