import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import { isLoopback } from '../../core/settings/parse.ts';
import { ProxyError } from './network-errors.ts';

type Environment = Record<string, string | undefined>;

/** Whether NO_PROXY covers a URL: by `*`, a host, or a domain with its subdomains, each with an optional port. */
export function isExempt(url: URL, noProxy: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .some((item) => {
      // An IPv6 address has brackets in a URL, and usually none in NO_PROXY.
      const bare = /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/.test(item);
      const [, name = '', itemPort] = /^(.*?)(?::([0-9]+))?$/.exec(bare ? `[${item}]` : item) ?? [];
      if (itemPort !== undefined && itemPort !== port) return false;
      const domain = name.replace(/^\*?\./, '');
      return name === '*' || url.hostname === domain || url.hostname.endsWith(`.${domain}`);
    });
}

/** The variable that names the proxy for a URL. */
function proxyVariable(url: URL): string {
  return url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
}
/** With a far longer name of a host, the look-up of its address does not end. */
const MAX_PROXY_CHARACTERS = 2048;

/**
 * The proxy that the environment names for a URL, or null. Loopback addresses never use one. `host:port` without a
 * scheme is a plain HTTP proxy, as in curl. Throws if the variable is not the URL of an HTTP proxy, and does not quote
 * it because it may hold a password.
 */
export function proxyFor(url: URL, environment: Environment): string | null {
  if (isLoopback(url.href)) return null;
  const either = (name: string) => environment[name.toLowerCase()] || environment[name] || null;
  const variable = proxyVariable(url);
  const proxy = either(variable);
  if (proxy === null || isExempt(url, either('NO_PROXY') ?? '')) return null;
  const href = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (href.length <= MAX_PROXY_CHARACTERS && URL.canParse(href) && /^https?:$/.test(new URL(href).protocol))
    return href;
  throw new Error(`${variable} is not the URL of an HTTP proxy, such as http://proxy.example.com:3128`);
}

type CreateConnection = (options: object, onSocket: (error: Error | null, socket: unknown) => void) => void;

/** Makes the errors of a proxy say that they are its own. */
function withNamedErrors<T extends object>(agent: T, proxy: string): T {
  const tunnel = agent as { createConnection: CreateConnection };
  const connect = tunnel.createConnection.bind(agent);
  tunnel.createConnection = (options, onSocket) =>
    connect(options, (error, socket) => onSocket(error === null ? null : new ProxyError(proxy, error), socket));
  return agent;
}

/** Without a limit, the connection to a proxy that does not answer would keep the process from ending. */
const PROXY_TIMEOUT_MS = 10_000;

/**
 * Creates one pool of kept-alive connections, as many as requests may be in flight. It honors HTTPS_PROXY and NO_PROXY,
 * which the HTTP library does not.
 */
export function createAgents(baseUrl: string, concurrency: number, environment: Environment) {
  const pool = { keepAlive: true, maxSockets: concurrency, maxFreeSockets: concurrency, scheduling: 'lifo' as const };
  const url = new URL(baseUrl);
  const proxy = proxyFor(url, environment);
  const proxied = { ...pool, proxy: proxy ?? '', timeout: PROXY_TIMEOUT_MS };
  // Without its user and password.
  const name = proxy === null ? '' : `the proxy of ${proxyVariable(url)} at ${new URL(proxy).host}`;
  const http = proxy === null ? new HttpAgent(pool) : withNamedErrors(new HttpProxyAgent(proxied), name);
  const https = proxy === null ? new HttpsAgent(pool) : withNamedErrors(new HttpsProxyAgent(proxied), name);
  return {
    http,
    https,
    /** Another number of requests may be in flight. Connections beyond it are closed when they are free. */
    resize(connections: number): void {
      for (const agent of [http, https]) Object.assign(agent, { maxSockets: connections, maxFreeSockets: connections });
    },
    destroy: (): void => {
      http.destroy();
      https.destroy();
    },
  };
}
