import { z } from 'zod';

/** What became of one recipient of a mail, as results, errors and webhooks tell it. */
export const mailRecipient = z.object({
  address: z.string(),
  state: z
    .enum(['accepted', 'deferred', 'refused', 'suppressed', 'unknown', 'delivered', 'bounced', 'complained'])
    .meta({
      description:
        '`accepted`: the mail server took the mail for it; `refused`: it said no for good; `deferred`: it said no for now, ' +
        'and the time was over; `suppressed`: it was left out; `unknown`: no answer came to the whole mail. What comes back ' +
        'later, where it is read: `delivered`, `bounced`, or `complained`: somebody reported it as spam.',
    }),
  stage: z
    .enum(['connect', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'dot'])
    .nullable()
    .meta({ description: 'Where the answer came; `dot`: after the whole mail. Null where there was none.' }),
  command: z.string().nullable().meta({ description: 'The SMTP command that was answered; null for none.' }),
  code: z.int().nullable().meta({ description: 'The SMTP answer code; null where there was no answer.' }),
  status: z.string().nullable().meta({ description: 'The enhanced code (RFC 3463) that the answer begins with.' }),
  response: z.string().nullable().meta({ description: "The mail server's answer, or why there was none." }),
  class: z
    .enum(['recipient', 'sender', 'content', 'relay', 'rate'])
    .nullable()
    .meta({ description: 'What a refusal is about. Only one about the recipient suppresses it.' }),
  at: z.iso.datetime().nullable().meta({ description: 'When the answer came.' }),
  relay: z
    .string()
    .optional()
    .meta({ description: 'The relay of SMTP_RELAYS_FILE that answered; absent where SMTP_URL names the only one.' }),
});

export type MailRecipient = z.infer<typeof mailRecipient>;
