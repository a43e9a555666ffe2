import type { Answer } from '../../support/emails/smtp-server.ts';
import type { Deployment } from '../deployment.ts';
import { post, repeat } from './acts.ts';
import type { Fault, Mend } from './fault.ts';

const AWAY_MS = 6000;
/** More than a relay may refuse before it counts as a fault of its own. */
const REFUSALS = 6;

/** Refuses all recipients until it is mended, and has some mails meet that. */
async function refuse(deployment: Deployment, answer: Answer, mails: number): Promise<Mend> {
  const { misbehaviour } = deployment.smtp;
  misbehaviour.rcpt = () => answer;
  await repeat(mails, () => post(deployment, 'emails'));
  return () => delete misbehaviour.rcpt;
}

export const RELAY: readonly Fault[] = [
  {
    name: 'relay-away',
    says: { code: 'relay_gone', text: /^Mail is put off: the mail relay accepts no connections/ },
    kinds: ['emails'],
    holdMs: AWAY_MS,
    async make({ gates }) {
      await gates.relay.shut();
      return gates.relay.open;
    },
  },
  {
    name: 'relay-hangs',
    kinds: ['emails'],
    holdMs: AWAY_MS,
    async make({ gates }) {
      await gates.relay.hang();
      return gates.relay.open;
    },
  },
  {
    name: 'relay-refuses-login',
    says: { code: 'relay_login', text: /^Mail is put off: the mail relay does not accept our credentials: 535/ },
    kinds: ['emails'],
    async make(deployment) {
      const { smtp, gates } = deployment;
      smtp.misbehaviour.auth = { code: 535, text: '5.7.8 Authentication failed' };
      // Connections that are logged in are kept for mails.
      await gates.relay.open();
      await repeat(1, () => post(deployment, 'emails'));
      return () => delete smtp.misbehaviour.auth;
    },
  },
  {
    name: 'relay-says-421',
    says: { code: 'relay_put_off', text: /^Mail is put off: the mail relay takes no mail now: 421/ },
    kinds: ['emails'],
    make: (deployment) => refuse(deployment, { code: 421, text: '4.3.2 Service not available' }, REFUSALS),
  },
  {
    name: 'relay-refuses-sender',
    says: {
      code: 'sender_refused',
      text: /^Mail from drill@example\.org is put off: the mail relay does not take mail of this sender: 553/,
    },
    kinds: ['emails'],
    make: (deployment) =>
      refuse(
        deployment,
        { code: 553, text: '5.7.1 <drill@example.org>: Sender address rejected: not owned by user drill' },
        REFUSALS,
      ),
  },
  {
    name: 'relay-defers',
    kinds: ['emails'],
    holdMs: AWAY_MS,
    make: (deployment) => refuse(deployment, { code: 451, text: '4.7.1 Greylisted, try again later' }, 0),
  },
  {
    name: 'relay-cuts-off',
    kinds: ['emails'],
    holdMs: AWAY_MS / 3,
    async make({ smtp }) {
      smtp.misbehaviour.data = 'cut';
      return () => delete smtp.misbehaviour.data;
    },
  },
];
