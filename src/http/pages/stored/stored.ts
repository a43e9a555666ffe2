import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { AppError } from '../../../errors.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { formatNumber } from '../../../kinds/formats.ts';
import type { KindPages } from '../../../kinds/page.ts';
import type { OwnedFacts, OwnedRecord } from '../../../redis/owned/owned-records.ts';
import { noteAudit } from '../../access/audit.ts';
import type { ActOnce } from '../../actions/act-once.ts';
import { FORM_TOKEN, readFormToken } from '../../actions/form-token.ts';
import { type AcceptDeps, acceptBody } from '../../api/accept/accept.ts';
import { assertScope, callerOf, requireScope } from '../../auth/identify.ts';
import { findShapeFault } from '../../large-json/shape.ts';
import type { Views } from '../views.ts';
import { brandSort, type SortsDeps, type StoredSort, templateSort, textSort } from './sorts.ts';

/** A template is 100 KB as JSON, and a form writes many signs as three. */
const readForm = express.urlencoded({ extended: false, limit: 400_000 });
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export type StoredPagesDeps = Omit<AcceptDeps, 'brands'> &
  SortsDeps & { actOnce: ActOnce; views: Views; pages: KindPages };

/** A form of something that is stored, as it was typed. */
interface StoredForm {
  name: string;
  /** It as JSON, or by field where it is written as texts. */
  body: string;
  texts: Record<string, string>;
  flags: Record<string, boolean>;
  data: string;
  /** To whom it is sent. */
  to: string;
  /** Fields of the request that it is tried with. */
  beside: Record<string, string>;
  version: number;
}

/** What is wrong with a form, every text ready. */
interface Faults {
  name?: string;
  /** Of the JSON: each fault with its place. */
  body?: string[];
  /** By field, of what is written as texts. */
  texts?: Record<string, string[]>;
  data?: string[];
  to?: string[];
}

type SortWords = Pick<StoredSort, 'path' | 'title' | 'one' | 'intro' | 'operation' | 'trying'> & {
  texts: StoredSort['texts'] | null;
  flags: NonNullable<StoredSort['flags']>;
  beside: NonNullable<StoredSort['beside']>;
  hasSample: boolean;
  canSend: boolean;
};

export interface StoredListData {
  sort: SortWords;
  entries: { name: string; hint: string }[];
  form: StoredForm;
  faults: Faults;
}

export interface StoredData {
  sort: SortWords;
  name: string;
  form: StoredForm;
  faults: Faults;
  /** The versions that are kept, the newest first. */
  versions: { version: number; at: string; isShown: boolean }[];
  /** Whether what is shown is not the newest. */
  isFormer: boolean;
}

/** `/templates`, `/brands` and the pages of kinds for their templates: what the key that is signed in has stored, to be seen, edited, tried and removed. */
export function createStoredPagesRouter(deps: StoredPagesDeps): Router {
  const router = Router();
  for (const sort of sortsOf(deps)) {
    const contract = deps.contracts.find(({ kind }) => kind === sort.shownBy);
    if (contract) router.use(createSortRouter(sort, contract, deps));
  }
  return router;
}

function sortsOf(deps: StoredPagesDeps): StoredSort[] {
  const stored = deps.contracts.filter(({ templates }) => templates);
  const asTexts = stored.flatMap((contract) => {
    const page = deps.pages.get(contract.kind)?.templates;
    return page ? [textSort(deps, contract, page)] : [];
  });
  const written = stored.find(({ kind, brandOf }) => brandOf && !deps.pages.get(kind)?.templates);
  return [...(written ? [templateSort(deps, written), brandSort(deps, written.kind)] : []), ...asTexts];
}

function createSortRouter(sort: StoredSort, contract: JobContract, deps: StoredPagesDeps): Router {
  const { actOnce, views } = deps;
  const router = Router();
  const guard = requireScope(...sort.scopes);
  const preview = acceptBody(contract, deps, sort.shownAt);
  const send = acceptBody(contract, deps);
  const showList = createShowList(sort, views);
  const showOne = createShowOne(sort, views);
  const showRemove = views.page<{ sort: SortWords; name: string }>('remove-stored');
  const post = (path: string, handle: RequestHandler) => router.post(path, guard, readForm, handle);

  router.get(sort.path, guard, (req, res) => showList(req, res, newForm(sort)));
  post(sort.path, async (req, res) => {
    const form = readTyped(req, sort);
    noteAudit(req, { action: `${sort.one}.put`, target: form.name });
    await orShow(
      () => save(req, res, { sort, actOnce }, form),
      (error) => showList(req, res.status(error.status), form, toFaults(error, sort)),
    );
  });
  router.get(`${sort.path}/:name`, guard, async (req, res) => {
    const found = await find(req, sort);
    await showOne(req, res, found, { form: formOf(found, sort) });
  });
  post(`${sort.path}/:name`, async (req, res) => {
    const found = await find(req, sort);
    const form = { ...readTyped(req, sort), name: found.name };
    noteAudit(req, { action: `${sort.one}.put` });
    await orShow(
      () => save(req, res, { sort, actOnce }, form),
      (error) => showOne(req, res.status(error.status), found, { form, faults: toFaults(error, sort) }),
    );
  });
  post(`${sort.path}/:name/preview`, async (req, res) => {
    assertScope(req, contract.kind);
    const found = await find(req, sort);
    const { data, to, beside } = readTyped(req, sort);
    const isSent = sort.testOf !== undefined && (req.body as Record<string, unknown>)['do'] === 'send';
    await orShow(
      async () => {
        const filled = sort.sample ? parseTyped(data, 'data') : undefined;
        const made = isSent ? sort.testOf?.(found.name, filled, to) : sort.previewOf(found.name, filled);
        const body = { ...made, ...givenOf(beside, {}) };
        const accept = isSent ? send : preview;
        await accept(req, res, body, readFormToken(req, (req.body as Record<string, unknown>)[FORM_TOKEN]));
      },
      (error) => {
        const form = { ...formOf(found, sort), data, to, beside };
        const [first] = error.errors ?? [];
        const isTo = isSent && first?.pointer.startsWith('/to');
        const faults = isTo ? { to: [`It ${first?.detail}.`] } : { data: linesOf(error) };
        return showOne(req, res.status(error.status), found, { form, faults });
      },
    );
  });
  router.get(`${sort.path}/:name/remove`, guard, async (req, res) => {
    const { name } = await find(req, sort);
    showRemove(req, res, { title: `Remove ${name}` }, { sort: wordsOf(sort), name });
  });
  post(`${sort.path}/:name/remove`, async (req, res) => {
    noteAudit(req, { action: `${sort.one}.remove` });
    await actOnce(req, res, async () => {
      const { name, caller } = await find(req, sort);
      await sort.remove(caller, name);
      return { location: sort.path, notice: `${name} is removed.` };
    });
  });
  return router;
}

const wordsOf = ({
  path,
  title,
  one,
  intro,
  operation,
  trying,
  texts,
  flags,
  beside,
  sample,
  testOf,
}: StoredSort): SortWords => ({
  ...{ path, title, one, intro, operation, trying, texts: texts ?? null, flags: flags ?? [], beside: beside ?? [] },
  ...{ hasSample: sample !== null, canSend: testOf !== undefined },
});

/** Finds what the request's `:name` means, in the version that it asks for; throws not_found. */
async function find(req: Request, sort: StoredSort): Promise<OwnedRecord<object>> {
  const name = String(req.params['name']);
  const { version } = req.query;
  const number = typeof version === 'string' && /^[1-9]\d{0,8}$/.test(version) ? Number(version) : undefined;
  const found = NAME.test(name) ? await sort.find(callerOf(req).name, name, number) : null;
  if (!found) throw new AppError('not_found', `This key has no ${sort.one} "${name.slice(0, 64)}".`);
  return found;
}

/** Does it; a refusal is shown in the form. */
async function orShow(act: () => Promise<void>, show: (error: AppError) => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const isShown =
      error instanceof AppError && error.status < 500 && !['unauthorized', 'forbidden'].includes(error.code);
    if (!isShown) throw error;
    await show(error);
  }
}

/** Puts what was typed, once, and sends the browser to it. Throws what is wrong with it. */
async function save(
  req: Request,
  res: Response,
  { sort, actOnce }: { sort: StoredSort; actOnce: ActOnce },
  { name, body, texts, flags, version }: StoredForm,
): Promise<void> {
  await actOnce(req, res, async () => {
    const given = sort.texts ? givenOf(texts, flags) : parseTyped(body, 'body');
    if (version === 0 && NAME.test(name) && (await sort.find(callerOf(req).name, name))) {
      throw invalidRequest([{ pointer: '/name', detail: 'There is one of that name already' }]);
    }
    await sort.put(req, { name, given, expected: version });
    return { location: `${sort.path}/${name}`, notice: `${name} is saved.` };
  });
}

/** Reads JSON that was typed; throws invalid_request at the field. */
function parseTyped(text: string, field: string): unknown {
  const fault = findShapeFault(Buffer.from(text));
  if (fault) throw invalidRequest([{ pointer: `/${field}`, detail: fault }]);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const detail = `This is no JSON: ${(cause as Error).message}`;
    throw new AppError('invalid_request', `${detail}.`, { cause, errors: [{ pointer: `/${field}`, detail }] });
  }
}

const pretty = (value: object | null): string => (value === null ? '' : JSON.stringify(value, null, 2));

/** What the fields have of one that is written as texts. */
const textsOf = (body: object, { texts = [] }: StoredSort): Record<string, string> =>
  Object.fromEntries(texts.map(({ name }) => [name, String((body as Record<string, unknown>)[name] ?? '')]));

/** Whether the fields of one that are true or not there are true. */
const flagsOf = (body: object, { flags = [] }: StoredSort): Record<string, boolean> =>
  Object.fromEntries(flags.map(({ name }) => [name, (body as Record<string, unknown>)[name] === true]));

/** What was written as texts, without what was left empty. */
const givenOf = (texts: Record<string, string>, flags: Record<string, boolean>): object =>
  Object.fromEntries([
    ...Object.entries(texts).filter(([, text]) => text.trim() !== ''),
    ...Object.entries(flags).filter(([, isSet]) => isSet),
  ]);

const newForm = (sort: StoredSort): StoredForm => ({
  ...{ name: '', body: pretty(sort.example), texts: textsOf(sort.example, sort), flags: flagsOf(sort.example, sort) },
  ...{ data: pretty(sort.sample), to: '', beside: {}, version: 0 },
});

/** What the form of one that is there has: saved, it is a new version of the newest. */
const formOf = ({ name, body, versions }: OwnedRecord<object>, sort: StoredSort): StoredForm => ({
  ...{ name, body: pretty(body), texts: textsOf(body, sort), flags: flagsOf(body, sort) },
  ...{ data: pretty(sort.sample), to: '', beside: {}, version: versions.at(-1)?.version ?? 0 },
});

function readTyped(req: Request, sort: StoredSort): StoredForm {
  const typed = (req.body ?? {}) as Record<string, unknown>;
  const text = (name: string): string => (typeof typed[name] === 'string' ? typed[name] : '');
  const version = /^\d{1,9}$/.test(text('version')) ? Number(text('version')) : 0;
  // A browser sends line ends as CRLF.
  const texts = (sort.texts ?? []).map(({ name }) => [name, text(name).replaceAll('\r\n', '\n')]);
  const data = text('data') || pretty(sort.sample);
  const [name, to] = [text('name').trim(), text('to').trim()];
  const flags = (sort.flags ?? []).map(({ name: flag }) => [flag, text(flag) !== '']);
  const written = { texts: Object.fromEntries(texts), flags: Object.fromEntries(flags) };
  const beside = Object.fromEntries((sort.beside ?? []).map((field) => [field.name, text(field.name).trim()]));
  return { name, body: text('body'), ...written, data, to, beside, version };
}

/** Each fault of a body with its place. */
const linesOf = ({ errors, message }: AppError): string[] =>
  errors?.map(({ pointer, detail }) => (/^\/(?:body|data)?$/.test(pointer) ? detail : `${pointer} ${detail}`)) ?? [
    message,
  ];

function toFaults(error: AppError, { texts = [] }: StoredSort): Faults {
  const atName = error.errors?.find(({ pointer }) => pointer === '/name');
  const isText = (pointer: string) => texts.some(({ name }) => pointer === `/${name}`);
  if (!atName && error.errors?.every(({ pointer }) => isText(pointer))) {
    const byField = Object.groupBy(error.errors, ({ pointer }) => pointer.slice(1));
    const lines = Object.entries(byField).map(([name, all = []]) => [name, all.map(({ detail }) => `It ${detail}.`)]);
    return { texts: Object.fromEntries(lines) };
  }
  if (!atName) return { body: linesOf(error) };
  return { name: /^must\b/.test(atName.detail) ? `It ${atName.detail}.` : `${atName.detail}.` };
}

function createShowList(sort: StoredSort, views: Views) {
  const show = views.page<StoredListData>('stored-list');
  const describe = ({ name, versions }: OwnedFacts) => {
    const newest = versions.at(-1);
    return { name, hint: `Version ${formatNumber(newest?.version ?? 0)}, ${formatNumber(newest?.bytes ?? 0)} bytes` };
  };
  return async (req: Request, res: Response, form: StoredForm, faults: Faults = {}): Promise<void> => {
    const all = await sort.list(callerOf(req).name);
    show(req, res, { title: sort.title }, { sort: wordsOf(sort), entries: all.map(describe), form, faults });
  };
}

function createShowOne(sort: StoredSort, views: Views) {
  const show = views.page<StoredData>('stored');
  return async (
    req: Request,
    res: Response,
    record: OwnedRecord<object>,
    { form, faults = {} }: { form: StoredForm; faults?: Faults },
  ): Promise<void> => {
    const { name, version: shown } = record;
    const versions = record.versions.toReversed().map(({ version, at }) => ({
      version,
      at: new Date(at).toISOString(),
      isShown: version === shown,
    }));
    const isFormer = versions[0]?.version !== shown;
    show(
      req,
      res,
      { title: `${sort.title}: ${name}` },
      { sort: wordsOf(sort), name, form, faults, versions, isFormer },
    );
  };
}
