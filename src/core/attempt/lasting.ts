import type { Answer, HttpAnswer, NetworkFailure } from '../api/response.ts';
import type { StopReason } from './stop-reason.ts';

/**
 * A cause that no waiting removes. `tries`: how often it must be met. `onlyFirst`: it ends a run only if the API has
 * never answered, because later it may be an outage.
 */
export type LastingCause = {
  reason: Extract<StopReason, 'unreachable' | 'not_this_api'>;
  tries: number;
  onlyFirst: boolean;
  detail: string;
};

/** The errors of Node.js about certificates: of OpenSSL's verification, and of the comparison with the host. */
const CERTIFICATE =
  /CERT|^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CRL_|INVALID_(CA|PURPOSE)$|HOSTNAME_MISMATCH$|PATH_LENGTH_EXCEEDED$)/;
const CERTIFICATE_TIME = /EXPIRED|NOT_YET_VALID/;
const CERTIFICATE_NAME = /ALTNAME|HOSTNAME_MISMATCH/;
const TLS = /^(EPROTO$|ERR_SSL_|ERR_TLS_)/;
/** Our own code: the server cuts off plain HTTP, and speaks TLS. */
export const TLS_EXPECTED = 'ERR_TLS_EXPECTED';
/** What answers does not speak HTTP. */
const NOT_HTTP = /^HPE_INVALID_(CONSTANT|VERSION)$/;
/** A refusal of CONNECT by a proxy, with its status. */
const PROXY_REFUSAL = /^ERR_PROXY_([0-9]{3})$/;

/** Whether the code of an error is one of certificates. */
export const isOfCertificate = (code: string) => CERTIFICATE.test(code);

const TRIES = 3;
/** HTML in a row, after answers of this API. */
const FOREIGN_TRIES = 10;
/** Answers of success in a row that cannot be read, whatever they are. */
const UNREADABLE_TRIES = 20;

/** Statuses whose body does not matter: the server is busy, redirects, or finds the request too long. */
const ANY_BODY = new Set([408, 413, 414, 422, 425, 429, 431]);

/** `api.example.com`, with a port if the URL names one; the whole text if it is no URL. */
export function hostOf(url: string): string {
  return /^[a-z]+:\/\/([^/?#]+)/i.exec(url)?.[1] ?? url;
}

function certificateRemedy(code: string): string {
  if (CERTIFICATE_TIME.test(code)) return 'Check the clock of this machine; otherwise the server needs a new one';
  if (CERTIFICATE_NAME.test(code)) return 'Check the host in --base-url, and what answers in its place';
  return 'If a proxy or a firewall of yours replaces certificates, set NODE_EXTRA_CA_CERTS to the file of its authority';
}

/** What the user can do about a failure of the network; null if only time helps. */
function remedyOf({ code, proxy }: NetworkFailure, host: string): string | null {
  const proxyStatus = PROXY_REFUSAL.exec(code)?.[1];
  if (proxyStatus === '407')
    return 'Set a user and a password that it accepts: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT';
  if (proxyStatus !== undefined) return `Let the proxy pass ${host}, or name that host in NO_PROXY`;
  if (isOfCertificate(code)) return certificateRemedy(code);
  if (code === TLS_EXPECTED) return `Write https://${host} in --base-url`;
  if (code !== 'ENOTFOUND' && code !== 'ECONNREFUSED' && !TLS.test(code) && !NOT_HTTP.test(code)) return null;
  if (proxy === true) return `Check HTTPS_PROXY, or name ${host} in NO_PROXY`;
  if (code === 'ENOTFOUND') return 'Check the host in --base-url, and the name server of this machine';
  return 'Check scheme, host and port in --base-url, and whether the server runs';
}

function networkCause(failure: NetworkFailure, host: string): LastingCause | null {
  const remedy = remedyOf(failure, host);
  if (remedy === null) return null;
  const { code, message, proxy } = failure;
  const isAtOnce = isOfCertificate(code) || /^ERR_PROXY_4/.test(code);
  const who = proxy === true ? message : `${host}: ${message} (${code})`;
  const detail = `${who}. ${remedy}`;
  return { reason: 'unreachable', tries: isAtOnce ? 1 : TRIES, onlyFirst: !isAtOnce, detail };
}

/** After how many answers in a row with such a body the server is not this API; null if the body says nothing. */
function foreignTries({ status, body }: HttpAnswer, isNew: boolean, isRead: boolean): number | null {
  if (body.kind !== 'unreadable' || ANY_BODY.has(status)) return null;
  // A server without a list may answer a 404 in any form, and a 400 to a list that is too long.
  if (isRead && (status === 400 || status === 404 || status === 405)) return null;
  const isSuccess = status < 300;
  if (body.isMarkup !== true) return isSuccess ? UNREADABLE_TRIES : null;
  if (!isSuccess && (status < 400 || status >= 500)) return null;
  return isNew || isRead ? 1 : FOREIGN_TRIES;
}

/**
 * The lasting cause in an answer; null if there is none. `isNew`: the API has not answered yet. `isRead`: the answer is
 * to a read of the account, which costs nothing to give up.
 */
export function lastingCause(
  answer: Answer,
  baseUrl: string,
  { isNew, isRead }: { isNew: boolean; isRead: boolean },
): LastingCause | null {
  if (answer.kind === 'network') return networkCause(answer, hostOf(baseUrl));
  const { status, body } = answer;
  const what = `HTTP ${status}${body.kind === 'unreadable' && body.why !== undefined ? `, ${body.why}` : ''}`;
  if (status === 407) {
    const detail = `${what}: a proxy on the way to ${baseUrl} needs a user and a password. Set them in HTTPS_PROXY`;
    return { reason: 'unreachable', tries: 1, onlyFirst: false, detail };
  }
  if (status === 511) {
    const detail = `${what}: the network on the way to ${baseUrl} wants a login. Log in to it, for example in a browser`;
    return { reason: 'not_this_api', tries: 1, onlyFirst: false, detail };
  }
  const tries = foreignTries(answer, isNew, isRead);
  if (tries === null) return null;
  const detail = `${what}, from ${baseUrl}. Is it a login page or a firewall? Check --base-url and what is on the way`;
  return { reason: 'not_this_api', tries, onlyFirst: false, detail };
}

/** For an API that has answered nothing but `status` (404 or 405) to `requests`. */
export function nothingFound(
  status: number,
  requests: string,
  baseUrl: string,
): Pick<LastingCause, 'reason' | 'detail'> {
  const detail = `HTTP ${status} to ${requests}, from ${baseUrl}. Check --base-url, which normally ends in /v2, and the key: without one that arrives, this API answers 404 too`;
  return { reason: 'not_this_api', detail };
}
