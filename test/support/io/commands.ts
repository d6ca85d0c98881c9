import { spawnSync } from 'node:child_process';

/** A program of this machine that not every machine has. `run` returns its exit code. */
export function optionalCommand(name: string) {
  return {
    isInstalled: spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined,
    run: (args: readonly string[], input = '') => spawnSync(name, args, { input, encoding: 'utf8' }),
  };
}
