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

/** Tags with which a page or a part of one begins. */
const HTML =
  /^<(?:!--|(?:!doctype\s+html|html|head|body|title|meta|link|base|script|noscript|style|div|span|section|main|center|h[1-6]|p|pre|a|b|br|hr|font|form|iframe|ul|ol)\b)/i;
const JSON_START =
  /^(?:\)\]\}',?\s*)?(\{\s*((["'])[^"'\n]*\3\s*:|[\w$]+\s*:|\})|\[\s*([[{\]]|"[^"\n]*"\s*[,\]]|-?[0-9][0-9.eE+-]*\s*[,\]]))/;
const YAML = /^(?:---[ \t\r]*\n\s*(?:- |[\w-]+:\s)|- [\w-]+: |[\w-]+:[ \t]*\r?\n(?:[ \t]+(?:- |[\w-]+:)|- [\w-]+:))/;
/** In lines of one length; a word of this length in a header has no digits and capitals in it. */
const BASE64 = /^(?=[^\n]*[a-z])(?=[^\n]*[A-Z])(?=[^\n]*[0-9])[A-Za-z0-9+/]{60,}={0,2}(?:\r?\n[A-Za-z0-9+/=]+)*\s*$/;

/** The first one that fits counts. */
const FORMATS: readonly Format[] = [
  { what: 'an Excel workbook (xlsx)', start: [ZIP], within: 'xl/', fix: SAVE_AS_CSV },
  { what: 'an OpenDocument spreadsheet (ods)', start: [ZIP], within: 'opendocument.spreadsheet', fix: SAVE_AS_CSV },
  { what: 'an Apple Numbers spreadsheet', start: [ZIP], within: '.iwa', fix: SAVE_AS_CSV },
  { what: 'a Word document (docx)', start: [ZIP], within: 'word/', fix: EXPORT },
  { what: 'an OpenDocument text (odt)', start: [ZIP], within: 'opendocument.text', fix: EXPORT },
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
  { what: 'packed with lzma', start: ['\x5d\0\0'], fix: `${UNPACK}, with unlzma` },
  { what: 'packed with lzip', start: ['LZIP\x01'], fix: `${UNPACK}, with lzip -d` },
  { what: 'packed with lz4', start: ['\x04\x22\x4d\x18'], fix: `${UNPACK}, with unlz4` },
  { what: 'a 7z archive', start: ['7z\xbc\xaf\x27\x1c'], fix: UNPACK },
  { what: 'a RAR archive', start: ['Rar!\x1a\x07'], fix: UNPACK },
  { what: 'a tar archive', start: ['ustar'], at: 257, fix: `${UNPACK}, with tar -x` },
  { what: 'a PDF', start: /^%PDF/, fix: EXPORT },
  { what: 'a PostScript document', start: ['%!PS'], fix: EXPORT },
  { what: 'a picture (PNG)', start: ['\x89PNG\r\n\x1a\n\0'], fix: EXPORT },
  { what: 'a picture (JPEG)', start: ['\xff\xd8\xff\xe0\0', '\xff\xd8\xff\xe1', '\xff\xd8\xff\xdb\0'], fix: EXPORT },
  { what: 'a picture (GIF)', start: ['GIF87a', 'GIF89a'], fix: EXPORT },
  { what: 'a picture (TIFF)', start: ['II*\0', 'MM\0*'], fix: EXPORT },
  { what: 'a picture (WebP)', start: ['RIFF'], within: 'WEBP', fix: EXPORT },
  { what: 'a picture or a video', start: ['ftyp'], at: 4, fix: EXPORT },
  { what: 'a program', start: ['\x7fELF', 'MZ\x90\0', '\xcf\xfa\xed\xfe'], fix: EXPORT },
  { what: 'an Access database', start: ['Standard Jet DB', 'Standard ACE DB'], at: 4, fix: EXPORT },
  { what: 'an HDF5 file', start: ['\x89HDF\r\n'], fix: EXPORT },
  { what: 'a data file of Python', start: ['\x80\x03', '\x80\x04\x95', '\x80\x05\x95', '\x93NUMPY'], fix: EXPORT },
  { what: 'a text in UTF-32', start: ['\xff\xfe\0\0', '\0\0\xfe\xff'], fix: 'save it as UTF-8' },
  { what: 'an SQLite database', start: ['SQLite format 3\0'], fix: EXPORT },
  { what: 'a Parquet file', start: ['PAR1\x15'], fix: EXPORT },
  { what: 'an Arrow file', start: ['ARROW1\0\0', 'FEA1\0'], fix: EXPORT },
  { what: 'an Avro file', start: ['Obj\x01'], fix: EXPORT },
  { what: 'a SYLK spreadsheet', start: /^ID;P[A-Z]*;N[;\r\n]/, fix: SAVE_AS_CSV },
  { what: 'a DIF spreadsheet', start: /^TABLE\r?\n0,1\r?\n/, fix: SAVE_AS_CSV },
  { what: 'a rich text document', start: /^\{\\rtf/, fix: EXPORT },
  { what: 'an Excel workbook (XML)', start: /^</, within: 'urn:schemas-microsoft-com:office:', fix: SAVE_AS_CSV },
  { what: 'an OpenDocument spreadsheet', start: /^</, within: 'opendocument.spreadsheet', fix: SAVE_AS_CSV },
  { what: 'a property list (plist)', start: /^</, within: '<!DOCTYPE plist', fix: EXPORT },
  { what: 'an HTML page', start: HTML, fix: DOWNLOAD },
  { what: 'an HTML table', start: /^<table\b/i, fix: SAVE_AS_CSV },
  { what: 'XML', start: /^<([?!]|[a-z][\w.:-]*[\s/>][\s\S]*<\/)/i, fix: EXPORT },
  { what: 'JSON', start: JSON_START, fix: EXPORT },
  { what: 'YAML', start: YAML, fix: EXPORT },
  { what: 'a script', start: /^#!\s*\//, fix: EXPORT },
  { what: 'an answer with its headers', start: /^HTTP\/[0-9.]+ [0-9]{3}\b/, fix: 'save its body alone' },
  { what: 'a patch', start: /^(diff --git |Index: |--- \S.*\n\+\+\+ )/, fix: 'apply it to the CSV' },
  { what: 'in a merge conflict', start: /^<<<<<<< /, fix: 'resolve the conflict first' },
  { what: 'a table for people', start: /^\+-[-+]*\+\s*\n\|/, fix: EXPORT },
  { what: 'encoded with uuencode', start: /^begin [0-7]{3,4} \S/, fix: 'decode it first, with uudecode' },
  { what: 'encoded in base64', start: BASE64, fix: 'decode it first, with base64 -d' },
  { what: 'encrypted', start: /^(age-encryption\.org\/|\$ANSIBLE_VAULT;|Salted__)/, fix: 'decrypt it first' },
  { what: 'an encrypted or signed text', start: /^-----BEGIN [A-Z ]+-----/, fix: 'decrypt it first' },
  { what: 'a pointer of Git LFS', start: ['version https://git-lfs'], fix: 'fetch the file itself, with git lfs pull' },
  {
    what: 'a link to a page',
    start: /^(\[InternetShortcut\]|\[Desktop Entry\]|bplist00)/,
    fix: 'fetch the file that it points to',
  },
  { what: 'settings (INI or TOML)', start: /^\[[\w. -]+\][ \t\r]*\n\s*[\w.-]+\s*=/, fix: EXPORT },
  { what: 'a list of contacts or dates', start: /^BEGIN:V[A-Z]+/, fix: EXPORT },
  {
    what: 'SQL',
    start: /^((--\s*\n)?-- (MySQL|MariaDB|PostgreSQL|phpMyAdmin)|\/\*!|(CREATE TABLE|INSERT INTO) )/i,
    fix: EXPORT,
  },
  {
    what: 'an e-mail',
    start:
      /^(From \S+@|Received: (from|by) |Return-Path: <|(MIME-Version|Delivered-To|Message-ID|DKIM-Signature|X-[\w-]+): |Date: .*\r?\n(From|To|Subject): .*\r?\n(From|To|Subject): )/,
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
