import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Endpoint } from '../../../endpoints/endpoint.ts';
import type { Endpoints } from '../../../endpoints/store.ts';
import { AppError } from '../../../errors.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { hasEnded } from '../../../jobs/stored-job.ts';
import type { Quotas } from '../../../keys/quotas.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import { audits, noteAudit } from '../../access/audit.ts';
import { type ActOnce, readAction } from '../../actions/act-once.ts';
import { assertRetryRoom } from '../../api/accept/files/hold-room.ts';
import type { EndpointActions } from '../../api/endpoints/endpoint-actions.ts';
import { postedKinds } from '../../api/endpoints/endpoints.ts';
import { callerOf } from '../../auth/identify.ts';
import type { Views } from '../views.ts';
import { describeForm, type EndpointForm, readTyped, type TypedEndpoint, toGiven, valuesOf } from './endpoint-form.ts';
import {
  type DeliveryCard,
  describeDelivery,
  describeEndpoint,
  describeSecrets,
  type EndpointCard,
  type SecretRow,
} from './endpoint-words.ts';

const DELIVERIES = 20;
const HOUR_MS = 3_600_000;
/** From when on what happened is sent again. */
const SINCE = [
  { hours: 1, text: 'the last hour' },
  { hours: 6, text: 'the last 6 hours' },
  { hours: 24, text: 'the last day' },
  { hours: 72, text: 'the last 3 days' },
];
/** For how long secrets overlap. */
const OVERLAPS = [
  { hours: 24, text: 'for a day' },
  { hours: 168, text: 'for a week' },
  { hours: 0, text: 'not at all: the old one has leaked' },
];

export interface WebhooksData {
  endpoints: EndpointCard[];
  form: EndpointForm;
}

export interface EndpointData {
  endpoint: EndpointCard;
  form: EndpointForm;
  /** Null until they are asked for. */
  secrets: SecretRow[] | null;
  deliveries: DeliveryCard[];
  olderUrl: string | null;
  newestUrl: string | null;
  since: typeof SINCE;
  overlaps: typeof OVERLAPS;
}

export interface WebhookPagesDeps {
  actOnce: ActOnce;
  contracts: readonly JobContract[];
  endpoints: Endpoints;
  endpointActions: EndpointActions;
  producer: Producer;
  quotas: Pick<Quotas, 'hold'>;
  views: Views;
}

/** `/webhooks`: the endpoints of the key that is signed in, and what was sent to each. */
export function createWebhookPagesRouter(deps: WebhookPagesDeps): Router {
  const { actOnce, endpoints, endpointActions: actions, views } = deps;
  const router = Router();
  const kinds = postedKinds(deps.contracts);
  const showList = views.page<WebhooksData>('webhooks');
  const showRemove = views.page<{ name: string }>('remove-webhook');

  const list = async (req: Request, res: Response, typed: TypedEndpoint, error?: AppError): Promise<void> => {
    const all = await endpoints.list(callerOf(req).name);
    const data = { endpoints: all.map(describeEndpoint), form: describeForm(typed, kinds, error) };
    showList(req, error ? res.status(error.status) : res, { title: 'Webhooks' }, data);
  };
  const show = createShow(deps, kinds);

  /** Puts what was typed; a fault in it is shown in the form by `refuse`. */
  const put = async (
    req: Request,
    res: Response,
    typed: TypedEndpoint,
    refuse: (error: AppError) => Promise<void>,
  ): Promise<void> => {
    let fault: AppError | undefined;
    noteAudit(req, { target: typed.name });
    const isDone = await actOnce(req, res, async () => {
      try {
        if (req.params['name'] === undefined) await assertFree(deps, req, typed.name);
        await actions.put(req, typed.name, toGiven(typed, kinds));
      } catch (error) {
        if (!(error instanceof AppError) || error.status >= 500) throw error;
        fault = error;
        return null;
      }
      return { location: `/webhooks/${typed.name}`, notice: `${typed.name} is saved.` };
    });
    if (!isDone && fault) await refuse(fault);
  };

  router.get('/webhooks', (req, res) => list(req, res, valuesOf(kinds)));
  router.post('/webhooks', audits('endpoint.put'), readAction, async (req, res) => {
    const typed = readTyped(req);
    await put(req, res, typed, (error) => list(req, res, typed, error));
  });
  router.get('/webhooks/:name', async (req, res) => {
    const endpoint = await actions.find(req);
    await show(req, res, endpoint, describeForm(valuesOf(kinds, endpoint), kinds));
  });
  router.post('/webhooks/:name', audits('endpoint.put'), readAction, async (req, res) => {
    const endpoint = await actions.find(req);
    const typed = { ...readTyped(req), name: endpoint.name };
    await put(req, res, typed, (error) =>
      show(req, res.status(error.status), endpoint, describeForm(typed, kinds, error)),
    );
  });
  router.get('/webhooks/:name/remove', async (req, res) => {
    const { name } = await actions.find(req);
    showRemove(req, res, { title: `Remove ${name}` }, { name });
  });
  addActions(router, deps);
  return router;
}

/** Makes the function that shows the page of one endpoint. */
function createShow({ endpoints, endpointActions, views }: WebhookPagesDeps, kinds: readonly string[]) {
  const showOne = views.page<EndpointData>('webhook');
  return async (req: Request, res: Response, endpoint: Endpoint, form: EndpointForm): Promise<void> => {
    const { cursor: given, secret } = req.query;
    const cursor = typeof given === 'string' && given !== '' ? given : undefined;
    const isOperator = callerOf(req).scopes.has('admin');
    const page = await endpointActions.deliveries(req, { limit: DELIVERIES, cursor });
    const path = `/webhooks/${endpoint.name}`;
    const data = {
      endpoint: describeEndpoint(endpoint),
      form: form ?? describeForm(valuesOf(kinds, endpoint), kinds),
      secrets: secret === 'shown' ? describeSecrets(endpoints.openSecrets(endpoint)) : null,
      deliveries: page.deliveries.map((one) => describeDelivery(one, isOperator)),
      olderUrl: page.cursor && `${path}?cursor=${encodeURIComponent(page.cursor)}`,
      newestUrl: cursor === undefined ? null : path,
      since: SINCE,
      overlaps: OVERLAPS,
    };
    showOne(req, res, { title: `Webhooks: ${endpoint.name}` }, data);
  };
}

/** What the buttons of an endpoint's page are in the audit log. */
const AUDITED: Readonly<Record<string, RequestHandler[]>> = {
  pause: [audits('endpoint.pause')],
  resume: [audits('endpoint.resume')],
  rotate: [audits('endpoint.rotate')],
  resend: [audits('endpoint.resend')],
  remove: [audits('endpoint.remove')],
};

/** The buttons of an endpoint's page. */
function addActions(router: Router, { actOnce, endpoints, endpointActions: actions, ...deps }: WebhookPagesDeps): void {
  const add = (
    action: string,
    act: (req: Request, endpoint: Endpoint) => Promise<{ notice: string; location?: string }>,
  ) =>
    router.post(`/webhooks/:name/${action}`, ...(AUDITED[action] ?? []), readAction, async (req, res) => {
      await actOnce(req, res, async () => {
        const endpoint = await actions.find(req);
        return { location: `/webhooks/${endpoint.name}`, ...(await act(req, endpoint)) };
      });
    });
  const setPaused = (req: Request, { name, url, events, kinds }: Endpoint, paused: boolean) =>
    actions.put(req, name, { url, events, kinds, paused });

  add('pause', async (req, endpoint) => {
    await setPaused(req, endpoint, true);
    return { notice: `${endpoint.name} is paused.` };
  });
  add('resume', async (req, endpoint) => {
    await setPaused(req, endpoint, false);
    return { notice: `${endpoint.name} goes on. What happened meanwhile can be sent again.` };
  });
  add('test', async (req) => {
    await actions.test(req);
    return { notice: 'The test is on its way: it is the newest of what was sent.' };
  });
  add('rotate', async (req, endpoint) => {
    const hours = choiceOf(OVERLAPS, req.body);
    await endpoints.rotate(endpoint, hours * HOUR_MS);
    const notice = 'There is a new secret: give it to the receiver.';
    return { notice, location: `/webhooks/${endpoint.name}?secret=shown` };
  });
  add('resend', async (req) => {
    const { count } = await actions.resend(req, Date.now() - choiceOf(SINCE, req.body) * HOUR_MS);
    return { notice: `Sent again, one after the other: ${count}.` };
  });
  add('again', async (req, endpoint) => {
    const job = await deps.producer.find(String((req.body as { id?: unknown } | undefined)?.id));
    const isOfEndpoint = job?.envelope.caller === endpoint.caller && job.callback?.endpoint === endpoint.name;
    if (!job || !isOfEndpoint) throw new AppError('not_found', 'What was sent is not kept any more.');
    const isOver = hasEnded(job.state);
    noteAudit(req, { action: isOver ? 'job.retry' : 'job.send-now', target: job.id });
    if (!isOver) await deps.producer.sendNow(job);
    else {
      await assertRetryRoom(req, deps.quotas, job);
      await deps.producer.retry(job);
    }
    return { notice: `On its way again: ${job.callback?.event}.` };
  });
  add('remove', async (req, { name }) => {
    await actions.remove(req);
    return { notice: `${name} is removed.`, location: '/webhooks' };
  });
}

/** The hours that were chosen; the first where the form is none of ours. */
function choiceOf(choices: readonly { hours: number }[], body: unknown): number {
  const { hours } = (body ?? {}) as { hours?: unknown };
  return (choices.find((one) => String(one.hours) === hours) ?? choices[0])?.hours ?? 0;
}

/** Throws invalid_request where the caller has an endpoint of that name: a new one would change it. */
async function assertFree({ endpoints }: WebhookPagesDeps, req: Request, name: string): Promise<void> {
  if (name === '' || !(await endpoints.find(callerOf(req).name, name))) return;
  throw new AppError('invalid_request', `There is an endpoint "${name}" already.`, {
    errors: [{ pointer: '/name', detail: 'There is one of that name already.' }],
  });
}
