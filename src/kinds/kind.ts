import type { Config } from '../config/platform.ts';
import type { SettingsGroup } from '../config/settings.ts';
import type { JobContract } from '../jobs/contract.ts';
import type { CreateProcessor } from '../jobs/processor.ts';
import type { KindPage } from './page.ts';
import type { CreateKindRoutes, DocumentedRoutes } from './routes.ts';
import type { ConductingDeps } from './worker-deps.ts';

/** How supervisord runs a kind's worker processes. */
export interface WorkerProgram {
  /**
   * What its jobs mostly do: `light` ones wait for others, and share their processes with those of other light kinds;
   * `heavy` ones work, or take much memory, and share theirs with other heavy kinds on a small machine alone (PROFILE).
   */
  weight: 'light' | 'heavy';
  /** Whether its libraries load at the start, for what its processor looks at between jobs; else with its first job. */
  loadsAtStart?: boolean;
  /** A flag of V8 for its processes, where it shares them with nobody and the machine is large. */
  v8Flag?: string;
}

/**
 * Everything that the rest of Heavylift knows of a kind of job. Light: no heavy library is reachable but through
 * `load`.
 */
export interface Kind<Settings extends SettingsGroup = SettingsGroup> {
  contract: JobContract;
  /** The kind's own folder; its templates lie in `views/` there, its style sheets and scripts in `assets/`. */
  folder: string;
  /** Imports the heavy half; only workers call it. */
  load(): Promise<CreateProcessor<never, unknown, ConductingDeps>>;
  /** Imports what only the threads of its processor load; asked by whoever tries at the start whether all of it loads. */
  loadThreads?(): Promise<unknown>;
  settings: Settings;
  /** What a key is given to post jobs of the kind; null where the kind takes none. */
  scope: string | null;
  program: WorkerProgram;
  page: KindPage;
  /** Makes the routes of the kind's own, beside those that every kind has. */
  createRoutes?: CreateKindRoutes;
  /** What the API's description says of them. */
  documented?: DocumentedRoutes;
}

/** What a kind's folder says in its `kind.ts`; the scope follows from the contract. */
export interface KindParts<Input, Result, Settings extends Config, Group extends SettingsGroup> {
  folder: string;
  contract: JobContract<Input, Result, Settings>;
  load(): Promise<{ createProcessor: CreateProcessor<Input, Result, ConductingDeps<Settings>> }>;
  loadThreads?(): Promise<unknown>;
  settings: Group;
  /** A heavy kind's unless given. */
  program?: WorkerProgram;
  page: KindPage;
  createRoutes?: CreateKindRoutes;
  documented?: DocumentedRoutes;
}

/** Makes a kind's manifest. `workers/<kind>/kind.ts` exports the answer, `workers/index.ts` lists it. */
export function defineKind<Input, Result, Settings extends Config, Group extends SettingsGroup>(
  parts: KindParts<Input, Result, Settings, Group>,
): Kind<Group> {
  const { contract, load, program = { weight: 'heavy' }, ...rest } = parts;
  return {
    ...rest,
    program,
    scope: contract.accepts === 'none' ? null : contract.kind,
    // One list holds all kinds: here each one's own types end, behind its schema and its settings.
    contract: contract as unknown as JobContract,
    load: async () => (await load()).createProcessor as CreateProcessor<never, unknown, ConductingDeps>,
  };
}
