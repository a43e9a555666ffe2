/** A JSON schema, as the description has it. */
type Schema = Record<string, unknown>;

/** What the client's types are made of. */
interface Described {
  components: { schemas: Record<string, Schema> };
  webhooks: Record<string, unknown>;
}

/** The kinds that a caller posts, and where a batch has their entries; the rest of a kind's types follows from its name. */
const BODIES = { images: 'Images', reports: 'Reports', emails: 'Emails', calls: 'Calls', flows: 'Flows' } as const;

/** The types that the client gives to others, beside what these name themselves. */
const ROOTS = [
  'Job',
  'Upload',
  'Problem',
  'FailedRow',
  ...Object.values(BODIES).map((name) => `${name}Request`),
  'ImagesBatch',
  'ToldJobEvent',
  'ToldFlowEvent',
  'ToldBatchEvent',
  'ToldMailEvent',
  'ToldUnsubscribedEvent',
  'ToldScheduleEvent',
];

/** Types of the client's own functions, which no schema has. */
const OWN = `
/** What a caller posts. */
export type Kind = keyof Bodies;

/** What a job of each kind is asked for with. */
export interface Bodies {
${Object.entries(BODIES)
  .map(([kind, name]) => `  ${kind}: ${name}Request;`)
  .join('\n')}
}

/** A job of one kind. */
export type JobOf<K extends Job['kind']> = Extract<Job, { kind: K }>;

/** What waiting for a job returns: the same kind, with its result. */
export type EndedJob<J> = J extends Job ? J & { result: NonNullable<J['result']> } : Job;

/** What became of each entry of a batch. */
export type Batch = ImagesBatch;

/** What a webhook tells. */
export type WebhookEvent =
  | ToldJobEvent
  | ToldFlowEvent
  | ToldBatchEvent
  | ToldMailEvent
  | ToldUnsubscribedEvent
  | ToldScheduleEvent;

/** Which jobs are listed. */
export interface Filter {
  kind?: Job['kind'];
  state?: Job['state'];
  subject?: string;
  tag?: string;
  batch?: string;
  flow?: string;
  schedule?: string;
  error?: string;
  /** With all these words. */
  q?: string;
  /** RFC 3339. */
  createdAfter?: string;
  /** RFC 3339. */
  createdBefore?: string;
  /** How many come with one request. */
  limit?: number;
  /** For how long the addresses of files shall need no key: \`15m\`. */
  signed?: string;
}
`;

/** Writes the types of the client from the description of the API. Throws Error at a schema that it can not write. */
export function writeTypes({ components: { schemas } }: Described): string {
  const named = reach(schemas);
  const written = named.map((name) => {
    const schema = schemas[name] as Schema;
    const type = writeType(schema, '');
    const head = writeComment(schema, '');
    return schema['properties'] ? `${head}export interface ${name} ${type}` : `${head}export type ${name} = ${type};`;
  });
  return `// Made from the description of the API by \`npm run client-types\`.\n\n${written.join('\n\n')}\n${OWN}`;
}

/** The names of all schemas that the roots lead to, in the order of the description. */
function reach(schemas: Record<string, Schema>): string[] {
  const found = new Set<string>();
  const follow = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    for (const [, other = ''] of JSON.stringify(schemas[name]).matchAll(/"#\/components\/schemas\/(\w+)"/g))
      follow(other);
  };
  for (const name of ROOTS) {
    if (!schemas[name]) throw new Error(`the description has no schema ${name}`);
    follow(name);
  }
  return Object.keys(schemas).filter((name) => found.has(name));
}

/** The line of a comment above a type or member; nothing where there is nothing to say. */
function writeComment({ description, 'x-default': value }: Schema, indent: string): string {
  const said = typeof description === 'string' ? description : '';
  const text = [said, value === undefined ? '' : `Default: \`${JSON.stringify(value)}\`.`].filter(Boolean).join(' ');
  return text === '' ? '' : `${indent}/** ${text.replaceAll('*/', '*\\/').replaceAll(/\s+/g, ' ')} */\n`;
}

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ');
/** A list of alternatives needs its brackets. */
const grouped = (type: string): string => (/[|&]/.test(type) ? `(${type})` : type);

function writeType(schema: Schema, indent: string): string {
  const { $ref, enum: values, const: only, type } = schema;
  const alternatives = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  if (typeof $ref === 'string') return $ref.slice($ref.lastIndexOf('/') + 1);
  if (only !== undefined) return literal(only);
  if (Array.isArray(values)) return union(values.map(literal));
  if (alternatives && !schema['properties']) return union(alternatives.map((one) => writeType(one, indent)));
  if (Array.isArray(type)) return union(type.map((one: string) => writeType({ ...schema, type: one }, indent)));
  return writeOfType(schema, indent);
}

const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replaceAll(/['\\]/g, '\\$&')}'` : JSON.stringify(value);

function writeOfType(schema: Schema, indent: string): string {
  const all = schema['allOf'] as Schema[] | undefined;
  switch (schema['type']) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array':
      return writeList(schema, indent);
    case 'object':
      return writeObject(schema, indent);
    default:
      return all ? all.map((one) => grouped(writeType(one, indent))).join(' & ') : 'unknown';
  }
}

const writeList = ({ items }: Schema, indent: string): string =>
  `${grouped(writeType((items ?? {}) as Schema, indent))}[]`;

function writeObject(schema: Schema, indent: string): string {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  const required = (schema['required'] ?? []) as string[];
  const others = schema['additionalProperties'] as Schema | boolean | undefined;
  const other = others && others !== true && Object.keys(others).length > 0 ? writeType(others, indent) : 'unknown';
  if (properties.length === 0) return `Record<string, ${other}>`;
  const deeper = `${indent}  `;
  const members = properties.map(([name, one]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`;
    const mark = required.includes(name) ? '' : '?';
    return `${writeComment(one, deeper)}${deeper}${key}${mark}: ${writeType(one, deeper)};\n`;
  });
  // Members of any other name take what the named ones have too.
  const rest = typeof others === 'object' ? `${deeper}[name: string]: unknown;\n` : '';
  return `{\n${members.join('')}${rest}${indent}}`;
}
