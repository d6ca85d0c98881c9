import type { ProcessContext } from './context.ts';

/** The signals that ask a run to end; each is named in the exit code. */
export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Without a terminal, as under nohup, a hangup means nothing: no terminal has gone away. */
export function hasTerminal({ stdin, stdout, stderr }: ProcessContext): boolean {
  return [stdin, stdout, stderr].some((stream) => stream.isTTY === true);
}

/** Calls `callback` for every termination signal, instead of ending. Returns a function that removes the handlers. */
export function onEndSignals(
  context: ProcessContext,
  callback: (signal: EndSignal, times: number) => void,
): () => void {
  const { signals } = context;
  if (signals === null) return () => undefined;
  const names: EndSignal[] = hasTerminal(context) ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM'];
  let times = 0;
  const handler = (signal: NodeJS.Signals) => {
    times += 1;
    callback(signal as EndSignal, times);
  };
  for (const name of names) signals.on(name, handler);
  return () => {
    for (const name of names) signals.off(name, handler);
  };
}
