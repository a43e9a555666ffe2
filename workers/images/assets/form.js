const FROM_PRESET = 'As the preset';

/** A chosen preset brings its own options: what the form proposes makes room for them, and comes back with none chosen. */
function choosePreset(form) {
  const { preset } = form.elements;
  if (!preset) return;
  const fields = ['width', 'height', 'fit', 'format', 'quality'].map((name) => form.elements[name]);
  const proposed = fields.map((field) => ({ field, value: field.value, words: wordsOf(field) }));
  let isChosen = false;
  preset.addEventListener('change', () => {
    const was = isChosen;
    isChosen = preset.value !== '';
    if (was === isChosen) return;
    for (const { field, value, words } of proposed) {
      field.value = isChosen ? '' : value;
      setWords(field, isChosen ? FROM_PRESET : words);
    }
  });
}

/** What a field says while nothing is filled in. */
const wordsOf = (field) => (field.options ? field.options[0].text : field.placeholder);

function setWords(field, words) {
  if (field.options) field.options[0].text = words;
  else field.placeholder = words;
}

/** Several widths or formats stand in the place of one: that one is not sent, and says why. */
function chooseSeveral(form) {
  const { widths, formats, width, height, format } = form.elements;
  const follow = () => {
    for (const field of [width, height]) field.disabled = widths.value.trim() !== '';
    format.disabled = formats.value !== '';
  };
  form.addEventListener('input', follow);
  form.addEventListener('change', follow);
  follow();
}

for (const form of document.querySelectorAll('#images-form')) {
  choosePreset(form);
  chooseSeveral(form);
}
