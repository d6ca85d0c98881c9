import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import { isLoopback } from '../../core/settings/parse.ts';

type Environment = Record<string, string | undefined>;

/** Whether NO_PROXY names the host: `*`, a host, a domain with its subdomains, each with an optional port. */
export function isExempt(url: URL, noProxy: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .some((item) => {
      // An IPv6 address stands in brackets in a URL, and mostly without them here.
      const bare = /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/.test(item);
      const [, name = '', itemPort] = /^(.*?)(?::([0-9]+))?$/.exec(bare ? `[${item}]` : item) ?? [];
      if (itemPort !== undefined && itemPort !== port) return false;
      const domain = name.replace(/^\*?\./, '');
      return name === '*' || url.hostname === domain || url.hostname.endsWith(`.${domain}`);
    });
}

/**
 * The proxy that the environment names for a URL, or null. A loopback address never goes through one. `host:port`
 * without a scheme is a plain HTTP proxy, as curl has it. Throws, without quoting it (it may hold a password), where the
 * variable is no URL of an HTTP proxy.
 */
export function proxyFor(url: URL, environment: Environment): string | null {
  if (isLoopback(url.href)) return null;
  const either = (name: string) => environment[name.toLowerCase()] || environment[name] || null;
  const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = either(variable);
  if (proxy === null || isExempt(url, either('NO_PROXY') ?? '')) return null;
  const href = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (URL.canParse(href) && /^https?:$/.test(new URL(href).protocol)) return href;
  throw new Error(`${variable} is not the URL of an HTTP proxy, such as http://proxy.example.com:3128`);
}

/** A proxy that has not answered by then is given up, or its connection would keep the process from ending. */
const PROXY_PATIENCE_MS = 10_000;

/**
 * One pool of connections, kept alive, as many as there may be requests in flight. HTTPS_PROXY and NO_PROXY are
 * honoured, which the HTTP library does not do by itself.
 */
export function createAgents(
  baseUrl: string,
  concurrency: number,
  environment: Environment,
): { http: HttpAgent; https: HttpsAgent; destroy: () => void } {
  const pool = { keepAlive: true, maxSockets: concurrency, maxFreeSockets: concurrency, scheduling: 'lifo' as const };
  const proxy = proxyFor(new URL(baseUrl), environment);
  const proxied = { ...pool, proxy: proxy ?? '', timeout: PROXY_PATIENCE_MS };
  const http = proxy === null ? new HttpAgent(pool) : new HttpProxyAgent(proxied);
  const https = proxy === null ? new HttpsAgent(pool) : new HttpsProxyAgent(proxied);
  return {
    http,
    https,
    destroy: () => {
      http.destroy();
      https.destroy();
    },
  };
}
