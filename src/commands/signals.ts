/** The signals that ask a run to end; each is named in the exit code. */
export type EndSignal = 'SIGINT' | 'SIGTERM';

/** Calls back for every signal that asks to end, instead of ending the process. Gives a function that lets go. */
export function onEndSignals(callback: (signal: EndSignal, times: number) => void): () => void {
  let times = 0;
  const handler = (signal: NodeJS.Signals) => {
    times += 1;
    callback(signal as EndSignal, times);
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return () => {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
}
