import { trimmed } from '../input/cell.ts';
import { asObject, asTexts, type Clean, type Fields } from './json-fields.ts';
import { isShownProfileId } from './parse-settings.ts';
import type { KeywordAnswer, ProfileItem, ShownProfile } from './response.ts';

const asSwitch = (value: unknown) => (typeof value === 'boolean' ? (value ? 'on' : 'off') : undefined);

/** A text, or null or '' for none; undefined for anything else. */
const asText = (value: unknown, clean: Clean) =>
  value === null || value === '' ? null : typeof value === 'string' ? clean(value) : undefined;

function asRedaction({ redaction_enabled: isOn, redaction_level: level }: Fields): string | undefined {
  if (isOn !== true) return asSwitch(isOn);
  return typeof level === 'number' ? `level ${level}` : 'on';
}

function asShortener(value: unknown, clean: Clean): string | undefined {
  const shortener = asObject(value);
  if (shortener === null) return value === null ? 'off' : undefined;
  const [domain, prefix] = [asText(shortener.domain, clean), asText(shortener.prefix, clean)];
  return [domain ?? 'on', ...(typeof prefix === 'string' ? [prefix] : [])].join('/');
}

/** The settings that only differ or not, by their names for people. A setting that is not shown is missing. */
function otherSettings(data: Fields, clean: Clean): Record<string, string> {
  const named = (value: string | null | undefined) => (value === null ? 'none' : value);
  const settings = {
    'alpha sender': named(asText(data.alpha_sender, clean)),
    'URL shortener': asShortener(data.url_shortener_settings, clean),
    'smart encoding': asSwitch(data.smart_encoding),
    'MMS falls back to SMS': asSwitch(data.mms_fall_back_to_sms),
    'MMS transcoding': asSwitch(data.mms_transcoding),
    'mobile numbers only': asSwitch(data.mobile_only),
    redaction: asRedaction(data),
    'AI assistant': named(asText(data.ai_assistant_id, clean)),
  };
  return Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Reads one profile: only the fields of ShownProfile, because a profile contains a secret. Null without an id. */
export function readProfile(data: Fields, clean: Clean): ShownProfile | null {
  if (typeof data.id !== 'string' || !isShownProfileId(data.id)) return null;
  // Invisible characters around a name cannot be written in a cell.
  const name = typeof data.name === 'string' ? clean(trimmed(data.name)) : '';
  const profile: ShownProfile = { id: clean(data.id).toLowerCase(), name };
  const shownId = clean(data.id);
  if (shownId !== profile.id) profile.shownId = shownId;
  if (typeof data.enabled === 'boolean') profile.enabled = data.enabled;
  const { webhook_api_version: version, number_pool_settings: pool } = data;
  const [url, failoverUrl] = [asText(data.webhook_url, clean), asText(data.webhook_failover_url, clean)];
  if (url !== undefined) profile.webhookUrl = url;
  if (failoverUrl !== undefined) profile.webhookFailoverUrl = failoverUrl;
  if (typeof version === 'string') profile.webhookApiVersion = clean(version);
  const destinations = asTexts(data.whitelisted_destinations, clean);
  if (destinations !== undefined) profile.destinations = destinations;
  const settings = asObject(pool);
  if (pool === null || settings !== null) {
    profile.pool = settings !== null;
    profile.stickySender = settings?.sticky_sender === true;
  }
  if (typeof data.daily_spend_limit_enabled === 'boolean') {
    const { daily_spend_limit: limit } = data;
    const named = typeof limit === 'string' || typeof limit === 'number' ? clean(String(limit)) : '';
    profile.spendLimit = data.daily_spend_limit_enabled ? named : null;
  }
  const others = otherSettings(data, clean);
  if (Object.keys(others).length > 0) profile.settings = others;
  return profile;
}

/** Reads on which profile something is. */
export function readProfileItem({ messaging_profile_id: profile }: Fields): ProfileItem {
  if (profile === undefined) return {};
  // Anything but a text is no profile.
  return { profile: typeof profile === 'string' ? profile.toLowerCase() : null };
}

/** Reads a keyword answer. What it does not show is empty. */
export function readKeywordAnswer(data: Fields, clean: Clean): KeywordAnswer {
  const text = (value: unknown) => (typeof value === 'string' ? clean(value, true) : '');
  return {
    country: text(data.country_code).toUpperCase(),
    op: text(data.op).toLowerCase(),
    keywords: asTexts(data.keywords, clean) ?? [],
    text: text(data.resp_text),
  };
}
