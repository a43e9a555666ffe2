import { publicUrl } from '../../../src/config/addresses.ts';
import { parseMailbox } from '../../../src/fields/mail-address.ts';
import { createLinks } from '../../../src/signing/links.ts';
import type { StoredTemplate, Surroundings, TemplateBody } from '../../../src/templates/template.ts';
import { coloursOf, showBrand } from '../brand/shown-brand.ts';
import type { MailFacts } from '../content/templates.ts';
import { type EmailInput, emailInput } from '../input/mail.ts';
import type { EmailsConfig } from '../settings.ts';
import { senderOf, subscriptionOf } from '../unsubscribe/subscription.ts';
import { languageOf } from '../words/language.ts';
import { directionOf, wordsOf } from '../words/words.ts';

/** What of a request says who gets the mail, and how its reader leaves it. */
const NAMING = ['from', 'to', 'cc', 'bcc', 'messageStream', 'unsubscribe', 'unsubscribeUrl'] as const;
/** Stands for the content, which is not made yet. */
const CONTENT = { subject: '-', text: '-' };

/** The language of a mail that a stored template makes, where the request, its variables or the template's HTML say one. */
export function languageOfFilled({ body }: StoredTemplate, { lang, variables }: TemplateBody): string | null {
  const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const said = { lang: textOf(lang), variables: (variables ?? {}) as Record<string, unknown> };
  return languageOf({ ...said, html: textOf(body['html']) });
}

/**
 * Tells a stored template of its mail, as `mail.…`, before the mail is made. Which files will be linked to is not known by
 * then; the unsubscribe link is made when it is asked for, and null where the request is to be refused.
 */
export function factsOfFilled(template: StoredTemplate, request: TemplateBody, around: Surroundings): MailFacts {
  const { brand } = around;
  const said = languageOfFilled(template, request);
  const lang = said ?? 'en';
  const { subject } = request;
  let url: string | null | undefined;
  return {
    ...{ subject: typeof subject === 'string' ? subject : '', links: [] },
    ...{ lang, direction: directionOf(lang), words: wordsOf(lang) },
    ...{ brand: brand && showBrand(brand, brand.logoSize), colours: coloursOf(brand ?? {}) },
    get unsubscribeUrl() {
      // Null is an answer too: a template may ask very often.
      if (url === undefined) url = readNaming(request, said, around);
      return url;
    },
  };
}

/** Makes the link by which the mail's reader unsubscribes; it is the one that the headers have. */
function readNaming(request: TemplateBody, lang: string | null, around: Surroundings): string | null {
  const named = Object.fromEntries(NAMING.map((name) => [name, request[name] ?? undefined]));
  const { data } = emailInput.safeParse({ ...named, ...CONTENT, ...(lang === null ? {} : { lang }) });
  return data ? urlOf(data, around) : null;
}

function urlOf(input: EmailInput, { caller, brand, secrets, config }: Surroundings): string | null {
  if (input.unsubscribeUrl !== undefined) return input.unsubscribeUrl;
  const sender = senderOf({ input, brand }, parseMailbox((config as EmailsConfig).EMAILS_FROM));
  const subscription = subscriptionOf({ input, caller, brand }, sender);
  return subscription && createLinks(secrets, publicUrl(config)).unsubscribeUrl(subscription);
}
