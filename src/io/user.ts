import { userInfo } from 'node:os';
import { printable } from '../core/text/text.ts';

const MAX_CHARACTERS = 60;

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user has no name, as in some containers.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** The user of this process for the record, and who became it with sudo: `root (alice)`. */
export function operatorName(env: Record<string, string | undefined>): string {
  const { SUDO_USER: sudo = '' } = env;
  const name = userName();
  return printable(sudo === '' || sudo === name ? name : `${name} (${sudo})`, MAX_CHARACTERS);
}
