import { buffer } from 'node:stream/consumers';
import type { Request, Router } from 'express';
import type { Brand } from '../../../brands/brand.ts';
import { type BrandFile, filesOfBrand } from '../../../brands/files.ts';
import { findPictureFault } from '../../../brands/picture.ts';
import { BRANDS, type Brands, brandHolderId } from '../../../brands/store.ts';
import type { Config } from '../../../config/platform.ts';
import { AppError, toAppError } from '../../../errors.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import type { StoredFile } from '../../../jobs/files/stored-file.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import type { OwnedRecord } from '../../../redis/owned/owned-records.ts';
import type { Storage } from '../../../storage/storage.ts';
import { audits } from '../../access/audit.ts';
import { callerOf } from '../../auth/identify.ts';
import { linkTo } from '../../public-path.ts';
import { assertReferences, holdNeeds } from '../accept/files/references.ts';
import { type BodyReaders, readJsonBody } from '../json-body.ts';
import {
  assertJson,
  createOwnedRouter,
  etagOf,
  expectedVersion,
  type OwnedView,
  parseBody,
  readName,
  sendOwned,
  viewOwned,
} from '../owned.ts';
import { brandName, brandSchema } from './brand-fields.ts';

const PATH = '/v1/brands';
/** A brand is a few colours, lines and words. */
const MAX_BODY_BYTES = 20_000;
/** As JSON: each job that uses it carries it. */
const MAX_BYTES = 6000;
export interface BrandsDeps extends Pick<BodyReaders, 'receiving'> {
  config: Config;
  contracts: readonly JobContract[];
  brands: Brands;
  producer: Pick<Producer, 'findRecord' | 'hold'>;
  storage: Pick<Storage, 'open'>;
}

/** A brand as the API shows it. */
export type BrandView = OwnedView & Brand;

const viewBrand = ({ body, ...facts }: OwnedRecord<Brand>): BrandView => ({ ...viewOwned(facts), ...body });

/** A brand that is to be put. */
export interface GivenBrand {
  name: string;
  given: unknown;
  expected?: number | undefined;
}

/** What the API's routes and the pages do with the brands of a request's caller. */
export interface BrandActions {
  /** Puts a brand, and holds its files. Throws invalid_request, payload_too_large, conflict and precondition_failed. */
  put(req: Request, given: GivenBrand): Promise<{ view: BrandView; isNew: boolean }>;
}

/** Makes them. */
export function createBrandActions(deps: BrandsDeps): BrandActions {
  const schema = brandSchema(deps.contracts);
  return {
    async put(req, { name, given, expected }) {
      const { name: caller, scopes } = callerOf(req);
      const brand: Brand = parseBody(schema, given);
      assertSize(brand);
      await holdFiles(req, deps, name, brand);
      const isForAll = scopes.has('admin');
      const { facts, isNew } = await deps.brands.put(caller, name, { body: brand, isForAll, expected });
      return { view: { ...viewOwned(facts), ...brand }, isNew };
    },
  };
}

/** `/v1/brands`: how the caller's papers look. */
export function createBrandsRouter(deps: BrandsDeps): Router {
  const { brands, receiving } = deps;
  const router = createOwnedRouter(PATH, ['reports', 'emails', 'admin']);
  const actions = createBrandActions(deps);
  const nameIn = (req: Request) => readName(req, brandName);
  const find = async (req: Request): Promise<OwnedRecord<Brand>> => {
    const name = String(req.params['name']);
    const found = brandName.safeParse(name).success ? await brands.find(callerOf(req).name, name) : null;
    if (!found) throw new AppError('not_found', `This key has no brand "${name.slice(0, 64)}".`);
    return found;
  };

  router.get(PATH, async (req, res) => {
    const list = await brands.list(callerOf(req).name);
    res.json({ brands: list.map(viewOwned) });
  });
  router.put(`${PATH}/:name`, audits('brand.put'), ...readJsonBody(MAX_BODY_BYTES, { receiving }), async (req, res) => {
    const name = nameIn(req);
    assertJson(req);
    const expected = await expectedVersion(req, res, () => brands.find(callerOf(req).name, name));
    const { view, isNew } = await actions.put(req, { name, given: req.body ?? {}, expected });
    if (isNew) res.status(201).set('Location', linkTo(res, `${PATH}/${name}`));
    res.set('ETag', etagOf(view)).json(view);
  });
  router.get(`${PATH}/:name`, async (req, res) => sendOwned(req, res, viewBrand(await find(req))));
  router.delete(`${PATH}/:name`, audits('brand.remove'), async (req, res) => {
    const { caller, name } = await find(req);
    const expected = await expectedVersion(req, res, () => brands.find(caller, name));
    if (!(await brands.remove(caller, name, expected))) throw new AppError('not_found', `There is no brand "${name}".`);
    res.status(204).end();
  });
  return router;
}

function assertSize(brand: Brand): void {
  const bytes = Buffer.byteLength(JSON.stringify(brand));
  if (bytes <= MAX_BYTES) return;
  throw new AppError('payload_too_large', `The brand has ${bytes} bytes as JSON; the limit is ${MAX_BYTES}.`);
}

/** The brand holds its files: from before it is kept until it has others, or is removed. */
async function holdFiles(req: Request, deps: BrandsDeps, name: string, brand: Brand): Promise<void> {
  const files = filesOfBrand(brand);
  if (files.length === 0) return;
  const named = { references: () => files.map(({ upload, pointer, types }) => ({ id: upload, pointer, types })) };
  const needs = await assertReferences(req, named, null, deps);
  for (const [index, file] of files.entries()) await assertFits(file, needs[index]?.file, deps.storage);
  await holdNeeds(deps.producer, { kind: BRANDS, id: brandHolderId(callerOf(req).name, name) }, needs);
}

/** A file that no report can show is refused here, not with each report. Throws payload_too_large and invalid_request. */
async function assertFits(
  { pointer, maxBytes }: BrandFile,
  file: StoredFile | undefined,
  storage: BrandsDeps['storage'],
): Promise<void> {
  if (!file) return;
  if (file.bytes > maxBytes) {
    const detail = `must be a file of at most ${maxBytes / 1e6} MB; it has ${file.bytes / 1e6} MB`;
    const field = pointer.slice(1).replaceAll('/', '.');
    throw new AppError('payload_too_large', `${field} ${detail}.`, { errors: [{ pointer, detail }] });
  }
  // Only a worker can read a PDF: its first page is judged when it is drawn.
  if (file.type === 'application/pdf') return;
  const content = await storage
    .open(file.key)
    .then(buffer)
    .catch((thrown: unknown) => {
      // Erased in this moment.
      if (toAppError(thrown).code === 'not_found') throw invalidRequest([{ pointer, detail: 'is being erased' }]);
      throw thrown;
    });
  const detail = findPictureFault(content);
  if (detail !== undefined) throw invalidRequest([{ pointer, detail }]);
}
