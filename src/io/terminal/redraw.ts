import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';

/** Shows lines on a terminal in place of those that it has shown before. */
export function createRedraw(stream: NodeJS.WriteStream) {
  let shownRows = 0;
  return {
    /** `print` must write these lines, each with a line break. `widths`: how many columns each of them takes. */
    show(widths: readonly number[], print: () => void): void {
      const columns = stream.columns ?? 80;
      if (shownRows > 0) {
        moveCursor(stream, 0, -shownRows);
        cursorTo(stream, 0);
        clearScreenDown(stream);
      }
      print();
      shownRows = widths.reduce((rows, width) => rows + Math.max(1, Math.ceil(width / columns)), 0);
    },
  };
}
