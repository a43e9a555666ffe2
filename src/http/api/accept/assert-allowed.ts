import type { JobBrand } from '../../../brands/brand.ts';
import { filesOfBrand } from '../../../brands/files.ts';
import { AppError } from '../../../errors.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { UPLOADS } from '../../../jobs/files/upload-record.ts';
import { deliveryFaults } from '../../../jobs/options/deliver-to.ts';
import type { FlowPlan } from '../../../jobs/options/flow.ts';
import { type Asker, assertHolds, callerOf } from '../../auth/identify.ts';
import { type BrandSource, missingBrand } from '../brands/missing-brand.ts';
import { assertReferences, type Need } from './files/references.ts';
import { type Judge, planConducted } from './flows/conduct.ts';
import type { JobRequest } from './job-request.ts';
import type { QueueDeps } from './queue-deps.ts';

/** What the caller's key leaves of the kind: throws forbidden with the fields that go beyond it. */
function assertPermitted({ permit }: JobContract, input: unknown, req: Asker): void {
  const errors = permit?.(input, callerOf(req)) ?? [];
  const [first] = errors;
  if (!first) return;
  throw new AppError('forbidden', `${first.pointer.slice(1)} ${first.detail}.`, { errors });
}

/** A job may only name secrets that its caller has. */
async function assertSecrets(contract: JobContract, input: unknown, req: Asker, deps: QueueDeps): Promise<void> {
  const uses = contract.secretUses?.(input) ?? [];
  if (uses.length === 0) return;
  const missing = await deps.callerSecrets.findMissing(callerOf(req).name, [...new Set(uses.map(({ name }) => name))]);
  const faults = uses.filter(({ name }) => missing.includes(name));
  if (faults.length === 0) return;
  const detail = (name: string) => `names the secret "${name}", which is not there: PUT /v1/secrets/${name} keeps it`;
  throw invalidRequest(faults.map(({ pointer, name }) => ({ pointer, detail: detail(name) })));
}

/** Throws invalid_request for a callbackUrl that no webhook would ever be sent to. */
function assertCallback({ options }: JobRequest, { findCallbackFault }: QueueDeps): void {
  const fault = options.callbackUrl === undefined ? null : findCallbackFault(options.callbackUrl);
  if (fault) throw invalidRequest([{ pointer: '/callbackUrl', detail: fault }]);
}

/** Throws invalid_request for files that are to be sent to where none are sent. */
function assertDelivery({ options }: JobRequest, { config }: QueueDeps): void {
  const faults = options.deliverTo ? deliveryFaults(options.deliverTo, config.DELIVER_ALLOW ?? []) : [];
  if (faults.length > 0) throw invalidRequest(faults);
}

/** What a job names that lies elsewhere. */
export interface Allowed {
  needs: Need[];
  brand: JobBrand | undefined;
  /** Of a flow: what it is made of. */
  plan?: FlowPlan | undefined;
}

/** Finds the brand that a job asks for, or else its key's own, and its files, which the job needs. Throws invalid_request where there is none. */
async function findBrand(
  { brandOf, brandSource }: JobContract,
  input: unknown,
  req: Asker,
  { brands }: QueueDeps,
): Promise<Allowed> {
  const { name: caller, brand: usual } = callerOf(req);
  const asked = brandOf?.(input);
  const name = asked === undefined && brandOf ? usual : asked;
  if (typeof name !== 'string') return { needs: [], brand: undefined };
  const source: Partial<BrandSource> | null = asked === name ? (brandSource ?? {}) : null;
  const found = await brands.resolve(caller, name);
  if (!found) throw missingBrand(name, source);
  const { pointer = '/brand' } = source ?? {};
  const ids = [...new Set(filesOfBrand(found.body).map(({ upload }) => upload))];
  const needs = ids.map((id) => ({ kind: UPLOADS.kind, id, reference: { id, pointer } }));
  return { needs, brand: { ...found.body, name, version: found.version } };
}

/**
 * Whether the caller may ask for that job: answers what it names; rejects with unauthorized, forbidden, or what is
 * wrong with a field.
 */
export async function assertAllowed(
  req: Asker,
  contract: JobContract,
  deps: QueueDeps,
  job: JobRequest,
): Promise<Allowed> {
  // An upload may have taken an hour.
  await assertHolds(req);
  assertPermitted(contract, job.input, req);
  assertCallback(job, deps);
  assertDelivery(job, deps);
  await assertSecrets(contract, job.input, req, deps);
  const needs = await assertReferences(req, contract, job.input, deps);
  const branded = await findBrand(contract, job.input, req, deps);
  const allowed = { needs: [...needs, ...branded.needs], brand: branded.brand };
  if (!contract.conducts) return allowed;
  const judge: Judge = (first, judged) => assertAllowed(req, judged, deps, { ...first, uploads: {} });
  return { ...allowed, plan: await planConducted(req, contract, deps, { job, judge }) };
}
