import { copySandboxState } from '../rehearsal/sandbox.ts';
import type { Run } from '../run/open.ts';
import type { InputSource } from './input-source.ts';

/** An input made of the rows of another run. Its sandbox continues with the state that the other run left. */
export function inputFrom(source: Run, input: Omit<InputSource, 'organizationId' | 'reading'>): InputSource {
  return {
    ...input,
    organizationId: source.manifest.organization_id,
    reading: source.reading,
    async copy(dir, signal) {
      await copySandboxState(source.dir, dir);
      return input.copy(dir, signal);
    },
  };
}
