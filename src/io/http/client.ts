import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { got } from 'got';
import { type NumbersQuery, PAGE_ROWS } from '../../core/account/read-strategy.ts';
import {
  readBody,
  readKeywordAnswersPage,
  readNumbersPage,
  readOneProfile,
  readOwnership,
  readProfileItemsPage,
  readProfilesPage,
  readWholeNumbersPage,
} from '../../core/api/parse-body.ts';
import { readCampaignsPage, readOneCampaign } from '../../core/api/parse-campaigns.ts';
import { readOptOutsPage } from '../../core/api/parse-opt-outs.ts';
import type { Answer } from '../../core/api/response.ts';
import { requestBody } from '../../core/input/assignment.ts';
import type { PlanEntry } from '../../core/plan/entry.ts';
import type { ContentList } from '../../core/profiles/contents.ts';
import { type BodyFormat, createExchanges, type ExchangeOptions } from './exchange.ts';
import { createOrderRequests } from './orders.ts';
import { profileListRequest } from './profile-lists.ts';
import { createTlsProbe } from './tls-probe.ts';

/** A longer body is not an answer of this API. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Of a full page, with any number of tags. */
const MAX_LIST_BYTES = 8 * MAX_BODY_BYTES;

const NUMBER: BodyFormat = { parse: readBody, maxBytes: MAX_BODY_BYTES };
const NUMBERS_PAGE: BodyFormat = { parse: readNumbersPage, maxBytes: MAX_LIST_BYTES };
const WHOLE_NUMBERS_PAGE: BodyFormat = { parse: readWholeNumbersPage, maxBytes: MAX_LIST_BYTES };
const PROFILES_PAGE: BodyFormat = { parse: readProfilesPage, maxBytes: MAX_LIST_BYTES };
const OPT_OUTS_PAGE: BodyFormat = { parse: readOptOutsPage, maxBytes: MAX_LIST_BYTES };
const OWNERSHIP: BodyFormat = { parse: readOwnership, maxBytes: MAX_BODY_BYTES };
const PROFILE_ITEMS: BodyFormat = { parse: readProfileItemsPage, maxBytes: MAX_LIST_BYTES };
const KEYWORD_ANSWERS: BodyFormat = { parse: readKeywordAnswersPage, maxBytes: MAX_LIST_BYTES };
const PROFILE: BodyFormat = { parse: readOneProfile, maxBytes: MAX_LIST_BYTES };
const CAMPAIGNS_PAGE: BodyFormat = { parse: readCampaignsPage, maxBytes: MAX_LIST_BYTES };
const CAMPAIGN: BodyFormat = { parse: readOneCampaign, maxBytes: MAX_BODY_BYTES };

function numbersParams({ page, profile, phoneNumbers, contains, type }: NumbersQuery) {
  return {
    'page[number]': page,
    'page[size]': PAGE_ROWS,
    'sort[phone_number]': 'asc',
    'filter[messaging_profile_id]': profile,
    'filter[phone_number]': phoneNumbers?.join(','),
    'filter[phone_number][contains]': contains,
    'filter[type]': type,
  };
}

export type ClientOptions = ExchangeOptions & {
  /** Without a slash at its end. */
  baseUrl: string;
  key: string;
  agents: { http: HttpAgent; https: HttpsAgent };
  userAgent: string;
};

export type TelnyxClient = ReturnType<typeof createTelnyxClient>;

/**
 * The API as the engine needs it. Nothing throws: errors of the server and the network are answers. `onSent` is called
 * when the request has been written. got neither retries nor follows redirects: the engine decides about attempts, and
 * a redirect would take the key along.
 */
export function createTelnyxClient(options: ClientOptions) {
  const { baseUrl, key, agents, userAgent } = options;
  const exchanges = createExchanges(options);
  const api = got.extend({
    agent: { http: agents.http, https: agents.https },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    headers: { authorization: `Bearer ${key}`, accept: 'application/json', 'user-agent': userAgent },
  });
  const named = createTlsProbe(baseUrl);
  const run = (...exchange: Parameters<typeof exchanges.run>) => exchanges.run(...exchange).then(named);
  const urlOf = (id: string) => `${baseUrl}/phone_numbers/${encodeURIComponent(id)}/messaging`;

  return {
    send({ id, profileTarget, productTarget }: PlanEntry, onSent: () => void): Promise<Answer> {
      const json = requestBody({ profile: profileTarget || null, product: productTarget || null });
      return run(() => api.stream.patch(urlOf(id), { json }), NUMBER, onSent);
    },
    read({ id }: Pick<PlanEntry, 'id'>, onSent: () => void): Promise<Answer> {
      return run(() => api.stream.get(urlOf(id)), NUMBER, onSent);
    },
    /** Reads one page of numbers, sorted by phone number. */
    listNumbers(query: NumbersQuery, onSent: () => void): Promise<Answer> {
      const searchParams = numbersParams(query);
      const format = query.whole === true ? WHOLE_NUMBERS_PAGE : NUMBERS_PAGE;
      return run(() => api.stream.get(`${baseUrl}/phone_numbers/messaging`, { searchParams }), format, onSent);
    },
    /** Finds out which of at most 1,000 phone numbers the account has, with their ids. Writes nothing. */
    verifyOwnership(phoneNumbers: readonly string[], onSent: () => void): Promise<Answer> {
      const url = `${baseUrl}/phone_numbers/actions/verify_ownership`;
      return run(() => api.stream.post(url, { json: { phone_numbers: phoneNumbers } }), OWNERSHIP, onSent);
    },
    listProfiles(page: number, onSent: () => void): Promise<Answer> {
      const searchParams = { 'page[number]': page, 'page[size]': PAGE_ROWS };
      const url = `${baseUrl}/messaging_profiles`;
      return run(() => api.stream.get(url, { searchParams }), PROFILES_PAGE, onSent);
    },
    /** Reads a page of the opt-outs of a profile. */
    listOptOuts({ page, profile }: { page: number; profile: string }, onSent: () => void): Promise<Answer> {
      const searchParams = { 'page[number]': page, 'page[size]': PAGE_ROWS, 'filter[messaging_profile_id]': profile };
      const url = `${baseUrl}/messaging_optouts`;
      return run(() => api.stream.get(url, { searchParams }), OPT_OUTS_PAGE, onSent);
    },
    readProfile(id: string, onSent: () => void): Promise<Answer> {
      const url = `${baseUrl}/messaging_profiles/${encodeURIComponent(id)}`;
      return run(() => api.stream.get(url), PROFILE, onSent);
    },
    /** Reads one page of phone numbers with their 10DLC campaigns. */
    listCampaigns({ page, size }: { page: number; size: number | null }, onSent: () => void): Promise<Answer> {
      // Sorted, because a campaign that is assigned meanwhile would shift the default order.
      const searchParams = size === null ? { page } : { page, recordsPerPage: size, sort: 'phoneNumber' };
      return run(
        () => api.stream.get(`${baseUrl}/10dlc/phone_number_campaigns`, { searchParams }),
        CAMPAIGNS_PAGE,
        onSent,
      );
    },
    readCampaign(phoneNumber: string, onSent: () => void): Promise<Answer> {
      const url = `${baseUrl}/10dlc/phone_number_campaigns/${encodeURIComponent(phoneNumber)}`;
      return run(() => api.stream.get(url), CAMPAIGN, onSent);
    },
    /** Reads the first page of what is on a profile. */
    listOnProfile(list: ContentList, profile: string, onSent: () => void): Promise<Answer> {
      const { path, query: searchParams } = profileListRequest(list, profile);
      const format = list.startsWith('keyword_answers') ? KEYWORD_ANSWERS : PROFILE_ITEMS;
      return run(() => api.stream.get(`${baseUrl}/${path}`, { searchParams }), format, onSent);
    },
    ...createOrderRequests({ baseUrl, api, run }),
    abort: exchanges.abort,
    inFlight: exchanges.inFlight,
  };
}
