import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';

type Environment = Record<string, string | undefined>;

/** Whether NO_PROXY names the host: `*`, a host, a domain with its subdomains, each with an optional port. */
export function isExempt(url: URL, noProxy: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .some((item) => {
      const [, name = '', itemPort] = /^(.*?)(?::([0-9]+))?$/.exec(item) ?? [];
      if (itemPort !== undefined && itemPort !== port) return false;
      const domain = name.replace(/^\*?\./, '');
      return name === '*' || url.hostname === domain || url.hostname.endsWith(`.${domain}`);
    });
}

/** The proxy that the environment names for a URL, or null. A loopback address never goes through one. */
export function proxyFor(url: URL, environment: Environment): string | null {
  if (/^(localhost|\[::1\]|127\..*)$/.test(url.hostname)) return null;
  const either = (name: string) => environment[name.toLowerCase()] || environment[name] || null;
  const proxy = either(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  return proxy === null || isExempt(url, either('NO_PROXY') ?? '') ? null : proxy;
}

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
  const http = proxy === null ? new HttpAgent(pool) : new HttpProxyAgent({ ...pool, proxy });
  const https = proxy === null ? new HttpsAgent(pool) : new HttpsProxyAgent({ ...pool, proxy });
  return {
    http,
    https,
    destroy: () => {
      http.destroy();
      https.destroy();
    },
  };
}
