import type { LoadedBrand } from '../brand/load-brand.ts';
import { LOGO_CID } from '../html.ts';
import type { EmailInput } from '../input/mail.ts';
import type { EmailResult } from '../job.ts';
import type { MailContent } from './render-content.ts';

export type MailWarning = NonNullable<EmailResult['warnings']>[number];

/** Gmail cuts HTML here and shows a link to the rest; other mail programs take more. */
const SHOWN_HTML_BYTES = 102_000;
/**
 * What a line of a postal address has and a sum does not: a postal code beside a place's name, as most countries write
 * it, that of the UK or Canada, or a post box. Mails that it misses are not refused, only warned of.
 */
const POSTAL_ADDRESS =
  /(?:\b(?:[A-Z]{1,2}-)?(?:\d{4,6}|\d{2,3}[ -]\d{2,4}),? +\p{Lu}\p{L}+|\p{L}[,.]? +[A-Z]{2} +\d{5}\b|\p{L},? +\d{5,6}\b|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z]\d[A-Z] \d[A-Z]\d\b|〒\d{3}-\d{4}|\b(?:P\. ?O\. ?Box|Postboks|Postfach|Box) \d+)/u;

/** Finds what a mail can be sent with and hardly should be. */
export function findWarnings(
  content: MailContent,
  {
    input,
    unsubscribeUrl,
    branded,
  }: { input: EmailInput; unsubscribeUrl: string | null; branded?: LoadedBrand | undefined },
): MailWarning[] {
  const warnings: MailWarning[] = [];
  const { html = '', text = '', subject } = content;
  const bytes = Buffer.byteLength(html);
  if (bytes > SHOWN_HTML_BYTES) {
    const message = `The HTML has ${Math.round(bytes / 1000)} kB. Gmail shows the first 102 kB and hides what follows, the way to unsubscribe too.`;
    warnings.push({ code: 'html_clipped', message });
  }
  if (html !== '' && ['', subject.trim()].includes(text.trim())) {
    const message =
      'The HTML shows no words, so the text part has the subject alone. Give pictures an `alt`, or the mail a `text`.';
    warnings.push({ code: 'text_empty', message });
  }
  if (branded?.lacksLogo) {
    const message = `The logo of the brand "${branded.brand.name}" was erased, so the mail goes without it.`;
    warnings.push({ code: 'logo_missing', message });
  } else if (showsLogo(html, input) && !branded?.logo) {
    const message = `The HTML shows cid:${LOGO_CID}, and the mail has no brand with a logo.`;
    warnings.push({ code: 'logo_missing', message });
  }
  if (unsubscribeUrl === null) return warnings;
  if (!unsubscribeUrl.startsWith('https:')) {
    const message = 'The unsubscribe link is no https: link, so mail programs show no button for it. Set PUBLIC_URL.';
    warnings.push({ code: 'unsubscribe_not_https', message });
  }
  const hasAddress = isShown(branded?.brand.postalAddress, text) || POSTAL_ADDRESS.test(text);
  if (input.messageStream !== undefined && !hasAddress) {
    const message =
      "No postal address of the sender was found. Several countries want one in mails to many (the USA's CAN-SPAM).";
    warnings.push({ code: 'no_postal_address', message });
  }
  return warnings;
}

/** Whether HTML shows a brand's logo that no attachment of its own brings. */
const showsLogo = (html: string, { attachments }: EmailInput): boolean =>
  html.includes(`cid:${LOGO_CID}`) && !attachments.some(({ cid }) => cid === LOGO_CID);

/** Whether the text has the first line of a brand's address. */
const isShown = ([line]: readonly string[] = [], text: string): boolean => line !== undefined && text.includes(line);
