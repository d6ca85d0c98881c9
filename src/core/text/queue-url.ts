/** A URL of Redis or Valkey, without its user and password: `redis://10.0.0.5:6379`. Also of text that is no URL. */
export function queueName(url: string): string {
  if (!URL.canParse(url)) return '(not a URL)';
  const { protocol, hostname, port, pathname } = new URL(url);
  return `${protocol}//${hostname}${port === '' ? '' : `:${port}`}${pathname === '/' ? '' : pathname}`;
}
