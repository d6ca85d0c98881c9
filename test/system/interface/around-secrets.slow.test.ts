import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ProfileInput, parseFault, type SandboxOptions } from '../../../src/sandbox/server.ts';
import { profileId } from '../../support/ids.ts';
import { KEY } from '../../support/program/environment.ts';
import { run } from '../../support/program/run.ts';
import { lastRun, OTHER, PROFILE, THIRD, workDirectory } from '../../support/program/workspace.ts';
import { openSandbox } from '../../support/sandbox/open.ts';

const TOKEN = 'T0kenOfAWebhook9';
/** The start of every `v1_secret` of the sandbox. */
const SECRET = 'made-up-secret-of-';
const hook = (host: string, n: number) => `https://user:${TOKEN}@${host}/in/${TOKEN}/${n}?token=${TOKEN}#${TOKEN}`;

/** Profiles whose webhooks differ in host, in path only, and are missing: whatever differs is shown. */
const PROFILES: ProfileInput[] = [1, 2, 3].map((n) => ({
  id: profileId(n),
  name: `Brand ${n}`,
  webhook_url: n === 3 ? null : hook('hooks.example.com', n),
  webhook_failover_url: hook(`failover${n}.example.com`, n),
  whitelisted_destinations: n === 2 ? ['US'] : ['US', 'CA'],
}));

function allFiles(dir: string): [string, string][] {
  return readdirSync(dir).flatMap((name): [string, string][] => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? allFiles(path) : [[path, readFileSync(path, 'latin1')]];
  });
}

/** Every command around a move, with the most verbose log. Returns all that it printed and wrote, by name. */
async function everything(options: SandboxOptions): Promise<{ exits: (number | null)[]; texts: [string, string][] }> {
  const cwd = workDirectory();
  const { url } = await openSandbox({ numbers: 60, profiles: PROFILES, quoteKey: true, ...options });
  const fast = ['--rate', 'off', '--retry-base', '1ms', '--retry-max', '1ms', '--max-attempts', '2'];
  const flags = ['--base-url', url, ...fast, '--outage-patience', '0'];
  const trace = ['--log-level', 'trace'];
  const move = ['--number', '+18000000021', '--number', '+18000000025', '--number', '+18000000027'];
  const texts: [string, string][] = [];
  const exits: (number | null)[] = [];
  const command = async (...args: string[]) => {
    const { exit, stdout, stderr } = await run(cwd, args);
    exits.push(exit);
    texts.push([args.join(' '), stdout + stderr]);
  };
  await command('export', ...flags);
  await command('export', 'all.csv', '--json', ...flags);
  await command('export', '--opt-outs', OTHER, 'opt-outs.csv', ...flags);
  await command('export', '--profile', 'Brand', ...flags);
  await command('plan', ...move, '--to-profile', PROFILE, '--campaigns', ...flags);
  await command('plan', ...move, '--to-profile', 'Brand 3', '--json', '--campaigns', ...flags);
  await command('apply', ...move, '--to-profile', PROFILE, '--campaigns', '--yes', ...flags, ...trace);
  await command('verify', lastRun(cwd), '--campaigns', '--before', 'all.csv');
  await command('verify', lastRun(cwd), '--json', '--before', 'all.csv');
  await command('report', lastRun(cwd), '--out', 'report.html');
  await command('undo', lastRun(cwd), '--yes');
  await command('apply', ...move, '--to-profile', THIRD, '--yes', ...flags, ...trace, '--log-file', '-');
  return { exits, texts: [...texts, ...allFiles(cwd)] };
}

const READS = ['short-codes', 'alphanumeric-senders', 'keyword-answers', 'hosted-numbers', 'opt-outs', 'campaigns'];
const onEveryRead = (kind: string) => [...READS, 'campaign'].map((name) => parseFault(`${kind}@${name}`));

it.each<[string, SandboxOptions, number]>([
  ['the answers are good', {}, 0],
  ['writes lose campaigns', { faults: [parseFault('campaign-lost=1')] }, 0],
  ['what else is on a profile cannot be read', { readFaults: onEveryRead('422') }, 7],
  ['what else is on a profile is answered with a page', { readFaults: onEveryRead('502-html') }, 7],
])('no key, secret or token of a webhook is in any output if %s', async (_, options, optOuts) => {
  const { exits, texts } = await everything(options);
  // No profile is called Brand, and opt-outs that cannot be read are not exported.
  expect(exits).toEqual([0, 0, optOuts, 7, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(texts.length).toBeGreaterThan(40);
  for (const secret of [KEY, TOKEN, SECRET]) {
    const holding = texts.filter(([, text]) => text.toLowerCase().includes(secret.toLowerCase()));
    expect(holding.map(([where]) => where)).toEqual([]);
  }
  // The profiles were compared, or this test would show nothing.
  expect(texts[4]?.[1]).toContain('hooks.example.com');
});
