import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { visible } from '../core/text/visible.ts';

/** One key of a job file with its value as text, and its place in the file. */
export type JobKey = { key: string; value: string | Record<string, string>; line: number; col: number };

/**
 * Reads a job file: a YAML mapping of names to plain values, or to mappings of plain values. Values stay text, because
 * YAML would turn `name: 0123` into a number. Throws with line and column, and what the file system throws.
 */
export function readJobFile(path: string): JobKey[] {
  const counter = new LineCounter();
  const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: counter, schema: 'failsafe' });
  const at = (offset: number | undefined) => counter.linePos(offset ?? 0);
  const fail = (offset: number | undefined, text: string): never => {
    const { line, col } = at(offset);
    throw new Error(`${visible(path)}:${line}:${col}: ${visible(text)}`);
  };
  const error = document.errors[0];
  if (error !== undefined) fail(error.pos[0], error.message.split('\n')[0]?.replace(/ at line .*$/, '') ?? 'not YAML');
  const root = document.contents;
  if (!isMap(root)) return fail(root?.range?.[0], 'a job file is a list of `name: value` lines');
  const scalar = (node: unknown): string | null => (isScalar(node) ? String(node.value) : null);
  return root.items.map((pair) => {
    const keyNode = pair.key as { range?: [number, number, number] | null };
    const offset = keyNode.range?.[0];
    const key = scalar(pair.key) ?? fail(offset, 'a name must be a plain word');
    const { line, col } = at(offset);
    const value = scalar(pair.value);
    if (value !== null) return { key, value, line, col };
    if (!isMap(pair.value)) return fail(offset, `${key} must have a plain value`);
    const inner = pair.value.items.map((item): [string, string] => {
      const name = scalar(item.key);
      const text = scalar(item.value);
      return name === null || text === null ? fail(offset, `${key} must hold plain names and values`) : [name, text];
    });
    // Not by assignment, which would lose a key `__proto__`.
    return { key, value: Object.fromEntries(inner), line, col };
  });
}
