const LANGUAGE = /^[a-z]{2,3}(?:-[a-z\d]{1,8}){0,3}$/i;

/** Whether a text has the form of a language tag. */
export const isLanguage = (text: string): boolean => LANGUAGE.test(text);

/** What of a mail says its language. */
interface Said {
  lang?: string | undefined;
  variables?: Record<string, unknown> | undefined;
  html?: string | undefined;
}

/** The language of a mail, where it says one: its template's, or its HTML's. */
export function languageOf({ lang: asked, variables, html = '' }: Said): string | null {
  const given = asked ?? variables?.['lang'];
  const lang =
    typeof given === 'string' ? given : /<html\b[^>]{0,200}?\slang\s*=\s*["']?([\w-]+)/i.exec(html.slice(0, 2000))?.[1];
  return lang !== undefined && isLanguage(lang) ? lang : null;
}
