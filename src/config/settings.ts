import type { z } from 'zod';
import { wholeNumberText } from '../fields/fields.ts';

/** Schemas by the names of environment variables; each reads a text, and has its default as it would be written. */
export type SettingFields = Readonly<Record<string, z.ZodType>>;

/** The settings of one owner, the platform or a kind. */
export interface SettingsGroup<Fields extends SettingFields = SettingFields> {
  fields: Fields;
  /** Defaults of a small machine where they differ (PROFILE), as they would be written. */
  small?: Readonly<{ [Name in keyof Fields]?: string }>;
  /** Reads what single fields can't show; returns one line for each issue, beginning with the setting's name. */
  check?(config: Values<Fields>): string[];
  /**
   * Opens the files that settings name; returns one line for each that can't be used. Not asked by tests of settings.
   */
  checkFiles?(config: Values<Fields>): string[];
  /**
   * What the names began with before they began with the kind's own prefix: an old name is refused with the new one.
   */
  formerPrefixes?: readonly string[];
  /**
   * Secrets under names of the operator's own, which another setting's file has in their place: all settings whose names begin with
   * `prefix` are read into the one called `into`.
   */
  secrets?: { prefix: string; into: string };
  /** Settings that are gone, each with what is said of it behind its name. */
  removed?: Readonly<Record<string, string>>;
}

type Values<Fields extends SettingFields> = z.infer<z.ZodObject<Fields>>;

/** What a group's settings are once they were read. */
export type SettingsOf<Group> = Group extends SettingsGroup<infer Fields> ? Values<Fields> : never;

/** Ties a group's types together. */
export const defineSettings = <const Fields extends SettingFields>(
  group: SettingsGroup<Fields>,
): SettingsGroup<Fields> => group;

/** What every name of a kind's settings begins with: `IMAGES_`. */
export const settingPrefix = (kind: string): string => `${kind.toUpperCase().replaceAll('-', '_')}_`;

/** Defaults of what every kind has, as they would be written; `mostConcurrency` is 64 unless given. */
export interface WorkerDefaults {
  workers: string;
  concurrency: string;
  mostConcurrency?: number;
  timeoutSeconds: string;
  mostTimeoutSeconds: number;
}

/**
 * The three settings of every kind: processes on this machine, jobs that each runs at a time, and seconds that one run
 * may take. `prefix` is the kind in capitals.
 */
export const workerSettings = <const Prefix extends string>(prefix: Prefix, defaults: WorkerDefaults) =>
  ({
    [`${prefix}_WORKERS`]: wholeNumberText(0, 64).prefault(defaults.workers),
    [`${prefix}_CONCURRENCY`]: wholeNumberText(1, defaults.mostConcurrency ?? 64).prefault(defaults.concurrency),
    [`${prefix}_TIMEOUT_SECONDS`]: wholeNumberText(1, defaults.mostTimeoutSeconds).prefault(defaults.timeoutSeconds),
  }) as Record<`${Prefix}_${WorkerSetting}`, z.ZodPrefault<ReturnType<typeof wholeNumberText>>>;

/** What every kind has a setting for. */
export type WorkerSetting = 'WORKERS' | 'CONCURRENCY' | 'TIMEOUT_SECONDS';

/** One of a kind's three worker settings, for code that serves all kinds. */
export const workerSetting = (config: object, kind: string, name: WorkerSetting): number =>
  (config as Record<string, number>)[`${settingPrefix(kind)}${name}`] ?? 0;
