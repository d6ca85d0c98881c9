import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEveryTest } from '../after-test.ts';
import { tempDir } from '../temp.ts';

export const KEY = 'KEY0123456789abcdefSECRET';

/** How a command ended. `exit` is null if a signal ended its process. */
export type Ended = { exit: number | null; signal: string | null; stdout: string; stderr: string };

/** What a command gets besides its arguments. Standard input is empty; null leaves it open. */
export type How = { env?: Record<string, string>; input?: string | null; key?: string | null };

/** Variables that would change what the program does. */
const FOREIGN =
  /^(TELNYX_|CREDENTIALS_|NODE_OPTIONS|STATE_|npm_|NO_COLOR|FORCE_COLOR|NODE_DISABLE_COLORS|CI$|TMUX$|TF_BUILD|TEAMCITY_)/;

let stateHome: string | null = null;
afterEveryTest(() => {
  stateHome = null;
});

/** The environment of a command: all commands of one test share their locks, two tests never do. */
export function environmentOf({ env = {}, key = KEY }: How): Record<string, string> {
  stateHome ??= tempDir();
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !FOREIGN.test(entry[0]),
  );
  return {
    ...Object.fromEntries(inherited),
    XDG_STATE_HOME: stateHome,
    ...(key === null ? {} : { TELNYX_API_KEY: key }),
    ...env,
  };
}

/** The prefix of every directory that a test makes. */
export const TEMP_PREFIX = join(tmpdir(), 'reassign-');
