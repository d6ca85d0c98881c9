import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { foreignFormat } from '../../../src/core/input/foreign-format.ts';

function formatOf(content: string | Uint8Array): string | null {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : Buffer.from(content);
  return foreignFormat(bytes.toString('latin1'), new TextDecoder().decode(bytes));
}

const ZIP = 'PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0';

describe('a file that is not a CSV', () => {
  it.each([
    ['a workbook', `${ZIP}[Content_Types].xml ... xl/workbook.xml`, 'an Excel workbook (xlsx)'],
    ['a workbook of a spreadsheet program', `${ZIP}mimetypeapplication/vnd.oasis.opendocument.spreadsheet`, 'ods'],
    ['a workbook of Numbers', `${ZIP}Index/Document.iwa`, 'Apple Numbers'],
    ['a document', `${ZIP}[Content_Types].xml word/document.xml`, 'docx'],
    ['an Office file', `${ZIP}[Content_Types].xml`, 'xlsx'],
    ['an archive', `${ZIP}numbers.csv`, 'a ZIP archive, not a CSV file; unpack it'],
    ['an empty archive', 'PK\x05\x06\0\0', 'a ZIP archive'],
    ['an old workbook', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0', 'an old Excel workbook (xls)'],
    ['an older workbook', '\t\x08\x08\0\0\x05', 'an old Excel workbook (xls)'],
    ['gzip', gzipSync('id,product\n'), 'packed with gzip, not a CSV file; unpack it first, with gunzip'],
    ['bzip2', 'BZh91AY&SY\x12', 'bunzip2'],
    ['xz', '\xfd7zXZ\0\0', 'unxz'],
    ['zstd', '\x28\xb5\x2f\xfd\x04', 'unzstd'],
    ['7z', '7z\xbc\xaf\x27\x1c\0', 'a 7z archive'],
    ['RAR', 'Rar!\x1a\x07\0', 'a RAR archive'],
    ['tar', `numbers.csv${'\0'.repeat(246)}ustar\0`, 'tar -x'],
    ['PDF', '%PDF-1.7\n%\xe2\xe3', 'a PDF'],
    ['PNG', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'PNG'],
    ['rich text', '{\\rtf1\\ansi id,product', 'rich text'],
    ['a page', '\n <!DOCTYPE html>\n<html>', 'an HTML page'],
    ['a page without doctype', '<HTML><head>', 'an HTML page'],
    ['a table that is called xls', '<table border=1><tr><td>id', 'an HTML table'],
    ['XML', '<?xml version="1.0"?>\n<numbers/>', 'XML'],
    ['XML without declaration', '<numbers><number id="1"></number></numbers>', 'XML'],
    [
      'a workbook in XML',
      '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
      'Excel',
    ],
    ['a list in JSON', '[{"id":"1"}]', 'JSON'],
    ['a list of lists in JSON', '[\n  ["id", "product"]', 'JSON'],
    ['an answer in JSON', ' {"data":[]}', 'JSON'],
    ['lines of JSON', '{"id":"1"}\n{"id":"2"}\n', 'JSON'],
    ['lines of lists in JSON', '["id","product"]\n', 'JSON'],
    ['a database', 'SQLite format 3\0', 'SQLite'],
    ['a signed text', '-----BEGIN PGP MESSAGE-----\n', 'encrypted'],
    ['a pointer', 'version https://git-lfs.github.com/spec/v1\n', 'git lfs pull'],
    ['SYLK', 'ID;PWXL;N;E\r\n', 'SYLK'],
    ['an e-mail', 'From me@example.com Mon', 'e-mail'],
    ['an older e-mail', 'Date: x\nFrom: y\nTo: z\n', 'e-mail'],
    ['an OpenDocument text', `${ZIP}mimetypeapplication/vnd.oasis.opendocument.text`, 'odt'],
    [
      'a flat OpenDocument file',
      '<?xml?><office:document office:mimetype="a/opendocument.spreadsheet"',
      'OpenDocument',
    ],
    ['a property list', '<?xml version="1.0"?>\n<!DOCTYPE plist PUBLIC', 'plist'],
    ['lzma', ']\0\0\x80\0\xff', 'unlzma'],
    ['a PDF behind white space', '\r\n%PDF-1.4', 'a PDF'],
    ['a picture', 'GIF89a\x01\0', 'GIF'],
    ['a photograph', '\0\0\0\x18ftypheic', 'a picture or a video'],
    ['WebP', 'RIFF\x24\0\0\0WEBPVP8 ', 'WebP'],
    ['a program', '\x7fELF\x02', 'a program'],
    ['Access', '\0\x01\0\0Standard Jet DB\0', 'Access'],
    ['a data frame', '\x80\x04\x95\x10', 'Python'],
    ['UTF-32', '\xff\xfe\0\0i\0\0\0', 'UTF-32'],
    ['DIF', 'TABLE\r\n0,1\r\n"EXCEL"', 'DIF'],
    ['a page with a comment', '<!-- saved -->\n<html>', 'an HTML page'],
    ['a part of a page', '<center><h1>403 Forbidden</h1></center>', 'an HTML page'],
    ['numbers in JSON', '[1293384261075731499, 2]', 'JSON'],
    ['guarded JSON', ')]}\',\n{"data":[]}', 'JSON'],
    ['a JavaScript object', "{id: '1'}", 'JSON'],
    ['YAML', '---\n- id: 1\n', 'YAML'],
    ['YAML without a start', 'numbers:\n  - id: 1\n', 'YAML'],
    ['settings', '[numbers]\nid = "1"\n', 'settings'],
    ['a script', '#!/bin/sh\n', 'a script'],
    ['an answer with headers', 'HTTP/1.1 200 OK\r\n', 'its body alone'],
    ['a patch', 'diff --git a/x b/x\n', 'a patch'],
    ['a conflict', '<<<<<<< HEAD\nid,product\n', 'resolve the conflict'],
    ['a table of a database program', '+----+----+\n| id | product |\n', 'a table for people'],
    ['uuencode', 'begin 644 numbers.csv\n', 'uudecode'],
    [
      'base64',
      `${Buffer.from('id,product\n1,A2P\n'.repeat(20)).toString('base64').replace(/.{76}/g, '$&\n')}\n`,
      'base64 -d',
    ],
    ['an encrypted file', 'age-encryption.org/v1\n', 'decrypt it'],
    ['a dump', '--\n-- PostgreSQL database dump\n', 'SQL'],
    ['a link', '[InternetShortcut]\r\nURL=https://example.com', 'link'],
  ])('%s says what it is', (_, content, what) => {
    expect(formatOf(content)).toContain(what);
  });
});

describe('a CSV', () => {
  it.each([
    '',
    'id,product\n1,A2P\n',
    'ID;Product\n',
    'ID;Profile;N\n',
    'PK,id\n',
    'BZh,id',
    'From,To\n',
    'Received,id\n',
    '{id},product\n',
    '[id],[product]\n',
    '"[id]","{product}"\n',
    '<id>,<product>\n',
    '# numbers\nid,product\n',
    '--- numbers ---\nid,product\n',
    '---\nid,product\n',
    'Report:\nDate: today\n\nid,product\n',
    'Date: today\nid,product\n',
    '[numbers]\nid,product\n',
    'a'.repeat(1000),
    'begin,end\n',
    'RIFF,id\n',
    'TABLE\nid,product\n',
    '+1,id\n',
    'PAR1,id\n',
    '%,id\n',
    'MZ,id\n',
    'version,id\n',
    '\uFEFFid,product\n',
    'Numbers to move\n\nid,product\n',
    '-----\nid\n',
  ])('%j is not taken for anything else', (text) => {
    expect(formatOf(Buffer.from(text))).toBeNull();
  });

  it('of the samples is not taken for anything else', () => {
    const samples = join(import.meta.dirname, '../../../samples');
    for (const file of readdirSync(samples).filter((name) => name.endsWith('.csv'))) {
      expect(formatOf(readFileSync(join(samples, file)))).toBeNull();
    }
  });
});
