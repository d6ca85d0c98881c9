import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DOCUMENTS, ROOT, read } from './documents.ts';

type Link = { path: string; anchor: string };

/** The relative links of a document outside of code, with paths from the root. */
function linksOf(document: string): Link[] {
  const prose = read(document)
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(([, path = '', anchor = '']) => ({
    path: path === '' ? document : posix.normalize(posix.join(dirname(document), path)),
    anchor,
  }));
}

/** The anchors of the headings of a document, as GitHub makes them. */
function anchorsOf(document: string): string[] {
  const prose = read(document).replace(/^```.*?^```/gms, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('links in the documents', () => {
  it.each(DOCUMENTS)('%s links to files and headings that exist', (document) => {
    const broken = linksOf(document).filter(({ path, anchor }) => {
      if (!existsSync(join(ROOT, path))) return true;
      return anchor !== '' && !anchorsOf(path).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('lead to every document', () => {
    const linked = new Set(DOCUMENTS.flatMap((document) => linksOf(document).map(({ path }) => path)));
    expect(DOCUMENTS.filter((document) => document !== 'README.md' && !linked.has(document))).toEqual([]);
  });

  it('lead from documents of the package to files of the package', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] };
    const shipped = [...files, 'README.md', 'LICENSE', 'package.json'];
    const isShipped = (path: string) => shipped.some((file) => path === file || path.startsWith(`${file}/`));
    const documents = DOCUMENTS.filter(isShipped);
    expect(documents.length).toBeGreaterThan(15);
    const missing = documents.flatMap((document) => linksOf(document).filter(({ path }) => !isShipped(path)));
    expect(missing).toEqual([]);
  });

  it('name only headings that stand in their document once', () => {
    for (const document of DOCUMENTS.filter((path) => path !== 'CHANGELOG.md')) {
      const anchors = anchorsOf(document);
      expect(new Set(anchors).size, document).toBe(anchors.length);
    }
  });
});

const FOLDERS = ['bench', 'docs', 'jobs', 'samples', 'scripts', 'src'];

describe('the list of documents', () => {
  it('has every Markdown file but the report of the benchmark', () => {
    const inFolders = FOLDERS.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => posix.join(folder, name)),
    );
    const all = [...readdirSync(ROOT), ...inFolders].filter((name) => name.endsWith('.md'));
    expect(all.sort()).toEqual([...DOCUMENTS, 'bench/RESULTS.md'].sort());
  });
});
