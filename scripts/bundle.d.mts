import type { Metafile } from 'esbuild';

export const ROOT: string;
export function bundle(how: { write: boolean }): Promise<Metafile>;
export function packagesIn(
  bundled: Pick<Metafile, 'inputs'>,
): { name: string; version: string; license: string; text: string }[];
