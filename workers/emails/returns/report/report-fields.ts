/** The fields of one group of a report, by their names in lower case; the first of a name counts. */
export type FieldGroup = ReadonlyMap<string, string>;

/** No report has more; what a hostile one has beyond is not looked at. */
const MAX_TEXT = 500_000;
const MAX_GROUPS = 200;
const MAX_FIELDS = 100;
const MAX_VALUE = 4000;
/** With its type, a name in brackets and what else is around. */
const MAX_ADDRESS = 500;
/** RFC 5322, 2.2: any printable character but a colon; some servers put spaces before that. */
const FIELD = /^([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)$/;

/**
 * Reads the fields of a report (RFC 3464, 2.1; RFC 5965, 3): lines `Name: value`, continued by lines that begin with white
 * space, in groups that empty lines part. What is no field is passed over.
 */
export function readFieldGroups(given: string): FieldGroup[] {
  const groups: Map<string, string>[] = [];
  let group = new Map<string, string>();
  let last: string | null = null;
  const close = () => {
    if (group.size > 0) groups.push(group);
    group = new Map();
    last = null;
  };
  for (const line of given.slice(0, MAX_TEXT).split(/\r\n|\r|\n/)) {
    if (line.trim() === '') {
      close();
      if (groups.length >= MAX_GROUPS) break;
    } else if (/^[ \t]/.test(line)) {
      // A field's next line; a repeated field's has no place.
      if (last !== null) group.set(last, `${group.get(last)} ${line.trim()}`.slice(0, MAX_VALUE));
    } else {
      const [, name, value = ''] = FIELD.exec(line) ?? [];
      const key = name?.toLowerCase() ?? null;
      last = key !== null && !group.has(key) && group.size < MAX_FIELDS ? key : null;
      if (last !== null) group.set(last, value.trim().slice(0, MAX_VALUE));
    }
  }
  close();
  return groups.slice(0, MAX_GROUPS);
}

/** A value with its type in front (`rfc822; kari@example.no`), taken apart; without one the type is ''. */
export function readTyped(value: string): { type: string; text: string } {
  const [, type, text] = /^\s*([\w-]{1,40})\s*;\s*(.*)$/s.exec(value) ?? [];
  return { type: type?.toLowerCase() ?? '', text: (text ?? value).trim() };
}

/** The address in such a value, without angle brackets; null where there is none. */
export function readAddress(value: string | undefined): string | null {
  if (value === undefined || value.length > MAX_ADDRESS) return null;
  const { type, text } = readTyped(value);
  if (!['', 'rfc822', 'utf-8', 'smtp'].includes(type)) return null;
  const bare = text.replace(/\s*\([^()]*\)\s*$/, '').replace(/^<(.*)>$/, '$1');
  // RFC 3461, 4: what came as xtext some servers hand on as it came; of what stands in addresses only these are escaped.
  const decoded = bare.replace(/\+(2B|3D)/g, (_all, hex) => (hex === '2B' ? '+' : '='));
  return isAddress(decoded) ? decoded : null;
}

/** Whether a text is one plain address. */
export const isAddress = (text: string): boolean => text.length <= 320 && /^[^\s<>@",;()]+@[^\s<>@",;()]+$/.test(text);
