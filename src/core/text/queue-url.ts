/** Whether a URL of Redis has a user or a password. */
export function hasLogin(url: string): boolean {
  return /^[^:]+:\/\/[^/]*@/.test(url);
}

/** Whether the second URL has the login for the first one, which has none. */
export function completesLogin(url: string, complete: string): boolean {
  return !hasLogin(url) && hasLogin(complete) && URL.canParse(url) && queueName(url) === queueName(complete);
}

/** The passwords of the URLs of Redis in a text, as they are written and as they are meant. */
export function queueSecrets(text: string): string[] {
  return [...text.matchAll(/rediss?:\/\/[^\s@/:]*:([^\s/]+)@/gi)].flatMap(([, password = '']) => {
    try {
      return [...new Set([password, decodeURIComponent(password)])];
    } catch {
      return [password];
    }
  });
}

/** A URL of Redis or Valkey, without its user and password: `redis://10.0.0.5:6379`. Also of text that is no URL. */
export function queueName(url: string): string {
  if (!URL.canParse(url)) return '(not a URL)';
  const { protocol, hostname, port, pathname } = new URL(url);
  return `${protocol}//${hostname}${port === '' ? '' : `:${port}`}${pathname === '/' ? '' : pathname}`;
}
