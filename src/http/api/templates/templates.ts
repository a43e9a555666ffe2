import { type Request, Router } from 'express';
import { AppError } from '../../../errors.ts';
import { formField, listWords } from '../../../fields/fields.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import type { OwnedRecord } from '../../../redis/owned/owned-records.ts';
import type { Templates } from '../../../templates/store.ts';
import { TEMPLATE_NAME, TEMPLATE_REFERENCE, type TemplateBody } from '../../../templates/template.ts';
import { audits } from '../../access/audit.ts';
import { callerOf } from '../../auth/identify.ts';
import { toError } from '../../large-json/digest.ts';
import { linkTo } from '../../public-path.ts';
import { keepFinite, openLargeBody } from '../accept/body/large-request.ts';
import { type BodyReaders, readJsonBody } from '../json-body.ts';
import {
  assertJson,
  createOwnedRouter,
  etagOf,
  expectedVersion,
  type OwnedView,
  readName,
  sendOwned,
  type VersionView,
  viewOwned,
  viewVersions,
} from '../owned.ts';

/** Most bytes of a template as JSON. */
export const MAX_TEMPLATE_BYTES = 100_000;

export interface TemplatesDeps extends BodyReaders {
  contracts: readonly JobContract[];
  templates: Templates;
}

/** A stored template as the API shows it. */
export interface TemplateView extends OwnedView {
  template: TemplateBody;
}

/** The versions of a template as the API shows them. */
export interface TemplateVersionsView {
  versions: VersionView[];
}

/** The address of a kind's templates. */
export const templatesPath = (kind: string): string => `/v1/templates/${kind}`;

/** `/v1/templates/<kind>`: the bodies of requests that callers have stored, to be filled with data. */
export function createTemplatesRouter(deps: TemplatesDeps): Router {
  const router = Router();
  for (const contract of deps.contracts) if (contract.templates) router.use(createKindRouter(contract, deps));
  return router;
}

function createKindRouter({ kind, templates: rules }: JobContract, deps: TemplatesDeps): Router {
  const path = templatesPath(kind);
  const router = createOwnedRouter(path, [kind, 'admin']);
  const store = deps.templates(kind);
  const nameField = templateName(rules?.builtIn ?? []);
  /** Finds the template of the request's `:name`, in the version that stands behind an `@`. */
  const find = async (req: Request): Promise<OwnedRecord<TemplateBody>> => {
    const asked = String(req.params['name']);
    const [, name, version] = TEMPLATE_REFERENCE.exec(asked) ?? [];
    const number = version === undefined ? undefined : Number(version);
    const found = name === undefined ? null : await store.find(callerOf(req).name, name, number);
    if (!found) throw new AppError('not_found', `This key has no template "${asked.slice(0, 75)}".`);
    return found;
  };

  router.get(path, async (req, res) => {
    const list = await store.list(callerOf(req).name);
    res.json({ templates: list.map(viewOwned) });
  });
  router.put(`${path}/:name`, audits('template.put'), ...readJsonBody(MAX_TEMPLATE_BYTES, deps), async (req, res) => {
    const name = readName(req, nameField);
    assertJson(req);
    const expected = await expectedVersion(req, res, () => store.find(callerOf(req).name, name));
    const { view, isNew } = await putTemplate(req, deps, { kind, name, given: req.body, expected });
    if (isNew) res.status(201).set('Location', linkTo(res, `${path}/${name}`));
    res.set('ETag', etagOf(view)).json(view);
  });
  router.get(`${path}/:name`, async (req, res) => {
    const { body, ...facts } = await find(req);
    sendOwned(req, res, { ...viewOwned(facts), template: body } as TemplateView);
  });
  router.get(`${path}/:name/versions`, async (req, res) => {
    res.json({ versions: viewVersions(await find(req)) } satisfies TemplateVersionsView);
  });
  router.delete(`${path}/:name`, audits('template.remove'), async (req, res) => {
    const name = readName(req, nameField);
    const { name: caller } = callerOf(req);
    const expected = await expectedVersion(req, res, () => store.find(caller, name));
    if (await store.remove(caller, name, expected)) return void res.status(204).end();
    throw new AppError('not_found', `This key has no template "${name}".`);
  });
  return router;
}

/** What a template may be called: not as one of its kind's own. */
export const templateName = (builtIn: readonly string[]) =>
  formField(
    (name) => TEMPLATE_NAME.test(name) && !builtIn.includes(name),
    `must be 1 to 64 of a-z, 0-9, "-" and "_", begin with a letter or digit, and not be ${listWords(builtIn)}`,
  );

/** A template that is to be put. */
export interface GivenTemplate {
  kind: string;
  name: string;
  given: unknown;
  expected?: number | undefined;
}

/**
 * Has the thread check a template, and puts it. Throws invalid_request, payload_too_large, conflict and
 * precondition_failed.
 */
export async function putTemplate(
  req: Request,
  { largeJson, templates }: Pick<TemplatesDeps, 'largeJson' | 'templates'>,
  { kind, name, given, expected }: GivenTemplate,
): Promise<{ view: TemplateView; isNew: boolean }> {
  const { name: caller, scopes } = callerOf(req);
  const text = Buffer.from(JSON.stringify(given ?? null, keepFinite));
  if (text.length > MAX_TEMPLATE_BYTES) {
    throw new AppError(
      'payload_too_large',
      `The template has ${text.length} bytes; the limit is ${MAX_TEMPLATE_BYTES}.`,
    );
  }
  const { bytes, release } = await openLargeBody(req, text, { largeJson });
  try {
    const answer = await largeJson.digest({ kind, json: bytes, isTemplate: true }, caller);
    if ('refusal' in answer) throw toError(answer.refusal);
  } finally {
    release();
  }
  const body = given as TemplateBody;
  const put = await templates(kind).put(caller, name, { body, isForAll: scopes.has('admin'), expected });
  return { view: { ...viewOwned(put.facts), template: body }, isNew: put.isNew };
}
