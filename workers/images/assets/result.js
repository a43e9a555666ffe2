import { copyOnClick } from '../copy.js';

/** Lays the upload over what was made of it, with a slider that moves the border between the two. */
class ComparePictures extends HTMLElement {
  connectedCallback() {
    const fold = this.closest('details');
    // Nobody pays for an upload that they do not ask for: it is loaded when the fold is opened.
    if (fold.open) this.start();
    else fold.addEventListener('toggle', () => this.start(), { once: true });
  }

  start() {
    if (this.slider) return;
    const slider = document.createElement('input');
    slider.type = 'range';
    slider.value = '50';
    const label = document.createElement('label');
    const words = document.createElement('span');
    words.className = 'unseen';
    words.textContent = 'How much of the upload is shown, in percent';
    label.append(words, slider);
    const show = () => this.style.setProperty('--split', `${slider.value}%`);
    const follow = ({ clientX, buttons }) => {
      if (buttons !== 1) return;
      const { left, width } = this.querySelector('img').getBoundingClientRect();
      slider.value = String((100 * (clientX - left)) / width);
      show();
    };
    slider.addEventListener('input', show);
    for (const picture of this.querySelectorAll('img')) {
      picture.draggable = false;
      // Where one of the two can't be loaded there is nothing to compare.
      picture.addEventListener('error', () => this.closest('details').remove());
      if (picture.complete && picture.naturalWidth === 0) picture.dispatchEvent(new Event('error'));
    }
    // Not the pictures: a part that is clipped off hears of no pointer.
    for (const figure of this.querySelectorAll('figure')) {
      figure.addEventListener('pointerdown', follow);
      figure.addEventListener('pointermove', follow);
    }
    this.slider = slider;
    this.append(label);
    this.classList.add('is-live');
    show();
  }
}

const escapeAttribute = (text) =>
  text.replace(/[&"<>]/g, (sign) => ({ '&': '&amp;', '"': '&quot;', '<': '&lt;', '>': '&gt;' })[sign]);

/** Puts another folder in the place of this one, and the names that the files are saved by in the place of their own. */
function moveFiles(markup, { folder, place, names }) {
  const path = place.replace(/[&"<>\s,]/g, (sign) => encodeURIComponent(sign)).replace(/\/?$/, '/');
  const [head, ...files] = markup.split(folder);
  const rename = (text) =>
    text.replace(/^[^"\s,]+/, (file) =>
      encodeURIComponent(names[decodeURIComponent(file)] ?? decodeURIComponent(file)),
    );
  return [head, ...files.map(rename)].join(path);
}

/** Shows the copy button, and fields for the folder of the files and for what the picture shows. */
class CopyMarkup extends HTMLElement {
  connectedCallback() {
    if (this.isReady) return;
    this.isReady = true;
    copyOnClick(this.querySelector('[data-copy]'));
    const code = this.querySelector('code');
    const markup = code.textContent;
    const names = JSON.parse(this.dataset.names);
    const [, folder] = /src="([^"]*\/)[^"]*"/.exec(markup) ?? [];
    const [base, alt] = ['.markup-base', '.markup-alt'].map((name) => this.querySelector(name));
    const show = () => {
      const [place, shown] = [base, alt].map((field) => field.querySelector('input').value.trim());
      const moved = place && folder ? moveFiles(markup, { folder, place, names }) : markup;
      code.textContent = shown ? moved.replace(/alt="[^"]*"/, () => `alt="${escapeAttribute(shown)}"`) : moved;
    };
    base.hidden = !folder;
    alt.hidden = !/alt="/.test(markup);
    for (const field of [base, alt]) field.addEventListener('input', show);
  }
}

// Elements define themselves: those on the page, and those of cards that come later.
customElements.define('compare-pictures', ComparePictures);
customElements.define('copy-markup', CopyMarkup);
