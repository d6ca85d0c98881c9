import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';

/** A line with the columns that it takes. */
export type RedrawnLine = { text: string; width: number };

/** Shows lines on a terminal in place of those that it has shown before. */
export function createRedraw(stream: NodeJS.WriteStream) {
  let shown: RedrawnLine[] = [];
  // The terminal may have another width now, and has wrapped the lines again.
  const rowsOf = ({ width }: RedrawnLine) => Math.max(1, Math.ceil(width / (stream.columns ?? 80)));
  return {
    /** Leaves lines out for which the terminal has no room, except the last time. */
    show(lines: readonly RedrawnLine[], print: (text: string) => void, isLast: boolean): void {
      if (shown.length > 0) {
        moveCursor(stream, 0, -shown.reduce((rows, line) => rows + rowsOf(line), 0));
        cursorTo(stream, 0);
        clearScreenDown(stream);
      }
      // What has left the screen cannot be replaced. The cursor is on a row below them, and what tmux clears from the
      // first row on goes to its history.
      let room = isLast ? Number.POSITIVE_INFINITY : (stream.rows ?? Number.POSITIVE_INFINITY) - 2;
      const end = lines.findIndex((line) => {
        room -= rowsOf(line);
        return room < 0;
      });
      shown = end === -1 ? [...lines] : lines.slice(0, end);
      print(shown.map(({ text }) => `${text}\n`).join(''));
    },
  };
}
