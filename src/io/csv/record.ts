import type { FileError } from '../../core/input/rejection.ts';

/**
 * A record of a CSV: its cells exactly as the file has them, and the line on which it starts. `isUnended`: the file ends
 * in it, without a line end.
 */
export type CsvRecord = { line: number; cells: string[]; isUnended?: true };

/** Thrown for an error of the whole file, such as bytes in another encoding: the rest cannot be read. */
export class CsvError extends Error {
  readonly fileError: FileError;
  constructor(fileError: FileError) {
    super(fileError.text);
    this.fileError = fileError;
  }
}
