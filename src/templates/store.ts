import type { Guards } from '../redis/guards.ts';
import { createOwnedRecords, type OwnedRecords } from '../redis/owned/owned-records.ts';
import type { Redis } from '../redis/script.ts';
import type { TemplateBody } from './template.ts';

/** So many templates a caller may have of a kind, and so many versions of each; how much they may be together. */
const LIMITS = { what: 'templates', records: 100, versions: 10, bytes: 5_000_000 };

/** The templates of all callers, by the kind that they are for. */
export type Templates = (kind: string) => OwnedRecords<TemplateBody>;

/** Opens them over any connection to Redis; an operator's serve all callers. */
export function createTemplates(
  redis: Redis,
  access: { guards: Guards; isOperator: (caller: string) => boolean },
): Templates {
  const stores = new Map<string, OwnedRecords<TemplateBody>>();
  return (kind) => {
    const store = stores.get(kind) ?? createOwnedRecords<TemplateBody>(redis, `templates-${kind}`, LIMITS, access);
    stores.set(kind, store);
    return store;
  };
}
