import { describe, expect, it } from 'vitest';
import { fileErrorFix, fileErrorText } from '../../../src/core/text/file-error.ts';

describe('an error of the file system', () => {
  it.each([
    [{ code: 'EACCES' }, 'EACCES (permission denied)', /run as its owner/],
    [{ code: 'ESTRANGE' }, 'ESTRANGE', /^$/],
    [{ message: 'something else' }, 'something else', /^$/],
    [{ code: 7, message: 'no code' }, 'no code', /^$/],
  ])('%j has a text and a remedy', (error, text, fix) => {
    expect(fileErrorText(error)).toBe(text);
    expect(fileErrorFix(error)).toMatch(fix);
  });
});
