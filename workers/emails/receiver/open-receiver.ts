import { publicUrl } from '../../../src/config/addresses.ts';
import type { WorkerDeps } from '../../../src/kinds/worker-deps.ts';
import { NO_GUARDS } from '../../../src/redis/guards.ts';
import { createLinks } from '../../../src/signing/links.ts';
import { openSecrets } from '../../../src/signing/secret.ts';
import { createSuppressions } from '../../../src/suppressions/store.ts';
import { createMailParser } from '../inbox/parse/mail-parser.ts';
import { createReturnedReader, READING } from '../returns/read-returned.ts';
import { createReportDeps } from '../returns/take-report.ts';
import type { EmailsConfig } from '../settings.ts';
import { createUnsubscribeMailbox } from '../unsubscribe/mailbox.ts';
import { openLeaveBox, openReturnBox } from './mailboxes.ts';
import { createReceiver, NO_RECEIVER, type Receiver } from './receiver.ts';
import { createMailTaker } from './take-mail.ts';

/** Opens the receiver of EMAILS_BOUNCE_LISTEN; one that receives nothing where that is not set. */
export function openReceiver(deps: WorkerDeps<EmailsConfig>): Receiver {
  const { config, redis, log } = deps;
  const { EMAILS_BOUNCE_LISTEN: address, EMAILS_BOUNCE_DOMAIN: domain } = config;
  if (address === undefined || domain === undefined) return NO_RECEIVER;
  const open = async () => {
    const { createMailServer } = await import('./mail-server.ts');
    const secrets = openSecrets(config);
    const services = { ...deps, secrets, suppressions: createSuppressions(redis, secrets), guards: NO_GUARDS };
    const parser = createMailParser(READING);
    const mailbox = createUnsubscribeMailbox(secrets, createLinks(secrets, publicUrl(config)));
    const mailboxes = [
      openReturnBox(createReportDeps(services), createReturnedReader(parser), log),
      openLeaveBox({ mailbox, services, parser, log }),
    ];
    return createMailServer(address, new URL(publicUrl(config)).hostname, createMailTaker({ mailboxes, domain, log }));
  };
  return createReceiver({ address, open, log });
}
