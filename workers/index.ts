import { ADMIN_SCOPE } from '../src/config/api-keys.ts';
import type { Config } from '../src/config/platform.ts';
import type { SettingsOf } from '../src/config/settings.ts';
import type { JobContract } from '../src/jobs/contract.ts';
import type { Kind } from '../src/kinds/kind.ts';
import { kind as calls } from './calls/kind.ts';
import { kind as emails } from './emails/kind.ts';
import { kind as flows } from './flows/kind.ts';
import { kind as images } from './images/kind.ts';
import { kind as reports } from './reports/kind.ts';
import { kind as webhooks } from './webhooks/kind.ts';

/** Every kind of job there is. A new one is a folder here and a line in this list; everything else follows from it. */
const LIST = [
  // Pages list them in this order.
  images,
  reports,
  emails,
  webhooks,
  calls,
  flows,
] as const;

/** The same, for code that serves all kinds alike. */
export const KINDS: readonly Kind[] = LIST;

/** The settings of the platform and of every kind. */
export type AllConfig = Config & Intersection<SettingsOf<(typeof LIST)[number]['settings']>>;

type Intersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** The contracts of all kinds: what is known of them before the settings are read. */
export const CONTRACTS: readonly JobContract[] = KINDS.map(({ contract }) => contract);

/** What a key may be allowed to do: post jobs of a kind, or (`admin`) see and control everything. */
export const SCOPES: readonly string[] = [...KINDS.flatMap(({ scope }) => scope ?? []), ADMIN_SCOPE];

/** Makes the contracts as the settings say. Throws ConfigError when these are not usable. */
export const configureContracts = (config: Config): readonly JobContract[] =>
  CONTRACTS.map((contract) => contract.configure?.(config) ?? contract);
