import { readSize, showKept } from './kept-file.js';

/** A file can be dropped anywhere on the page, or pasted; the browser's own field stays in charge of the choice. */
export function chooseByDropping(form, input) {
  const zone = form.querySelector('[data-drop]');
  const choose = (files) => {
    if (!files || files.length === 0) return;
    input.files = files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    zone.classList.add('is-over');
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) zone.classList.remove('is-over');
  });
  addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    zone.classList.remove('is-over');
    choose(event.dataTransfer.files);
  });
  input.addEventListener('change', () => showKept(form));
  // Cells that were copied in a spreadsheet are a text and a picture of it: the picture is not what is meant.
  addEventListener('paste', ({ target, clipboardData }) => {
    const isText = target instanceof Element && target.matches('input, textarea');
    if (!isText && !clipboardData?.types.includes('text/plain')) choose(clipboardData?.files);
  });
}

/** Shows the chosen picture with its name and size; where the browser can't draw it, name and size alone. */
export function showChosen(form, file) {
  const figure = form.querySelector('[data-chosen]');
  const picture = form.querySelector('[data-chosen-picture]');
  if (picture.src) URL.revokeObjectURL(picture.src);
  picture.removeAttribute('src');
  figure.hidden = !file;
  if (!file) return;
  picture.hidden = true;
  picture.onload = () => {
    picture.hidden = false;
  };
  picture.src = URL.createObjectURL(file);
  form.querySelector('[data-chosen-name]').textContent = `${file.name}, ${readSize(file.size)}`;
}
