type CleanUp = () => void | Promise<void>;

const registered: CleanUp[] = [];

/**
 * Registers what helpers do after every test: close servers, end processes, remove files. Helpers must not use the
 * hooks of the test runner: their modules are loaded once per worker, so a hook would work for one test file only.
 */
export function afterEveryTest(cleanUp: CleanUp): void {
  registered.push(cleanUp);
}

/** Runs all of it, the last one first. */
export async function cleanUpAfterTest(): Promise<void> {
  for (const cleanUp of registered.toReversed()) await cleanUp();
}
