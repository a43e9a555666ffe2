import type { CreateKindRoutes } from '../../../src/kinds/routes.ts';
import { suppressionPages } from './suppression-pages.ts';
import { suppressionRoutes } from './suppressions.ts';
import { unsubscribeRoutes } from './unsubscribe.ts';

/** Makes the routes of mail: the list of addresses that get none, its page, and unsubscribing by one click. */
export const createRoutes: CreateKindRoutes = (services) => [
  ...suppressionRoutes(services.suppressions),
  ...suppressionPages(services.suppressions),
  ...unsubscribeRoutes(services),
];
