import type { Operation, Parameter } from '../../openapi/answers.ts';

/** What has fields: without an example nothing can be said of it. */
const FIELDS = ['application/json', 'multipart/form-data', 'application/x-www-form-urlencoded'];

type Sample = NonNullable<Operation['x-codeSamples']>[number];

/**
 * Command lines that call an operation with its documented example; `$KEY` stands for the API key, `$ID` and the like
 * for what only the caller knows. They work in any POSIX shell.
 */
export function curlLines(origin: string, path: string, method: string, operation: Operation): Sample[] {
  const { security, requestBody, parameters = [] } = operation;
  const key = security.length > 0 ? [`-H "Authorization: Bearer $KEY"`] : [];
  const url = `${origin}${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`)}`;
  const verb = verbOf(method, operation);
  const sample = (label: string, ...parts: string[]): Sample => ({
    lang: 'Shell',
    label,
    source: `curl ${[...verb, ...key, ...parts].join(' \\\n  ')}`,
  });
  if (!requestBody) return [sample('curl', `"${url}"`)];

  return Object.entries(requestBody.content).flatMap(([type, { examples }]) => {
    const value = examples?.['example']?.value as Record<string, unknown> | undefined;
    if (!value && FIELDS.includes(type)) return [];
    if (type === 'application/json') {
      return [sample('JSON', `-H 'Content-Type: ${type}'`, `-d ${quote(JSON.stringify(value, null, 2))}`, `"${url}"`)];
    }
    if (type === 'multipart/form-data') return [sample('Form', ...formParts(value ?? {}), `"${url}"`)];
    // Of the raw types the first that curl can send as it is: a wildcard is no media type.
    if (type.includes('*')) return [];
    const query = queryOf(parameters);
    return [sample('Raw body', `--data-binary "@$FILE"`, `-H 'Content-Type: ${type}'`, `"${url}${query}"`)];
  });
}

/** What curl must be told: by itself it sends GET, and POST when there is a body. */
function verbOf(method: string, { requestBody, responses }: Operation): string[] {
  if (method === 'get') return readFlags(responses);
  if (method === 'head') return ['-I'];
  return method === 'post' && requestBody ? [] : [`-X ${method.toUpperCase()}`];
}

/** Events are shown as they come, files are saved under their own names. */
function readFlags(responses: Operation['responses']): string[] {
  const content = responses['200']?.content ?? {};
  if (content['text/event-stream']) return ['-N'];
  return content['*/*'] ? ['-OJ'] : [];
}

function formParts(value: Record<string, unknown>): string[] {
  return Object.entries(value).map(([name, one]) => {
    if (one === '(the file)') return `-F "${name}=@$FILE"`;
    return `-F ${quote(`${name}=${typeof one === 'object' ? JSON.stringify(one) : String(one)}`)}`;
  });
}

function queryOf(parameters: Parameter[]): string {
  const given = parameters.filter((one) => one.in === 'query' && one.example !== undefined);
  const query = new URLSearchParams(given.map(({ name, example }) => [name, String(example)])).toString();
  return query && `?${query}`;
}

/** As one word of a POSIX shell; in quotes only where it needs them. */
const quote = (text: string): string => (/^[\w=.,:/@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
