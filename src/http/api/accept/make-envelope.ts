import type { JobBrand } from '../../../brands/brand.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { boundFacts } from '../../../jobs/facts.ts';
import { writeJobNames } from '../../../jobs/job-name.ts';
import {
  DELIVER_PURPOSE,
  type DeliverTo,
  keepDeliveries,
  SECRET_OPTIONS,
  type SealedDeliverTo,
  writeTargets,
} from '../../../jobs/options/deliver-to.ts';
import { type FlowPlace, type FlowPlan, flowIndex } from '../../../jobs/options/flow.ts';
import { ENVELOPE_VERSION, type Envelope, type InputFile, type JobOptions } from '../../../jobs/options/options.ts';
import type { SchedulePlace } from '../../../jobs/options/schedule-place.ts';
import type { AddOptions } from '../../../queue/producer/enqueue.ts';
import { createSealedFields } from '../../../signing/sealed-fields.ts';
import { createSealedTokens } from '../../../signing/sealed-token.ts';
import type { Secrets } from '../../../signing/secret.ts';
import { type Asker, callerOf, isBrowserSession } from '../../auth/identify.ts';
import { tokenOf } from '../../auth/token.ts';
import { originOf } from '../../request-origin.ts';
import type { ChosenId } from './choose-id.ts';
import { filesOf, type Need, onlyOnce } from './files/references.ts';
import { fingerprintOf } from './idempotency.ts';
import type { JobRequest } from './job-request.ts';
import type { QueueDeps } from './queue-deps.ts';
import { shareOf } from './share.ts';

const MAX_TITLE_LENGTH = 200;

/** A job that may be queued: what it needs lies in storage. */
export interface QueuedRequest {
  chosen: ChosenId;
  job: JobRequest;
  /** The input, its secret fields sealed. */
  sealedInput: unknown;
  /** That input as JSON. */
  inputText: string;
  /** Where the input lies, if it is too large for Redis. */
  inputFile?: InputFile | undefined;
  /** The uploads and other jobs that it names. */
  needs: readonly Need[];
  /** The batch that it comes with. */
  batch?: string | undefined;
  /** Of an upload that is still to come: what its caller may have of those. */
  unfinished?: AddOptions['unfinished'];
  /** The brand that it asks for. */
  brand?: JobBrand | undefined;
  /** What it is made of; of a flow. */
  plan?: FlowPlan | undefined;
  /** The flow that asks for it. */
  flow?: FlowPlace | undefined;
  /** The schedule that asks for it. */
  schedule?: SchedulePlace | undefined;
  /** Called when the job is refused, before its files are removed; does not reject. */
  beforeRemoval?: ((error: unknown) => Promise<void>) | undefined;
}

/** What was asked for, without a trace of secret fields; a repeated request is compared by the secret of the first. */
function fingerprintFor({ secretFields }: JobContract, { secret }: ChosenId, job: JobRequest): string {
  if (job.fingerprint !== undefined) return job.fingerprint;
  const { seal } = createSealedFields([secret]);
  const options = seal(job.options, SECRET_OPTIONS) as JobOptions;
  return fingerprintOf({ ...job, input: seal(job.input, secretFields), options });
}

/** Seals the secret fields of a job's input; the same as JSON. */
export function sealInput({ secretFields }: JobContract, { secrets }: Pick<QueueDeps, 'secrets'>, job: JobRequest) {
  // The thread that has read it has sealed it.
  if (job.inputText !== undefined) return { sealedInput: job.input, inputText: job.inputText };
  const sealedInput: unknown = createSealedFields(secrets).seal(job.input, secretFields);
  return { sealedInput, inputText: JSON.stringify(sealedInput) };
}

/** What a job that was asked for with an upload token carries of it. */
const seriesIn = (req: Asker): Pick<Envelope, 'token'> => {
  const token = tokenOf(req);
  return token ? { token: token.series } : {};
};

/**
 * Makes the record that is queued: the request, whose it is, and what pages and listings know it by. Where its files are to
 * be sent is sealed.
 */
export function makeEnvelope(
  req: Asker,
  contract: JobContract,
  { secrets }: Pick<QueueDeps, 'secrets'>,
  queued: QueuedRequest,
): Envelope {
  const { chosen, job, sealedInput, inputFile, batch, brand, plan, flow, schedule } = queued;
  const needs = onlyOnce(queued.needs);
  const { input, uploads, receiving } = job;
  const { deliverTo, ...options } = job.options;
  const mark = chosen.repeatable ? { nonce: chosen.nonce, fingerprint: fingerprintFor(contract, chosen, job) } : {};
  const subjects = contract.subjects?.(input);
  const attempts = contract.attemptsOf?.(input);
  const files = { ...uploads, ...filesOf(needs) };
  const title = contract.title?.(input, files)?.slice(0, MAX_TITLE_LENGTH);
  const facts = boundFacts(contract.facts?.(input, files));
  return {
    v: ENVELOPE_VERSION,
    caller: callerOf(req).name,
    ...shareOf(callerOf(req)),
    ...originOf(req),
    ...(batch === undefined ? {} : { batch }),
    ...mark,
    ...seriesIn(req),
    ...(isBrowserSession(req) ? { byForm: true } : {}),
    ...(subjects ? { subjects } : {}),
    ...(attempts === undefined ? {} : { attempts }),
    ...(title ? { title } : {}),
    ...(facts ? { facts } : {}),
    ...(inputFile ? { input: null, inputFile } : { input: sealedInput }),
    uploads,
    ...(receiving ? { receiving } : {}),
    ...(needs.length > 0 ? { needs: writeJobNames(needs) } : {}),
    ...(brand ? { brand } : {}),
    ...(deliverTo ? { deliverTo: sealTargets(secrets, chosen.id, deliverTo) } : {}),
    ...(plan ? { plan } : {}),
    ...(flow ? { flow, indexes: [flowIndex(flow.id)] } : {}),
    ...(schedule ? { schedule } : {}),
    options,
  };
}

function sealTargets(secrets: Secrets, jobId: string, deliverTo: DeliverTo): SealedDeliverTo {
  const sealed = createSealedTokens(secrets, DELIVER_PURPOSE).seal(writeTargets(jobId, deliverTo));
  return { files: keepDeliveries(deliverTo), sealed };
}
