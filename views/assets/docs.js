import { copyOnClick } from './docs-copy.js';
import { tryOnSubmit } from './docs-try.js';

// The page reads the same without this; it adds the copy buttons and, for who is signed in, the requests.
for (const button of document.querySelectorAll('[data-copy]')) copyOnClick(button);
if (document.querySelector('.sign-out')) {
  for (const form of document.querySelectorAll('[data-try]')) tryOnSubmit(form);
}
