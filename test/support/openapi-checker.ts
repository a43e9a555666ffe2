import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenApiDocument } from '../../src/http/openapi/index.ts';
import type { Answer, Operation } from '../../src/openapi/answers.ts';

/** Compares real answers with what the document says of them. */
export interface OpenApiChecker {
  /** Everything in which the answer differs from the document; empty when it is as documented. */
  faultsOf(operationId: string, answer: ReceivedAnswer): string[];
  /** Faults of a request body, as the document describes it. */
  requestFaultsOf(operationId: string, mediaType: string, body: unknown): string[];
  find(operationId: string): { path: string; method: string; operation: Operation };
}

export interface ReceivedAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** The document is read strictly: an answer's member that it does not name is a fault too. */
export function createOpenApiChecker(document: OpenApiDocument): OpenApiChecker {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(closeAnswers(document), 'document');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const find: OpenApiChecker['find'] = (operationId) => {
    const found = operations.find(({ operation }) => operation.operationId === operationId);
    if (!found) throw new Error(`the document has no operation ${operationId}`);
    return found;
  };
  const validate = (keys: string[], value: unknown): string[] => {
    const pointer = keys.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const isValid = ajv.compile({ $ref: `document#/${pointer}` });
    return isValid(value) ? [] : (isValid.errors ?? []).map((one) => `body${one.instancePath} ${one.message}`);
  };

  return {
    find,
    requestFaultsOf(operationId, mediaType, body) {
      const { path, method } = find(operationId);
      return validate(['paths', path, method, 'requestBody', 'content', mediaType, 'schema'], body);
    },
    faultsOf(operationId, { status, headers, text }) {
      const { path, method, operation } = find(operationId);
      const said = operation.responses[status] ? String(status) : 'default';
      const documented = operation.responses[said];
      if (!documented) return [`status ${status} is not documented: ${text.slice(0, 300)}`];
      const faults = headerFaults(documented, headers);
      const type = (headers.get('content-type') ?? '').split(';')[0] ?? '';
      if (method === 'head') return faults;
      if (!documented.content) return text === '' ? faults : [...faults, 'has a body, documented without'];
      const range = documented.content[type] ? type : '*/*';
      if (!documented.content[range]) return [...faults, `type ${type} is not documented`];
      if (!type.endsWith('json')) return faults;
      return [
        ...faults,
        ...validate(['paths', path, method, 'responses', said, 'content', range, 'schema'], JSON.parse(text)),
      ];
    },
  };
}

function headerFaults({ headers = {} }: Answer, given: Headers): string[] {
  return Object.entries(headers).flatMap(([name, { required, schema }]) => {
    const value = given.get(name);
    if (value === null) return required ? [`header ${name} is missing`] : [];
    return schema.type === 'integer' && !/^\d+$/.test(value) ? [`header ${name} is not a whole number`] : [];
  });
}

/** The document with every object of an answer closed. Conditions stay open: they speak of a part of an object only. */
function closeAnswers(document: OpenApiDocument): object {
  const close = (key: string, value: unknown): unknown => {
    if (key === 'if' || key === 'then' || key.endsWith('Request')) return value;
    if (Array.isArray(value)) return value.map((one) => close('', one));
    if (typeof value !== 'object' || value === null) return value;
    const closed = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, close(name, part)]));
    const isObject = closed['type'] === 'object' && 'properties' in closed;
    return isObject ? { additionalProperties: false, ...closed } : closed;
  };
  return close('', document) as object;
}
