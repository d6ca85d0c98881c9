import { concurrencyOf } from '../../core/settings/resolve.ts';
import type { Settings } from '../../core/settings/schema.ts';
import { createCleaner } from '../../core/text/redact.ts';
import { createAgents } from '../../io/http/agents.ts';
import type { TelnyxClient } from '../../io/http/client.ts';
import type { Context } from '../context.ts';

/** Where the requests go, and with which key. */
export type Target = { baseUrl: string; key: string };

/**
 * A client of the API over a pool of connections of its own, which `agents.destroy` ends. The HTTP library is loaded for
 * it only, as commands that send nothing would start later for it.
 */
export async function openClient(
  target: Target,
  settings: Settings,
  context: Context,
): Promise<{ client: TelnyxClient; agents: ReturnType<typeof createAgents> }> {
  const { createTelnyxClient } = await import('../../io/http/client.ts');
  const agents = createAgents(target.baseUrl, concurrencyOf(settings), context.env);
  const client = createTelnyxClient({
    baseUrl: target.baseUrl,
    key: target.key,
    timeoutMs: settings.timeout,
    agents: { http: agents.http, https: agents.https },
    clean: createCleaner(target.key),
    userAgent: `telnyx-reassign/${context.version}`,
  });
  return { client, agents };
}
