import { UNASSIGN } from '../core/assignment.ts';
import { readPlan } from '../io/plan-reader.ts';
import { readJson, runFiles, writeJson } from '../io/run-directory.ts';
import type { SandboxState } from '../sandbox/state.ts';
import type { Target } from './open-client.ts';

/** The stand-in of one run, started inside this process. */
export type StandIn = { target: Target; close: () => Promise<void> };

const BEFORE_PROFILE = '00000000-0000-4000-8000-00000000ffff';
const PRODUCTS = ['A2P', 'P2P'];

/** The numbers and profiles that a plan names: every number starts on a profile that is nobody's target. */
async function fillFromPlan(dir: string) {
  const numbers = new Map<string, Record<string, unknown>>();
  const profiles = new Map([[BEFORE_PROFILE, { id: BEFORE_PROFILE, name: 'Before' }]]);
  for await (const batch of readPlan(runFiles(dir).plan)) {
    for (const { id, action, phoneNumber, profileTarget, productTarget } of batch) {
      if (action !== 'change') continue;
      const products = productTarget === '' ? PRODUCTS : [...new Set([...PRODUCTS, productTarget])];
      numbers.set(id, {
        id,
        phone_number: phoneNumber === '' ? null : phoneNumber,
        messaging_profile_id: BEFORE_PROFILE,
        eligible_messaging_products: products,
      });
      if (profileTarget !== '' && profileTarget !== UNASSIGN && !profiles.has(profileTarget)) {
        profiles.set(profileTarget, { id: profileTarget, name: `Target ${profiles.size}` });
      }
    }
  }
  return { numbers: [...numbers.values()] as { id: string }[], profiles: [...profiles.values()] };
}

/**
 * Starts the stand-in for a run: with the state that an earlier command on the run has left, else filled with the
 * numbers of its plan. Closing it keeps its state for the next command.
 */
export async function startStandIn(dir: string): Promise<StandIn> {
  const { startSandbox } = await import('../sandbox/server.ts');
  const kept = readJson(runFiles(dir).sandbox) as SandboxState | null;
  const sandbox = await startSandbox({
    ...(kept === null ? await fillFromPlan(dir) : { state: kept }),
    recordRequests: false,
  });
  return {
    target: { baseUrl: sandbox.url, key: 'no-key-is-needed-here' },
    async close() {
      try {
        writeJson(runFiles(dir).sandbox, sandbox.snapshot());
      } finally {
        await sandbox.close();
      }
    },
  };
}
