import { createBullBoard } from '@bull-board/api';
import type {
  AppControllerRoute,
  AppViewRoute,
  BullBoardQueues,
  IServerAdapter,
  UIConfig,
} from '@bull-board/api/typings/app';
import { type BoardQueue, QueueView } from './queue-view.ts';

/** What a route answers: a page, or JSON. */
export type Answer = { status: number; html: string } | { status: number; json: unknown };

/** A request that was found to be a GET. */
export type BoardRequest = { path: string; query: Record<string, string> };

/** Routes of bull-board about Redis itself and about adding jobs. */
const LEFT_OUT = /\/(redis\/stats|job-data-schema|default-job-options|rate-limit)$/;

const UI: UIConfig = {
  boardTitle: 'telnyx-reassign',
  hideRedisDetails: true,
  hideDocsLink: true,
  // Asks Redis for all its clients, with their addresses. `queue` shows the workers.
  showWorkers: false,
  sortQueues: true,
};

/** The parameters in a path for a route such as /queue/:queueName, or null. */
function matchPath(route: string, path: string): Record<string, string> | null {
  const names: string[] = [];
  const pattern = route.replace(/:(\w+)/g, (_, name: string) => {
    names.push(name);
    return '([^/]+)';
  });
  const found = new RegExp(`^${pattern}$`).exec(path);
  if (found === null) return null;
  try {
    return Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1] as string)]));
  } catch {
    return null;
  }
}

/** The parameters in a path for the first of these routes that matches, or null. */
function matchAny(routes: string | string[], path: string): Record<string, string> | null {
  for (const route of [routes].flat()) {
    const params = matchPath(route, path);
    if (params !== null) return params;
  }
  return null;
}

/** The page of the user interface. It would load fonts from another host, so that link is removed. */
function pageOf(template: string, params: Record<string, string>): string {
  return template.replace(/<link [^>]*href="https?:[^>]*>/g, '').replace(/<%[-=] *(\w+) *%>/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`the page of the board needs ${name}, which is not known`);
    return value;
  });
}

/**
 * The routes of bull-board that read. Its own adapters for web servers serve all routes and rely on a setting of each
 * queue to refuse writes; this one never learns of the others. `template`: the text of its page.
 */
export function boardRoutes(template: string) {
  let entry: AppViewRoute | null = null;
  let api: AppControllerRoute[] = [];
  let queues: BullBoardQueues = new Map();
  let uiConfig: UIConfig = {};
  const adapter: IServerAdapter = {
    setQueues(all) {
      queues = all;
      return adapter;
    },
    setEntryRoute(route) {
      entry = route;
      return adapter;
    },
    setApiRoutes(routes) {
      const reads = ({ method, route }: AppControllerRoute) =>
        [method].flat().every((verb) => verb === 'get') && ![route].flat().some((path) => LEFT_OUT.test(path));
      api = routes.filter(reads);
      return adapter;
    },
    setUIConfig(config) {
      uiConfig = config;
      return adapter;
    },
    setViewsPath: () => adapter,
    setStaticPath: () => adapter,
    setErrorHandler: () => adapter,
  };
  const board = createBullBoard({ queues: [], serverAdapter: adapter, options: { uiConfig: UI, uiBasePath: '.' } });

  return {
    /** Shows these queues from now on. */
    setQueues(all: readonly BoardQueue[]): void {
      board.replaceQueues(all.map((one) => new QueueView(one)));
    },

    /** Answers a request, or returns null if there is no such route. */
    async answer({ path, query }: BoardRequest): Promise<Answer | null> {
      for (const { route, handler } of api) {
        const params = matchAny(route, path);
        if (params === null) continue;
        const request = { queues, uiConfig, query, params, body: {}, headers: {} };
        const { status = 200, body } = await handler(request);
        return { status, json: body };
      }
      const { route, handler } = entry as unknown as AppViewRoute;
      if (matchAny(route, path) === null) return null;
      const { params } = handler({ basePath: '/', uiConfig });
      return { status: 200, html: pageOf(template, params) };
    },
  };
}
