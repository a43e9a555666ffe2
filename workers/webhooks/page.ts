import type { StoredJob } from '../../src/jobs/stored-job.ts';
import type { CardParts, KindPage } from '../../src/kinds/page.ts';

/** What pages show of the webhooks kind. */
export const page: KindPage = { name: 'Webhook', describe: describeWebhook };

/** Links the job whose end the webhook tells of, and shows what is sent. */
function describeWebhook({ envelope }: StoredJob): CardParts {
  const { job, body } = (envelope.input ?? {}) as { job?: unknown; body?: unknown };
  return {
    facts: typeof job === 'string' ? [{ label: 'Tells of', text: job, href: `/jobs/${job}` }] : [],
    ...(typeof body === 'string' ? { part: { view: '@webhooks/payload', data: { payload: spread(body) } } } : {}),
  };
}

/** The JSON on lines of its own; what is sent has none. */
function spread(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
