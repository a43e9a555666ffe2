/** Where a header's value names a secret: `Bearer {{secret.shop}}`. */
const PLACEHOLDER = /\{\{\s*secret\.([^{}\s]*)\s*\}\}/g;

/** What a secret may be called. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export const NAME_RULE = 'must be 1 to 64 letters, digits, - or _, and begin with a letter or digit';

/** Whether a secret may have that name. */
export const isSecretName = (text: string): boolean => NAME.test(text);

/** The names that stand in a text as `{{secret.name}}`, each once, well-formed or not. */
export const secretNamesIn = (text: string): string[] => [
  ...new Set([...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name)),
];

/** Whether a text has the beginning of a secret's placeholder in it. */
export const mentionsSecret = (text: string): boolean => /\{\{\s*secret\./.test(text);

/** Puts the values in the places of their names. */
export const fillSecrets = (text: string, find: (name: string) => string): string =>
  text.replaceAll(PLACEHOLDER, (_whole, name: string) => find(name));
