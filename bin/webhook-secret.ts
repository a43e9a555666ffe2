import { loadConfigOrExit } from '../workers/config.ts';
import { openWebhookSecrets } from '../workers/webhooks/signature.ts';

/** `npm run -s webhook-secret`: what receivers verify webhooks with, the newest first. */
for (const secret of openWebhookSecrets(loadConfigOrExit())) process.stdout.write(`${secret}\n`);
