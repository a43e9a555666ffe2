import { mailgun } from './mailgun.ts';
import { postmark } from './postmark.ts';
import type { Provider, ProviderName } from './provider.ts';
import { sendgrid } from './sendgrid.ts';
import { ses } from './ses.ts';

/** The providers by their names. */
export const PROVIDER_BY_NAME: Readonly<Record<ProviderName, Provider>> = { ses, sendgrid, mailgun, postmark };
