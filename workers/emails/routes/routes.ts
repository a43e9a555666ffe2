import { createBrands } from '../../../src/brands/store.ts';
import { publicPath } from '../../../src/config/addresses.ts';
import type { CreateKindRoutes } from '../../../src/kinds/routes.ts';
import { createInbox } from '../inbox/inbox.ts';
import { createMailParser } from '../inbox/parse/mail-parser.ts';
import { createFetchText } from '../returns/fetch-text.ts';
import type { EmailsConfig } from '../settings.ts';
import { unknownPages } from '../unknown/pages.ts';
import { openSettling, unknownRoutes } from '../unknown/routes.ts';
import { createUnsubscribePage } from '../unsubscribe/page.ts';
import { createStreams } from '../unsubscribe/streams.ts';
import { inboxRoutes } from './inbox.ts';
import { inboxPages } from './inbox-pages.ts';
import { mailEventRoutes } from './mail-events.ts';
import { previewPages } from './preview-pages.ts';
import { suppressionPages } from './suppression-pages.ts';
import { suppressionRoutes } from './suppressions.ts';
import { unsubscribeLooks, unsubscribeRoutes } from './unsubscribe.ts';

/**
 * Makes the routes of mail: the list of addresses that get none, unsubscribing by one click, what comes back of mails, those
 * that may or may not have arrived, and the inbox; with their pages.
 */
export const createRoutes: CreateKindRoutes = (services) => {
  const config = services.config as EmailsConfig;
  const parser = createMailParser();
  const brands = createBrands(services.redis, services);
  const showPage = createUnsubscribePage({ config, brands });
  const unsubscribe = { ...services, showPage, brands, streams: createStreams(services.redis) };
  const inbox = {
    inbox: createInbox({ ...services, config }),
    parser,
    base: publicPath(config),
  };
  const settling = openSettling(services);
  return [
    ...suppressionRoutes(services.suppressions),
    ...suppressionPages(services.suppressions, services.secrets),
    ...unsubscribeRoutes(unsubscribe),
    ...unsubscribeLooks(unsubscribe),
    ...mailEventRoutes(services, createFetchText(config)),
    ...inboxRoutes(inbox),
    ...inboxPages(inbox, config),
    ...unknownRoutes(settling, config),
    ...unknownPages(settling, services),
    ...previewPages({ ...services, parser }),
  ];
};
