import { phoneReadings } from '../../core/input/phone.ts';
import { readProfileRef, UNASSIGN } from '../../core/input/target.ts';
import { visible } from '../../core/text/visible.ts';
import { isAbsent } from '../../io/file-status.ts';
import { NotPlainFileError, readOwnFile } from '../../io/own-file.ts';
import { runFiles, writeJson } from '../../io/run/directory.ts';
import { readPlan } from '../../io/run/plan-file.ts';
import type { NumberInput, ProfileInput, SandboxState } from '../../sandbox/server.ts';
import { fileError, isFileError, UsageError } from '../errors.ts';

const BEFORE_PROFILE = '00000000-0000-4000-8000-00000000ffff';
const PRODUCTS = ['A2P', 'P2P'];

/** Ids for numbers and profiles that the input names otherwise. */
const madeId = (index: number) => `1293384261${String(index).padStart(8, '0')}1`;
const madeProfile = (index: number) => `00000000-0000-4000-9000-${String(index).padStart(12, '0')}`;

/** Returns a function that returns the next id that is not taken. */
function freeIds(made: (index: number) => string, taken: { has: (id: string) => boolean }): () => string {
  let index = 0;
  return () => {
    do index += 1;
    while (taken.has(made(index)));
    return made(index);
  };
}

/** What the rows of a plan name: numbers by id or phone number, profiles by id or name. */
async function namedIn(dir: string) {
  const byId = new Map<string, NumberInput>();
  const byPhone = new Map<string, Omit<NumberInput, 'id'>>();
  const profiles = new Map<string, string>();
  const names = new Set<string>();
  for await (const batch of readPlan(runFiles(dir).plan)) {
    for (const { id, action, phoneNumber: given, profileTarget, productTarget } of batch) {
      if (action !== 'change') continue;
      const [phoneNumber = ''] = phoneReadings(given);
      const number = {
        phone_number: phoneNumber === '' ? null : phoneNumber,
        messaging_profile_id: BEFORE_PROFILE,
        eligible_messaging_products: productTarget === '' ? PRODUCTS : [...new Set([...PRODUCTS, productTarget])],
      };
      if (id === '' && !byPhone.has(phoneNumber)) byPhone.set(phoneNumber, number);
      if (id !== '' && !byId.has(id)) byId.set(id, { id, ...number });
      const ref = readProfileRef(profileTarget);
      const target = ref === null ? profileTarget : ref.id;
      if (target !== '' && target !== UNASSIGN) profiles.set(target, ref?.name ?? profiles.get(target) ?? '');
      else if (ref !== null) names.add(ref.name);
    }
  }
  return { byId, byPhone, profiles, names };
}

/** The numbers and profiles that a plan names. Every number starts on a profile that no row has as its target. */
async function fillFromPlan(dir: string) {
  const named = await namedIn(dir);
  const numbers: NumberInput[] = [];
  const phones = new Set<string>();
  for (const number of named.byId.values()) {
    const { phone_number: phone } = number;
    // Two numbers never have the same phone number, so the plan must reject the second row.
    numbers.push(phone && phones.has(phone) ? { ...number, phone_number: null } : number);
    if (phone) phones.add(phone);
  }
  const freeId = freeIds(madeId, named.byId);
  for (const [phone, number] of named.byPhone) if (!phones.has(phone)) numbers.push({ id: freeId(), ...number });
  const profiles: ProfileInput[] = [{ id: BEFORE_PROFILE, name: 'Before' }];
  for (const [id, name] of named.profiles) profiles.push({ id, name: name || `Target ${profiles.length}` });
  const freeProfile = freeIds(madeProfile, named.profiles);
  const known = new Set(profiles.map(({ name }) => name));
  for (const name of named.names) if (!known.has(name)) profiles.push({ id: freeProfile(), name });
  return { numbers, profiles };
}

/** The state that an earlier command left, or null. Throws UsageError if it cannot be read or is none. */
async function readState(dir: string): Promise<SandboxState | null> {
  const path = runFiles(dir).sandbox;
  const { parseState } = await import('../../sandbox/server.ts');
  let text: string;
  try {
    text = readOwnFile(path);
  } catch (error) {
    if (isAbsent(error)) return null;
    if (error instanceof NotPlainFileError) throw new UsageError(error.message);
    throw isFileError(error) ? fileError(`read the state of the sandbox, ${path}`, error) : error;
  }
  const state = parseState(text);
  if (typeof state !== 'string') return state;
  const fix = 'remove the file; then the sandbox starts again with the numbers of the plan';
  throw new UsageError(`${visible(path)} is not the state of a sandbox: ${state}. Fix: ${fix}.`);
}

/**
 * Starts the sandbox for a run, with the state that an earlier command left or with the numbers of its plan. Closing it
 * keeps its state for the next command.
 */
export async function startSandboxFor(dir: string) {
  const { startSandbox } = await import('../../sandbox/server.ts');
  const kept = await readState(dir);
  const account = kept === null ? await fillFromPlan(dir) : { state: kept };
  const sandbox = await startSandbox({ ...account, recordRequests: false });
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

/** Copies the state of a run's sandbox to a new run, which continues with it. */
export async function copySandboxState(from: string, to: string): Promise<void> {
  const state = await readState(from);
  if (state !== null) writeJson(runFiles(to).sandbox, state);
}
