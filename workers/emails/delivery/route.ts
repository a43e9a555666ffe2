import type { Processor, StatefulDeps } from '../../../src/jobs/processor.ts';
import { createInbox } from '../inbox/inbox.ts';
import { createInboxSweep } from '../inbox/sweep.ts';
import { openInboxTransport } from '../inbox/transport.ts';
import type { EmailsConfig } from '../settings.ts';
import type { DkimKeys } from '../source/dkim-keys.ts';
import { createBreaker, NO_BREAKER } from './breaker.ts';
import { createRelayHealth, type RelayHealth } from './relay-health.ts';
import { PROBE_MS, relayName } from './relay-options.ts';
import { createRelayWatch } from './relay-watch.ts';
import { type MailTransport, openTransport } from './transport.ts';

/** Where a process's mails go, and what it looks after there. */
export interface Route extends Required<Pick<Processor, 'check' | 'dependency'>> {
  transport: MailTransport;
  relay: RelayHealth;
}

/** Opens the way of mails, signed with the keys: to the relay of SMTP_URL, or into the inbox where that is not set. */
export function openRoute(
  { config, redis, jobFields, storage, log }: StatefulDeps<EmailsConfig>,
  keys: DkimKeys,
): Route {
  const { SMTP_URL } = config;
  if (SMTP_URL === undefined) {
    const inbox = createInbox({ config, redis, jobFields, storage });
    const sweep = createInboxSweep(inbox, log);
    return {
      transport: openInboxTransport(sweep.inbox, keys),
      relay: createRelayHealth(NO_BREAKER),
      check: sweep.check,
      // Nothing outside is needed.
      dependency: () => null,
    };
  }
  const name = relayName(config);
  const transport = openTransport({ ...config, SMTP_URL }, keys);
  const health = createRelayHealth(createBreaker(redis, name, PROBE_MS));
  const look = createRelayWatch({ verify: transport.verify, health, relay: name, log });
  return {
    transport,
    relay: health,
    async check() {
      await Promise.all([look(), health.refresh()]);
    },
    dependency: health.lastSeen,
  };
}
