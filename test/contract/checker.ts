import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { parse } from 'yaml';

type Node = { [key: string]: unknown };

/** The operation that an answer belongs to. The path is as in the document, with placeholders. */
export type Operation = { method: 'get' | 'patch' | 'post'; path: string };

/** Returns the differences of an answer from the document. Empty if it conforms. */
export type Checker = (operation: Operation, status: number, contentType: string | null, body: unknown) => string[];

/** The parsed document. */
export const DOCUMENT = parse(readFileSync(new URL('./telnyx-messaging.openapi.yaml', import.meta.url), 'utf8'), {
  merge: true,
}) as Node;

/** Every operation of the document with its statuses. */
export function documentedOperations(): (Operation & { statuses: string[] })[] {
  return Object.entries(DOCUMENT.paths as Record<string, Node>).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => ({
        path,
        method: method as Operation['method'],
        statuses: Object.keys((operation as Node).responses as Node),
      })),
  );
}

/**
 * A checker for the answers that an OpenAPI 3.0 document describes. It is stricter than the document: it reports
 * properties that the document does not name, and missing top-level properties, because almost everything in the
 * document is optional and `{}` would conform.
 */
export function createChecker(document: Node): Checker {
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
  formats.default(ajv);
  ajv.addSchema(asJsonSchema(document) as Node, 'contract');
  const compiled = new Map<string, ValidateFunction>();
  const validatorAt = (pointer: string): ValidateFunction => {
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `contract#${pointer}` });
    compiled.set(pointer, known);
    return known;
  };

  return ({ method, path }, status, contentType, body) => {
    const operation = at(document, `/paths/${escaped(path)}/${method}`);
    if (operation === undefined) return [`${method} ${path} is not documented`];
    const key = statusKey(operation.responses as Node, status);
    if (key === null) return [`status ${status} is not documented`];
    const response = follow(document, `/paths/${escaped(path)}/${method}/responses/${key}`);
    const type = contentType?.split(';', 1)[0] ?? 'none';
    const schema = follow(document, `${response}/content/${escaped(type)}/schema`);
    const expected = at(document, schema);
    if (expected === undefined) return [`content type ${type} is not documented for ${status}`];
    const validate = validatorAt(schema);
    const problems = validate(body) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
    const missing = Object.keys((expected.properties ?? {}) as Node).filter(
      (name) => typeof body !== 'object' || body === null || !(name in body),
    );
    return [...problems, ...missing.map((name) => `${name} is missing`)];
  };
}

/** The exact status takes precedence over its range. */
function statusKey(responses: Node, status: number): string | null {
  const range = `${Math.floor(status / 100)}XX`;
  return [String(status), range].find((key) => key in responses) ?? null;
}

/**
 * Converts a schema of OpenAPI 3.0 to JSON Schema: `nullable` becomes a second type. Objects with listed properties are
 * closed. Examples are removed, because a `nullable` or `$ref` in them is only data.
 */
function asJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asJsonSchema);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, example: _, examples: __, ...rest } = node as Node;
  const converted: Node = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, asJsonSchema(value)]));
  if (typeof converted.$ref === 'string') converted.$ref = converted.$ref.replace(/^#/, 'contract#');
  if (nullable === true && typeof converted.type === 'string') {
    converted.type = [converted.type, 'null'];
    if (Array.isArray(converted.enum)) converted.enum = [...converted.enum, null];
  }
  if (converted.type !== undefined && converted.properties !== undefined) converted.additionalProperties = false;
  return converted;
}

/** The pointer, or the target of the `$ref` at it. */
function follow(document: Node, pointer: string): string {
  const ref = at(document, pointer)?.$ref;
  return typeof ref === 'string' ? follow(document, ref.slice(1)) : pointer;
}

function at(document: Node, pointer: string): Node | undefined {
  let node: unknown = document;
  for (const part of pointer.split('/').slice(1)) {
    node = (node as Node | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return node as Node | undefined;
}

function escaped(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}
