import type { Operation } from '../../../openapi/answers.ts';
import type { ExampleView } from './examples.ts';

/** How a language asks any route by its client. */
interface Dialect {
  language: string;
  label: string;
  /** What makes the client, for that address. */
  setUp(url: string): string;
  /** The line; `body` is undefined where there is none. */
  ask(method: string, path: string, body: unknown): string;
}

const DIALECTS: readonly Dialect[] = [
  {
    language: 'node',
    label: 'Node',
    setUp: (url) =>
      `import { Heavylift } from 'heavylift-client';\nconst heavylift = new Heavylift({ url: '${url}', key: '$KEY' });`,
    ask(method, path, body) {
      const json =
        body === undefined ? '' : `, {\n  json: ${JSON.stringify(body, null, 2).replaceAll('\n', '\n  ')},\n}`;
      const at = path.includes('{') ? `\`${path.replaceAll('{', '${')}\`` : `'${path}'`;
      return `await heavylift.request('${method}', ${at}${json});`;
    },
  },
  {
    language: 'python',
    label: 'Python',
    setUp: (url) => `from heavylift import Heavylift\nheavylift = Heavylift("${url}", "$KEY")`,
    ask(method, path, body) {
      const at = path.includes('{') ? `f"${path}"` : `"${path}"`;
      return `heavylift.request("${method}", ${at}${body === undefined ? '' : `, ${pythonValue(body)}`})`;
    },
  },
  {
    language: 'php',
    label: 'PHP',
    setUp: (url) => `$heavylift = new Heavylift\\Heavylift('${url}', '$KEY');`,
    ask(method, path, body) {
      const at = path.includes('{') ? `"${path.replaceAll('{', '{$')}"` : `'${path}'`;
      return `$heavylift->request('${method}', ${at}${body === undefined ? '' : `, ${phpValue(body)}`});`;
    },
  },
];

/**
 * Lines that ask an operation by the client of each language, with its documented example; none where its body or its answer is
 * no JSON, which the clients have methods of their own for. What stands in braces in its path is a variable.
 */
export function clientLines(url: string, path: string, method: string, operation: Operation): ExampleView[] {
  const body = Object.entries(operation.requestBody?.content ?? {}).map(([type, { examples }]) => ({
    isJson: type === 'application/json',
    example: examples?.['example']?.value,
  }));
  const answers = Object.entries(operation.responses).flatMap(([status, { content = {} }]) =>
    status.startsWith('2') ? Object.keys(content) : [],
  );
  const isLeftOut = method === 'head' || answers.some((type) => type !== 'application/json');
  if (isLeftOut || body.some(({ isJson, example }) => !isJson || example === undefined)) return [];
  return DIALECTS.map(({ language, label, setUp, ask }) => ({
    ...{ language, label, run: setUp(url) },
    source: ask(method.toUpperCase(), path, body[0]?.example),
  }));
}

function pythonValue(value: unknown, indent = ''): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}    `;
  if (Array.isArray(value))
    return wrap(
      '[]',
      value.map((one) => pythonValue(one, inner)),
      indent,
    );
  const pairs = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${pythonValue(one, inner)}`);
  return wrap('{}', pairs, indent);
}

function phpValue(value: unknown, indent = ''): string {
  if (typeof value === 'string') return phpText(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}    `;
  if (Array.isArray(value))
    return wrap(
      '[]',
      value.map((one) => phpValue(one, inner)),
      indent,
    );
  const pairs = Object.entries(value).map(([name, one]) => `${phpText(name)} => ${phpValue(one, inner)}`);
  return wrap('[]', pairs, indent);
}

const phpText = (text: string): string =>
  text.includes('\n')
    ? `"${text.replaceAll(/["$\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
    : `'${text.replaceAll(/['\\]/g, '\\$&')}'`;

function wrap(brackets: string, parts: string[], indent: string): string {
  const [open, close] = brackets;
  if (parts.length === 0) return brackets;
  return `${open}\n${parts.map((part) => `${indent}    ${part},\n`).join('')}${indent}${close}`;
}
