/** A line break, as a byte of UTF-8. */
export const NEWLINE = 0x0a;
