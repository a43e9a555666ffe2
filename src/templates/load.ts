import type { OwnedRecord, OwnedRecords } from '../redis/owned/owned-records.ts';
import { type StoredTemplate, TEMPLATE_REFERENCE, type TemplateBody } from './template.ts';

/** Most others that a template may take in, over all levels, and their bytes with its own. */
const LIMITS = { parts: 20, bytes: 500_000 };

/** Where templates are looked up, and how it is seen which others one takes in. */
export interface TemplateSource {
  store: Pick<OwnedRecords<TemplateBody>, 'resolve'>;
  partsIn: (body: TemplateBody) => readonly string[];
}

type Found = OwnedRecord<TemplateBody> | null;

/**
 * Finds the templates that a caller's requests name, each with those that it takes in, all as they stand now. What a
 * template takes in is its owner's, else an operator's: it comes to the same for all who use it.
 */
export async function loadTemplates(
  references: readonly string[],
  caller: string,
  { store, partsIn }: TemplateSource,
): Promise<Record<string, StoredTemplate | null>> {
  const known = new Map<string, Promise<Found>>();
  const find = (owner: string, reference: string): Promise<Found> => {
    const key = `${owner}:${reference}`;
    const [, name = '', version] = TEMPLATE_REFERENCE.exec(reference) ?? [];
    const found = known.get(key) ?? store.resolve(owner, name, version === undefined ? undefined : Number(version));
    known.set(key, found);
    return found;
  };
  const load = async (reference: string): Promise<StoredTemplate | null> => {
    const found = await find(caller, reference);
    if (!found) return null;
    const template = toTemplate(found);
    const others = await gather(found, (part) => find(found.caller, part), partsIn);
    if (typeof others === 'string') return { ...template, fault: others };
    return others.size === 0 ? template : { ...template, parts: Object.fromEntries(others) };
  };
  return Object.fromEntries(await Promise.all(references.map(async (one) => [one, await load(one)] as const)));
}

const toTemplate = ({ name, version, body }: OwnedRecord<TemplateBody>): StoredTemplate => ({
  name: `${name}@${version}`,
  version,
  body,
});

/** Finds all that a template takes in, level by level; a text says why it may not. */
async function gather(
  top: OwnedRecord<TemplateBody>,
  find: (reference: string) => Promise<Found>,
  partsIn: TemplateSource['partsIn'],
): Promise<Map<string, StoredTemplate | null> | string> {
  const parts = new Map<string, StoredTemplate | null>();
  let bytes = bytesOf(top);
  for (let level = [...partsIn(top.body)]; level.length > 0; ) {
    const fresh = [...new Set(level)].filter((reference) => !parts.has(reference));
    if (parts.size + fresh.length > LIMITS.parts) return `takes in more than ${LIMITS.parts} other templates`;
    const found = await Promise.all(fresh.map(async (reference) => [reference, await find(reference)] as const));
    for (const [reference, one] of found) {
      bytes += one ? bytesOf(one) : 0;
      parts.set(reference, one && toTemplate(one));
    }
    if (bytes > LIMITS.bytes) return `has more than ${LIMITS.bytes} bytes with those that it takes in`;
    level = found.flatMap(([, one]) => (one ? partsIn(one.body) : []));
  }
  const circle = findCircle(toTemplate(top), parts, partsIn);
  return circle === undefined ? parts : `takes in itself, by way of "${circle}"`;
}

const bytesOf = ({ versions, version }: OwnedRecord<TemplateBody>): number =>
  versions.find((one) => one.version === version)?.bytes ?? 0;

/** Finds a template that comes to itself through what it takes in; undefined where none does. */
function findCircle(
  top: StoredTemplate,
  parts: ReadonlyMap<string, StoredTemplate | null>,
  partsIn: TemplateSource['partsIn'],
): string | undefined {
  const done = new Set<string>();
  const walk = ({ name, body }: StoredTemplate, above: readonly string[]): string | undefined => {
    if (above.includes(name)) return name;
    if (done.has(name)) return undefined;
    for (const reference of partsIn(body)) {
      const part = parts.get(reference);
      const circle = part ? walk(part, [...above, name]) : undefined;
      if (circle !== undefined) return circle;
    }
    done.add(name);
    return undefined;
  };
  return walk(top, []);
}
