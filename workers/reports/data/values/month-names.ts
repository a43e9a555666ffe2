/** The languages whose months are known beside the report's own. */
const LANGUAGES = ['en', 'nb', 'nn', 'da', 'sv', 'fi', 'de', 'nl', 'fr', 'es', 'it', 'pl', 'pt'];

const known = new Map<string, Map<string, number>>();

const clean = (name: string): string => name.toLowerCase().replaceAll('.', '').trim();

function addLanguage(names: Map<string, number>, locale: string): void {
  for (const month of ['long', 'short'] as const) {
    // With a day beside it many languages bend the month's name.
    for (const options of [{ month }, { month, day: 'numeric' } as const]) {
      const format = new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC', calendar: 'gregory' });
      for (let index = 0; index < 12; index += 1) {
        const part = format.formatToParts(Date.UTC(2026, index, 1)).find(({ type }) => type === 'month');
        const name = clean(part?.value ?? '');
        if (name !== '' && !/\d/.test(name) && !names.has(name)) names.set(name, index + 1);
        const short = name.slice(0, 3);
        if (locale === 'en' && !names.has(short)) names.set(short, index + 1);
      }
    }
  }
}

/** Returns the number of a month by its name, long or short, in the report's language or a known one. */
export function monthOf(name: string, locale: string): number | undefined {
  let names = known.get(locale);
  if (!names) {
    names = new Map();
    for (const language of [locale, ...LANGUAGES]) addLanguage(names, language);
    names.set('sept', 9);
    known.set(locale, names);
  }
  return names.get(clean(name));
}
