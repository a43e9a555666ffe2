import { publicUrl } from '../../../src/config/addresses.ts';
import { parseMailbox } from '../../../src/fields/mail-address.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import type { Redis } from '../../../src/redis/script.ts';
import { createLinks } from '../../../src/signing/links.ts';
import { openSecrets } from '../../../src/signing/secret.ts';
import { type Bounces, createBounces } from '../../../src/suppressions/bounces.ts';
import { isPast } from '../../../src/suppressions/record.ts';
import { createSuppressions, type Suppressions } from '../../../src/suppressions/store.ts';
import { TRANSACTIONAL } from '../../../src/suppressions/stream.ts';
import type { Suppression } from '../../../src/suppressions/suppression.ts';
import { type LoadedBrand, loadBrand } from '../brand/load-brand.ts';
import { LOGO_CID } from '../html.ts';
import { type EmailInput, recipientsOf } from '../input/mail.ts';
import type { EmailsConfig } from '../settings.ts';
import { createUnsubscribeMailbox } from '../unsubscribe/mailbox.ts';
import { createStreams } from '../unsubscribe/streams.ts';
import { senderOf, subscriptionOf } from '../unsubscribe/subscription.ts';
import { closeAttachments, type OpenAttachment, openAttachments } from './attachments.ts';
import { openContentPool } from './content-pool.ts';
import { createMessage, type MailMessage } from './message.ts';
import type { ContentSource, MailContent } from './render-content.ts';
import type { FileLink } from './templates.ts';
import { findWarnings, type MailWarning } from './warnings.ts';

/** A recipient that gets no mail, and why. */
export type Suppressed = Pick<Suppression, 'messageStream' | 'reason' | 'at'> & { address: string };

/** A mail that is ready to be sent, or to be shown. */
export interface ComposedMail {
  message: MailMessage;
  /** What the message shows, with the line ends that it was made with. */
  content: MailContent;
  /** To be closed by `closeAttachments`, sent or not. */
  attachments: OpenAttachment[];
  /** Recipients that must be left out. */
  suppressed: Suppressed[];
  /** Recipients that bounced long ago, and get this one mail to see whether they still do. */
  onTrial: string[];
  warnings: MailWarning[];
}

/** Makes mails of jobs. */
export interface Composer {
  bounces: Bounces;
  /** The address that a mail is from. */
  senderOf(input: EmailInput): string;
  /**
   * Finds who is suppressed, opens the attachments, renders the content. Throws AppError: waiting_for_job,
   * source_unavailable, payload_too_large, storage_unavailable, template_failed, mail_snoozed.
   */
  compose(job: RunningJob<EmailInput>, context: RunContext): Promise<ComposedMail>;
  close(): Promise<void>;
}

/** Opens what a process needs to compose mails: threads to render in, the suppression list, the keys of its links. */
export function openComposer(config: EmailsConfig, redis: Redis): Composer {
  const sender = parseMailbox(config.EMAILS_FROM);
  const secrets = openSecrets(config);
  const links = createLinks(secrets, publicUrl(config));
  const mailbox = createUnsubscribeMailbox(secrets, links);
  const { EMAILS_BOUNCE_LISTEN: listen, EMAILS_BOUNCE_DOMAIN: domain } = config;
  const suppressions = createSuppressions(redis, secrets);
  const bounces = createBounces(redis, secrets, suppressions);
  const streams = createStreams(redis);
  const pool = openContentPool(config.EMAILS_RENDER_SECONDS * 1000);
  return {
    bounces,
    senderOf: ({ from }) => (from ?? sender).address,
    async compose(job, context) {
      const { suppressed, onTrial } = await findSuppressed(job, suppressions, bounces);
      const { attachments, links: fileLinks } = await openAttachments(job, context, links.resultUrl);
      try {
        const branded = job.brand && (await loadBrand(job.brand, context));
        const from = senderOf(job, sender);
        const subscription = subscriptionOf(job, from);
        if (subscription && subscription.messageStream !== TRANSACTIONAL && !job.input.dryRun) {
          await streams.note(job.caller, subscription.messageStream);
        }
        const unsubscribeUrl = job.input.unsubscribeUrl ?? (subscription && links.unsubscribeUrl(subscription));
        const isReceived = subscription !== null && listen !== undefined && domain !== undefined;
        const unsubscribeMailto = isReceived ? mailbox.mailto(job.id, subscription, domain) : null;
        const source = toSource(job.input, { unsubscribeUrl, links: fileLinks, branded });
        const content = await pool.render(source, job.caller, context.signal);
        const withLogo = addLogo(attachments, content, branded?.logo);
        return {
          message: createMessage(job, {
            sender: from,
            content,
            attachments: withLogo,
            unsubscribeUrl,
            unsubscribeMailto,
          }),
          content,
          attachments,
          suppressed,
          onTrial,
          warnings: findWarnings(content, { input: job.input, unsubscribeUrl, branded }),
        };
      } catch (error) {
        closeAttachments(attachments);
        throw error;
      }
    },
    close: pool.close,
  };
}

/** What a mail has beside its input. */
interface Surroundings {
  unsubscribeUrl: string | null;
  links: FileLink[];
  branded: LoadedBrand | undefined;
}

/** Gathers what the content is made of, and nothing that stays behind: it crosses to a thread. */
function toSource(input: EmailInput, { unsubscribeUrl, links, branded }: Surroundings): ContentSource {
  const { subject, text, html, markdown, template, variables, lang, inlineCss } = input;
  const shown = branded && { brand: branded.brand, colours: branded.colours };
  const content = { subject, text, html, markdown, template, variables, lang, inlineCss };
  return { ...content, unsubscribeUrl, links, ...shown };
}

/** Adds the brand's logo to a mail whose HTML shows it, unless it brings a picture of that name itself. */
function addLogo(
  attachments: OpenAttachment[],
  { html = '' }: MailContent,
  logo: OpenAttachment | null | undefined,
): OpenAttachment[] {
  const isShown = html.includes(`cid:${LOGO_CID}`) && !attachments.some(({ cid }) => cid === LOGO_CID);
  return logo && isShown ? [...attachments, logo] : attachments;
}

/** Finds who gets no mail, and who is tried once more by this one. */
async function findSuppressed(
  { id, input, caller }: RunningJob<EmailInput>,
  suppressions: Suppressions,
  bounces: Bounces,
): Promise<Pick<ComposedMail, 'suppressed' | 'onTrial'>> {
  const addresses = [...new Set(recipientsOf(input).map(({ address }) => address))];
  const found = await suppressions.find(addresses, input.messageStream ?? TRANSACTIONAL, caller);
  const suppressed: Suppressed[] = [];
  const onTrial: string[] = [];
  for (const [address, { messageStream, reason, at, until }] of found) {
    const isTried = isPast(until) && (input.dryRun === true || (await bounces.startTrial(address, id)));
    if (isTried) onTrial.push(address);
    else suppressed.push({ address, messageStream, reason, at });
  }
  return { suppressed, onTrial };
}
