import { didYouMean, suggestion } from '../text/suggest.ts';
import { printable } from '../text/text.ts';
import { fileVariableOf, flagOf, VARIABLE_PREFIX, variableOf } from './flags.ts';
import { type RawSettings, SECRET_SETTINGS, SETTING_NAMES, type SettingName, settingDefinition } from './schema.ts';

const MAX_NAME_CHARACTERS = 60;
/** Finding a similar name takes time, and of very many errors only the first are printed. */
const MAX_SUGGESTIONS = 20;
/** A service of one port has seven. */
const MAX_NAMED_VARIABLES = 10;

/** The variables that Kubernetes sets in a pod for each service and port. The first part is the name of the service. */
const SERVICE_LINK =
  /^(TELNYX_REASSIGN(?:_\w+?)??)_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;
const SERVICE_LINK_PORT = /^(TELNYX_REASSIGN(?:_\w+)?)_PORT$/;

/** The Kubernetes service that a variable comes from; null if it is none of those. */
function serviceOf(variable: string, text: string): string | null {
  const isUrl = /^(?:tcp|udp|sctp):\/\//.test(text);
  const [, service] = SERVICE_LINK.exec(variable) ?? (isUrl ? SERVICE_LINK_PORT.exec(variable) : null) ?? [];
  return service?.toLowerCase().replaceAll('_', '-') ?? null;
}

function serviceLinkError(service: string, variables: readonly string[]): string {
  const more = variables.length - MAX_NAMED_VARIABLES;
  const named = variables.slice(0, MAX_NAMED_VARIABLES).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `${named}: not settings, but what Kubernetes sets for the service ${service}; set enableServiceLinks: false in the pod, or rename the service`;
}

const VARIABLE_SETTINGS = SETTING_NAMES.filter((name) => settingDefinition(name).flagOnly !== true);

/** The secrets that are in files, with the paths that their variables name. */
export type SecretFiles = Partial<Record<SettingName, string>>;

/**
 * Reads settings, but no consents: a variable set in a profile years ago must not answer for the user of today. `files`
 * are left to the caller.
 */
export function readEnvironment(environment: Record<string, string | undefined>) {
  const raw: RawSettings = {};
  const files: SecretFiles = {};
  const errors: string[] = [];
  const serviceLinks = new Map<string, string[]>();
  const known = new Map(VARIABLE_SETTINGS.map((name) => [variableOf(name), name]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(VARIABLE_PREFIX) || text === undefined) continue;
    const inFile = SECRET_SETTINGS.find((secret) => fileVariableOf(secret) === variable);
    if (inFile !== undefined) {
      files[inFile] = text;
      continue;
    }
    const name = known.get(variable);
    const service = name === undefined ? serviceOf(variable, text) : null;
    if (service !== null) {
      serviceLinks.set(service, [...(serviceLinks.get(service) ?? []), variable]);
    } else if (name === undefined) {
      const typed = variable.slice(VARIABLE_PREFIX.length);
      const meant = errors.length < MAX_SUGGESTIONS ? didYouMean(typed, VARIABLE_SETTINGS) : null;
      errors.push(
        `unknown variable ${printable(variable, MAX_NAME_CHARACTERS)}${suggestion(meant && variableOf(meant))}`,
      );
    } else if (settingDefinition(name).consent === true) {
      errors.push(`${variable} is not taken from the environment; pass --${flagOf(name)} if it is meant`);
    } else {
      raw[name] = text;
    }
  }
  for (const [service, variables] of serviceLinks) errors.push(serviceLinkError(service, variables));
  return { raw, files, errors };
}
