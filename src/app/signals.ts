/** The signals that ask a run to end; each is named in the exit code. */
export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Whether a hangup means that the terminal is gone: with none, as under nohup, it means nothing. */
function hasTerminal(): boolean {
  return [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);
}

/**
 * Lets a hangup pass where there is no terminal. Node takes back the disposition that nohup has set, and would die of
 * it without a handler.
 */
export function ignoreHangup(): void {
  if (!hasTerminal()) process.on('SIGHUP', () => undefined);
}

/** Calls back for every signal that asks to end, instead of ending the process. Gives a function that lets go. */
export function onEndSignals(callback: (signal: EndSignal, times: number) => void): () => void {
  const signals: EndSignal[] = hasTerminal() ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM'];
  let times = 0;
  const handler = (signal: NodeJS.Signals) => {
    times += 1;
    callback(signal as EndSignal, times);
  };
  for (const signal of signals) process.on(signal, handler);
  return () => {
    for (const signal of signals) process.off(signal, handler);
  };
}
