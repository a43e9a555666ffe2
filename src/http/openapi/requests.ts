import type { JobContract } from '../../jobs/contract.ts';
import { OPTION_FIELDS, optionsSchema } from '../../jobs/options/options.ts';
import { addProperties, FILE, refTo, type Schema, schemaName, toSchema } from '../../openapi/schemas.ts';
import { TEMPLATE_REFERENCE } from '../../templates/template.ts';

/** The fields that `POST /v1/<kind>` takes: the kind's own, and those that all kinds share. */
export function fieldsSchema({ input, ownFields = [], templates }: JobContract): Schema {
  const shared = toSchema(optionsSchema, 'input').properties ?? {};
  const names = Object.keys(OPTION_FIELDS).filter((name) => !ownFields.includes(name));
  const schema = withStored(toSchema(input, 'input'), templates);
  const either = (name: string): Schema => {
    const [own, other] = [schema.properties?.[name], shared[name] ?? {}];
    return own ? { anyOf: [own, other] } : other;
  };
  return addProperties(schema, Object.fromEntries(names.map((name) => [name, either(name)])));
}

/** Adds to the choice of a kind's own templates those that callers have stored: they have the fields of the first. */
function withStored(schema: Schema, templates: JobContract['templates']): Schema {
  if (!templates) return schema;
  const [first] = schema.oneOf ?? [];
  const template: Schema = {
    type: 'string',
    pattern: TEMPLATE_REFERENCE.source,
    not: { enum: [...templates.builtIn] },
    description: 'The name of a stored template, or of a version of it: `sales@3`.',
  };
  if (!first) {
    const own = schema.properties?.['template'] ?? {};
    return addProperties(schema, { template: { anyOf: [own, template], description: own['description'] } });
  }
  const { template: _template, data: _data, ...fields } = first.properties ?? {};
  const data: Schema = { type: 'object', description: 'What it is filled with.' };
  const properties = { template, ...fields, data };
  const stored: Schema = { type: 'object', properties, required: ['template'], additionalProperties: false };
  // A choice that is not an exclusive one: `template` may be left out, and then says nothing.
  const { oneOf = [], ...others } = schema;
  return { ...others, anyOf: [...oneOf, stored] };
}

/** Where a JSON body says which file is meant, when a kind that takes uploads takes references too. */
const REFERENCE = 'source';

/** The fields that go along with an uploaded file: all but the reference to one that lies elsewhere. */
export function uploadFieldsSchema(contract: JobContract): Schema {
  const { properties = {}, ...rest } = fieldsSchema(contract);
  const { [REFERENCE]: reference, ...others } = properties;
  return { ...rest, properties: contract.upload?.isReferenced && reference ? others : properties };
}

/** The bodies of that request, by name: JSON, and for a kind that takes files the form with them. */
export function requestSchemas(contract: JobContract): Record<string, Schema> {
  const { kind, upload } = contract;
  const fields = fieldsSchema(contract);
  const request = schemaName(kind, 'Request');
  if (!upload) return { [request]: fields };
  const { field, jsonField, files, isReferenced } = upload;
  const further: Schema = files
    ? {
        // Without a type: clients that are made from the document would have all fields be files.
        additionalProperties: { description: 'A file that the fields refer to by the name of its form field.' },
      }
    : {};
  if (jsonField) {
    const content = { contentMediaType: 'application/json', contentSchema: refTo(request) };
    const body = { type: 'string', ...content, description: 'The JSON body, as a text.' };
    const form = { type: 'object', properties: { [jsonField]: body }, required: [jsonField], ...further };
    return { [request]: fields, [schemaName(kind, 'Form')]: form };
  }
  const main = field ? { [field]: { ...FILE, description: 'The file.' } } : {};
  const form = { ...addProperties(asFormFields(uploadFieldsSchema(contract)), main, Object.keys(main)), ...further };
  const json = { [request]: addProperties(fields, {}, [REFERENCE]) };
  return { ...(isReferenced ? json : {}), [schemaName(kind, 'Form')]: form };
}

/** A form holds texts: what may be a word or an object is a text there, the object as JSON. */
function asFormFields({ properties = {}, ...rest }: Schema): Schema {
  const fields = Object.entries(properties).map(([name, field]): [string, Schema] => {
    const { anyOf, description } = field;
    const isWordOrObject = anyOf?.some(({ type }) => type === 'object') && anyOf.some(({ type }) => type === 'string');
    if (!isWordOrObject) return [name, field];
    const asJson = typeof description === 'string' ? `${description} An object as JSON.` : 'An object as JSON.';
    return [name, { type: 'string', description: asJson }];
  });
  return { ...rest, properties: Object.fromEntries(fields) };
}
