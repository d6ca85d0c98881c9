import { ENDPOINTS, type Endpoint } from './endpoints.ts';

/** The target of a path. */
export type Route = {
  endpoint: Endpoint;
  /** The id in the path, decoded, or empty. */
  id: string;
  /** The id if it is that of a number, or null. */
  numberId: string | null;
};

/** Other documented operations, by path. They get 501, so that no one takes the sandbox for the service. */
const NOT_IMITATED: Readonly<Record<string, readonly string[]>> = {
  '10dlc/phone_number_campaigns': ['POST'],
  '10dlc/phone_number_campaigns/{id}': ['PUT', 'DELETE'],
  messaging_profiles: ['POST'],
  'messaging_profiles/{id}': ['PATCH', 'DELETE'],
  'messaging_profiles/{id}/actions/regenerate_secret': ['POST'],
  'messaging_profiles/{id}/metrics': ['GET'],
  'messaging_profiles/{id}/autoresp_configs': ['POST'],
  'messaging_profiles/{id}/autoresp_configs/{id}': ['GET', 'PUT', 'DELETE'],
  'messaging_hosted_numbers/{id}': ['GET', 'PATCH', 'DELETE'],
  phone_numbers: ['GET'],
  'phone_numbers/csv_downloads': ['GET', 'POST'],
  'phone_numbers/csv_downloads/{id}': ['GET'],
  short_codes: ['GET'],
  'short_codes/{id}': ['GET', 'PATCH'],
};

const segmentsOf = (path: string) => path.split('/');
const ENDPOINT_SEGMENTS = ENDPOINTS.map((endpoint) => ({ endpoint, segments: segmentsOf(endpoint.path) }));
const OTHER_SEGMENTS = Object.entries(NOT_IMITATED).map(([path, methods]) => ({ methods, segments: segmentsOf(path) }));

/** The route of a path (percent-encoded, without the query), or null if there is none. */
export function findRoute(path: string): Route | null {
  const given = segmentsBelowV2(path);
  for (const { endpoint, segments } of ENDPOINT_SEGMENTS) {
    if (!fits(given, segments)) continue;
    const id = given[segments.indexOf('{id}')] ?? '';
    return { endpoint, id, numberId: endpoint.hasNumberId ? id : null };
  }
  return null;
}

/** Whether the API documents an operation that the sandbox does not imitate. */
export function isNotImitated(method: string, path: string): boolean {
  const given = segmentsBelowV2(path);
  return OTHER_SEGMENTS.some(({ methods, segments }) => fits(given, segments) && methods.includes(method));
}

/** The decoded segments of a path below /v2. None for another path. */
function segmentsBelowV2(path: string): string[] {
  const [root, version, ...segments] = path.split('/').map(decoded);
  return root === '' && version === 'v2' ? segments : [];
}

function fits(given: readonly string[], segments: readonly string[]): boolean {
  if (given.length !== segments.length) return false;
  return segments.every((segment, index) => (segment === '{id}' ? given[index] !== '' : given[index] === segment));
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
