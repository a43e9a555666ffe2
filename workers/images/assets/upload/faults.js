import { say } from '../../page-part.js';

/** The sentences at the fields of the form, by their names. */
export function createFaults(form) {
  const put = (name, sentence) => {
    const place = form.querySelector(`[data-fault="images-${name}"]`);
    if (!place || place.textContent === sentence) return;
    place.textContent = sentence;
    place.hidden = sentence === '';
    if (sentence) form.elements[name].setAttribute('aria-invalid', 'true');
    else form.elements[name].removeAttribute('aria-invalid');
    if (sentence) say('job-status', sentence);
  };
  return {
    put,
    clear() {
      for (const { dataset } of form.querySelectorAll('[data-fault^="images-"]')) put(dataset.fault.slice(7), '');
    },
    /** Puts what a problem says of fields at these, and leads to the first. */
    show({ errors = [] }) {
      for (const { pointer, detail } of errors) put(pointer.split('/')[1], toSentence(pointer.split('/')[1], detail));
      const first = form.querySelector('[aria-invalid]');
      first?.closest('details')?.setAttribute('open', '');
      first?.focus();
    },
  };
}

/** "must be less" of a width becomes "Width must be less."; a detail that is a sentence of its own stays one. */
function toSentence(name, detail) {
  const label = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const sentence = /^(is|must|has|needs|goes|can't)\b/.test(detail) ? `${label} ${detail}` : detail;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.$/, '')}.`;
}
