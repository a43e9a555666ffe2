import { da } from './languages/da.ts';
import { de } from './languages/de.ts';
import { en } from './languages/en.ts';
import { es } from './languages/es.ts';
import { fi } from './languages/fi.ts';
import { fr } from './languages/fr.ts';
import { it } from './languages/it.ts';
import { nb } from './languages/nb.ts';
import { nl } from './languages/nl.ts';
import { nn } from './languages/nn.ts';
import { pl } from './languages/pl.ts';
import { sv } from './languages/sv.ts';
import type { Messages } from './messages.ts';

/** By language; each has a file of its own. */
const LANGUAGES: Record<string, Messages> = { da, de, en, es, fi, fr, it, nb, nl, nn, pl, sv, no: nb };

/** Finds the messages of a language tag; those of a language that isn't here are English. */
export const messagesFor = (lang: string): Messages => LANGUAGES[new Intl.Locale(lang).language] ?? en;
