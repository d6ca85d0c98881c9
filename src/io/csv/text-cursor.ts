const [LF, CR, SPACE, TILDE] = [0x0a, 0x0d, 0x20, 0x7e];
const WHITE_SPACE = /\s/;

/** Finds the next of a character, or the end of the text. Passes over the text once, however often it is asked. */
function finder(text: string, character: string): (from: number) => number {
  let next = -1;
  return (from) => {
    if (next < from) {
      next = text.indexOf(character, from);
      if (next < 0) next = text.length;
    }
    return next;
  };
}

export type Cursor = ReturnType<typeof createCursor>;

/** A place in a piece of text, which only moves on. What is not found is at the end of the text. */
export function createCursor(text: string, delimiter: string) {
  const [nextLf, nextCr] = [finder(text, '\n'), finder(text, '\r')];
  const delimiterCode = delimiter.charCodeAt(0);
  const isSpace = (code: number): boolean => {
    if (code > SPACE && code <= TILDE) return false;
    return code !== delimiterCode && code !== CR && code !== LF && WHITE_SPACE.test(String.fromCharCode(code));
  };
  const cursor = {
    at: 0,
    length: text.length,
    nextQuote: finder(text, '"'),
    nextDelimiter: finder(text, delimiter),
    nextLineEnd: (from: number) => Math.min(nextLf(from), nextCr(from)),
    isAtEnd: () => cursor.at === text.length,
    /** The code of the next character; NaN at the end. */
    code: () => text.charCodeAt(cursor.at),
    upTo: (until: number) => text.slice(cursor.at, until),
    take(until: number): string {
      const taken = cursor.upTo(until);
      cursor.at = until;
      return taken;
    },
    /** Takes white space, without line ends and delimiters. */
    takeSpace(): string {
      let end = cursor.at;
      while (end < text.length && isSpace(text.charCodeAt(end))) end += 1;
      return cursor.take(end);
    },
    isAtDelimiter: () => cursor.code() === delimiterCode,
    isAtLineEnd: () => cursor.code() === CR || cursor.code() === LF,
    skipLineEnd(): void {
      cursor.at += cursor.code() === CR && text.charCodeAt(cursor.at + 1) === LF ? 2 : 1;
    },
    /** Counts the line breaks from here. `isAfterCr`: whether the text before this piece ends in CR. */
    countBreaks(until: number, isAfterCr: boolean): number {
      let breaks = 0;
      for (let end = cursor.nextLineEnd(cursor.at); end < until; end = cursor.nextLineEnd(end + 1)) {
        const follows = end > 0 ? text.charCodeAt(end - 1) === CR : isAfterCr;
        if (!follows || text.charCodeAt(end) === CR) breaks += 1;
      }
      return breaks;
    },
  };
  return cursor;
}
