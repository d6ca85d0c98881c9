import type { Manifest } from '../../../src/core/run/manifest.ts';
import { makeManifest } from '../make.ts';

/** A manifest of a run that is planned. */
export function manifest(changes: Partial<Manifest> = {}): Manifest {
  return makeManifest({
    version: '0.1.0',
    run_id: '20261123T020500Z-cutover-1f2e',
    name: 'cutover',
    command: 'plan',
    state: 'planned',
    input: { path: null, sha256: '', rows: 0, blank_lines: 0, dialect: null },
    plan: null,
    locked: false,
    exit_code: null,
    created_at: '2026-11-23T02:05:00.000Z',
    started_at: null,
    finished_at: null,
    host: 'localhost',
    ...changes,
  });
}
