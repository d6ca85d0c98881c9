import type { SecretFiles } from '../core/settings/environment.ts';
import { fileVariableOf, variableOf } from '../core/settings/flags.ts';
import { parseSetting } from '../core/settings/parse.ts';
import { type RawSettings, SECRET_SETTINGS, type SettingName } from '../core/settings/schema.ts';
import { hasLogin } from '../core/text/queue-url.ts';
import { webhookSecrets } from '../core/text/webhook-url.ts';
import { expandHome } from '../io/home.ts';
import { readSecretFile } from '../io/secret-file.ts';
import type { Context } from './context.ts';
import { UsageError } from './errors.ts';
import type { Invocation } from './invocation.ts';
import { warn } from './output.ts';

/** What keeps a secret out of every text that is printed later. */
export function keepSecret(raw: RawSettings, { secrets }: Pick<Context, 'secrets'>): void {
  for (const name of SECRET_SETTINGS) {
    const values = [raw[name] ?? []].flat().filter((text) => text !== '');
    for (const secret of values.flatMap(webhookSecrets)) secrets.add(secret);
  }
}

/** Whether systemd passes a file, which protects it by access lists that look like the mode of a group. */
function isCredential(path: string, { CREDENTIALS_DIRECTORY: directory = '' }: Context['env']): boolean {
  return directory !== '' && path.startsWith(`${directory}/`);
}

/**
 * Adds the secrets of files to those of variables. `warnings` say who else can read a file. No error quotes a path or a
 * secret.
 */
export function readSecrets(given: RawSettings, files: SecretFiles, context: Pick<Context, 'env' | 'secrets'>) {
  const known = earlier.get(context.secrets);
  if (known !== undefined) return { ...known, raw: { ...given, ...known.raw } };
  const read = readFiles(given, files, context);
  const ofFiles = Object.entries(read.raw).filter(([name]) => SECRET_SETTINGS.includes(name as SettingName));
  earlier.set(context.secrets, { ...read, raw: Object.fromEntries(ofFiles) });
  return read;
}

/** What was read for a command. A pipe cannot be read again. */
const earlier = new WeakMap<Set<string>, ReturnType<typeof readFiles>>();

function readFiles(given: RawSettings, files: SecretFiles, context: Pick<Context, 'env' | 'secrets'>) {
  const raw = { ...given };
  const errors: string[] = [];
  const warnings: string[] = [];
  for (const name of SECRET_SETTINGS) {
    const path = files[name];
    if (path === undefined || path.trim() === '') continue;
    const variable = fileVariableOf(name);
    const subject = `${variable} names a file that`;
    const file = readSecretFile(subject, expandHome(path, context.env), [
      /^https?:/i,
      `if this is the URL itself, put it into ${variableOf(name)}`,
    ]);
    if ('error' in file) {
      errors.push(file.error);
      continue;
    }
    const text = file.text.trim().split('\n', 1)[0]?.trim() ?? '';
    keepSecret({ [name]: text }, context);
    if (raw[name] !== undefined && raw[name] !== text) {
      errors.push(`${variableOf(name)} and ${variable} hold different values; keep one of them`);
    } else if ('error' in parseSetting(name, text)) {
      errors.push(
        `${variable} names a file whose first line is not a URL such as https://hooks.example.com/T0/B0/secret`,
      );
    } else raw[name] = text;
    if (file.problem !== null && !isCredential(path, context.env))
      warnings.push(`the secret in the file of ${variable} is not protected: ${file.problem}`);
  }
  keepSecret(raw, context);
  return { raw, errors, warnings };
}

/** Throws UsageError if a setting that run.json keeps, and the report page shows, is a secret. */
function checkKept({ settings, sources, context }: Invocation): void {
  const found = context.findKey();
  const known = [...context.secrets, ...('key' in found ? [found.key] : [])].filter((secret) => secret !== null);
  const refuse = (flag: string, fix: string) => {
    const what = `--${flag} holds the API key or the URL of a webhook, and run.json and the report would show it`;
    return new UsageError(`${what}. Fix: ${fix}`);
  };
  const { gate, to_profile: profile, to_product: product } = settings;
  if (gate !== null && sources.gate !== 'run' && known.some((secret) => gate.includes(secret)))
    throw refuse('gate', 'put the command into a script that reads the secret from a file');
  // A short key may be a part of a name.
  if (known.some((secret) => secret === profile)) throw refuse('to-profile', 'give the id or the name of a profile');
  if (known.some((secret) => secret === product)) throw refuse('to-product', 'give a product such as A2P');
}

/**
 * Warns of secrets that others may know: `warnings` of those in files, and a password on the command line, which every
 * user of this machine can read in the list of processes. Throws UsageError if a setting that is kept holds one.
 */
export function warnOfSecrets(invocation: Invocation, warnings: readonly string[]): Invocation {
  const { settings, sources } = invocation;
  checkKept(invocation);
  for (const warning of warnings) warn(invocation, warning);
  if (sources.queue === 'flag' && settings.queue !== null && hasLogin(settings.queue)) {
    const how = 'Set TELNYX_REASSIGN_QUEUE to it instead; the commands that are printed here need that too.';
    warn(invocation, `the list of processes shows the password in --queue. ${how}`);
  }
  return invocation;
}

/** What a job file holds that only its owner may read; null if it holds nothing of the kind. */
export function secretOfJob(raw: RawSettings): string | null {
  if (typeof raw.queue === 'string' && hasLogin(raw.queue)) return 'a password';
  return SECRET_SETTINGS.some((name) => raw[name] !== undefined) ? 'a secret URL' : null;
}
