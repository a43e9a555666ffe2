import { copyOnClick } from '../copy.js';
import { fillKey, onKey, openKeyForm } from './key.js';
import { offerLanguages } from './languages.js';
import { searchAsTyped } from './search.js';
import { fillInFormer, tryOnSubmit } from './try.js';

// The pages read the same without this. It adds the copy buttons, the choice of a language, the search as one types, the
// reader's key, and, for who is signed in or has given a key, the requests.
for (const button of document.querySelectorAll('[data-copy]')) copyOnClick(button);
for (const samples of document.querySelectorAll('[data-languages]')) offerLanguages(samples);
for (const part of document.querySelectorAll('[data-needs-script]')) part.hidden = false;
searchAsTyped(document.querySelector('[data-search]'));
for (const form of document.querySelectorAll('[data-try]')) tryOnSubmit(form);
fillInFormer();

const isSignedIn = document.querySelector('.sign-out') !== null;
onKey((key) => {
  fillKey(key);
  for (const fold of document.querySelectorAll('[data-try-fold]')) fold.hidden = !isSignedIn && key === null;
});
openKeyForm(document.querySelector('[data-key]'));
