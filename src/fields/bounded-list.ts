import { z } from 'zod';

/** A list in which so many faults were found is looked at no further: checking costs what its schema costs. */
const ENOUGH_FAULTS = 20;
/** So many fields that are null where none may be: they count as not given (`takeNulls`), so most are no faults. */
const ENOUGH_NULLS = 5000;

type Context = z.core.ParseContextInternal;

const BoundedList = z.core.$constructor<z.ZodArray>('BoundedList', (list, def) => {
  z.ZodArray.init(list, def);
  const parse = list._zod.parse;
  const most = Math.min(...z.core.util.sizeCaps(def.checks).map(([max]) => max));
  list._zod.parse = (payload, context) => {
    const { value } = payload;
    // What is no list, or too long, is zod's to refuse: it does not look at an entry.
    if (!Array.isArray(value) || value.length > most) return parse(payload, context);
    payload.value = parseEntries(def.element, payload, context);
    return payload;
  };
});

/** Parses entry by entry until enough is wrong; later checks of the list are left out then. */
function parseEntries(entry: z.core.SomeType, payload: z.core.ParsePayload, context: Context): unknown[] {
  const given = payload.value as unknown[];
  const parsed: unknown[] = [];
  let [faults, nulls] = [0, 0];
  for (const [index, value] of given.entries()) {
    const result = entry._zod.run({ value, issues: [] }, context);
    if (result instanceof Promise) throw new z.core.$ZodAsyncError();
    parsed.push(result.value);
    if (result.issues.length === 0) continue;
    const ofNull = value === null ? 0 : result.issues.filter(({ input }) => input === null).length;
    faults += result.issues.length - ofNull;
    nulls += ofNull;
    payload.issues.push(...z.core.util.prefixIssues(index, result.issues));
    if (faults < ENOUGH_FAULTS && nulls < ENOUGH_NULLS) continue;
    payload.issues.push({ ...(payload.issues.pop() as z.core.$ZodRawIssue), continue: false });
    break;
  }
  return parsed;
}

/** A list of such entries; of no length yet. Its faults are told up to a number, however many there are. */
export const boundedList = <Entry extends z.ZodType>(element: Entry, message: string): z.ZodArray<Entry> =>
  new BoundedList({ type: 'array', element, error: () => message }) as z.ZodArray<Entry>;
