import fc from 'fast-check';

const scalar = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800));
const latin = fc.integer({ min: 0, max: 0xff }).map((n) => String.fromCharCode(n));

/** Any text of whole characters, control characters among them; fast-check's own `binary` takes seconds to start. */
export function anyText(maxLength = 20): fc.Arbitrary<string> {
  return fc.string({ unit: fc.oneof(latin, scalar), maxLength });
}
