import type { StoredJob } from '../../src/jobs/stored-job.ts';
import type { CardParts, KindPage } from '../../src/kinds/page.ts';

/** What pages show of the webhooks kind. */
export const page: KindPage = { name: 'Webhook', describe: describeWebhook };

/** Links the job whose end the webhook tells of. */
function describeWebhook({ envelope }: StoredJob): CardParts {
  const { job } = (envelope.input ?? {}) as { job?: unknown };
  return { facts: typeof job === 'string' ? [{ label: 'Tells of', text: job, href: `/jobs/${job}` }] : [] };
}
