import type { z } from 'zod';

type Fields = Readonly<Record<string, z.ZodType>>;

/** What stands for options that a caller leaves out, by name: the documentation and the processor read the same. */
export type DefaultsOf<Options extends Fields> = { readonly [Name in keyof Options]?: z.input<Options[Name]> };

/** Options with nothing left out that has a default. */
type Filled<Given, Defaults> = { [Name in keyof Given as Name extends keyof Defaults ? never : Name]: Given[Name] } & {
  [Name in keyof Given & keyof Defaults]-?: Exclude<Given[Name], undefined>;
};

/** Makes fields that may be left out, each documented with its default where it has one. */
export function optionalFields<Options extends Fields>(
  options: Options,
  defaults: DefaultsOf<Options>,
): { [Name in keyof Options]: z.ZodOptional<Options[Name]> } {
  const fields = Object.entries(options).map(([name, option]) => {
    const hasDefault = defaults[name] !== undefined;
    const documented = hasDefault ? option.meta({ ...option.meta(), default: defaults[name] }) : option;
    return [name, documented.optional()];
  });
  return Object.fromEntries(fields);
}

/** Returns the options with the defaults in place of what was left out. */
export function fillDefaults<Given extends object, Defaults extends object>(
  given: Given,
  defaults: Defaults,
): Filled<Given, Defaults> {
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(named) } as Filled<Given, Defaults>;
}
