import { type Request, type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { choiceField, wholeNumberText } from '../../../fields/fields.ts';
import { invalidFields } from '../../../fields/invalid-request.ts';
import { takeNulls } from '../../../fields/take-nulls.ts';
import { JOB_STATES } from '../../../jobs/stored-job.ts';
import { audits } from '../../access/audit.ts';
import { callerOf } from '../../auth/identify.ts';
import { linkTo } from '../../public-path.ts';
import type { JobFinder } from '../job-finder.ts';
import { type BodyReaders, readJsonBody } from '../json-body.ts';
import type { EndpointActions, EndpointDeps } from './endpoint-actions.ts';
import { endpointSchema, resendSchema, rotateSchema } from './endpoint-fields.ts';
import { viewDelivery, viewEndpoint, viewSecrets } from './endpoint-view.ts';

const PATH = '/v1/webhook-endpoints';
/** An endpoint is an address and a few words. */
const MAX_BODY_BYTES = 10_000;
const MAX_LIMIT = 100;

export interface EndpointRoutesDeps
  extends Pick<EndpointDeps, 'contracts' | 'endpoints'>,
    Pick<BodyReaders, 'receiving'> {
  endpointActions: EndpointActions;
  finder: Pick<JobFinder, 'view'>;
}

const listQuery = z.strictObject({
  state: choiceField(...JOB_STATES).optional(),
  limit: wholeNumberText(1, MAX_LIMIT).prefault('20'),
  cursor: z.string().optional(),
});

/** `/v1/webhook-endpoints`: the addresses that hear of what happens to the caller's jobs. */
export function createEndpointsRouter(deps: EndpointRoutesDeps): Router {
  const { endpoints, endpointActions: actions, finder, receiving } = deps;
  const router = Router();
  const readJson = [requireKey, ...readJsonBody(MAX_BODY_BYTES, { receiving })];
  const schema = endpointSchema(postedKinds(deps.contracts));

  router.use(PATH, noStore);
  router.get(PATH, async (req, res) => {
    const list = await endpoints.list(callerOf(req).name);
    res.json({ endpoints: list.map(viewEndpoint) });
  });
  router.put(`${PATH}/:name`, audits('endpoint.put'), ...readJson, async (req, res) => {
    const { url, events = null, kinds = null, paused } = parse(schema, req);
    const { endpoint, isNew } = await actions.put(req, String(req.params['name']), { url, events, kinds, paused });
    if (isNew) res.status(201).set('Location', linkTo(res, `${PATH}/${endpoint.name}`));
    res.json(viewEndpoint(endpoint));
  });
  router.get(`${PATH}/:name`, async (req, res) => {
    res.json(viewEndpoint(await actions.find(req)));
  });
  router.delete(`${PATH}/:name`, audits('endpoint.remove'), async (req, res) => {
    await actions.remove(req);
    res.status(204).end();
  });
  router.get(`${PATH}/:name/secret`, async (req, res) => {
    res.json(viewSecrets(endpoints.openSecrets(await actions.find(req))));
  });
  router.post(`${PATH}/:name/secret/rotate`, audits('endpoint.rotate'), ...readJson, async (req, res) => {
    const { overlap } = parse(rotateSchema, req, {});
    res.json(viewSecrets(await endpoints.rotate(await actions.find(req), overlap)));
  });
  router.post(`${PATH}/:name/test`, async (req, res) => {
    const webhook = await actions.test(req);
    res
      .status(202)
      .set({ Location: linkTo(res, `/v1/jobs/${webhook.id}`), 'Retry-After': '1' })
      .json(finder.view(webhook, req));
  });
  router.get(`${PATH}/:name/deliveries`, async (req, res) => {
    const query = listQuery.safeParse(req.query);
    if (!query.success) throw invalidFields(query.error.issues, () => Object.keys(listQuery.shape));
    const { deliveries, cursor } = await actions.deliveries(req, query.data);
    const isOperator = callerOf(req).scopes.has('admin');
    res.json({ deliveries: deliveries.map((one) => viewDelivery(one, isOperator)), cursor });
  });
  router.post(`${PATH}/:name/resend`, audits('endpoint.resend'), ...readJson, async (req, res) => {
    const { since } = parse(resendSchema, req);
    const { count, nextMs } = await actions.resend(req, Date.parse(since));
    res.status(202).json({ count, next: nextMs === null ? null : new Date(nextMs).toISOString() });
  });
  return router;
}

/** The kinds of jobs that endpoints may hear of. */
export const postedKinds = (contracts: EndpointDeps['contracts']): string[] =>
  contracts.filter(({ accepts }) => accepts !== 'none').map(({ kind }) => kind);

/** Nobody's body is read. */
const requireKey: RequestHandler = (req, _res, next) => {
  callerOf(req);
  next();
};

const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

/** Reads the body; where it may be left out, `fallback` stands for none. Throws what is wrong with it. */
function parse<Schema extends z.ZodObject>(schema: Schema, req: Request, fallback?: object): z.output<Schema> {
  const isNone = fallback && req.get('content-type') === undefined;
  if (!isNone && !req.is('json') && !req.is('+json')) {
    throw new AppError('unsupported_media_type', 'The Content-Type must be application/json.');
  }
  const given: unknown = req.body ?? fallback ?? {};
  let body = schema.safeParse(given);
  if (!body.success && takeNulls(given as object, body.error.issues)) body = schema.safeParse(given);
  if (body.success) return body.data;
  throw invalidFields(body.error.issues, () => Object.keys(schema.shape));
}
