/** A file that is not a CSV: what it is, what shows it at the start of the file, and how to get a CSV. */
type Format = {
  what: string;
  /** The bytes at the start, one character each; or a test of the text without white space before it. */
  start: readonly string[] | RegExp;
  /** Where the bytes are, if not at the start. */
  at?: number;
  /** Bytes that must follow somewhere in the first block too. */
  within?: string;
  fix: string;
};

const SAVE_AS_CSV = 'open it in the spreadsheet program, and save it as CSV UTF-8 with the ids as text';
const UNPACK = 'unpack it first';
const EXPORT = 'export the list as CSV from the program that it comes from';
const DOWNLOAD = 'a page is often downloaded in place of a file, by a login that has expired; download the CSV again';
const ZIP = 'PK\x03\x04';

/** The first one that fits counts. */
const FORMATS: readonly Format[] = [
  { what: 'an Excel workbook (xlsx)', start: [ZIP], within: 'xl/', fix: SAVE_AS_CSV },
  { what: 'an OpenDocument spreadsheet (ods)', start: [ZIP], within: 'opendocument.spreadsheet', fix: SAVE_AS_CSV },
  { what: 'an Apple Numbers spreadsheet', start: [ZIP], within: '.iwa', fix: SAVE_AS_CSV },
  { what: 'a Word document (docx)', start: [ZIP], within: 'word/', fix: EXPORT },
  {
    what: 'an Excel workbook (xlsx) or another Office file',
    start: [ZIP],
    within: '[Content_Types].xml',
    fix: SAVE_AS_CSV,
  },
  { what: 'a ZIP archive', start: ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'], fix: UNPACK },
  {
    what: 'an old Excel workbook (xls), or one with a password',
    start: ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
    fix: SAVE_AS_CSV,
  },
  {
    what: 'an old Excel workbook (xls)',
    start: ['\t\0\x04\0', '\t\x02\x06\0', '\t\x04\x06\0', '\t\x08\x08\0', '\t\x08\x10\0'],
    fix: SAVE_AS_CSV,
  },
  { what: 'packed with gzip', start: ['\x1f\x8b'], fix: `${UNPACK}, with gunzip` },
  { what: 'packed with compress', start: ['\x1f\x9d'], fix: `${UNPACK}, with gunzip` },
  { what: 'packed with bzip2', start: /^BZh[1-9]1AY&SY/, fix: `${UNPACK}, with bunzip2` },
  { what: 'packed with xz', start: ['\xfd7zXZ\0'], fix: `${UNPACK}, with unxz` },
  { what: 'packed with zstd', start: ['\x28\xb5\x2f\xfd'], fix: `${UNPACK}, with unzstd` },
  { what: 'packed with lz4', start: ['\x04\x22\x4d\x18'], fix: `${UNPACK}, with unlz4` },
  { what: 'a 7z archive', start: ['7z\xbc\xaf\x27\x1c'], fix: UNPACK },
  { what: 'a RAR archive', start: ['Rar!\x1a\x07'], fix: UNPACK },
  { what: 'a tar archive', start: ['ustar'], at: 257, fix: `${UNPACK}, with tar -x` },
  { what: 'a PDF', start: ['%PDF'], fix: EXPORT },
  { what: 'a PostScript document', start: ['%!PS'], fix: EXPORT },
  { what: 'a picture (PNG)', start: ['\x89PNG\r\n\x1a\n\0'], fix: EXPORT },
  { what: 'a picture (JPEG)', start: ['\xff\xd8\xff\xe0\0', '\xff\xd8\xff\xe1', '\xff\xd8\xff\xdb\0'], fix: EXPORT },
  { what: 'an SQLite database', start: ['SQLite format 3\0'], fix: EXPORT },
  { what: 'a Parquet file', start: ['PAR1\x15'], fix: EXPORT },
  { what: 'an Arrow file', start: ['ARROW1\0\0'], fix: EXPORT },
  { what: 'an Avro file', start: ['Obj\x01'], fix: EXPORT },
  { what: 'a SYLK spreadsheet', start: /^ID;P[A-Z]*;N[;\r\n]/, fix: SAVE_AS_CSV },
  { what: 'a rich text document', start: /^\{\\rtf/, fix: EXPORT },
  { what: 'an Excel workbook (XML)', start: /^</, within: 'urn:schemas-microsoft-com:office:', fix: SAVE_AS_CSV },
  {
    what: 'an HTML page',
    start: /^<(!doctype\s+html|html|head|body|title|meta|script|style|div|p|!--)\b/i,
    fix: DOWNLOAD,
  },
  { what: 'an HTML table', start: /^<table\b/i, fix: SAVE_AS_CSV },
  { what: 'XML', start: /^<([?!]|[a-z][\w.:-]*[\s/>][\s\S]*<\/)/i, fix: EXPORT },
  { what: 'JSON', start: /^(\{\s*("[^"\n]*"\s*:|\})|\[\s*([[{\]]|"[^"\n]*"\s*[,\]]))/, fix: EXPORT },
  { what: 'an encrypted or signed text', start: /^-----BEGIN [A-Z ]+-----/, fix: 'decrypt it first' },
  { what: 'a pointer of Git LFS', start: ['version https://git-lfs'], fix: 'fetch the file itself, with git lfs pull' },
  { what: 'a link to a page', start: /^(\[InternetShortcut\]|bplist00)/, fix: 'fetch the file that it points to' },
  { what: 'a list of contacts or dates', start: /^BEGIN:V[A-Z]+/, fix: EXPORT },
  { what: 'SQL', start: /^(-- (MySQL|MariaDB|PostgreSQL|phpMyAdmin)|(CREATE TABLE|INSERT INTO) )/i, fix: EXPORT },
  {
    what: 'an e-mail',
    start: /^(From \S+@|Received: (from|by) |Return-Path: <|MIME-Version: 1)/,
    fix: 'save its attachment',
  },
];

/**
 * What a file is if its first block shows that it is not a CSV: the text continues "the file is"; else null. `bytes`:
 * one character each. `text`: the same, decoded.
 */
export function foreignFormat(bytes: string, text: string): string | null {
  const trimmed = text.trimStart();
  const format = FORMATS.find(({ start, at = 0, within }) => {
    const fits = start instanceof RegExp ? start.test(trimmed) : start.some((magic) => bytes.startsWith(magic, at));
    return fits && (within === undefined || bytes.includes(within));
  });
  return format === undefined ? null : `${format.what}, not a CSV file; ${format.fix}`;
}
